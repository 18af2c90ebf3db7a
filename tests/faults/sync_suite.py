#!/usr/bin/env python3
"""strace shows the sync before the answer: the served binary answers a write only after the system call that made it durable."""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SOUK = pathlib.Path(os.environ.get("SOUK_BUILD", ROOT / "build" / "release")) / "souk"
CALLS = "trace=fsync,fdatasync,read,recvfrom,recvmsg,readv,write,sendto,sendmsg,writev"


def can_trace():
    if shutil.which("strace") is None:
        return False
    return subprocess.run(["strace", "-o", "/dev/null", "true"], check=False, capture_output=True).returncode == 0


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def finished_calls(text):
    """(name, line) of each call, in the order in which the calls ended; strace -f splits those that others interrupt."""
    calls, begun = [], {}
    for line in text.splitlines():
        process, _, rest = line.partition(" ")
        rest = rest.strip()
        if rest.endswith("<unfinished ...>"):
            begun[process] = rest
            continue
        resumed = re.match(r"<\.\.\. (\w+) resumed>(.*)", rest)
        if resumed:
            rest = begun.pop(process, resumed[1] + "(").removesuffix("<unfinished ...>") + resumed[2]
        name = re.match(r"(\w+)\(", rest)
        if name:
            calls.append((name[1], rest))
    return calls


@unittest.skipUnless(can_trace(), "strace is not there, or may not trace")
class SyncBeforeAnswer(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.shop = pathlib.Path(self.folder.name) / "shop"
        subprocess.run([SOUK, "--quiet", "init", self.shop], check=True, capture_output=True)

    def tearDown(self):
        self.folder.cleanup()

    def post(self, port, path, body):
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=json.dumps(body).encode(), method="POST",
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status

    def test_each_answer_to_a_write_follows_a_sync(self):
        port, trace = free_port(), pathlib.Path(self.folder.name) / "trace"
        command = ["strace", "-f", "-s", "48", "-o", trace, "-e", CALLS, SOUK, "--quiet", "serve", self.shop, "--listen", f"127.0.0.1:{port}"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
            try:
                deadline = time.monotonic() + 30
                while True:
                    try:
                        urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).read()
                        break
                    except OSError:
                        self.assertLess(time.monotonic(), deadline, "the server does not answer")
                        time.sleep(0.1)
                for number in range(5):
                    event = {"id": f"e{number}", "shopper": "ann", "item": f"i{number}", "kind": "view", "time": "2024-01-01T00:00:00Z"}
                    self.assertEqual(self.post(port, "/v1/events", event) // 100, 2)
            finally:
                for child in pathlib.Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split():
                    os.kill(int(child), signal.SIGTERM)
                server.wait(timeout=20)
        calls = finished_calls(trace.read_text(errors="replace"))
        answered = 0
        synced = None
        for name, line in calls:
            if "POST /v1/events" in line:
                synced = False
            elif name in ("fsync", "fdatasync") and line.rstrip().endswith("= 0"):
                synced = True if synced is False else synced
            elif "HTTP/1.1 2" in line and synced is not None:
                self.assertTrue(synced, f"answered before it was synced: {line}")
                answered, synced = answered + 1, None
        self.assertEqual(answered, 5)


if __name__ == "__main__":
    unittest.main(verbosity=2)
