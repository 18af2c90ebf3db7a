"""What every benchmark shares: running a command and reading what it cost, medians, and the JSON every benchmark writes."""
import dataclasses
import datetime
import json
import os
import pathlib
import platform
import statistics
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SOUK = ROOT / "build" / "release" / "souk"


@dataclasses.dataclass
class Cost:
    wall: float      # seconds
    cpu: float       # user + system seconds of the command and its children
    peak_mb: float   # largest resident set
    output: str


def run(command, stdin=None, check=True):
    """Runs a command to its end and measures it."""
    start = time.monotonic()
    with subprocess.Popen(command, stdin=subprocess.PIPE if stdin else subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True) as process:
        if stdin:
            process.stdin.write(stdin)
            process.stdin.close()
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if check and process.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))} ended with {process.returncode}:\n{output}")
    return Cost(time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output)


def processor_seconds(pid, ended_children=False):
    """User and system seconds that a running process has used, with those of its ended children when asked for."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(int(field) for field in fields[11:15 if ended_children else 13]) / os.sysconf("SC_CLK_TCK")


def row(engine, version, metric, values, unit):
    return {"engine": engine, "version": version, "metric": metric, "median": round(statistics.median(values), 4),
            "min": round(min(values), 4), "max": round(max(values), 4), "unit": unit, "runs": len(values)}


def machine():
    name = platform.machine()
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            name = line.split(":", 1)[1].strip()
            break
    return f"{name}, {os.cpu_count()} cores"


def commit():
    run_git = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False)
    return run_git.stdout.strip() or "unknown"


def report(name, work, rows, ratios, as_json, table=None):
    """Writes build/bench/<name>.json and prints it, as JSON or as a table (`table`: its lines, instead of one for each row). A ratio is always
    better when higher."""
    result = {"bench": name, "machine": machine(), "date": datetime.date.today().isoformat(), "commit": commit(), "work": work,
              "rows": rows, "ratios": {key: round(value, 3) for key, value in ratios.items()}}
    folder = ROOT / "build" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n")
    if as_json:
        print(json.dumps(result))
        return
    print(f"{name}: {work}\n{result['machine']}, {result['date']}, {result['commit']}")
    if table:
        print("\n".join(table))
        return
    wide = max([len(r["engine"]) for r in rows] + [6])
    long = max([len(r["metric"]) for r in rows] + [6])
    for r in rows:
        print(f"  {r['engine']:<{wide}}  {r['metric']:<{long}}  {r['median']:>12,.4g} {r['unit']:<12} ({r['min']:,.4g} to {r['max']:,.4g}, {r['runs']} runs)")
    for key, value in result["ratios"].items():
        print(f"  ratio {key}: {value}")
