"""Obstacles: raised, discussed, escalated by hand or by the clock, resolved."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from commands.models import Post, Unit, User
from commands.roles import RoleCode
from commands.services.events import record_event
from commands.services.refusals import Refused
from tasks.models import Obstacle, ObstacleStep, Report, Task
from tasks.models.obstacles import StepChoices
from tasks.rules.obstacles import Level, last_day_at, next_level
from tasks.services.calendar import working_calendar
from tasks.services.inbox import notify
from tasks.services.people import people_of
from tasks.services.reminders import reconcile
from tasks.services.standings import refresh_standings


def may_raise(task: Task, by: User) -> bool:
    """Say whether ``by`` may raise an obstacle of ``task``: units that work on it, its offices, leaders."""
    duties = by.duties
    if duties.is_leader or (duties.is_office and duties.reviews(task.campaign.headquarters_id)):
        return True
    if task.lead_unit_id in duties.unit_ids:
        return True
    return task.supporting_units.filter(pk__in=duties.unit_ids).exists()


def may_resolve(obstacle: Obstacle, by: User) -> bool:
    """Say whether ``by`` may call the obstacle cleared: its offices and leaders, not the units themselves."""
    duties = by.duties
    reviews = duties.is_office and duties.reviews(obstacle.task.campaign.headquarters_id)
    return duties.is_leader or reviews


def may_speak(obstacle: Obstacle, by: User) -> bool:
    """Say whether ``by`` may comment on the obstacle: who may raise one, and the unit that is needed."""
    return obstacle.needed_unit_id in by.duties.unit_ids or may_raise(obstacle.task, by)


@transaction.atomic
def raise_obstacle(
    *,
    task: Task,
    report: Report | None = None,
    what: str,
    needs: str,
    needed_unit: Unit | None = None,
    wanted_by: dt.date,
    by: User,
) -> Obstacle:
    """Say what stands in the way of ``task``. It begins with the work team, and its clock runs from today.

    A second click raises nothing twice. Raises Refused: ``not_allowed``, ``not_open``, ``too_early``.
    """
    task, today = Task.objects.select_for_update(no_key=True).get(pk=task.pk), timezone.localdate()
    if not may_raise(task, by):
        raise Refused(_("Only those who work on the task raise obstacles of it."), code="not_allowed")
    if not task.is_open:
        raise Refused(_("The task is not under way."), code="not_open")
    for field, words in (("what", what), ("needs", needs)):
        _check_words(words, field)
    if wanted_by < today:
        raise Refused(_("This day has passed."), code="too_early", field="wanted_by")
    if same := Obstacle.objects.open().filter(task=task, what=what, needs=needs, raised_by=by).first():
        return same
    obstacle = Obstacle(
        task=task,
        report=report,
        what=what,
        needs=needs,
        needed_unit=needed_unit,
        wanted_by=wanted_by,
        raised_at=timezone.now(),
        raised_by=by,
    )
    _put_at(obstacle, Level.TEAM, today)
    _step(obstacle, StepChoices.RAISED, "", by)
    record_event(action="obstacle.raise", about=obstacle, after=_as_values(obstacle), by=by)
    _tell(obstacle, "obstacle_raised", but=by)
    return obstacle


@transaction.atomic
def comment_obstacle(*, obstacle: Obstacle, words: str, by: User) -> ObstacleStep:
    """Add words to the obstacle's story. Raises Refused: ``not_allowed``, ``words_missing``, ``resolved``."""
    obstacle = _lock(obstacle)
    if not may_speak(obstacle, by):
        raise Refused(_("Only those concerned speak about this obstacle."), code="not_allowed")
    _check_words(words)
    step = _step(obstacle, StepChoices.COMMENT, words, by)
    record_event(action="obstacle.comment", about=obstacle, after={"words": words}, by=by)
    _tell(obstacle, "obstacle_comment", words=words, but=by)
    return step


@transaction.atomic
def escalate_obstacle(*, obstacle: Obstacle, words: str, by: User) -> Obstacle:
    """Lift the obstacle to the next level before its clock has run out, saying why.

    Raises Refused: ``not_allowed``, ``words_missing``, ``resolved``, ``highest``.
    """
    obstacle = _lock(obstacle)
    if not may_raise(obstacle.task, by):
        raise Refused(_("Only those who work on the task escalate its obstacles."), code="not_allowed")
    _check_words(words)
    if next_level(Level(obstacle.level)) is None:
        raise Refused(_("It lies before the district leader already."), code="highest")
    _escalate(obstacle, words, timezone.now(), by)
    return obstacle


@transaction.atomic
def resolve_obstacle(*, obstacle: Obstacle, resolution: str, by: User) -> Obstacle:
    """Call the obstacle cleared, saying how. Raises Refused: ``not_allowed``, ``words_missing``, ``resolved``."""
    obstacle, now = _lock(obstacle), timezone.now()
    if not may_resolve(obstacle, by):
        message = _("Obstacles are resolved by the supervision office or a district leader.")
        raise Refused(message, code="not_allowed")
    _check_words(resolution)
    obstacle.resolved_at, obstacle.resolved_by, obstacle.resolution = now, by, resolution
    obstacle.save()
    _step(obstacle, StepChoices.RESOLVED, resolution, by)
    after = {"level": obstacle.level, "resolution": resolution}
    record_event(action="obstacle.resolve", about=obstacle, after=after, by=by)
    _tell(obstacle, "obstacle_resolved", words=resolution, but=by)
    if obstacle.leader_since:
        refresh_standings(tasks=Task.objects.filter(pk=obstacle.task_id), now=now)
    return obstacle


def escalate_obstacles(*, now: dt.datetime) -> int:
    """Lift every obstacle whose clock has run out by one level, and return how many that were.

    One transaction each. An outage lifts each by one level only: the new level gets its whole clock.
    """
    due = Obstacle.objects.to_escalate(timezone.localdate(now)).order_by("pk")
    return sum(_escalate_when_due(obstacle, now) for obstacle in due)


@transaction.atomic
def _escalate_when_due(obstacle: Obstacle, now: dt.datetime) -> bool:
    obstacle = _locked(obstacle)
    # Another worker may have got there first, or somebody may have resolved it.
    overdue = obstacle.escalates_on is not None and obstacle.escalates_on < timezone.localdate(now)
    if not obstacle.is_open or not overdue:
        return False
    _escalate(obstacle, "", now, None)
    return True


def _locked(obstacle: Obstacle) -> Obstacle:
    """Lock task and obstacle, in this order."""
    Task.objects.select_for_update(no_key=True).get(pk=obstacle.task_id)
    return Obstacle.objects.select_for_update(of=("self",), no_key=True).get(pk=obstacle.pk)


def _lock(obstacle: Obstacle) -> Obstacle:
    """Lock task and obstacle; what is resolved takes no more words."""
    locked = _locked(obstacle)
    if not locked.is_open:
        raise Refused(_("This obstacle has been resolved already."), code="resolved")
    return locked


def _check_words(words: str, field: str = "words") -> None:
    if not words.strip():
        raise Refused(_("Please write a few words."), code="words_missing", field=field)


def _put_at(obstacle: Obstacle, level: Level, day: dt.date) -> None:
    """Put the obstacle before ``level`` from ``day`` on, and start that level's clock."""
    obstacle.level, obstacle.level_since = level.value, day
    obstacle.escalates_on = last_day_at(level, day, settings.OBSTACLE_WORKDAYS, working_calendar())
    obstacle.leader_since = day if level is Level.LEADER else None
    obstacle.save()


def _escalate(obstacle: Obstacle, words: str, now: dt.datetime, by: User | None) -> None:
    before, level = obstacle.level, next_level(Level(obstacle.level))
    assert level is not None  # noqa: S101  the highest level has no clock, and hands are refused there
    _put_at(obstacle, level, timezone.localdate(now))
    _step(obstacle, StepChoices.ESCALATED, words, by)
    after = {"level": obstacle.level, "words": words}
    record_event(action="obstacle.escalate", about=obstacle, before={"level": before}, after=after, by=by)
    _tell(obstacle, "obstacle_escalated", words=words, but=by)
    if level is Level.LEADER:
        refresh_standings(tasks=Task.objects.filter(pk=obstacle.task_id), now=now)


def _step(obstacle: Obstacle, kind: StepChoices, words: str, by: User | None) -> ObstacleStep:
    """Write one step of the story, and put the reminders of its clock right."""
    now = timezone.now()
    step = ObstacleStep.objects.create(
        obstacle=obstacle, kind=kind, level=obstacle.level, words=words, at=now, by=by
    )
    if kind != StepChoices.COMMENT:
        reconcile(rows=Obstacle.objects.filter(pk=obstacle.pk), now=now)
    return step


def people_needed(obstacle: Obstacle) -> list[User]:
    """Return who is asked to clear the way: the people of the level, and of the unit that is needed."""
    task, posts = obstacle.task, Post.objects.on(timezone.localdate()).select_related("user")
    people: list[User] = []
    if obstacle.level == Level.LEADER:
        people = [post.user for post in posts.filter(role=RoleCode.LEADER)]
    elif obstacle.level == Level.TEAM:
        people = people_of([task.lead_unit_id] if task.lead_unit_id else [])
    else:
        offices = list(posts.reviewing(task.campaign.headquarters_id))
        own = [post for post in offices if post.headquarters_id] or offices
        # First the headquarters' own office; one level up, the district's as well.
        people = [post.user for post in (own if obstacle.level == Level.OFFICE else offices)]
    needed = [obstacle.needed_unit_id] if obstacle.needed_unit_id else []
    return [*people, *people_of(needed)]


def _tell(obstacle: Obstacle, kind: str, *, words: str = "", but: User | None) -> None:
    """Tell those needed, and whoever raised it; never the person who did it."""
    told = [*people_needed(obstacle), obstacle.raised_by]
    values = {
        "task": obstacle.task.title,
        "what": obstacle.what[:200],
        "level": obstacle.level,
        "words": words[:200],
        "day": obstacle.wanted_by.isoformat(),
    }
    recipients = [person for person in told if but is None or person.pk != but.pk]
    notify(recipients=recipients, kind=kind, values=values, link=f"/obstacles/{obstacle.pk}/")


def _as_values(obstacle: Obstacle) -> dict[str, object]:
    """Return what the audit trail keeps of an obstacle that was raised."""
    return {
        "task": obstacle.task_id,
        "what": obstacle.what,
        "needs": obstacle.needs,
        "needed_unit": obstacle.needed_unit_id,
        "wanted_by": obstacle.wanted_by,
        "level": obstacle.level,
    }
