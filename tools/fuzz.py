#!/usr/bin/env python3
"""Runs fuzz targets (libFuzzer) for a while each and says what each of them did: inputs tried, time, and the input that was a finding.

A target starts from its corpus of the sources (tests/<room>/fuzz/corpus/<target>) and adds what it finds new to <build>/corpus/<target>. What
it wrote is kept in <build>/logs, an input that is a finding in <build>/findings, and the table in <build>/fuzz.md, by the commit it was run on.
Ends with status 1 when there is a finding.
"""
import argparse
import concurrent.futures
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PATIENCE = 120  # seconds beyond its time that a target may take to read its corpus and to end


def targets():
    return {path.stem: path for path in sorted(ROOT.glob("tests/*/fuzz/*_fuzz.cc"))}


def fuzz(build, name, source, seconds):
    """(target, inputs tried, seconds, what was found: empty for nothing)."""
    for folder in ("logs", "findings", f"corpus/{name}"):
        (build / folder).mkdir(parents=True, exist_ok=True)
    log = build / "logs" / f"{name}.txt"
    command = [build / name, f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=4096", "-print_final_stats=1",
               f"-artifact_prefix={build}/findings/{name}-", build / "corpus" / name]
    given = source.parent / "corpus" / name
    command += [given] if given.is_dir() else []
    start = time.monotonic()
    with log.open("wb") as out:
        try:
            status = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, timeout=seconds + PATIENCE, check=False).returncode
        except subprocess.TimeoutExpired:
            status = "it did not end"
    text = log.read_text(errors="replace")
    tried = re.search(r"number_of_executed_units: (\d+)", text)
    kept = re.search(r"Test unit written to (\S+)", text)
    found = "" if status == 0 else kept[1] if kept else f"status {status}: {log}"
    return name, int(tried[1]) if tried else 0, time.monotonic() - start, found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True, type=pathlib.Path, help="where the targets were built")
    parser.add_argument("--jobs", type=int, default=1, help="targets at once")
    parser.add_argument("--seconds", type=int, required=True, help="of each target")
    parser.add_argument("target", nargs="*", help="all of them by default")
    arguments = parser.parse_args()
    known = targets()
    for name in arguments.target:
        if name not in known:
            parser.error(f"there is no target {name}; there are {', '.join(known)}")
    names = arguments.target or list(known)
    build = arguments.build.resolve()
    commit = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True, check=False).stdout.strip()
    rounds = -(-len(names) // arguments.jobs)
    print(f"{len(names)} targets, {arguments.seconds} s each, {arguments.jobs} at once: about {rounds * arguments.seconds / 60:.0f} minutes", file=sys.stderr)
    findings, total, lines = 0, 0.0, ["| commit | target | inputs tried | seconds | found |", "|---|---|---|---|---|"]
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for done in concurrent.futures.as_completed([pool.submit(fuzz, build, name, known[name], arguments.seconds) for name in names]):
            name, tried, seconds, found = done.result()
            findings += bool(found)
            total += seconds
            lines.append(f"| {commit} | `{name.removesuffix('_fuzz')}` | {tried:,} | {seconds:.0f} | {found or 'nothing'} |")
            (build / "fuzz.md").write_text("\n".join(lines) + "\n")
            print(f"[{len(lines) - 2}/{len(names)}] {name}: {tried:,} inputs in {seconds:.0f} s, {found or 'nothing found'}", flush=True)
    print(f"{len(names)} targets, {total / 60:.0f} minutes in total, {findings} with a finding")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
