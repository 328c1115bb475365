"""Several people, or workers, at the same moment: each in a thread with a connection of its own."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager

from django.db import connection, models, transaction

from commands.services.refusals import Refused

Act = Callable[[], object]
PATIENCE = 60


def outcome(act: Act) -> str:
    """Do something and return ``done``, or why it was refused; whatever else goes wrong is raised."""
    try:
        act()
    except Refused as refusal:
        return refusal.code
    finally:
        connection.close()
    return "done"


def at_once(*acts: Act) -> Counter[str]:
    """Let all begin at the same moment and return what became of them."""
    gate = threading.Barrier(len(acts))

    def run(act: Act) -> str:
        gate.wait(timeout=PATIENCE)
        return outcome(act)

    with ThreadPoolExecutor(len(acts)) as pool:
        return Counter(pool.map(run, acts, timeout=PATIENCE))


def while_locked(row: models.Model, *acts: Act) -> list[str]:
    """Let each get as far as it can while ``row`` is locked, one after the other; then unlock it.

    So they meet in the middle of what they do, every time. Returns what became of each.
    """
    with ThreadPoolExecutor(len(acts)) as pool, locked(row):
        running: list[Future[str]] = []
        for act in acts:
            running.append(pool.submit(outcome, act))
            wait_until_blocked(len(running), running[-1])
    return [future.result(timeout=PATIENCE) for future in running]


@contextmanager
def locked(row: models.Model) -> Iterator[None]:
    """Hold the lock of a row."""
    with transaction.atomic():
        type(row)._base_manager.select_for_update().get(pk=row.pk)
        yield


def before_commit(first: Act, second: Act) -> tuple[str, str]:
    """Let ``second`` begin when ``first`` has written everything and not yet committed; return what became of both."""
    with ThreadPoolExecutor(1) as pool:
        try:
            with transaction.atomic():
                first()
                later = pool.submit(outcome, second)
                wait_until_blocked(1, later)
        except Refused as refusal:
            return refusal.code, later.result(timeout=PATIENCE)
        return "done", later.result(timeout=PATIENCE)


def wait_until_blocked(number: int, last: Future[str]) -> None:
    """Wait until so many connections wait for a lock, or the last one needed none."""
    question = """
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'
    """
    for _try in range(PATIENCE * 20):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(question)
            if cursor.fetchone()[0] >= number:
                return
        if wait([last], timeout=0.05).done:
            return
    raise AssertionError("Nobody waits for a lock, and nobody is done.")
