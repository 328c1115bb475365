"""The whole system as processes of its own: pages, worker, beat and a mail server, for tests that need them real.

`start_demo` runs what `make demo` runs; `start_services` runs the commands of docker-compose.yml against a
PostgreSQL and a Redis. Nothing here sleeps for a while and hopes: whatever is waited for is asked for.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import email
import email.policy
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis
import yaml
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
STORY_BEGINS = dt.datetime(2026, 11, 23, 10, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
"""A Monday, two days before the November reports fall due."""

# What a developer's shell, or the settings of the tests, say to other processes is not for these.
NOT_INHERITED = re.compile(
    r"(DATABASE_URL|REDIS_URL|EMAIL_URL|SECRET_KEY)(_FILE)?|VAR_DIR|SITE_URL|ALLOWED_HOSTS|DJANGO_SETTINGS_MODULE"
    r"|DEFAULT_FROM_EMAIL|REMIND_AT_ANY_TIME|LOG_LEVEL|PYTHONPATH|TESTS_SET_UP_FOR|WEB_.*|PYTEST_.*|COV_.*"
)
COMPLAINT = re.compile(r"Traceback|\b(ERROR|CRITICAL)\b")
REDIS_DATABASES = range(15, -1, -1)

T = TypeVar("T")


def eventually(ask: Callable[[], T | None], what: str, seconds: float = 30) -> T:
    """Ask again and again until there is an answer, and return it; fail in words after ``seconds``."""
    deadline = time.monotonic() + seconds
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"Not within {seconds} seconds: {what}")
        time.sleep(0.1)  # between two questions, not in hope


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    """Say whether a page is there."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310  our own address
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError):
        return False


@dataclass
class Stack:
    """A running system. ``folder`` is its VAR_DIR, where nobody else keeps anything."""

    address: str
    folder: Path
    parts: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def port(self) -> int:
        """Return the port of the pages."""
        return int(self.address.rpartition(":")[2])

    def log(self) -> str:
        """Return all that was said so far."""
        return "".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("log-*")))

    def complaints(self) -> list[str]:
        """Return the lines of the logs that tell of an error."""
        return [line for line in self.log().splitlines() if COMPLAINT.search(line)]

    def letters(self, to: str) -> list[EmailMessage]:
        """Return the mail that was delivered to an address, the oldest first."""
        paths = sorted((self.folder / "mail" / "new").iterdir(), key=lambda path: path.stat().st_mtime_ns)
        found = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in paths]
        return [letter for letter in found if to in str(letter["To"])]

    def survivors(self) -> list[str]:
        """Return the command lines of the processes of this system that still live."""
        mark = f"VAR_DIR={self.folder}".encode()
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):  # it has ended meanwhile
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        return found

    def start(self, name: str, command: list[str], env: dict[str, str]) -> None:
        """Start one part in a group of its own; what it says goes to its log."""
        with (self.folder / f"log-{name}").open("ab") as log:
            self.parts[name] = subprocess.Popen(
                command,
                cwd=ROOT,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_ready(self) -> None:
        """Wait for the pages; fail with what was said if a part ends first."""

        def ready() -> bool:
            for name, part in self.parts.items():
                assert part.poll() is None, f"{name} ended with status {part.returncode}:\n{self.log()}"
            return answers(f"{self.address}/healthz")

        try:
            eventually(ready, f"pages at {self.address}", 90)
        except BaseException:
            self.kill()
            raise

    def stop(self) -> dict[str, int]:
        """Stop every part as it is stopped in use, and return their statuses: 0 is a clean end."""
        for name, part in reversed(self.parts.items()):
            # Ctrl-C reaches the demo's whole group; a container is asked to end by SIGTERM.
            number = signal.SIGTERM if name in {"web", "worker", "beat"} else signal.SIGINT
            os.killpg(part.pid, number)
        return {name: part.wait(timeout=30) for name, part in self.parts.items()}

    def kill(self) -> None:
        """End what has not ended by now, whatever went wrong before."""
        for part in self.parts.values():
            if part.poll() is None:
                os.killpg(part.pid, signal.SIGKILL)
                part.wait()


def environment(folder: Path, port: int, *, story: bool, **more: str) -> dict[str, str]:
    """Return the environment of a system of our own; with ``story`` its clocks begin at STORY_BEGINS."""
    env = {name: value for name, value in os.environ.items() if not NOT_INHERITED.fullmatch(name)}
    env |= {"DEMO": "1", "VAR_DIR": str(folder), "SITE_URL": f"http://127.0.0.1:{port}"}
    if story:
        shift = STORY_BEGINS.timestamp() - time.time()
        env |= {"PYTHONPATH": str(ROOT / "tests" / "clock"), "CLOCK_SHIFT": str(shift)}
    return env | more


def start_demo(folder: Path, *, story: bool = True, port: int | None = None) -> Stack:
    """Start what `make demo` starts: SQLite, the filesystem broker, one supervisor."""
    port = port or free_port()
    folder.mkdir(parents=True, exist_ok=True)
    stack = Stack(f"http://127.0.0.1:{port}", folder)
    command = [sys.executable, "manage.py", "demo", "--port", str(port)]
    stack.start("demo", command, environment(folder, port, story=story))
    stack.wait_until_ready()
    return stack


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Stack]:
    """Run the system on the servers that DATABASE_URL and REDIS_URL name, else as `make demo` does."""
    database_url, redis_url = os.environ.get("DATABASE_URL", ""), os.environ.get("REDIS_URL", "")
    with contextlib.ExitStack() as ending:
        if database_url.startswith("postgres") and redis_url:
            database = ending.enter_context(scratch_database(database_url))
            broker = ending.enter_context(scratch_redis(redis_url))
            stack = start_services(folder, database, broker)
        else:
            stack = start_demo(folder)
        ending.callback(stack.kill)
        yield stack


def start_services(folder: Path, database_url: str, redis_url: str) -> Stack:
    """Start the services of docker-compose.yml, each by its own command, with the demo's data."""
    port, mail_port = free_port(), free_port()
    (folder / "beat").mkdir(parents=True)
    servers = {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "EMAIL_URL": f"smtp://127.0.0.1:{mail_port}",
        "WEB_BIND": f"127.0.0.1:{port}",
    }
    env = environment(folder, port, story=True, **servers)
    for command in (["migrate"], ["load_facts"], ["load_demo"], ["collectstatic", "--noinput"]):
        subprocess.run([sys.executable, "manage.py", *command, "-v0"], cwd=ROOT, env=env, check=True)
    stack = Stack(f"http://127.0.0.1:{port}", folder)
    mailbox = ["-l", f"127.0.0.1:{mail_port}", "-c", "aiosmtpd.handlers.Mailbox", str(folder / "mail")]
    stack.start("mail", [sys.executable, "-m", "aiosmtpd", "-n", *mailbox], env)
    composed = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    for name in ("worker", "beat", "web"):
        stack.start(name, [sys.executable, "-m", *composed[name]["command"]], env)
    stack.wait_until_ready()
    return stack


@contextlib.contextmanager
def scratch_database(url: str) -> Iterator[str]:
    """Make an empty database on the server of ``url``, and drop it in the end."""
    name = f"luohu_stack_{os.getpid()}"
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(drop)
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(url, autocommit=True) as server:
            server.execute(drop)


@contextlib.contextmanager
def scratch_redis(url: str) -> Iterator[str]:
    """Claim an empty numbered database of the Redis at ``url``, and empty it in the end."""
    for number in REDIS_DATABASES:
        candidate = urlunsplit(urlsplit(url)._replace(path=f"/{number}"))
        with redis.Redis.from_url(candidate) as client:
            # Set, then counted: of two who try at once at most one finds itself alone.
            if client.dbsize() == 0 and client.set("claimed-by-tests", os.getpid(), nx=True):
                try:
                    yield candidate
                finally:
                    client.flushdb()
                return
    raise AssertionError(f"No numbered database of {url} is empty.")
