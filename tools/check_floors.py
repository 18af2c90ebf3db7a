#!/usr/bin/env python3
"""Checks that includes point only down the floors of tools/floors.txt, and that every room has a short README.

A room may include itself and rooms on lower floors; never a room above it or beside it. Exit status 1 and one line a violation.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = ROOT / "src" / "souk"
INCLUDE = re.compile(r'^\s*#\s*include\s+"souk/([^/"]+)/')
OTHERWISE = re.compile(r'^\s*#\s*include\s+("(?!souk/)|<souk/|[^"<\s])')  # no other way to name a file of ours
HEAVY = {  # headers that only these rooms may name: they are slow to compile or hard to replace
    "boost/": {"serve"}, "rocksdb/": {"store"}, "unicode/": {"text", "feeds"}, "CLI/": {"cli"}, "simdjson": {"feeds"}, "toml++": {"base"},
    "ATen/": {"learn"}, "torch/": {"learn"},
}


def floors():
    floor_of = {}
    for line in (ROOT / "tools" / "floors.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            number, *rooms = line.split()
            floor_of.update({room: int(number) for room in rooms})
    return floor_of


def violations(floor_of):
    for room in sorted(p.name for p in SOURCES.iterdir() if p.is_dir()):
        files = sorted([*(SOURCES / room).rglob("*.h"), *(SOURCES / room).rglob("*.cc")])
        if not files:
            continue
        if room not in floor_of:
            yield f"src/souk/{room}: not on any floor of tools/floors.txt"
            continue
        readme = SOURCES / room / "README.md"
        if not readme.exists():
            yield f"{readme.relative_to(ROOT)}: missing"
        elif len(readme.read_text().splitlines()) > 60:
            yield f"{readme.relative_to(ROOT)}: longer than a screen (60 lines)"
        for file in files:
            for number, line in enumerate(file.read_text().splitlines(), 1):
                where = f"{file.relative_to(ROOT)}:{number}"
                match = INCLUDE.match(line)
                if match and match[1] != room and floor_of.get(match[1], 99) >= floor_of[room]:
                    yield f"{where}: {room} (floor {floor_of[room]}) includes {match[1]} (floor {floor_of.get(match[1], '?')})"
                if OTHERWISE.match(line) and "hwy/" not in line:
                    yield f"{where}: files of ours are included as \"souk/ROOM/FILE\""
                for prefix, rooms in HEAVY.items():
                    if line.startswith(f"#include <{prefix}") and room not in rooms:
                        yield f"{where}: only {', '.join(sorted(rooms))} may include <{prefix}...>"


def machine_paths():
    """Paths of somebody's machine have no place in the tree."""
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    pattern = re.compile(r"/home/\w+/|/roo[t]/|/wor[k]/")
    for name in tracked:
        path = ROOT / name
        if path.suffix in {".png", ".gz", ".zst", ".bin"} or not path.is_file() or "/corpus/" in name:
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if pattern.search(line):
                yield f"{name}:{number}: a path of one machine"


def main():
    problems = [*violations(floors()), *machine_paths()]
    print("\n".join(problems) if problems else "floors: every include points down")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
