"""What is asked and decided around a task's reports, and what of it waits for somebody."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from commands.models import User
from tasks.boards.directives import directives_on, waiting_directives
from tasks.models import ChangeRequest, Closing, Obstacle, Task
from tasks.services.obstacles import may_raise

SHOWN = 6


def life_of(task: Task, user: User) -> dict[str, Any]:
    """Return what the page of ``task`` shows ``user`` besides its reports: a fixed number of queries."""
    changes = list(ChangeRequest.objects.filter(task=task).with_names())
    return {
        "today": timezone.localdate(),
        "obstacles": list(Obstacle.objects.filter(task=task).with_names().most_urgent_first()),
        "changes": changes,
        "moved": sum(change.kind == "due" and change.decision == "accepted" for change in changes),
        "may_ask_change": task.is_open and task.lead_unit_id in user.duties.unit_ids,
        "closings": list(Closing.objects.filter(task=task).with_names()),
        "may_apply_for_closing": task.lifecycle == "active" and task.lead_unit_id in user.duties.unit_ids,
        "may_raise_obstacle": task.is_open and may_raise(task, user),
        **directives_on(task, user, timezone.localdate()),
    }


def waiting_for(user: User) -> dict[str, Any]:
    """Return what waits on the desk of ``user`` besides reports: obstacles and requests."""
    changes = ChangeRequest.objects.decidable_by(user).with_names().order_by("asked_at")
    closings = Closing.objects.decidable_by(user).with_names().order_by("asked_at")
    return {
        "changes": list(changes),
        "closings": list(closings),
        **waiting_obstacles(user),
        **waiting_directives(user, timezone.localdate()),
    }


def waiting_obstacles(user: User) -> dict[str, Any]:
    """Return the obstacles that ``user`` is asked to clear, the most urgent ones, and how many there are."""
    waiting = Obstacle.objects.waiting_for(user).with_names().most_urgent_first()
    return {"obstacles": list(waiting[:SHOWN]), "obstacle_count": waiting.count()}
