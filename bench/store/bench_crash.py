"""Power cuts and SIGKILLs by the thousand over mixed work on a shop: nothing acknowledged is lost, nothing is half done.

--cuts N (5,000), --kills N (800) of a process at work, --served N (200) of a served shop, --seed S. Two processes share the first two. Each power cut is a state that a disk may show after a moment
of a recorded piece of work (tests/faults/disk.h says which), each kill a SIGKILL at a random moment; the shop is opened, compared with what
was acknowledged, searched, checked, and its next work begins on what a crash left. A served shop takes events and items over HTTP, and
imports, training and backups from the command line, until it is killed.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import time

import served_kills
from lib import measure

PROCESSES = 2
PROGRAM = measure.ROOT / "build" / "release" / "crash_shop"
SAID_EVERY = 10  # seconds


def memory_folder():
    """Crashes need no real disk, and a disk would make them ten times slower."""
    memory = pathlib.Path("/dev/shm")
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 1 << 30:
        return memory / "souk-crashes"
    return measure.ROOT / "build" / "bench" / "crashes"


def share(total, number):
    return total // PROCESSES + (number < total % PROCESSES)


def main(as_json, arguments):
    parser = argparse.ArgumentParser(prog="./run bench crash", description=__doc__.splitlines()[0])
    parser.add_argument("--cuts", type=int, default=5000)
    parser.add_argument("--kills", type=int, default=800)
    parser.add_argument("--served", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    subprocess.run(["cmake", "-S", measure.ROOT, "-B", PROGRAM.parent, "-DSOUK_TESTS=ON"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", PROGRAM.parent, "--target", "crash_shop", "souk_cli_main"], check=True, stdout=sys.stderr)
    folder = memory_folder()
    done = [{"cuts": 0, "kills": 0} for _ in range(PROCESSES)]
    results = [None] * PROCESSES
    print(f"crash: seeds {options.seed} to {options.seed + PROCESSES - 1}, {options.cuts} power cuts, {options.kills} kills, "
          f"{options.served} of a served shop", file=sys.stderr)

    def run(number):
        command = [PROGRAM, "--folder", folder / str(number), "--seed", str(options.seed + number),
                   "--cuts", str(share(options.cuts, number)), "--kills", str(share(options.kills, number))]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            for line in process.stdout:
                if line.startswith("{"):
                    results[number] = json.loads(line)
                else:
                    what, count = line.split()
                    done[number][what] = int(count)

    begun = time.monotonic()
    threads = [threading.Thread(target=run, args=(number,)) for number in range(PROCESSES)]
    for thread in threads:
        thread.start()
    said = begun
    while any(thread.is_alive() for thread in threads):
        time.sleep(0.2)
        now = time.monotonic()
        if now - said < SAID_EVERY:
            continue
        said = now
        cuts, kills = (sum(each[what] for each in done) for what in ("cuts", "kills"))
        share_done = (cuts + kills) / max(1, options.cuts + options.kills)
        left = (now - begun) * (1 - share_done) / share_done / 60 if share_done else float("nan")
        print(f"  {cuts} power cuts, {kills} kills, {left:.0f} min left", file=sys.stderr, flush=True)


    def served_done(count):
        if count % 10 == 0:
            print(f"  {count} kills of a served shop", file=sys.stderr, flush=True)

    rounds, answered, commands, served_problems = served_kills.run(options.served, options.seed, folder / "served", served_done)
    seconds = time.monotonic() - begun
    if None in results:
        print("crash: a process ended before it could report", file=sys.stderr)
        return 1
    rows = []
    for what, name in (("cuts", "power cuts"), ("kills", "SIGKILLs")):
        of = [result[what] for result in results]
        total = lambda key, parts=of: sum(part[key] for part in parts)
        rows.append(measure.row("souk", "", name, [total("crashes")], "crashes"))
        rows.append(measure.row("souk", "", f"{name}: pieces of work", [total("works")], "works"))
        rows.append(measure.row("souk", "", f"{name}: acknowledged steps, all there", [total("acknowledged")], "steps"))
        rows.append(measure.row("souk", "", f"{name}: unacknowledged steps, wholly there", [total("unacknowledged")], "steps"))
        if what == "cuts":
            rows.append(measure.row("souk", "", "calls that change files, recorded", [total("calls")], "calls"))
            for index, kept in enumerate(("nothing", "everything", "a beginning", "any sectors")):
                rows.append(measure.row("souk", "", f"power cuts that kept {kept} of what was not synced",
                                        [sum(part["kept"][index] for part in of)], "crashes"))
    rows.append(measure.row("souk", "", "SIGKILLs of a served shop", [rounds], "crashes"))
    rows.append(measure.row("souk", "", "served: answered events, all there once", [answered], "events"))
    for what, count in commands.items():
        rows.append(measure.row("souk", "", f"served: {what} commands that were answered", [count], "commands"))
    problems = [problem for result in results for problem in result["problems"]] + served_problems
    rows.append(measure.row("souk", "", "shops with a problem", [len(problems)], "shops"))
    rows.append(measure.row("souk", "", "time", [seconds], "s"))
    measure.report("crash", f"mixed work, seeds {options.seed} to {options.seed + PROCESSES - 1}", rows, {}, as_json)
    for problem in problems:
        print(f"PROBLEM {problem}", file=sys.stderr)
    if not problems:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if problems else 0
