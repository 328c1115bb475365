"""A system without pages: worker, beat, a mail server of ours, and somebody who works in it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from luohu.management.commands.demo import services
from tests.sink import Sink
from tests.stack import ROOT, Stack, environment, eventually, free_port, scratch_database, scratch_redis


@dataclass
class System(Stack):
    """Processes that share a database, a broker and a mail server."""

    env: dict[str, str] = field(default_factory=dict)
    driver_module: str = "tests.services.driver"
    taken: float = 0
    """How long the last act took, in seconds."""

    def start_driver(self, **more: str) -> None:
        """Let somebody begin to work in the system."""
        with (self.folder / "log-driver").open("ab") as log:
            self.driver = subprocess.Popen(
                [sys.executable, "-m", self.driver_module],
                cwd=ROOT,
                env={**self.env, "DJANGO_SETTINGS_MODULE": "luohu.settings", **more},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        self.parts["driver"] = self.driver

    def stop_driver(self) -> None:
        """Let nobody work there any more."""
        driver = self.parts.pop("driver", None)
        if driver is None:
            return
        for pipe in (driver.stdin, driver.stdout):
            if pipe is not None:
                pipe.close()
        driver.kill()
        driver.wait()

    def act(self, act: str, **named: Any) -> Any:
        """Let it be done, and return the answer."""
        assert self.driver.stdin is not None
        assert self.driver.stdout is not None
        self.driver.stdin.write(json.dumps({"act": act, **named}).encode() + b"\n")
        self.driver.stdin.flush()
        line = self.driver.stdout.readline()
        assert line, f"The driver ended:\n{self.log()}"
        answer = json.loads(line)
        self.taken = answer["seconds"]
        return answer["answer"]

    def start_worker(self, **more: str) -> None:
        """Start a worker by the command with which it runs in use."""
        if self.env.get("REDIS_URL"):
            composed = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
            command = [sys.executable, "-m", *composed["worker"]["command"]]
        else:
            command = services(mail_port=0)["worker"]
        self.start("worker", command, {**self.env, **more})

    def start_beat(self) -> None:
        """Start beat."""
        (self.folder / "beat").mkdir(exist_ok=True)
        self.start("beat", services(mail_port=0)["beat"], self.env)

    def kill_worker(self) -> None:
        """Take the worker's power away: all its processes at once, with no time for anything."""
        os.killpg(self.parts["worker"].pid, signal.SIGKILL)
        self.parts.pop("worker").wait()

    def mails(self) -> list[dict[str, Any]]:
        """Return the reminders by mail whose time has come."""
        return [row for row in self.act("reminders") if row["channel"] == "email" and row["due_now"]]

    def wait_for_state(self, state: str, to: str = "", seconds: float = 60) -> list[dict[str, Any]]:
        """Wait until every reminder by mail to an address whose time has come stands in ``state``."""

        def there() -> list[dict[str, Any]] | None:
            rows = [row for row in self.mails() if to in row["to"]]
            return rows if rows and {row["state"] for row in rows} == {state} else None

        return eventually(
            there, f"every mail to {to or 'everybody'} is {state}\n{self.log()[-3000:]}", seconds
        )


@contextlib.contextmanager
def embedded(folder: Path, sink: Sink) -> Iterator[System]:
    """Make a system as ``make demo`` does: SQLite, and a queue in a folder."""
    for name in ("queue", "queue-control", "cache", "tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    with bare_system(folder, sink, TMPDIR=str(folder / "tmp")) as system:
        yield system


@contextlib.contextmanager
def in_earnest(folder: Path, sink: Sink) -> Iterator[System]:
    """Make a system on the PostgreSQL and Redis of DATABASE_URL and REDIS_URL, in databases of its own."""
    with (
        scratch_database(os.environ["DATABASE_URL"]) as database,
        scratch_redis(os.environ["REDIS_URL"]) as broker,
        bare_system(folder, sink, DATABASE_URL=database, REDIS_URL=broker) as system,
    ):
        yield system


@contextlib.contextmanager
def bare_system(
    folder: Path, sink: Sink, *, driver: str = System.driver_module, **servers: str
) -> Iterator[System]:
    """Make a system on ``servers`` that has its tables and somebody who works in it, and nothing else."""
    env = environment(folder, free_port(), story=True, EMAIL_URL=f"smtp://127.0.0.1:{sink.port}", **servers)
    env["PYTHONPATH"] = os.pathsep.join([env["PYTHONPATH"], str(ROOT)])
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=env, check=True)
    system = System(env["SITE_URL"], folder, env=env, driver_module=driver)
    try:
        system.start_driver()
        yield system
    finally:
        system.stop_driver()
        system.kill()
