#!/usr/bin/env python3
"""Runs clang-tidy over the sources whose content (or whose included headers) changed since it last passed.

A passed file is remembered under <build>/tidy by the hash of its compile command, its preprocessed dependencies and .clang-tidy. Files that
are compiled alike are read a dozen at a time, which halves the time: much of it is reading the same headers. A dozen with a finding is read
again file by file, so that what is reported is what a file alone would be told. Files with using declarations or namespace aliases are always
read alone: whether those are used is only said of the file that is named.
"""
import argparse
import concurrent.futures
import hashlib
import json
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
AT_ONCE = 12  # files
ALONE = re.compile(rb"^\s*(using\s+[\w:]+::\w+\s*;|namespace\s+\w+\s*=)", re.M)
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


def flags_of(entry):
    """How the file is compiled, without what differs from file to file."""
    words = shlex.split(entry["command"])[1:]
    output = words.index("-o")
    return tuple(word for word in words[:output] + words[output + 2:] if word not in ("-c", entry["file"]))


def batches(todo):
    """[[(entry, key), ...], ...]: files that are read together."""
    alike = {}
    for entry, key in todo:
        alone = ALONE.search(pathlib.Path(entry["file"]).read_bytes())
        alike.setdefault(entry["file"] if alone else flags_of(entry), []).append((entry, key))
    return [files[i:i + AT_ONCE] for files in alike.values() for i in range(0, len(files), AT_ONCE)]


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

    def tidy(*arguments):
        return subprocess.run(["clang-tidy-16", "--quiet", "--warnings-as-errors=*", *arguments], capture_output=True, text=True, check=False)

    def check(batch):
        """[(file, what was found), ...]"""
        if len(batch) > 1:
            text = "".join(f'#include "{entry["file"]}"\n' for entry, _ in batch)
            source = passed / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.cc"
            source.write_text(text)
            run = tidy(f"--config-file={ROOT / '.clang-tidy'}", "--checks=-bugprone-suspicious-include", r"--header-filter=src/souk/.*|(tests|bench)/.*\.cc$",
                       str(source), "--", *flags_of(batch[0][0]))
            source.unlink()
            if run.returncode == 0:
                for _, key in batch:
                    (passed / key).touch()
                return []
        found = []
        for entry, key in batch:
            run = tidy("-p", str(build), entry["file"])
            if run.returncode == 0:
                (passed / key).touch()
            else:
                found.append((entry["file"], run.stdout or run.stderr))
        return found

    failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for found in pool.map(check, sorted(batches(todo), key=len, reverse=True)):
            for file, what in found:
                failed += 1
                print(what, flush=True)
                print(f"clang-tidy: {pathlib.Path(file).relative_to(ROOT)} failed", flush=True)
    print(f"clang-tidy: {len(entries) - failed} files clean, {failed} not")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
