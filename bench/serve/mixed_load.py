"""What the benchmarks share that serve a shop for a long time under a mix of requests."""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import threading
import time

from lib import measure

HERE = pathlib.Path(__file__).resolve().parent
TICK = os.sysconf("SC_CLK_TCK")
SAMPLE = 5  # seconds between looks at a process


def load(folder, plan, **changes):
    """What soak_load.py prints of a plan; `folder` is for the plan's file."""
    path = folder / "plan.json"
    path.write_text(json.dumps({**plan, **changes}))
    output = subprocess.run([sys.executable, HERE / "soak_load.py", path], check=True, capture_output=True, text=True).stdout
    return json.loads(output)


def resident_mb(pid):
    """(all, what is no mapped file)"""
    sizes = {}
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(("VmRSS:", "RssAnon:")):
            sizes[line.split(":")[0]] = int(line.split()[1]) / 1024
    return sizes["VmRSS"], sizes["RssAnon"]


def processors():
    """Seconds since boot: of all processors, all that they worked; and what the machine's host took away from them."""
    user, nice, system, _, _, irq, softirq, stolen, *_ = (int(field) / TICK for field in pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[1:])
    return user + nice + system + irq + softirq, stolen


class Sampler(threading.Thread):
    """The server's memory over time, and who had the processors: (second, all the server's time, all processes', stolen) in `work`."""

    def __init__(self, pid, begin):
        super().__init__(daemon=True)
        self.pid, self.begin, self.samples, self.work, self.over = pid, begin, [], [], threading.Event()

    def look(self):
        return resident_mb(self.pid)

    def run(self):
        while not self.over.wait(SAMPLE):
            second = time.monotonic() - self.begin
            self.samples.append((second, *self.look()))
            self.work.append((second, measure.processor_seconds(self.pid, ended_children=True), *processors()))

    def shares(self):
        """{who: [(minute, processors)]}: the server, all others (the load, chores, whatever else runs), and the machine's host."""
        found = {"server": [], "others": [], "stolen": []}
        for before, after in zip(self.work, self.work[1:]):
            span = after[0] - before[0]
            server, everyone, stolen = ((b - a) / span for a, b in zip(before[1:], after[1:]))
            for who, value in zip(found, (server, max(0.0, everyone - server), stolen)):
                found[who].append((after[0] / 60, value))
        return found


def drift(samples):
    """The mean of the last quarter against that of the second one."""
    quarter = max(1, len(samples) // 4)
    return statistics.mean(samples[-quarter:]) / statistics.mean(samples[quarter:2 * quarter])


def exported(shop, kind):
    lines = subprocess.run([measure.SOUK, "--quiet", "export", shop, "--as", kind], check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in lines.splitlines()]


def value_of(arguments, name, otherwise):
    return arguments[arguments.index(name) + 1] if name in arguments else otherwise
