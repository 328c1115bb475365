"""What is asked and decided around a task's reports, and what of it waits for somebody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db.models import Count, Prefetch, QuerySet, Window
from django.utils import timezone

from commands.models import User
from tasks.boards.directives import directives_on, waiting_directives
from tasks.boards.lights import lights_of
from tasks.boards.moments import Moment, moment_of
from tasks.models import ChangeRequest, Closing, Obstacle, ObstacleStep, PastTask, Task
from tasks.models.obstacles import ObstacleQuerySet, StepChoices
from tasks.rules.calendar import WorkingCalendar
from tasks.rules.obstacles import Level, last_day_at
from tasks.services.calendar import working_calendar
from tasks.services.obstacles import may_raise

SHOWN = 6
STAYING = (StepChoices.COMMENT, StepChoices.CARRIED)
"""Steps after which an obstacle lies at the level at which it lay."""


def life_of(task: Task, user: User, moment: Moment) -> dict[str, Any]:
    """Return what the page of ``task`` shows ``user`` besides its reports: a fixed number of queries.

    Of a past day what had been asked and decided by then; and nothing can be asked there.
    """
    changes = _undecided_then(ChangeRequest.objects.filter(task=task.pk), moment)
    closings = _undecided_then(Closing.objects.filter(task=task.pk), moment)
    leads = not moment.is_past and task.lead_unit_id in user.duties.unit_ids
    return {
        "today": moment.day,
        "obstacles": obstacles_of([task.pk], moment),
        "changes": changes,
        "moved": sum(change.kind == "due" and change.decision == "accepted" for change in changes),
        "may_ask_change": leads and task.is_open,
        "closings": closings,
        "may_apply_for_closing": leads and task.lifecycle == "active",
        "lights": lights_of(task, user, moment),
        "may_raise_obstacle": not moment.is_past and task.is_open and may_raise(task, user),
        **directives_on(task, user, moment),
    }


def _undecided_then(rows: QuerySet[Any], moment: Moment) -> list[Any]:
    """Return requests that had been made by the moment, those decided later as still undecided."""
    found = list(rows.filter(asked_at__lte=moment.at))
    for row in found:
        if row.decided_at and row.decided_at > moment.at:
            row.decision, row.words, row.decided_at, row.decided_by = "", "", None, None
    return found


def _in_the_way(user: User, moment: Moment) -> list[Obstacle]:
    """Return the obstacles that ``user`` sees and that were in the way on a past day, with their tasks as they stood."""
    seen = Obstacle.objects.visible_to(user)
    unresolved = seen.exclude(resolved_at__lte=moment.at).of_tasks(Task.objects.keys(), moment.at)
    rows = [row for row in _lay_then(unresolved, moment) if row.is_open]
    wanted = moment.tasks().filter(**{f"{PastTask.KEY}__in": {row.placed_id for row in rows}})
    tasks = {task.pk: task for task in moment.shown(wanted.with_names())}
    for row in rows:
        row.task = tasks.get(row.placed_id, row.task)
    return rows


def obstacles_of(tasks: Sequence[int] | QuerySet[Any, Any], moment: Moment) -> list[Obstacle]:
    """Return the obstacles of ``tasks``, given by their keys, the most urgent first and the cleared ones last.

    With them those that went on with next year's task: the page of last year's still tells them.
    """
    if moment.is_past:
        return _lay_then(Obstacle.objects.of_tasks(tasks, moment.at), moment)
    return list(Obstacle.objects.of_tasks(tasks).most_urgent_first().prefetch_related("task"))


def _lay_then(rows: ObstacleQuerySet, moment: Moment) -> list[Obstacle]:
    """Return those of ``rows`` that had been raised by the end of a past day, as they lay."""
    steps = Prefetch("steps", ObstacleStep.objects.filter(at__lte=moment.at), to_attr="steps_then")
    calendar = working_calendar()
    loaded = rows.filter(raised_at__lte=moment.at).with_names().prefetch_related(steps)
    found = [_as_it_lay(row, calendar, moment) for row in loaded]
    cleared = {row.pk: (row.resolved_at is not None, row.resolved_at or moment.at) for row in found}
    return sorted(found, key=lambda row: (*cleared[row.pk], row.wanted_by, row.pk))


def _as_it_lay(obstacle: Obstacle, calendar: WorkingCalendar, moment: Moment) -> Obstacle:
    """Return ``obstacle`` at the level at which it lay, and without what cleared it later."""
    levels = [step for step in obstacle.steps_then if step.kind not in STAYING]  # type: ignore[attr-defined]  # prefetched above
    if levels:
        level, since = Level(levels[-1].level), timezone.localdate(levels[-1].at)
        obstacle.level, obstacle.level_since = level.value, since
        obstacle.escalates_on = last_day_at(level, since, settings.OBSTACLE_WORKDAYS, calendar)
    if obstacle.resolved_at and obstacle.resolved_at > moment.at:
        obstacle.resolved_at, obstacle.resolved_by, obstacle.resolution = None, None, ""
    return obstacle


def waiting_for(user: User) -> dict[str, Any]:
    """Return what waits on the desk of ``user`` besides reports: obstacles and requests."""
    changes = ChangeRequest.objects.decidable_by(user).with_names().order_by("asked_at")
    closings = Closing.objects.decidable_by(user).with_names().order_by("asked_at")
    return {
        "changes": list(changes),
        "closings": list(closings),
        **waiting_on(user, moment_of(timezone.localdate())),
    }


def waiting_on(user: User, moment: Moment) -> dict[str, Any]:
    """Return the obstacles and directives that wait for ``user``, or did at the end of a past day."""
    return {**waiting_obstacles(user, moment), **waiting_directives(user, moment)}


def waiting_obstacles(user: User, moment: Moment) -> dict[str, Any]:
    """Return the obstacles that ``user`` is asked to clear, the most urgent ones, and how many there are."""
    if moment.is_past:
        rows = [row for row in _in_the_way(user, moment) if row.waits_for(user)]
        return {"obstacles": rows[:SHOWN], "obstacle_count": len(rows)}
    waiting = Obstacle.objects.waiting_for(user).prefetch_related("task").most_urgent_first()
    first = list(waiting.annotate(together=Window(Count("pk")))[:SHOWN])
    together = first[0].together if first else 0  # type: ignore[attr-defined]  # annotated above
    return {"obstacles": first, "obstacle_count": together}
