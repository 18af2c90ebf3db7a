"""The peers of the intake benchmark: PostgreSQL from Debian in a scratch folder, and Gorse 0.4.12 where it can be built."""
import glob
import json
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

from lib import measure

GORSE = "github.com/zhenghaoz/gorse@v0.4.12"
# With the id and the two indexes that the import benchmark gives SQLite.
TABLE = """CREATE TABLE events(id text PRIMARY KEY, shopper text, item text, kind text, time timestamptz, value numeric, currency text,
  "order" text, quantity numeric);
CREATE INDEX by_shopper ON events(shopper, time);
CREATE INDEX by_item ON events(item);"""
ONE_EVENT = r"""\set a random(1, 9000000000000000000)
\set b random(1, 2000)
\set c random(1, 10000)
INSERT INTO events VALUES ('p' || :a, 's' || :b, 'i' || :c, 'purchase', '2026-05-01T12:00:00Z', 12.50, 'EUR', 'o' || :a, 1);
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Postgres:
    """A cluster of its own, run by the user `postgres` when we are root (the server refuses root), reached over a Unix socket."""

    def __init__(self):
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"))
        if not found:
            raise SystemExit("PostgreSQL is not installed: apt-get install postgresql")
        self.programs = pathlib.Path(found[-1]).parent
        self.user = "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
        # Not below the tree, whose folders its user may not enter; /var/tmp is on a disk where /tmp may be memory.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="souk-postgres-", dir="/var/tmp"))
        os.chmod(self.folder, 0o755)
        data = self.folder / "data"
        data.mkdir()
        if os.getuid() == 0:
            shutil.chown(data, self.user)
        self.as_user([self.programs / "initdb", "-D", data, "-U", self.user, "--auth=trust", "--no-instructions"])
        options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={data}", "-c", "synchronous_commit=on", "-c", "fsync=on"]
        self.server = subprocess.Popen(self.prefix() + [self.programs / "postgres", "-D", data, *options], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL, cwd=self.folder, process_group=0)
        self.reach = ["-h", str(data), "-U", self.user]
        for _ in range(100):
            if subprocess.run(["pg_isready", *self.reach], stdout=subprocess.DEVNULL, check=False).returncode == 0:
                break
            time.sleep(0.1)
        self.psql("CREATE DATABASE bench")
        self.reach += ["-d", "bench"]
        self.psql(TABLE)
        self.version = self.psql("SHOW server_version").split()[0]
        self.pid = int((data / "postmaster.pid").read_text().splitlines()[0])

    def prefix(self):
        return ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups"] if os.getuid() == 0 else []

    def as_user(self, command):
        subprocess.run(self.prefix() + command, check=True, stdout=subprocess.DEVNULL, cwd=self.folder)

    def psql(self, sql):
        reach = self.reach if "-d" in self.reach else [*self.reach, "-d", "postgres"]
        return subprocess.run(["psql", "-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", *reach], input=sql, text=True, check=True,
                              capture_output=True).stdout

    def processor_seconds(self):
        """Of all its processes, those that ended included."""
        time.sleep(0.1)  # until the last of these has been waited for
        total = measure.processor_seconds(self.pid, ended_children=True)
        for path in glob.glob("/proc/[0-9]*/stat"):
            try:
                fields = pathlib.Path(path).read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[1]) == self.pid:
                total += measure.processor_seconds(int(path.split("/")[2]))
        return total

    def run_scripts(self, scripts):
        """Each script over a connection of its own: (wall, processor seconds of the clients)."""
        before = os.times()
        start = time.monotonic()
        clients = []
        for script in scripts:
            with script.open() as text:
                clients.append(subprocess.Popen(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", *self.reach], stdin=text,
                                                stdout=subprocess.DEVNULL))
        for client in clients:
            if client.wait() != 0:
                raise SystemExit("psql failed")
        wall = time.monotonic() - start
        after = os.times()
        return wall, after.children_user + after.children_system - before.children_user - before.children_system

    def single_inserts(self, connections, seconds):
        """(inserts a second, p50 ms, p99 ms, processor seconds of the client)"""
        with tempfile.TemporaryDirectory() as logs:
            script = pathlib.Path(logs) / "one.sql"
            script.write_text(ONE_EVENT)
            cost = measure.run(["pgbench", "-n", "-c", str(connections), "-j", "1", "-T", str(seconds), "-M", "prepared", "-l", "--log-prefix",
                                f"{logs}/log", "-f", script, *self.reach[:4], "bench"])
            # client, transaction, microseconds, ...
            times = sorted(int(line.split()[2]) for path in glob.glob(f"{logs}/log.*") for line in open(path, encoding="ascii"))
        return len(times) / seconds, times[len(times) // 2] / 1e3, times[len(times) * 99 // 100] / 1e3, cost.cpu

    def close(self):
        os.kill(self.pid, signal.SIGINT)  # disconnects clients and shuts down cleanly
        self.server.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def gorse_program():
    """The path of gorse-in-one, or why there is none. It builds only inside its module's own tree, with the module's own go.sum."""
    folder = measure.ROOT / "build" / "bench-peers" / "gorse"
    program = folder / "gorse-in-one"
    if program.exists():
        return program, ""
    if shutil.which("go") is None:
        return None, "Gorse: left out, as Go is not installed"
    folder.mkdir(parents=True, exist_ok=True)
    got = subprocess.run(["go", "mod", "download", "-json", GORSE], cwd=folder, capture_output=True, text=True, check=False)
    if got.returncode != 0:
        return None, f"Gorse: left out, as its module cannot be fetched ({(got.stderr or got.stdout).strip()[:200]})"
    source = folder / "source"
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(json.loads(got.stdout)["Dir"], source, copy_function=shutil.copyfile)
    for path in [source, *source.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)  # the module cache is read-only
    built = subprocess.run(["go", "build", "-o", program, "./cmd/gorse-in-one"], cwd=source, capture_output=True, text=True, check=False)
    if built.returncode != 0:
        return None, f"Gorse: left out, as it does not build ({built.stderr.strip().splitlines()[-1][:200]})"
    shutil.rmtree(source)
    return program, ""


class Gorse:
    version = GORSE.split("@v")[1]

    def __init__(self, program):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="souk-gorse-", dir="/var/tmp"))
        rest, master = free_port(), free_port()
        self.url = f"http://127.0.0.1:{rest}"
        (self.folder / "config.toml").write_text(f"""[database]
data_store = "sqlite://{self.folder}/data.db"
cache_store = "sqlite://{self.folder}/cache.db"
[master]
host = "127.0.0.1"
port = {master}
http_host = "127.0.0.1"
http_port = {rest}
[server]
auto_insert_user = true
auto_insert_item = true
[recommend.data_source]
positive_feedback_types = ["star"]
""")
        self.server = subprocess.Popen([program, "-c", "config.toml", "--log-path", "log"], cwd=self.folder, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
        self.pid = self.server.pid
        for _ in range(200):
            try:
                urllib.request.urlopen(f"{self.url}/api/health/live", timeout=1).close()
                return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        self.close()
        raise SystemExit("Gorse did not start")

    def close(self):
        self.server.kill()
        self.server.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
