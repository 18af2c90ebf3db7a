#!/usr/bin/env python3
"""./run bench [NAME] [--json]: runs one benchmark beside its peers; without a name it lists them."""
import importlib
import pathlib
import sys

FOLDER = pathlib.Path(__file__).resolve().parent


def main():
    sys.path.insert(0, str(FOLDER))
    names = sorted(p.stem.removeprefix("bench_").replace("_", "-") for p in FOLDER.glob("*/bench_*.py"))
    arguments = [a for a in sys.argv[1:] if a != "--json"]
    if not arguments:
        for name in names:
            path = next(FOLDER.glob(f"*/bench_{name.replace('-', '_')}.py"))
            print(f"{name:<16}{path.read_text().split(chr(34) * 3)[1].splitlines()[0]}")
        return 0
    name = arguments[0]
    if name not in names:
        print(f"bench: no benchmark is called '{name}'; there are {', '.join(names)}", file=sys.stderr)
        return 2
    path = next(FOLDER.glob(f"*/bench_{name.replace('-', '_')}.py"))
    sys.path.insert(0, str(path.parent))
    return importlib.import_module(path.stem).main(as_json="--json" in sys.argv, arguments=arguments[1:]) or 0


if __name__ == "__main__":
    sys.exit(main())
