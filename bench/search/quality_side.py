"""Programs that answer a line of settings with the lists of all queries; Souk's is quality_bench.cc."""
import subprocess
import sys

from lib import measure

import engines


def say(text):
    print(text, file=sys.stderr, flush=True)


class Program:
    def __init__(self, name, command):
        self.name, self.command, self.process = name, list(map(str, command)), None

    def start(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=engines.environment())
        self.version = self.process.stdout.readline().strip()

    def ask(self, setting):
        """Rows of the products found, best first, by query."""
        if self.process is None:
            self.start()
        self.process.stdin.write(setting + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"bench: {self.name} ended with status {self.process.wait()} at {setting}")
        return [[int(row) for row in found.split()] for found in line.rstrip("\n").split("\t")]

    def close(self):
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait()


def souk_program():
    folder = measure.ROOT / "build" / "bench-programs"
    engines.carry(["cmake", "--preset", "bench", "-B", folder], "configuring", cwd=measure.ROOT)
    engines.carry(["cmake", "--build", folder, "--target", "quality_bench"], "building quality_bench", cwd=measure.ROOT)
    return folder / "quality_bench"
