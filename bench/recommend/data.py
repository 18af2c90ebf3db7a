"""The Beauty reviews (S3-Rec build) as "user item" lines, oldest first, for the benchmarks of models."""
import gzip
import os

from lib import measure


def beauty():
    root = os.environ.get("SOUK_DATA", measure.ROOT.parent / "shared" / "data")
    source = os.path.join(root, "amazon-s3rec", "Beauty.txt.gz")
    target = measure.ROOT / "build" / "bench" / "beauty.events"
    if target.exists():
        return target
    if not os.path.exists(source):
        raise SystemExit(f"bench: {source} is missing; SOUK_DATA names the folder of data sets")
    target.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(source, "rt") as lines, target.open("w") as out:
        for user, line in enumerate(lines):  # the user's number, then item numbers from 1
            for item in line.split()[1:]:
                out.write(f"{user} {int(item) - 1}\n")
    return target
