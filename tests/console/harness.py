"""What the browser tests stand on: a shop made by the built binary and served, and a headless Chromium with a fresh profile."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

import catalogue

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
except ImportError:
    webdriver = None

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOUK = pathlib.Path(os.environ.get("SOUK_BUILD", ROOT / "build/release")) / "souk"
CHROMIUM = shutil.which("chromium") or ""
CHROMEDRIVER = shutil.which("chromedriver") or ""

# Why the browser tests cannot run here; empty when they can.
MISSING = ", ".join(
    name for name, there in (("python3-selenium", webdriver), ("chromium", CHROMIUM), ("chromium-driver", CHROMEDRIVER)) if not there
)

# Notes what the page sends to /v1/events, and lets it through.
LISTENER = """
window.sent = [];
const note = (body) => window.sent.push(...[].concat(JSON.parse(body)));
const ask = window.fetch;
window.fetch = (url, options) => { if (String(url).endsWith('/v1/events')) note(options.body); return ask(url, options); };
const beacon = navigator.sendBeacon.bind(navigator);
navigator.sendBeacon = (url, blob) => { blob.text().then(note); return beacon(url, blob); };
"""


def souk(*arguments):
    """Runs a verb and returns what it printed; fails with what it said."""
    run = subprocess.run([str(SOUK), *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False)
    if run.returncode != 0:
        raise AssertionError(f"souk {' '.join(map(str, arguments))} ended with status {run.returncode}:\n{run.stdout}{run.stderr}")
    return run.stdout


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Shop:
    """A trained shop in a scratch folder, and the server that shows it. `record`: a function that writes below its folder of results."""

    def __init__(self, record=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="souk-console-"))
        self.items = catalogue.write(self.folder)
        self.by_key = {item["key"]: item for item in self.items}
        shop = self.folder / "shop"
        souk("init", shop, "--name", "Test Bazaar")
        souk("import", shop, self.folder / "items.jsonl", "--as", "items")
        souk("import", shop, self.folder / "events.jsonl", "--as", "events")
        souk("train", shop)
        if record:
            record(shop / "results")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None
        self.start()

    def start(self):
        with open(self.folder / "server.log", "ab") as log:
            self.process = subprocess.Popen(
                [str(SOUK), "serve", str(self.folder / "shop"), "--listen", f"127.0.0.1:{self.port}"],
                stdout=log,
                stderr=log,
                env={**os.environ, "SOUK_CONSOLE": str(ROOT / "console")},
            )
        deadline = time.monotonic() + 20
        while True:
            try:
                with urllib.request.urlopen(self.url + "/readyz", timeout=5):
                    return
            except (urllib.error.URLError, ConnectionError):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError("the server did not start:\n" + (self.folder / "server.log").read_text()) from None
                time.sleep(0.05)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=20)

    def metric(self, name, key=""):
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        with urllib.request.urlopen(urllib.request.Request(self.url + "/metrics", headers=headers), timeout=5) as answer:
            for line in answer.read().decode().splitlines():
                if line.split(" ")[0] == name:
                    return float(line.split(" ")[1])
        raise AssertionError(f"there is no metric {name}")

    def close(self):
        if self.process and self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def open_browser(profile):
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--lang=en-US",
        f"--user-data-dir={profile}",
    ):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(CHROMEDRIVER))
    browser.set_script_timeout(15)
    browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": LISTENER})
    return browser
