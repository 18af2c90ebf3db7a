#!/usr/bin/env python3
"""Runs clang-tidy over the sources whose content (or whose included headers) changed since it last passed.

A passed file is remembered under <build>/tidy by the hash of its compile command, its preprocessed dependencies and .clang-tidy.
"""
import argparse
import concurrent.futures
import hashlib
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(rb'^\s*#\s*include\s+"((?:souk|tests)/[^"]+)"', re.M)


def closure(path, seen):
    """The source and every header of ours that it includes, directly or not."""
    if path in seen or not path.exists():
        return
    seen.add(path)
    for name in INCLUDE.findall(path.read_bytes()):
        text = name.decode()
        closure((ROOT / "src" / text) if text.startswith("souk/") else (ROOT / text), seen)


def key_of(entry):
    files = set()
    closure(pathlib.Path(entry["file"]), files)
    digest = hashlib.sha256(entry["command"].encode())
    for file in [ROOT / ".clang-tidy", *sorted(files)]:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("files", nargs="*", help="only sources below these paths (default: src)")
    options = parser.parse_args()
    build = pathlib.Path(options.build)
    passed = build / "tidy"
    passed.mkdir(parents=True, exist_ok=True)
    entries = [e for e in json.loads((build / "compile_commands.json").read_text())
               if e["file"].startswith(str(ROOT)) and not e["file"].startswith(str(ROOT / "build"))]
    # Tests and benchmarks hold to the compiler's warnings and the sanitizers; `./run lint tests bench` checks them too.
    wanted = [str(ROOT / part) for part in options.files or ["src"]]
    entries = [e for e in entries if any(e["file"].startswith(part) for part in wanted)]
    todo = [(e, key_of(e)) for e in entries]
    todo = [(e, key) for e, key in todo if not (passed / key).exists()]
    print(f"clang-tidy: {len(todo)} of {len(entries)} files to check", flush=True)

    def check(job):
        entry, key = job
        run = subprocess.run(["clang-tidy-16", "--quiet", "--warnings-as-errors=*", "-p", str(build), entry["file"]],
                             capture_output=True, text=True, check=False)
        if run.returncode == 0:
            (passed / key).touch()
        return entry["file"], run

    failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for file, run in pool.map(check, todo):
            if run.returncode != 0:
                failed += 1
                print(run.stdout or run.stderr, flush=True)
                print(f"clang-tidy: {pathlib.Path(file).relative_to(ROOT)} failed", flush=True)
    print(f"clang-tidy: {len(entries) - failed} files clean, {failed} not")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
