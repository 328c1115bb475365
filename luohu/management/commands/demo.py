"""`make demo`: the whole system on one machine, with a year of demo work (演示数据).

Prepares what is missing under var/, then runs web, worker, beat and a mail server until Ctrl-C.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connections

from luohu.celery import app as celery_app

ACCOUNTS = {
    "reporter": "填报人 reporter of a lead unit",
    "head": "单位负责人 head of that unit",
    "office": "督查室 supervision office",
    "leader": "区领导 district leader",
    "administrator": "系统管理员 administrator",
}
PASSWORD = "luohu-demo"  # noqa: S105  printed on the screen; a deployment with such an account fails its check
MAIL_PORT = 8025
LOCK_PATIENCE = 15  # seconds: a demo that was killed needs up to ten for its last processes


class Command(BaseCommand):
    """Prepares and runs the demo."""

    help = "Prepares and runs the demo: web, worker, beat and a mail server, until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the port of the web server."""
        parser.add_argument("--port", default="8000", help="port of the web server on 127.0.0.1")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare, run, and end with status 0 where somebody asked for the end."""
        port = parse_port(options["port"])
        require_the_embedded_setup()
        try:
            with hold_the_folder(f"http://127.0.0.1:{port}/"):
                require_free_port(port)
                self.prepare()
                code = self.run_services(port)
        except KeyboardInterrupt:
            self.stdout.write("\n已停止。 Stopped.")
            sys.exit(130)
        except (OSError, OperationalError) as error:
            raise CommandError(f"演示无法启动。 The demo cannot start: {error}") from error
        if code:
            sys.exit(code)
        self.stdout.write("已停止。 Stopped.")

    def prepare(self) -> None:
        """Bring database, reference data, demo data and static files up to date; quick where they are."""
        for folder in (
            "queue",
            "queue-control",
            "cache",
            "mail/cur",
            "mail/new",
            "mail/tmp",
            "evidence",
            "tmp",
        ):
            (settings.VAR_DIR / folder).mkdir(parents=True, exist_ok=True)
        # Beat's notes of its last run may be cut off by a kill; what was missed is asked for below.
        shutil.rmtree(settings.VAR_DIR / "beat", ignore_errors=True)
        (settings.VAR_DIR / "beat").mkdir()
        self.stdout.write("正在准备数据… Preparing the data …")
        self.stdout.flush()
        call_command("migrate", interactive=False, verbosity=0)
        call_command("load_facts", verbosity=0)
        call_command("load_demo", verbosity=0)
        collect_static_if_changed()
        connections.close_all()

    def run_services(self, port: int) -> int:
        """Run everything until the end; return the exit status."""
        from luohu.supervise import Supervisor  # honcho is needed for the demo only

        supervisor = Supervisor(meanwhile=lambda ending: self.announce(port, ending))
        with a_mail_port() as mail_port:
            env = environment(port, mail_port)
            for name, command in services(mail_port).items():
                supervisor.add_service(name, command, env)
            supervisor.loop()
        return int(supervisor.returncode or 0)

    def announce(self, port: int, ending: threading.Event) -> None:
        """Print address and accounts once the pages really answer."""
        address = f"http://127.0.0.1:{port}"
        while not answers(f"{address}/healthz"):
            if ending.wait(0.2):
                return
        # What fell due while the demo was not running, now and not at the next full hour.
        celery_app.send_task("tasks.turn_the_day")
        celery_app.send_task("tasks.plan_reminders")
        celery_app.send_task("tasks.plan_weekly_digests")
        width = max(map(len, ACCOUNTS))
        accounts = "\n".join(f"    {name.ljust(width)}  {role}" for name, role in ACCOUNTS.items())
        self.stdout.write(
            f"\n  罗湖攻坚行动系统已就绪。 The Luohu task-force tracker is ready:\n\n    {address}/\n\n"
            f"  演示账号，密码均为 {PASSWORD} · Demo accounts, each with the password {PASSWORD}:\n\n{accounts}\n\n"
            f"  邮件在此查看 · Mail can be read in: {settings.VAR_DIR / 'mail' / 'new'}\n"
            "  按 Ctrl-C 停止 · Ctrl-C stops everything.\n"
        )
        self.stdout.flush()


@contextlib.contextmanager
def a_mail_port() -> Iterator[int]:
    """Hold a port for mail: the usual one, unless another demo has it, or is about to.

    Until its mail server is up, a port that another demo has chosen still looks free. So a socket to which nobody
    speaks marks the usual one as taken.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mark:
        try:
            mark.bind(("127.0.0.1", MAIL_PORT))
            is_ours = is_free(MAIL_PORT)
        except OSError:
            is_ours = False
        yield MAIL_PORT if is_ours else any_free_port()


def services(mail_port: int) -> dict[str, list[str]]:
    """Return the command of each service. Modules, not scripts: a moved folder breaks scripts only."""
    python = [sys.executable, "-m"]
    celery = [*python, "celery", "--app", "luohu", "--quiet"]
    quiet = ["--loglevel=WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    mailbox = ["-c", "aiosmtpd.handlers.Mailbox", str(settings.VAR_DIR / "mail")]
    return {
        "mail": [*python, "aiosmtpd", "-n", "-l", f"127.0.0.1:{mail_port}", *mailbox],
        # Threads: SQLite takes one writer at a time, and there is no pool of processes to bring down.
        "worker": [*celery, "worker", "--pool=threads", "--concurrency=2", *quiet],
        "beat": [*celery, "beat", "--loglevel=WARNING"],
        "web": [*python, "gunicorn"],
    }


def environment(port: int, mail_port: int) -> dict[str, str]:
    """Return what the services find in their environment."""
    return {
        **os.environ,
        "DEMO": "1",
        "VAR_DIR": str(settings.VAR_DIR),
        "SITE_URL": f"http://127.0.0.1:{port}",
        "EMAIL_URL": f"smtp://127.0.0.1:{mail_port}",
        "WEB_BIND": f"127.0.0.1:{port}",
        "WEB_GRACEFUL_TIMEOUT": "3",
        "LOG_LEVEL": "WARNING",
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser",  # as one is in a container
        # The queue moves its messages through the temporary folder: on one disk that is a rename.
        "TMPDIR": str(settings.VAR_DIR / "tmp"),
    }


def parse_port(text: str) -> int:
    """Return the port, or say that it is none."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise CommandError(f"端口无效。 PORT={text} is not a port. Say for instance: make demo PORT=8001")
    return int(text)


def require_the_embedded_setup() -> None:
    """Demo data belongs in the demo's own database and nowhere else."""
    if not settings.DEMO:
        raise CommandError("The demo is started by: make demo (that is, with DEMO=1)")
    database = str(settings.DATABASES["default"]["NAME"])
    if settings.REDIS_URL or not database.startswith(str(settings.VAR_DIR)):
        raise CommandError(
            "The demo keeps to its own folder: unset DATABASE_URL and REDIS_URL, or use make demo."
        )


def hold_the_folder(address: str) -> IO[str]:
    """Return a lock on var/ that ends with this process, however that ends; say who holds it otherwise."""
    settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
    path: Path = settings.VAR_DIR / "demo.lock"
    lock = path.open("a+")
    deadline = time.monotonic() + LOCK_PATIENCE
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            pid, _, where = path.read_text().partition(" ")
            if process_lives(pid) or time.monotonic() > deadline:
                raise CommandError(
                    f"演示已在运行。 The demo is running already at {where} (process {pid}); "
                    f"stop it first, or keep another one elsewhere: make demo VAR_DIR=/another/folder PORT=8001"
                ) from None
            time.sleep(0.2)
    lock.truncate(0)
    lock.write(f"{os.getpid()} {address}")
    lock.flush()
    return lock


def process_lives(pid: str) -> bool:
    """Say whether a process of that number exists."""
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


def is_free(port: int) -> bool:
    """Say whether a server could listen on this port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def require_free_port(port: int) -> None:
    """Say how to use another port where this one is taken."""
    if not is_free(port):
        raise CommandError(
            f"端口 {port} 已被占用。 Port {port} is in use or not allowed. Use another: make demo PORT={port + 1}"
        )


def any_free_port() -> int:
    """Return a port that the system finds free."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    """Say whether the page answers."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310  our own address
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def collect_static_if_changed() -> None:
    """Collect and compress static files where one of them has changed since the last time."""
    digest = hashlib.sha256(str(settings.STORAGES["staticfiles"]).encode())
    for finder in get_finders():
        for path, storage in finder.list([]):
            stat = Path(storage.path(path)).stat()
            digest.update(f"{storage.path(path)} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    stamp = settings.VAR_DIR / "static.digest"
    if stamp.exists() and stamp.read_text() == digest.hexdigest() and settings.STATIC_ROOT.is_dir():
        return
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(digest.hexdigest())
