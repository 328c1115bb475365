"""`make demo`: it starts, it says what is in the way, and it leaves nothing behind."""

import fcntl
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management.base import CommandError

from luohu.management.commands import demo

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def clock() -> None:
    """Other processes live in real time."""


def environment(var: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(var), "LANG": "C.UTF-8", "DEMO": "1", "VAR_DIR": str(var)}


def start_demo(var: Path, port: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "demo", "--port", str(port)],
        cwd=ROOT,
        env=environment(var),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def failed_start(var: Path, port: str) -> str:
    """Start a demo that cannot start, and return the sentence it ends with."""
    ended = subprocess.run(
        [sys.executable, "manage.py", "demo", "--port", port],
        cwd=ROOT,
        env=environment(var),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    return ended.stderr


def read_until(process: subprocess.Popen[str], words: str) -> str:
    """Return what the process prints up to and including the line with these words."""
    assert process.stdout
    printed = []
    watchdog = threading.Timer(150, process.kill)
    watchdog.start()
    for line in process.stdout:
        printed.append(line)
        if words in line:
            break
    else:
        pytest.fail("ended early: " + "".join(printed))
    watchdog.cancel()
    return "".join(printed)


def test_two_demos_that_start_at_once_choose_different_ports_for_mail() -> None:
    """Neither has its mail server up when the other looks."""
    with demo.a_mail_port() as first, demo.a_mail_port() as second, demo.a_mail_port() as third:
        assert len({first, second, third}) == 3


def test_demo_starts_answers_and_ends_by_ctrl_c_with_nothing_left(tmp_path: Path) -> None:
    port = demo.any_free_port()
    process = start_demo(tmp_path, port)
    try:
        printed = read_until(process, "Ctrl-C")
        assert f"http://127.0.0.1:{port}/" in printed
        for name in ("reporter", "head", "office", "leader", "administrator", "luohu-demo"):
            assert name in printed
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/accounts/login/", timeout=20) as page:
            assert 'name="csrfmiddlewaretoken"' in page.read().decode()
        second = failed_start(tmp_path, str(demo.any_free_port()))
        assert f"running already at http://127.0.0.1:{port}/ (process {process.pid})" in second
    finally:
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Traceback" not in printed + rest
    assert " ERROR " not in printed + rest
    assert "Stopped." in rest
    with (tmp_path / "demo.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # every keeper of a service held it until its end
    assert demo.is_free(port)


def test_a_port_in_use_is_told_with_the_way_out(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert (
            f"Port {port} is in use or not allowed. Use another: make demo PORT={port + 1}"
            in failed_start(tmp_path, str(port))
        )
    assert not (tmp_path / "luohu.sqlite3").exists()


@pytest.mark.parametrize("port", ["", "x", "0", "65536", "-1", "８０００", "80 00"])
def test_what_is_no_port_is_refused(port: str) -> None:
    with pytest.raises(CommandError, match="is not a port"):
        demo.parse_port(port)


def test_a_folder_that_cannot_be_written_to_is_told_in_a_sentence() -> None:
    nowhere = Path("/proc/luohu-demo")  # not even root can write here
    assert f"{nowhere}, which cannot be written to" in failed_start(nowhere, "8000")


def test_the_demo_refuses_a_database_that_is_not_its_own(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "manage.py", "demo"],
        cwd=ROOT,
        env={**environment(tmp_path), "DATABASE_URL": "postgres://luohu@127.0.0.1:9/real"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 1
    assert "unset DATABASE_URL and REDIS_URL" in ended.stderr


# The supervisor, with services that hold a pipe open for as long as they live.

SUPERVISE = """
import sys
from luohu.supervise import Supervisor
supervisor = Supervisor(meanwhile=lambda ending: None, seconds_to_stop=2)
for name, code in zip(("first", "second"), sys.argv[1:]):
    supervisor.add_service(name, [sys.executable, "-c", code], {"PATH": "/bin"})
supervisor.loop()
sys.exit(supervisor.returncode)
"""
LIVES = "import signal; pipe = open({pipe!r}, 'w'); print('up', flush=True); signal.pause()"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, lambda *_: None); " + LIVES + "; signal.pause()"
MEETS = "meeting = open({meeting!r}, 'w'); "  # waits for the other to come
ENDS = "open({meeting!r}).close()"


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


@pytest.fixture
def reader(pipe: Path) -> Iterator[int]:
    """The reading end: it is at its end once all services that held the other one are gone."""
    descriptor = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    yield descriptor
    os.close(descriptor)


def supervise(*codes: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-u", "-c", SUPERVISE, *codes],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def all_ended(reader: int) -> bool:
    """Say whether everybody who held the other end of the pipe is gone within half a minute."""
    ready, _, _ = select.select([reader], [], [], 30)
    return bool(ready) and os.read(reader, 1) == b""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_being_asked_to_stop_ends_all_services_with_status_0(
    pipe: Path, reader: int, number: signal.Signals
) -> None:
    process = supervise(*[LIVES.format(pipe=str(pipe))] * 2)
    read_until(process, "up")
    read_until(process, "up")
    os.killpg(process.pid, number)
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0, rest
    assert "Traceback" not in rest
    assert all_ended(reader)


def test_a_service_that_ends_by_itself_ends_the_others_with_status_1(
    pipe: Path, reader: int, tmp_path: Path
) -> None:
    meeting = tmp_path / "meeting"
    os.mkfifo(meeting)
    lives = LIVES.replace("signal.pause()", MEETS + "signal.pause()")
    process = supervise(lives.format(pipe=str(pipe), meeting=str(meeting)), ENDS.format(meeting=str(meeting)))
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "second has ended by itself" in rest
    assert all_ended(reader)


def test_a_service_that_will_not_stop_is_killed(pipe: Path, reader: int) -> None:
    process = supervise(LIVES.format(pipe=str(pipe)), STUBBORN.format(pipe=str(pipe)))
    read_until(process, "up")
    read_until(process, "up")
    os.killpg(process.pid, signal.SIGINT)
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0, rest
    assert all_ended(reader)


def test_services_do_not_outlive_a_supervisor_that_was_killed(pipe: Path, reader: int) -> None:
    process = supervise(*[LIVES.format(pipe=str(pipe))] * 2)
    read_until(process, "up")
    read_until(process, "up")
    process.kill()
    process.communicate(timeout=60)
    assert all_ended(reader)


# What make does before anything of ours can run.


def prepare(folder: Path, python: str) -> str:
    """Run scripts/prepare in a copy of the project with this Python, which will not do; return what it says."""
    (folder / "scripts").mkdir()
    shutil.copy(ROOT / "scripts/prepare", folder / "scripts/prepare")
    shutil.copy(ROOT / "requirements.txt", folder / "requirements.txt")
    ended = subprocess.run(
        ["sh", "scripts/prepare", "requirements.txt"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHON": python},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 1
    assert not (folder / ".venv").exists()
    return ended.stderr.strip()


def python_that(folder: Path, script: str) -> str:
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_an_old_python_is_told_in_a_sentence(tmp_path: Path) -> None:
    old = python_that(tmp_path, 'case "$2" in *print*) echo 3.8 ;; *) exit 1 ;; esac')
    said = prepare(tmp_path, old)
    assert re.fullmatch(r"Python 3\.11 or newer is needed: \S+ is 3\.8\. Install a newer one, .+", said)


def test_no_python_at_all_is_told_in_a_sentence(tmp_path: Path) -> None:
    assert prepare(tmp_path, "/nowhere/python").startswith(
        "Python 3.11 or newer is needed, and none was found"
    )


def test_a_python_without_venv_is_told_what_to_install(tmp_path: Path) -> None:
    bare = python_that(
        tmp_path, 'case "$2" in *print*) echo 3.11 ;; *"import venv"*) exit 1 ;; *) exit 0 ;; esac'
    )
    assert "apt install python3-venv" in prepare(tmp_path, bare)
