"""People at work in a system of its own: runs beside its worker, does what it is told, and answers in JSON.

Started by ``tests/services/system.py`` as a process in the environment of the system; one line in, one line out.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import django

django.setup()

from celery import current_app  # noqa: E402  Django must be ready before anything of the project is imported
from django.db import transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from commands.models import Unit, User  # noqa: E402
from tasks.models import Heartbeat, Reminder, Report  # noqa: E402
from tasks.services.leads import reassign  # noqa: E402
from tasks.services.reminders import plan_reminders  # noqa: E402
from tasks.services.reports import submit_report  # noqa: E402
from tests import factories  # noqa: E402

CONTENT = {"actual_percent": Decimal("90.0"), "progress": "完成主体施工。", "own_light": "green"}


def set_up(people: int = 1) -> dict[str, Any]:
    """Make two units with their reporters, and two tasks of the first with reports due in two days."""
    east, south = (factories.unit(code=code, name=code) for code in ("east", "south"))
    for n in range(people):
        factories.user_with("reporter", unit=east, username=f"east-{n}")
    factories.user_with("reporter", unit=south, username="south-0")
    factories.user_with("administrator", username="administrator")
    campaign = factories.campaign(lead_unit=east)
    period = factories.period(book=campaign.book)
    tasks = [factories.task(campaign=campaign, lead_unit=east) for _n in range(2)]
    return {"reports": [factories.report(task=task, period=period).pk for task in tasks]}


def plan() -> int:
    """Plan; the planner wakes the worker."""
    return plan_reminders(now=timezone.now())


def plan_unheard() -> int:
    """Plan, and lose the wake-up on its way to the broker."""
    with transaction.atomic():
        found = plan()
        transaction.get_connection().run_on_commit.clear()
    return found


def wake() -> None:
    """Ask a worker to send, as beat does every minute."""
    current_app.send_task("tasks.send_reminders")


def file(report: int) -> str:
    """File a report as its unit's reporter."""
    row = Report.objects.get(pk=report)
    by = User.objects.filter(posts__unit=row.unit_id)[0]
    content = {**{name: getattr(row, name) for name in Report.CONTENT_FIELDS}, **CONTENT}
    submit_report(report=row, content=content, version=row.version, by=by)
    return Report.objects.get(pk=report).state


def hand_over(report: int) -> str:
    """Reassign the report's task to the second unit from today on."""
    row = Report.objects.select_related("task").get(pk=report)
    by, unit = User.objects.get(username="administrator"), Unit.objects.get(code="south")
    reassign(subject=row.task, unit=unit, starts_on=timezone.localdate(), reason="调整", by=by)
    return Report.objects.get(pk=report).unit.code


def reminders() -> list[dict[str, Any]]:
    """Return what stands about every reminder."""
    rows = Reminder.objects.select_related("recipient", "report").order_by("pk")
    return [
        {
            "to": row.person.email,
            "kind": row.kind,
            "report": row.report_id,
            "stage": row.stage,
            "channel": row.channel,
            "state": row.state,
            "attempts": row.attempts,
            "maybe_duplicate": row.maybe_duplicate,
            "due_now": row.planned_for <= timezone.now(),
        }
        for row in rows
    ]


def beaten() -> bool:
    """Say whether beat has spoken through broker and worker."""
    return Heartbeat.objects.exists()


def pages(report: int) -> dict[str, int]:
    """Sign in, read the desk and save a draft through the pages; return the status of each."""
    client = Client()
    signing_in = client.post("/accounts/login/", {"login": "east-0", "password": factories.PASSWORD})
    form = {
        "progress": "页面",
        "actual_percent": "88",
        "own_light": "green",
        "version": "1",
        "action": "save",
    }
    return {
        "sign in": signing_in.status_code,
        "desk": client.get("/reports/").status_code,
        "save": client.post(f"/reports/{report}/", form).status_code,
    }


ACTS: dict[str, Callable[..., Any]] = {
    act.__name__: act for act in (set_up, plan, plan_unheard, wake, file, hand_over, reminders, beaten, pages)
}


def main(acts: dict[str, Callable[..., Any]]) -> None:
    """Do what each line asks for until there are no more."""
    logging.basicConfig(stream=sys.stderr)
    for line in sys.stdin:
        asked = json.loads(line)
        begun = time.perf_counter()
        answer = acts[asked.pop("act")](**asked)
        taken = time.perf_counter() - begun
        sys.stdout.write(json.dumps({"answer": answer, "seconds": taken}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(ACTS)
