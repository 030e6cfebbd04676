"""Penstock's processes, each by itself, on a database of their own: for tests that end some of them."""

import json
import os
import pathlib
import signal
import subprocess
import urllib.error
import urllib.parse
import urllib.request

from console import sql, until

PENSTOCK = os.environ["UI_PENSTOCK"]
RUN = pathlib.Path(os.environ["UI_RUN"])


class Processes:
    """A database, an embedded broker, and the processes that are asked for."""

    def __init__(self, test, name, parts):
        self.running = {}
        whole = urllib.parse.urlsplit(os.environ["PENSTOCK_DATABASE_URL"])
        # In the same cluster other runs have theirs.
        self.name = f"{whole.path[1:]}_{name}"
        self.database = whole._replace(path=f"/{self.name}").geturl()
        sql(f"CREATE DATABASE {self.name} TEMPLATE penstock")
        test.addCleanup(self.end)
        self.environment = {**os.environ, "PENSTOCK_DATABASE_URL": self.database}
        broker = self.spawn("broker", "broker", stdout=subprocess.PIPE)
        self.environment["PENSTOCK_KAFKA_BROKERS"] = broker.stdout.readline().decode().strip()
        self.urls = {}
        for part in parts:
            self.start(part)

    def spawn(self, part, *arguments, stdout=None):
        """Starts a process that ends with this one."""
        with open(RUN / f"{self.name}-{part}.log", "ab") as log:
            process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", PENSTOCK, *arguments], env=self.environment,
                stdin=subprocess.DEVNULL, stdout=stdout or log, stderr=log)
        self.running[part] = process
        return process

    def start(self, part):
        """Starts a part and waits until it is ready."""
        addresses = RUN / f"{self.name}-{part}.json"
        addresses.unlink(missing_ok=True)
        process = self.spawn(part, part, "--announce", str(addresses))

        def is_ready():
            if process.poll() is not None:
                raise AssertionError(f"{part} ended; see {RUN}/{self.name}-{part}.log")
            try:
                bound = json.loads(addresses.read_text())
                with urllib.request.urlopen(f"http://{bound['admin']}/readyz"):
                    return bound
            except (OSError, ValueError, urllib.error.URLError):
                return None

        bound = until(is_ready, 60)
        self.urls[part] = "http://" + bound["http" if part == "intake" else "admin"]

    def kill(self, part):
        """Ends it by SIGKILL: it can do nothing more."""
        process = self.running.pop(part)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def sql(self, statement, form="--no-align"):
        """Runs a statement in the database."""
        return sql(statement, self.database, form)

    def end(self):
        """Ends all of it; the broker last."""
        for process in reversed(self.running.values()):
            process.terminate()
        for process in self.running.values():
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout:
                process.stdout.close()
        sql(f"DROP DATABASE {self.name} WITH (FORCE)")
