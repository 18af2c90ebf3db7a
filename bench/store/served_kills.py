"""SIGKILL to a served shop: clients send events and items over HTTP while commands import, train and back up; then everything that was
answered must be there, once, and the rest wholly or not at all. Part of bench_crash.py."""
import contextlib
import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import threading
import time

from lib import measure

EVENTS = 20           # of a request
IMPORTED = 300        # of a file
INTAKE_THREADS = 2
ITEMS = 10
ROUNDS_OF_A_SHOP = 20


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def event(number_id):
    return {"id": number_id, "shopper": f"s{hash(number_id) % 50}", "item": f"i{hash(number_id) % ITEMS}", "kind": "view",
            "time": "2024-01-01T00:00:00Z"}


class ServedShop:
    """One shop, what was sent to it, and what it answered."""

    def __init__(self, folder, seed):
        self.folder, self.shop = folder, folder / "shop"
        self.random = random.Random(seed)
        self.next = 0
        self.answered, self.sent = set(), []          # ids of events; batches in flight when a server died
        self.titles, self.sent_titles = {}, {}        # of items: the last that was answered, those that were not
        self.imports, self.backups, self.commands = [], [], {"import": 0, "train": 0, "backup": 0}
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        measure.run([measure.SOUK, "--quiet", "init", self.shop])

    def number(self):
        self.next += 1
        return self.next

    def start(self):
        self.port = free_port()
        self.server = subprocess.Popen([measure.SOUK, "--quiet", "serve", self.shop, "--listen", f"127.0.0.1:{self.port}"],
                                       stdout=subprocess.DEVNULL, stderr=open(self.folder / "server.log", "w"), start_new_session=True)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self.server.poll() is None:
            with contextlib.suppress(OSError, http.client.HTTPException):
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", "/healthz")
                if connection.getresponse().status == 200:
                    return None
            time.sleep(0.02)
        return "the server does not start: " + (self.folder / "server.log").read_text()[-500:]

    def ask(self, connection, method, path, body):
        connection.request(method, path, json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        return answer.status // 100 == 2

    def send_events(self, lane):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        while True:
            batch = [f"e{lane}-{self.number()}-{i}" for i in range(1 if self.random.random() < 0.5 else EVENTS)]
            self.sent.append(batch)
            try:
                if not self.ask(connection, "POST", "/v1/events", [event(each) for each in batch]):
                    continue
            except (OSError, http.client.HTTPException):
                return
            self.answered.update(batch)
            self.sent.remove(batch)

    def send_items(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        while True:
            key, title = f"i{self.random.randrange(ITEMS)}", f"thing {self.number()}"
            self.sent_titles[key] = title
            try:
                if not self.ask(connection, "PUT", "/v1/items", [{"key": key, "title": title}]):
                    continue
            except (OSError, http.client.HTTPException):
                return
            self.titles[key] = title
            self.sent_titles.pop(key)

    def command(self, *words):
        return subprocess.run([measure.SOUK, "--quiet", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0

    def give_commands(self):
        while self.server.poll() is None:
            what = self.random.choice(["import", "import", "train", "backup"])
            number = self.number()
            if what == "import":
                path, ids = self.folder / f"{number}.jsonl", [f"f{number}-{i}" for i in range(IMPORTED)]
                path.write_text("".join(json.dumps(event(each)) + "\n" for each in ids))
                self.imports.append((path, ids))
                if self.command("import", self.shop, path, "--as", "events"):
                    self.answered.update(ids)
                    self.commands["import"] += 1
            elif what == "train":
                self.commands["train"] += self.command("train", self.shop)
            else:
                to = self.folder / f"backup-{number}"
                if self.command("backup", self.shop, to):
                    self.backups.append(to)
                    self.commands["backup"] += 1

    def crash(self):
        """Serves for a moment, kills; the problem found afterwards, or None."""
        problem = self.start()
        if problem:
            return problem
        threads = [threading.Thread(target=self.send_events, args=(lane,)) for lane in range(INTAKE_THREADS)]
        threads += [threading.Thread(target=self.send_items), threading.Thread(target=self.give_commands)]
        for thread in threads:
            thread.start()
        time.sleep(self.random.uniform(0.02, 1.0))
        alive = self.server.poll() is None
        # The server alone, or its children with it: both happen.
        (os.killpg if self.random.random() < 0.5 else os.kill)(self.server.pid, signal.SIGKILL)
        self.server.wait()
        for thread in threads:
            thread.join()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.server.pid, signal.SIGKILL)
        if not alive:
            return "the server ended by itself: " + (self.folder / "server.log").read_text()[-500:]
        return self.check()

    def export(self, kind):
        out = subprocess.run([measure.SOUK, "--quiet", "export", self.shop, "--as", kind], capture_output=True, text=True, check=False)
        if out.returncode != 0:
            raise RuntimeError(f"it does not open: {out.stderr[-500:]}")
        return [json.loads(line) for line in out.stdout.splitlines()]

    def check(self):
        try:
            if self.imports:  # the same import again ends where it would have ended
                path, ids = self.imports[-1]
                if not self.command("import", self.shop, path, "--as", "events"):
                    return f"the import of {path} cannot be repeated"
                self.answered.update(ids)
            ids = [each["id"] for each in self.export("events")]
            there = set(ids)
            if len(ids) != len(there):
                return f"{len(ids) - len(there)} events are there twice"
            if not self.answered <= there:
                return f"{len(self.answered - there)} of {len(self.answered)} answered events are lost, such as {min(self.answered - there)}"
            for batch in self.sent:
                if 0 < len(there.intersection(batch)) < len(batch):
                    return f"a batch is half there: {batch[0]}"
            self.answered.update(each for batch in self.sent for each in batch if each in there)
            known = set(self.answered) | {each for _, ids in self.imports for each in ids}
            if not there <= known:
                return f"an event is there that was never sent: {min(there - known)}"
            self.sent.clear()
            titles = {each["key"]: each.get("title", "") for each in self.export("items")}
            for key in set(self.titles) | set(self.sent_titles):
                if titles.get(key, "") not in (self.titles.get(key, ""), self.sent_titles.get(key)):
                    return f"item {key} is '{titles.get(key)}' and not '{self.titles.get(key)}'"
                self.titles[key] = titles.get(key, "")
            self.sent_titles.clear()
            if self.backups:
                restored = self.folder / "restored"
                shutil.rmtree(restored, ignore_errors=True)
                if not self.command("restore", self.backups[-1], restored):
                    return f"{self.backups[-1]} cannot be restored"
                for old in self.backups:
                    shutil.rmtree(old, ignore_errors=True)
                self.backups.clear()
            if self.random.random() < 0.1 and not self.command("doctor", self.shop):
                return "doctor finds something"
        except RuntimeError as error:
            return str(error)
        return None


def run(kills, seed, folder, progress):
    """(rounds, answered events, commands, problems)"""
    answered, commands, problems, shop = 0, {}, [], None
    done = 0
    while done < kills and len(problems) < 5:
        if shop is None or done % ROUNDS_OF_A_SHOP == 0:
            shop = ServedShop(folder / f"served-{len(problems)}", seed + done)
        before, given = len(shop.answered), dict(shop.commands)
        problem = shop.crash()
        done += 1
        answered += len(shop.answered) - before
        commands = {what: commands.get(what, 0) + shop.commands[what] - given[what] for what in shop.commands}
        progress(done)
        if problem:
            problems.append(f"served, seed {seed}, kill {done}, shop kept in {shop.shop}: {problem}")
            shop = None
    if not problems:
        shutil.rmtree(folder, ignore_errors=True)
    return done, answered, commands, problems
