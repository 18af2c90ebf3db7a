"""schemathesis (PyPI) against a real server, over its own OpenAPI document: no 500, no answer that the document does not have.

The shop is a copy of the newest test fixture, made in a scratch folder. What schemathesis says goes to build/bench/schemathesis.txt.
Arguments: examples a route (100), seed (1).
"""
import json
import re
import shutil
import subprocess
import sys
import tarfile

from lib import measure

VENV = measure.ROOT / "build" / "bench-peers" / "schemathesis"
SCRATCH = measure.ROOT / "build" / "bench" / "schemathesis"
VERSION = "schemathesis>=4,<5"
CHECKS = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
          "response_schema_conformance", "unsupported_method")


def program():
    python = VENV / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", VERSION], check=True)
    return VENV / "bin" / "schemathesis"


def main(as_json, arguments):
    examples, seed = (list(arguments) + ["100", "1"][len(arguments):])[:2]
    tool = program()
    version = re.search(r"\d+\.\d+\.\d+", measure.run([tool, "--version"]).output)[0]
    shutil.rmtree(SCRATCH, ignore_errors=True)
    SCRATCH.mkdir(parents=True)
    newest = sorted((measure.ROOT / "tests" / "fixtures").glob("shop-*.tar.gz"))[-1]
    with tarfile.open(newest) as packed:
        packed.extractall(SCRATCH)
    with subprocess.Popen([measure.SOUK, "--json", "--quiet", "serve", SCRATCH / "shop", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE,
                          text=True) as server:
        try:
            url = json.loads(server.stdout.readline())["url"]
            # It leaves a cache where it runs.
            cost = measure.run(["env", "-C", SCRATCH, tool, "--no-color", "run", f"{url}/openapi.json", "--checks", ",".join(CHECKS), "--max-examples", examples,
                                "--seed", seed, "--continue-on-failure", "--suppress-health-check", "all"], check=False)
            alive = server.poll() is None
        finally:
            server.terminate()
    log = SCRATCH.with_suffix(".txt")
    log.write_text(cost.output)
    shutil.rmtree(SCRATCH)
    cases = re.search(r"(\d[\d,]*) (?:generated|cases)", cost.output)
    failures = re.findall(r"^\s*(?:❌|- )\s*(.+?): (\d+)$", cost.output, re.M)
    if not as_json:
        print(cost.output[-4000:])
    rows = [measure.row("schemathesis", version, "cases", [int(cases[1].replace(",", "")) if cases else 0], "requests"),
            measure.row("schemathesis", version, "wall", [cost.wall], "s")]
    rows += [measure.row("schemathesis", version, what, [int(count)], "failures") for what, count in failures]
    measure.report("schemathesis", f"{newest.name}, {examples} examples a route, seed {seed}", rows, {}, as_json)
    return 0 if alive and " passed" in cost.output and " failed" not in cost.output else 1
