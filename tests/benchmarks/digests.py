"""1,000 overdue tasks to 20 people: how long planning and sending take, and how many queries they make.

Run by the benchmark as a process of its own, against a scratch database and a local mail server; the clock stands
at the last rung of the ladder, so that every overdue report has one stage to send. Each person gets one digest by
mail and their messages in the inbox.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from tests.sink import open_sink
from tests.stack import ROOT, STORY_BEGINS, environment, free_port

TASKS, PEOPLE, ROUNDS = 1_000, 20, 5
MORNING = STORY_BEGINS.replace(day=30)
"""The reports fell due on Wednesday the 25th; three working days later is the 30th."""


def measure(database: str, broker: str) -> dict[str, Any]:
    """Return the figures of one run in an empty database."""
    folder = Path(tempfile.mkdtemp(prefix="luohu-bench-"))
    with open_sink() as sink:
        servers = {
            "DATABASE_URL": database,
            "REDIS_URL": broker,
            "EMAIL_URL": f"smtp://127.0.0.1:{sink.port}",
        }
        env = environment(folder, free_port(), story=True, **servers)
        env["CLOCK_SHIFT"] = str(float(env["CLOCK_SHIFT"]) + (MORNING - STORY_BEGINS).total_seconds())
        env["PYTHONPATH"] = os.pathsep.join([env["PYTHONPATH"], str(ROOT)])
        env |= {"DJANGO_SETTINGS_MODULE": "luohu.settings", "LOG_LEVEL": "WARNING"}
        said = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.digests"],
            cwd=ROOT,
            env=env,
            check=True,
            stdout=subprocess.PIPE,
        )
        figures: dict[str, Any] = json.loads(said.stdout.splitlines()[-1])
    expected = PEOPLE * (ROUNDS + 1 + 2)
    if len(sink.letters) != expected:
        sys.exit(f"{len(sink.letters)} digests arrived, not {expected}: the figures are of another thing.")
    few, many = figures["queries"]
    print(
        f"{TASKS} overdue tasks to {PEOPLE} people as digests: planned in {figures['planning_s']:.3f} s, "
        f"sent in {figures['sending_s']:.3f} s, together {figures['seconds']:.3f} s (processor {figures['cpu_s']:.3f} s) at best, "
        f"{figures['median_s']:.3f} s in the middle of {ROUNDS} rounds and {figures['worst_s']:.3f} s at worst; "
        f"{few} queries for half as many tasks, {many} for all"
    )
    return figures


def main() -> None:
    """Load, plan and send, and print what was measured."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from luohu.memory import settle

    call_command("migrate", verbosity=0)
    people = _people()
    half = TASKS // PEOPLE // 2
    _give(people, half)
    _round()  # warms up what is compiled and cached once
    queries = []
    for more in (half, 0):
        _forget()
        with CaptureQueriesContext(connection) as captured:
            _round()
        queries.append(len(captured))
        _give(people, more)
    settle()  # as a worker does
    rounds = []
    for _n in range(ROUNDS):
        _forget()
        rounds.append(_round())
    rounds.sort(key=lambda figures: figures["seconds"])
    middle, worst = rounds[ROUNDS // 2]["seconds"], rounds[-1]["seconds"]
    about = {"page": "digests", "tasks": TASKS, "people": PEOPLE, "queries": queries}
    print(json.dumps({**about, **rounds[0], "median_s": middle, "worst_s": worst}))


def _people() -> list[Any]:
    from commands.roles import RoleCode
    from tests import factories

    units = [factories.unit() for _n in range(PEOPLE)]
    for unit in units:
        factories.user_with(RoleCode.REPORTER, unit=unit, language="zh-hans")
    factories.period(book=factories.campaign(lead_unit=units[0]).book)
    return units


def _give(units: list[Any], tasks: int) -> None:
    """Give each unit so many tasks more, each with its report overdue."""
    from tasks.models import Campaign, Period
    from tests.factories.many import many_tasks

    for unit in units:
        many_tasks(tasks, campaign=Campaign.objects.get(), unit=unit, periods=Period.objects.all())


def _forget() -> None:
    """Delete what a round has written, and sweep up: no morning begins by wading through what was deleted at night."""
    from django.db import connection

    from tasks.models import Notification, Reminder

    Reminder.objects.all().delete()
    Notification.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _round() -> dict[str, float]:
    """Plan and send; return the seconds of each, and those of them in which this process itself was at work."""
    from django.utils import timezone

    from tasks.services.reminders import plan_reminders
    from tasks.services.sending import send_reminders

    begun, at_work = perf_counter(), process_time()
    planned = plan_reminders(now=timezone.now())
    between = perf_counter()
    delivered = send_reminders(now=timezone.now())
    ended = perf_counter()
    if not planned or planned != delivered:
        sys.exit(f"{planned} planned, {delivered} delivered")
    return {
        "planning_s": round(between - begun, 3),
        "sending_s": round(ended - between, 3),
        "seconds": round(ended - begun, 3),
        "cpu_s": round(process_time() - at_work, 3),
    }


if __name__ == "__main__":
    main()
