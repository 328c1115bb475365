"""What is still open on what goes on in the next book: obstacles of tasks, and directives on tasks and campaigns.

It goes on when last year's book closes: until then its tasks are reported on, and their lights count what stands
in their way. Reports, evidence and months stay where they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone

from commands.models import User
from commands.services.events import Entry, record_events
from tasks.models import Addressee, Campaign, Directive, DirectiveStep, Obstacle, ObstacleStep, Reminder, Task
from tasks.models.answers import DirectiveStepChoices
from tasks.models.obstacles import StepChoices
from tasks.services.handovers import BATCH
from tasks.services.reminders import Timetable, reconcile
from tasks.services.standings import refresh_standings


def pass_on(*, tasks: Iterable[Task], campaigns: Iterable[Campaign], by: User) -> None:
    """Let what is open on ``tasks``, locked and ending, and on ``campaigns`` go on with what was carried over from them.

    A step of each tells from where it came; the audit trail names directives by their code alone. Who may read a
    directive does not change but for the office in charge, and the units addressed answer as before. What is on a
    campaign that was not carried over stays. Reminders follow. A fixed number of queries.
    """
    made = Task.objects.filter(carried_from__in=tasks)
    heirs = {task.carried_from_id: task for task in made if task.carried_from_id}
    continued = Campaign.objects.filter(carried_from__in=campaigns).select_related("book")
    obstacles = _pass_obstacles(heirs, by)
    directives = _pass_directives(heirs, {row.carried_from_id: row for row in continued}, by)
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


def _pass_directives(
    tasks: Mapping[int, Task], campaigns: Mapping[int | None, Campaign], by: User
) -> list[int]:
    """Let directives go on with the heirs of what they are on, by the keys of last year's."""
    rows = Directive.objects.open().filter(Q(task__in=tasks) | Q(campaign__in=campaigns)).order_by("pk")
    rows = rows.select_related("task", "campaign__book")
    found = list(rows.select_for_update(of=("self",), no_key=True))
    now = timezone.now()
    steps, entries = [], []
    for row in found:
        old = row.task or row.campaign
        assert old  # noqa: S101  they were found by it
        new = tasks[old.pk] if isinstance(old, Task) else campaigns[old.pk]
        name = str(old._meta.model_name)
        setattr(row, name, new)
        left = {f"from_{name}": old}
        steps.append(DirectiveStep(directive=row, kind=DirectiveStepChoices.CARRIED, at=now, by=by, **left))
        entries.append(Entry("directive.carry", row, _told(old), _told(new)))
    Directive.objects.bulk_update(found, ["task", "campaign"], batch_size=BATCH)
    DirectiveStep.objects.bulk_create(steps, batch_size=BATCH)
    record_events(entries=entries, by=by)
    return [row.pk for row in found]


def _told(place: Task | Campaign) -> dict[str, str | int]:
    """Return what the audit trail says of where a directive lies."""
    if isinstance(place, Task):
        return {"code": place.code}
    return {"book": place.book.name, "number": place.number}
