#!/usr/bin/env python3
"""Several processes at one shop: commands done by the serving process, children that train, and kills at every bad moment."""

import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOUK = pathlib.Path(os.environ.get("SOUK_BUILD", ROOT / "build/release")) / "souk"
PATIENCE = 60  # seconds that anything may take

ITEMS = "".join(json.dumps({"key": f"i{n}", "title": f"Kettle number {n}", "category": ["Kitchen"], "price": "19.90"}) + "\n" for n in range(500))


def events(count, prefix="e"):
    """Purchases of 200 households, one a minute."""
    lines = []
    for n in range(count):
        lines.append('{"id":"%s%d","shopper":"h%d","item":"i%d","kind":"purchase","time":%d,"order":"%s%d"}\n'
                     % (prefix, n, n % 200, (n * 7 + n // 200) % 500, 1_600_000_000_000 + n * 60_000, prefix, n // 3))
    return "".join(lines)


def start(*arguments, **options):
    return subprocess.Popen([str(SOUK), *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def souk(*arguments, **options):
    """Status, stdout and stderr of a verb."""
    run = subprocess.run([str(SOUK), *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE, check=False, **options)
    return run.returncode, run.stdout, run.stderr


def good(*arguments, **options):
    status, out, err = souk(*arguments, **options)
    if status != 0:
        raise AssertionError(f"souk {' '.join(map(str, arguments))} ended with status {status}:\n{out}{err}")
    return out


LARGE = 1_000_000


def until(condition, what):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.002)
    raise AssertionError(f"in vain: {what}")


def children(process):
    try:
        return [int(pid) for task in pathlib.Path(f"/proc/{process.pid}/task").iterdir() for pid in (task / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


class Server:
    def __init__(self, shop, *flags):
        self.process = start("serve", shop, "--listen", "127.0.0.1:0", "--json", *flags)
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError("the server did not start: " + self.process.stderr.read())
        self.url = json.loads(line)["url"]

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=PATIENCE) as answer:
            return json.load(answer)

    def events(self):
        with urllib.request.urlopen(self.url + "/metrics", timeout=PATIENCE) as answer:
            return int(float(re.search(r"^souk_shop_events (\S+)", answer.read().decode(), re.M)[1]))

    def kill(self):
        self.process.kill()
        self.close()

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=PATIENCE)


class Processes(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory(prefix="souk-processes-")
        self.addCleanup(self.scratch.cleanup)
        self.folder = pathlib.Path(self.scratch.name)
        self.shop = self.folder / "shop"
        (self.folder / "items.jsonl").write_text(ITEMS)
        good("init", self.shop, "--quiet")
        self.fill(3000)

    def fill(self, count):
        (self.folder / "events.jsonl").write_text(events(count))
        good("import", self.shop, self.folder / "items.jsonl", self.folder / "events.jsonl", "--quiet")

    def served(self, *flags):
        server = Server(self.shop, *flags)
        self.addCleanup(server.close)
        return server

    def large_feed(self, count=LARGE):  # others see the events of an import some 400,000 at a time
        feed = self.folder / "large.jsonl"
        feed.write_text(events(count, "large"))
        return feed

    def counts(self):
        return json.loads(good("status", self.shop, "--json"))

    def exported(self, shop, kind):
        return good("export", shop, "--as", kind, "--quiet")


class WithoutRights(Processes):
    """A shop that whoever asks may read and not write."""

    def setUp(self):
        super().setUp()
        self.user = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}  # for root there are no rights
        own = self.folder / "tmp"
        own.mkdir()
        self.user["env"] = dict(os.environ, TMPDIR=str(own))
        self.rights("a+rX,a-w")
        self.addCleanup(self.rights, "u+w")
        own.chmod(0o777)
        try:
            souk("--version", **self.user)
        except PermissionError:
            self.skipTest("the program is not where others may run it")

    def rights(self, change):
        subprocess.run(["chmod", "-R", change, str(self.folder)], check=True)

    def test_verbs_that_read_do(self):
        status, out, err = souk("status", self.shop, "--json", **self.user)
        self.assertEqual((status, json.loads(out)["items"], json.loads(out)["read_only"]), (0, 500, True), err)
        self.assertRegex(err, r"cannot be written here \(Permission denied\): reading it as it stood at commit [0-9]+")
        self.assertEqual(json.loads(good("search", self.shop, "kettle", "--json", "--quiet", **self.user))["total"], 500)
        self.assertEqual(good("export", self.shop, "--as", "items", "--quiet", **self.user).count("\n"), 500)

    def test_a_verb_that_writes_says_what_to_do(self):
        for words in [("train", self.shop), ("import", self.shop, self.folder / "items.jsonl"), ("doctor", self.shop)]:
            status, _, err = souk(*words, "--quiet", **self.user)
            self.assertEqual(status, 1, err)
            self.assertIn("cannot be written here", err)
            self.assertIn("--read-only", err)

    def test_where_no_temporary_file_may_be_written_either(self):
        (self.folder / "tmp").chmod(0o555)
        status, _, err = souk("status", self.shop, **self.user)
        self.assertEqual(status, 1, err)
        self.assertRegex(err, "cannot be written here.*Reading it as it stands failed too: .*Set TMPDIR to a folder that can be written")

    def test_beside_the_process_that_writes(self):
        self.rights("u+w")
        self.served()
        status, out, err = souk("status", self.shop, "--json", **self.user)
        self.assertEqual((status, json.loads(out)["items"]), (0, 500), err)


class Forwarding(Processes):
    def test_the_serving_process_imports_what_another_sends(self):
        server = self.served()
        (self.folder / "more.jsonl").write_text('{"key":"pot","title":"Tea pot"}\n')
        report = json.loads(good("import", "shop", "more.jsonl", "--json", cwd=self.folder))
        self.assertEqual((report["accepted"], report["changed"]), (1, 1))
        self.assertEqual(server.get("/v1/items/pot")["title"], "Tea pot")
        report = json.loads(good("import", self.shop, "-", "--as", "items", "--json", input='{"key":"cup","title":"Tea cup"}\n'))
        self.assertEqual(report["changed"], 1)
        self.assertEqual(server.get("/v1/search?q=cup")["items"][0]["key"], "cup")

    def test_what_a_shell_calls_a_file_is_read_where_the_shell_is(self):
        server = self.served()
        for n, name in enumerate(["< FILE /dev/stdin", "<(cat FILE)"]):
            (self.folder / "one.jsonl").write_text('{"key":"shell%d","title":"Shell"}\n' % n)
            command = f"exec {SOUK} import {self.shop} --as items " + name.replace("FILE", str(self.folder / "one.jsonl"))
            done = subprocess.run(["bash", "-c", command], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(server.get(f"/v1/items/shell{n}")["title"], "Shell")

    def test_exit_status_messages_and_usage_are_those_of_the_verb(self):
        self.served()
        (self.folder / "bad.jsonl").write_text('{"title":"no key"}\n')
        status, out, err = souk("import", self.shop, self.folder / "bad.jsonl", "--as", "items")
        self.assertEqual(status, 3)
        self.assertIn("rejected", out)
        self.assertIn("nothing was applied", err)
        status, out, _ = souk("import", self.shop, self.folder / "nowhere.jsonl", "--json")
        self.assertEqual(status, 1)
        self.assertIn("nowhere.jsonl", json.loads(out)["error"]["message"])
        self.assertEqual(souk("train", self.shop, "--budget", "soon")[0], 2)

    def test_every_verb_that_writes_works_while_served(self):
        server = self.served()
        self.assertIn("answers from now on", good("train", self.shop))
        self.assertTrue(server.get("/readyz")["trained"])
        self.assertIn("every checksum holds", good("doctor", self.shop))
        self.assertIn("now", good("compact", self.shop))
        self.assertIn("nothing to do", good("upgrade", self.shop))
        good("backup", self.shop, self.folder / "backup", "--quiet")
        self.assertEqual(self.counts()["tables"]["version"], "tables-1")

    def test_verbs_that_read_say_as_of_when(self):
        self.served()
        status, _, err = souk("search", self.shop, "kettle")
        self.assertEqual(status, 0)
        self.assertRegex(err, r"reading beside it, as it stood at commit \d+")

    def test_a_holder_that_serves_nothing_cannot_be_asked(self):
        holder = start("import", self.shop, "-", "--as", "items", stdin=subprocess.PIPE)
        try:
            # It keeps its input in a folder of the shop it has opened; a command that came before it would hold the shop itself.
            until(lambda: list(pathlib.Path(self.shop).glob("rejects")), "the import holds the shop")
            status, out, err = souk("train", self.shop, "--json")
            self.assertEqual(status, 4)
            self.assertEqual(json.loads(out)["error"]["kind"], "busy")
            self.assertIn(f"process {holder.pid} (souk)", err)
        finally:
            holder.communicate('{"key":"pot","title":"Tea pot"}\n', timeout=PATIENCE)
        self.assertEqual(holder.returncode, 0)

    def test_what_is_imported_from_standard_input_stands_in_no_file(self):
        holder = start("import", self.shop, "-", "--as", "items", stdin=subprocess.PIPE)
        until(lambda: list(pathlib.Path(self.shop).glob("rejects")), "the import holds the shop")
        holder.stdin.write('{"key":"pot","title":"Pot of somebody-4711"}\n' * 100_000)
        holder.stdin.flush()
        self.assertEqual(list(pathlib.Path(self.shop).glob("rejects/*")) + list(pathlib.Path(self.shop).glob("rejects/.*")), [])
        holder.kill()
        holder.communicate()
        named = [path for path in pathlib.Path(self.shop).rglob("*") if path.is_file() and b"somebody-4711" in path.read_bytes()]
        self.assertEqual(named, [])

    def test_nothing_is_printed_into_files_of_the_shop(self):
        # A standard stream that is closed leaves its number to the next file that is opened.
        line = f"exec {SOUK} export {self.shop} --as items"
        for closed in ["0<&- >&- 2>&-", ">&-", ">&- 2>&-"]:
            run = subprocess.run(["sh", "-c", f"{line} {closed}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=PATIENCE, check=False)
            self.assertEqual(run.returncode, 1, closed)
            self.assertEqual((pathlib.Path(self.shop) / "store" / "SOUK-LOCK").read_bytes().count(b"Kettle number"), 0)
        run = subprocess.run(["sh", "-c", f"exec {SOUK} import {self.shop} - --as items <&-"], capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 1, run.stderr)
        self.assertIn("standard input", run.stderr)
        self.assertEqual(good("export", self.shop, "--as", "items", "--quiet").count("\n"), 500)

    def test_a_key_that_the_client_could_not_show_is_revoked(self):
        self.served()
        with open("/dev/full", "w") as full:
            client = subprocess.run([SOUK, "key", self.shop, "add", "--scope", "admin"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
        self.assertEqual(client.returncode, 1)
        self.assertIn("revoked", client.stderr)
        self.assertEqual(json.loads(good("key", self.shop, "list", "--json"))["keys"], [])

    def test_a_holder_that_is_stopped_does_not_hang_others(self):
        server = self.served()
        server.process.send_signal(signal.SIGSTOP)
        try:
            interrupted = start("compact", self.shop)
            time.sleep(0.3)
            interrupted.send_signal(signal.SIGINT)
            self.assertNotEqual(interrupted.wait(timeout=5), 0)
            interrupted.communicate()
            status, _, err = souk("compact", self.shop)
            self.assertEqual(status, 4)
            self.assertIn("does not answer", err)
        finally:
            server.process.send_signal(signal.SIGCONT)
        good("compact", self.shop, "--quiet")

    def test_a_second_server_is_refused(self):
        self.served()
        status, _, err = souk("serve", self.shop, "--listen", "127.0.0.1:0")
        self.assertEqual(status, 4)
        self.assertIn("held by", err)

    def test_an_interrupt_stops_the_work_in_the_server(self):
        server = self.served()
        client = start("import", self.shop, self.large_feed())
        until(lambda: server.events() > 3000, "the import commits")
        client.send_signal(signal.SIGINT)
        _, err = client.communicate(timeout=PATIENCE)
        self.assertEqual(client.returncode, 1)
        self.assertIn("the import was stopped", err)
        self.assertLess(self.counts()["events"], 3000 + LARGE)
        self.assertEqual(server.get("/healthz")["status"], "ok")

    def test_a_crowd_of_clients_is_served_or_refused(self):
        server = self.served()
        crowd = [start("compact", self.shop, "--quiet") for _ in range(48)]
        statuses = set()
        for client in crowd:
            client.communicate(timeout=PATIENCE)
            statuses.add(client.returncode)
        self.assertLessEqual(statuses, {0, 4})
        self.assertIn(0, statuses)
        self.assertEqual(server.get("/healthz")["status"], "ok")
        good("compact", self.shop, "--quiet")


class Following(Processes):
    def test_a_server_that_reads_follows_the_one_that_writes(self):
        self.served()
        reader = self.served("--read-only")
        (self.folder / "more.jsonl").write_text('{"key":"pot","title":"Tea pot"}\n')
        good("import", self.shop, self.folder / "more.jsonl", "--quiet")
        good("train", self.shop, "--quiet")
        until(lambda: reader.get("/readyz")["trained"] and reader.get("/v1/search?q=pot")["items"], "the reader follows")
        self.assertLess(reader.get("/readyz")["stale_ms"], 10_000)


class Jobs(Processes):
    def test_the_server_trains_by_itself(self):
        with open(self.shop / "shop.toml", "a", encoding="utf-8") as settings:
            settings.write('\n[jobs.train]\nevery = "1d"\n')
        server = self.served()
        until(lambda: server.get("/readyz")["trained"], "it trains")
        job = until(lambda: [j for j in self.counts()["jobs"] if j["outcome"]], "it says so")[0]
        self.assertIn("tables-1 answers from now on", job["outcome"])
        self.assertGreater(job["next"], job["last"])


class Kills(Processes):
    def killed_import(self, kill):
        """An import of a large feed, cut short by `kill(server, client)` when a part of it is in the shop."""
        feed = self.large_feed()
        server = Server(self.shop)
        client = start("import", self.shop, feed)
        until(lambda: server.events() > 50_000, "a part of it is in the shop")
        kill(server, client)
        _, err = client.communicate(timeout=PATIENCE)
        return server, client, feed, err

    def assert_import_goes_on(self, feed):
        report = json.loads(good("import", self.shop, feed, "--json"))
        self.assertEqual(report["conflicts"], 0)
        counts = self.counts()
        self.assertEqual(counts["events"], 3000 + LARGE)
        self.assertTrue(counts["index"]["in_step"])

    def test_of_the_client_during_an_import(self):
        server, _, feed, _ = self.killed_import(lambda server, client: client.kill())
        self.addCleanup(server.close)
        self.assert_import_goes_on(feed)  # by the server, as soon as it has stopped the first

    def test_of_the_server_during_an_import(self):
        _, client, feed, err = self.killed_import(lambda server, client: server.kill())
        self.assertEqual(client.returncode, 1)
        self.assertIn("went away", err)
        self.assertTrue((self.shop / "control.sock").exists(), "a killed process cleans nothing up")
        self.assert_import_goes_on(feed)
        server = self.served()  # takes the place of the socket that was left
        good("compact", self.shop, "--quiet")
        self.assertEqual(server.get("/healthz")["status"], "ok")

    def test_of_the_child_that_trains(self):
        self.fill(200_000)
        server = self.served()
        client = start("train", self.shop)
        child = until(lambda: children(server.process), "a child trains")[0]
        until(lambda: os.getpriority(os.PRIO_PROCESS, child) == 19, "the child works at the lowest priority")
        os.kill(child, signal.SIGKILL)
        _, err = client.communicate(timeout=PATIENCE)
        self.assertEqual(client.returncode, 1)
        self.assertIn("signal 9", err)
        self.assertFalse(server.get("/readyz")["trained"])
        self.assertFalse((self.shop / "work").exists())
        good("train", self.shop, "--quiet")
        self.assertTrue(server.get("/readyz")["trained"])

    def test_of_the_server_takes_its_child_along(self):
        self.fill(200_000)
        server = Server(self.shop)
        client = start("train", self.shop)
        child = until(lambda: children(server.process), "a child trains")[0]
        server.kill()
        client.communicate(timeout=PATIENCE)
        until(lambda: not pathlib.Path(f"/proc/{child}/exe").exists(), "the child is gone")
        good("train", self.shop, "--quiet")
        self.assertFalse((self.shop / "work").exists())

    def test_of_a_training_beyond_its_budget(self):
        self.fill(200_000)
        status, _, err = souk("train", self.shop, "--budget", "20ms")
        self.assertEqual(status, 1)
        self.assertIn("budget", err)
        self.assertIsNone(self.counts()["tables"].get("trained"))

    def test_of_the_server_during_a_backup(self):
        self.fill(200_000)
        good("train", self.shop, "--quiet")
        backup = self.folder / "backup"
        for _ in range(5):
            server = Server(self.shop)
            client = start("backup", self.shop, backup)
            until(lambda: list(self.folder.glob("backup.part-*")) or client.poll() is not None, "the backup begins")
            server.kill()
            client.communicate(timeout=PATIENCE)
            if backup.exists():  # it was quicker: then it is whole
                self.assertIn("made", good("doctor", backup))
                break
        if backup.exists():
            backup = self.folder / "another"
        good("backup", self.shop, backup, "--quiet")
        self.assertEqual(list(self.folder.glob(f"{backup.name}.part-*")), [], "what the dead ones left")
        self.assertFalse((self.shop / "work").exists())
        good("restore", backup, self.folder / "again", "--quiet")
        self.assertEqual(self.exported(self.folder / "again", "events"), self.exported(self.shop, "events"))


class RoundTrips(Processes):
    def test_a_backup_made_while_events_arrive_is_a_whole_shop(self):
        self.served()
        good("train", self.shop, "--quiet")
        feed = self.large_feed(200_000)
        client = start("import", self.shop, feed)
        backup = self.folder / "backup"
        good("backup", self.shop, backup, "--quiet")
        self.assertEqual(client.wait(timeout=PATIENCE), 0)
        client.communicate()
        good("restore", backup, self.folder / "again", "--quiet")
        self.assertIn("every checksum holds", good("doctor", self.folder / "again"))

    def test_a_shop_made_of_its_exports_exports_the_same(self):
        (self.folder / "people.jsonl").write_text('{"key":"h1","attributes":{"age":"45-54"},"consent":{"train":false}}\n')
        (self.folder / "reviews.jsonl").write_text(
            '{"id":"r1","item":"i1","shopper":"h1","rating":4,"title":"Good","text":"Boils fast","time":"2024-05-01T10:00:00Z"}\n')
        good("import", self.shop, self.folder / "people.jsonl", "--as", "shoppers", "--quiet")
        good("import", self.shop, self.folder / "reviews.jsonl", "--as", "reviews", "--quiet")
        with open(self.shop / "shop.toml", "a", encoding="utf-8") as settings:
            settings.write('\n[retention]\nview = "400d"\n[fields.colour]\ntype = "keyword"\nsearch = 1.5\n')
        kinds = ("items", "shoppers", "events", "reviews")
        config = self.folder / "config.json"
        good("export", self.shop, "--as", "config", "--to", config)
        again = self.folder / "again"
        good("init", again, "--config", config, "--quiet")
        for kind in kinds:
            good("export", self.shop, "--as", kind, "--to", self.folder / f"out-{kind}.jsonl", "--quiet")
            good("import", again, self.folder / f"out-{kind}.jsonl", "--as", kind, "--quiet")
        for kind in (*kinds, "config"):
            self.assertEqual(self.exported(again, kind), self.exported(self.shop, kind), kind)


if __name__ == "__main__":
    unittest.main(verbosity=2)
