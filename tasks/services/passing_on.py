"""What is still open of a task that goes on in the next book: its obstacles and directives go on with it.

They do so when last year's task ends, with its book: until then it is reported on, and its lights count what
stands in its way. Its reports, evidence and months stay where they are.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone

from commands.models import User
from commands.services.events import Entry, record_events
from tasks.models import Addressee, Directive, DirectiveStep, Obstacle, ObstacleStep, Reminder, Task
from tasks.models.answers import DirectiveStepChoices
from tasks.models.obstacles import StepChoices
from tasks.services.handovers import BATCH
from tasks.services.reminders import Timetable, reconcile
from tasks.services.standings import refresh_standings


def pass_on(*, tasks: Iterable[Task], by: User) -> None:
    """Let what is open of ``tasks``, locked and ending, go on with the tasks carried over from them.

    A step of each tells from where it came; the audit trail names directives by their code alone. Who may read a
    directive does not change but for the office in charge. Reminders follow. A fixed number of queries.
    """
    made = Task.objects.filter(carried_from__in=tasks)
    heirs = {task.carried_from_id: task for task in made if task.carried_from_id}
    obstacles, directives = _pass_obstacles(heirs, by), _pass_directives(heirs, by)
    if not obstacles and not directives:
        return
    now = timezone.now()
    timetable = Timetable(now)
    on_obstacles = Directive.objects.open().filter(obstacle__in=obstacles)
    addressees = Addressee.objects.filter(Q(directive__in=directives) | Q(directive__in=on_obstacles))
    about = Q(obstacle__in=obstacles) | Q(directive__in=addressees)
    heir = Task.objects.filter(carried_from=OuterRef("task")).values("pk")[:1]
    Reminder.objects.unsent().filter(about, task__in=heirs).update(task=Subquery(heir))
    reconcile(rows=Obstacle.objects.filter(pk__in=obstacles), now=now, timetable=timetable)
    reconcile(rows=addressees, now=now, timetable=timetable)
    refresh_standings(tasks=Task.objects.filter(pk__in=[task.pk for task in heirs.values()]), now=now)


def _pass_obstacles(heirs: dict[int, Task], by: User) -> list[int]:
    rows = Obstacle.objects.open().filter(task__in=heirs).select_related("task").order_by("pk")
    found = list(rows.select_for_update(of=("self",), no_key=True))
    now = timezone.now()
    steps, entries = [], []
    for row in found:
        old, row.task = row.task, heirs[row.task_id]
        steps.append(
            ObstacleStep(
                obstacle=row, kind=StepChoices.CARRIED, level=row.level, from_task=old, at=now, by=by
            )
        )
        entries.append(Entry("obstacle.carry", row, {"code": old.code}, {"code": row.task.code}))
    Obstacle.objects.bulk_update(found, ["task"], batch_size=BATCH)
    ObstacleStep.objects.bulk_create(steps, batch_size=BATCH)
    record_events(entries=entries, by=by)
    return [row.pk for row in found]


def _pass_directives(heirs: dict[int, Task], by: User) -> list[int]:
    rows = Directive.objects.open().filter(task__in=heirs).select_related("task").order_by("pk")
    found = list(rows.select_for_update(of=("self",), no_key=True))
    now = timezone.now()
    steps, entries = [], []
    for row in found:
        assert row.task  # noqa: S101  they were found by it
        old, row.task = row.task, heirs[row.task.pk]
        steps.append(
            DirectiveStep(directive=row, kind=DirectiveStepChoices.CARRIED, from_task=old, at=now, by=by)
        )
        entries.append(Entry("directive.carry", row, {"code": old.code}, {"code": row.task.code}))
    Directive.objects.bulk_update(found, ["task"], batch_size=BATCH)
    DirectiveStep.objects.bulk_create(steps, batch_size=BATCH)
    record_events(entries=entries, by=by)
    return [row.pk for row in found]
