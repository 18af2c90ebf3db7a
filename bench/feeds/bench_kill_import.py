"""SIGKILL in the middle of an import, again and again: the same import afterwards ends in exactly the same shop.

An undisturbed import is exported first. Then, for each round, an import is killed at a random moment, run again to its end, and the
export must be the same, byte for byte.
"""
import hashlib
import random
import shutil
import signal
import subprocess
import time

from lib import measure

ROUNDS = 50
DATA = measure.ROOT / "build" / "demo-data" / "complete-journey"
SCRATCH = measure.ROOT / "build" / "bench" / "kill-import"


def start(shop):
    return subprocess.Popen([measure.SOUK, "--quiet", "import", shop, "--data", "recipes/data/complete-journey.toml", "--folder", DATA],
                            cwd=measure.ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def fresh(shop):
    shutil.rmtree(shop, ignore_errors=True)
    measure.run([measure.SOUK, "init", shop, "--currency", "USD"])


def finish(shop):
    process = start(shop)
    problem = process.stderr.read().decode()
    if process.wait() != 0:
        raise SystemExit(f"import ended with {process.returncode}: {problem}")


def digest(shop):
    """The exported items, events and shoppers, as one hash."""
    total = hashlib.sha256()
    for kind in ("items", "events", "shoppers"):
        with subprocess.Popen([measure.SOUK, "--quiet", "export", shop, "--as", kind], stdout=subprocess.PIPE) as process:
            while chunk := process.stdout.read(1 << 20):
                total.update(chunk)
        if process.returncode != 0:
            raise SystemExit(f"export of {kind} ended with {process.returncode}")
    return total.hexdigest()


def main(as_json, arguments):
    rounds = int(arguments[0]) if arguments else ROUNDS
    subprocess.run(["python3", "tools/fetch_complete_journey.py", str(DATA)], cwd=measure.ROOT, check=True, stdout=subprocess.DEVNULL)
    SCRATCH.mkdir(parents=True, exist_ok=True)
    shop = SCRATCH / "shop"
    fresh(shop)
    begun = time.monotonic()
    finish(shop)
    whole = time.monotonic() - begun
    wanted = digest(shop)
    generator = random.Random(20240229)
    same, killed = 0, 0
    for number in range(rounds):
        fresh(shop)
        process = start(shop)
        time.sleep(generator.uniform(0.05, whole))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            killed += 1
        process.wait()
        process.stderr.close()
        finish(shop)
        equal = digest(shop) == wanted
        same += equal
        if not equal:
            print(f"round {number}: the export differs", flush=True)
    shutil.rmtree(SCRATCH)
    rows = [measure.row("souk", "", "rounds", [rounds], "rounds"), measure.row("souk", "", "killed before the end", [killed], "rounds"),
            measure.row("souk", "", "same export afterwards", [same], "rounds"),
            measure.row("souk", "", "undisturbed import", [whole], "s")]
    measure.report("kill-import", "Complete Journey, seed 20240229", rows, {"same/rounds": same / rounds}, as_json)
    return 0 if same == rounds else 1
