"""Several services under one roof for the demo: started together, stopped together, none left behind.

Honcho starts each service in a process group of its own and merges what they print. Three things are ours:
Ctrl-C at any moment (also while starting) is a clean end and not an error; a closed terminal stops everything
as well; and where this process is killed outright, the keepers of the services notice and stop them.
"""

import contextlib
import multiprocessing
import os
import queue
import shlex
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import Any

from honcho.manager import Manager
from honcho.printer import Message
from honcho.process import Process

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SECONDS_TO_STOP = 10  # a job under way ends within this, or is run again at the next start


class KeptProcess(Process):  # type: ignore[misc]  # honcho carries no types
    """One service, started and read from by its keeper: a small process between it and the supervisor."""

    def run(self, events: Any = None, ignore_signals: bool = False) -> None:
        """Start the service, pass on what it prints, and say when it has ended."""
        # The terminal sends Ctrl-C to keepers too. A Python handler, unlike SIG_IGN, is not handed down.
        for number in STOP_SIGNALS:
            signal.signal(number, _leave_it_to_the_supervisor)
        threading.Thread(target=self._end_with_the_supervisor, daemon=True).start()
        super().run(events, ignore_signals=False)

    def _end_with_the_supervisor(self) -> None:
        supervisor = multiprocessing.parent_process()
        if supervisor is None:  # run without a keeper
            return
        supervisor.join()
        if self._child is not None:
            _signal_group(self._child.pid, signal.SIGTERM)
            deadline = time.monotonic() + SECONDS_TO_STOP
            while self._child.poll() is None and time.monotonic() < deadline:
                time.sleep(0.1)
            _signal_group(self._child.pid, signal.SIGKILL)
        os._exit(1)  # nobody is left to read what is still to be told


def _leave_it_to_the_supervisor(_number: int, _frame: FrameType | None) -> None:
    pass


def _signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):  # it has ended by itself
        os.killpg(group, number)


class Supervisor(Manager):  # type: ignore[misc]  # honcho carries no types
    """Runs services until the first of them ends or somebody asks to stop."""

    def __init__(
        self, *, meanwhile: Callable[[threading.Event], None], seconds_to_stop: float = SECONDS_TO_STOP
    ) -> None:
        """Take what to do in a thread once all services are starting; it is given the event of the end."""
        if sys.platform == "linux":  # a fork is a keeper at once; nothing here has threads yet
            multiprocessing.set_start_method("fork", force=True)
        super().__init__()
        self._process_ctor = KeptProcess
        self._meanwhile = meanwhile
        self._seconds_to_stop = seconds_to_stop
        self._asked_to_stop = False
        self._ending = threading.Event()

    def add_service(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> None:
        """Add a service; `exec` spares it the shell in between."""
        self.add_process(name, f"exec {shlex.join(command)}", env=dict(env))

    def loop(self) -> None:
        """Start everything and return once everything has ended; `returncode` is 0 if that was asked for."""
        for number in STOP_SIGNALS:
            signal.signal(number, self._ask_to_stop)
        self._start()
        threading.Thread(target=self._meanwhile, args=(self._ending,), daemon=True).start()
        deadline: float | None = None
        while not self._all_stopped():
            self._take_one_message()
            self._notice_lost_keepers()
            if deadline is None and self._all_started() and (self._asked_to_stop or self._any_stopped()):
                self._ending.set()
                self._system_print("正在停止… Stopping …\n")
                self.returncode = 0 if self._asked_to_stop else 1
                self.terminate()
                deadline = time.monotonic() + self._seconds_to_stop
            if deadline is not None and time.monotonic() > deadline:
                self.kill()
                deadline = time.monotonic() + 1
        for entry in self._processes.values():
            entry["process"].join(timeout=2)

    def _ask_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        # Nothing but this: a signal may arrive in the middle of printing, or of starting a service.
        self._asked_to_stop = True

    def _take_one_message(self) -> None:
        try:
            message: Message = self.events.get(timeout=0.1)
        except queue.Empty:
            return
        if message.type == "line":
            self._printer.write(message)
        elif message.type == "start":
            self._processes[message.name]["pid"] = message.data["pid"]
        elif message.type == "stop":
            self._note_stopped(message.name, message.data["returncode"])

    def _note_stopped(self, name: str, code: int) -> None:
        self._processes[name]["returncode"] = code
        if not self._asked_to_stop and not self._ending.is_set():
            self._system_print(f"{name} has ended by itself (status {code}), so everything stops.\n")

    def _notice_lost_keepers(self) -> None:
        """Count a service as stopped where its keeper was killed: nobody would ever report its end."""
        for name, entry in self._processes.items():
            if "returncode" not in entry and not entry["process"].is_alive() and self.events.empty():
                entry.setdefault("pid", entry["process"].pid)
                _signal_group(entry["pid"], signal.SIGKILL)
                self._note_stopped(name, -signal.SIGKILL)

    def _killall(self, force: bool = False) -> None:
        """Signal the group of every service that still runs."""
        for entry in self._processes.values():
            if "returncode" not in entry:
                _signal_group(entry["pid"], signal.SIGKILL if force else signal.SIGTERM)
