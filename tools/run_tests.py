#!/usr/bin/env python3
"""Runs every test: the GoogleTest programs of a build folder, then the Python suites under tests/ that drive the built binary.

Prints each suite's closing lines, names every skipped test, and last, alone on a line: N passed, N failed, N skipped.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as xml

ROOT = pathlib.Path(__file__).resolve().parent.parent
LONGEST = ("test_faults", "processes_suite", "console_suite", "lab_suite", "test_engine", "test_store")  # begun first, so that none is left alone at the end


def scratch():
    """Where the tests work: in memory where there is room, as they commit much and would wait for the disk."""
    memory = pathlib.Path("/dev/shm")
    room = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 4 << 30
    folder = tempfile.TemporaryDirectory(prefix="souk-tests-", dir=memory if room else None)
    pathlib.Path(folder.name).chmod(0o711)  # a test is another user, who goes through it
    return folder


def run_gtest(program, build, wanted):
    """Returns (passed, failed, skipped names) of one program."""
    report = build / f"{program.name}.xml"
    report.unlink(missing_ok=True)
    command = [str(program), f"--gtest_output=xml:{report}", "--gtest_brief=1"]
    if wanted:
        names = subprocess.run([str(program), "--gtest_list_tests"], capture_output=True, text=True, check=False).stdout.splitlines()
        suite, chosen = "", []
        for line in names:
            if not line.startswith(" "):
                suite = line.split("#")[0].strip()
            elif re.search(wanted, f"{program.name}.{suite}{line.split('#')[0].strip()}"):
                chosen.append(suite + line.split("#")[0].strip())
        if not chosen:
            return 0, 0, []
        command.append("--gtest_filter=" + ":".join(chosen))
    start = time.monotonic()
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=1200, cwd=ROOT)
    code, said = run.returncode, run.stdout.decode(errors="replace")
    if not report.exists():
        print(f"{said}{program.name}: ended with status {code} before it could report", flush=True)
        return 0, 1, []
    passed, failed, skipped = 0, 0, []
    for case in xml.parse(report).getroot().iter("testcase"):
        name = f"{program.name}: {case.get('classname')}.{case.get('name')}"
        if case.find("failure") is not None:
            failed += 1
            said += f"FAILED {name}\n"
        elif case.find("skipped") is not None or case.get("result") == "skipped":
            reason = case.find("skipped")
            skipped.append(f"{name} ({(reason.get('message') if reason is not None else '') or 'skipped'})".replace("\n", " "))
        elif case.get("status") == "run":
            passed += 1
    if code != 0 and failed == 0:
        failed = 1  # a sanitizer's report at exit
    seconds = time.monotonic() - start
    print(f"{said}{program.name}: {passed} passed, {failed} failed, {len(skipped)} skipped in {seconds:.1f} s", flush=True)
    return passed, failed, skipped


def run_python(suite, build, wanted):
    if wanted and not re.search(wanted, suite.stem):
        return 0, 0, []
    start = time.monotonic()
    # Debian's own interpreter: that is where its packages (selenium) are.
    run = subprocess.run(["/usr/bin/python3", str(suite)], capture_output=True, text=True, check=False, timeout=1200, cwd=ROOT,
                         env={**os.environ, "SOUK_BUILD": str(build)})
    text = run.stderr
    ran = re.search(r"^Ran (\d+) tests?", text, re.M)
    total = int(ran[1]) if ran else 0
    skipped = [f"{suite.stem}: {name.strip()}" for name in re.findall(r"^(.*) \.\.\. skipped.*$", text, re.M)]
    failed = sum(int(n) for n in re.findall(r"(?:failures|errors)=(\d+)", text))
    if run.returncode != 0 and failed == 0:
        failed = 1
    passed = max(0, total - failed - len(skipped))
    said = run.stdout + (text if failed else "")
    print(f"{said}{suite.stem}: {passed} passed, {failed} failed, {len(skipped)} skipped in {time.monotonic() - start:.1f} s", flush=True)
    return passed, failed, skipped


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--require-data", default="no")
    parser.add_argument("--filter", default="")
    options = parser.parse_args()
    build = (ROOT / options.build).resolve()
    passed, failed, skipped = 0, 0, []
    suites = [(run_gtest, p) for p in sorted(build.glob("test_*")) if p.is_file() and os.access(p, os.X_OK) and p.suffix == ""]
    suites += [(run_python, p) for p in sorted((ROOT / "tests").glob("*/*_suite.py"))]
    # One more at a time than there are cores: those that crash shops, and those that drive a browser, wait for much of theirs.
    suites.sort(key=lambda each: not each[1].stem.startswith(LONGEST))
    with scratch() as folder, concurrent.futures.ThreadPoolExecutor(max_workers=(os.cpu_count() or 1) + 1) as workers:
        os.environ["TMPDIR"] = folder
        for p, f, s in workers.map(lambda each: each[0](each[1], build, options.filter), suites):
            passed, failed, skipped = passed + p, failed + f, skipped + s
    for name in skipped:
        print(f"skipped {name}")
    if skipped and options.require_data == "yes":
        print("--require-data: a skipped test counts as failed")
        failed += len(skipped)
        skipped = []
    print(f"{passed} passed, {failed} failed, {len(skipped)} skipped", flush=True)
    return 1 if failed or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
