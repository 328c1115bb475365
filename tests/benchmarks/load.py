"""Ask for a page over and over, and measure."""

from __future__ import annotations

import http.client
import itertools
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

EVENT = """
    INSERT INTO commands_event (at, actor_name, source, action, subject_type, subject_id, subject_label, before, after)
    VALUES (now(), '', 'benchmark', 'report.submit', 'tasks.report', 1, '', '{}', '{}')
"""


@dataclass(frozen=True)
class Asked:
    """A page, and how it is asked for.

    With ``first`` every request is the first for its page; with ``unchanged`` the browser has it already.
    """

    port: int
    path: str
    cookie: str
    first: bool = False
    unchanged: bool = False

    def measure(self, connections: int, seconds: float) -> tuple[float, float, float]:
        """Return the median and 95th percentile in milliseconds, and requests a second."""
        times: list[float] = []
        guard = threading.Lock()

        def ask() -> None:
            own = list(self._over_and_over(seconds))
            with guard:
                times.extend(own)

        _all_at_once(ask, connections)
        marks = statistics.quantiles(times, n=20)
        return statistics.median(times), marks[18], len(times) / seconds

    def _over_and_over(self, seconds: float) -> Iterator[float]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        headers = {"Cookie": self.cookie}
        tag = self._once(connection, self.path, headers)
        if self.unchanged:
            headers["If-None-Match"] = tag or sys.exit(f"{self.path} gives no ETag")
        numbers = itertools.count()
        thread, sign = threading.get_ident(), "&" if "?" in self.path else "?"
        end = time.perf_counter() + seconds
        while (began := time.perf_counter()) < end:
            path = f"{self.path}{sign}first={thread}-{next(numbers)}" if self.first else self.path
            self._once(connection, path, headers)
            yield (time.perf_counter() - began) * 1000

    def _once(self, connection: http.client.HTTPConnection, path: str, headers: dict[str, str]) -> str:
        """Ask once, and return the validator of what was answered."""
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        expected = http.HTTPStatus.NOT_MODIFIED if "If-None-Match" in headers else http.HTTPStatus.OK
        if answer.status != expected:
            sys.exit(f"{path} answered {answer.status}, not {expected}")
        return answer.headers["ETag"] or ""


def _all_at_once(work: Callable[[], None], number: int) -> None:
    threads = [threading.Thread(target=work) for _n in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@contextmanager
def an_event_a_second(database: str) -> Iterator[None]:
    """Let something happen every second: a report filed, a decision, a reminder read."""
    over = threading.Event()

    def happen() -> None:
        with psycopg.connect(database, autocommit=True) as server:
            while not over.wait(1):
                server.execute(EVENT)

    thread = threading.Thread(target=happen)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
