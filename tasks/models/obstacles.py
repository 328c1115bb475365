"""Obstacles: what stands in the way of a task, at whose level it lies, and how it was cleared."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from commands.models import Unit, User
from tasks.models.reports import Report
from tasks.models.tasks import UNFINISHED, Task
from tasks.rules.obstacles import Level


class LevelChoices(models.TextChoices):
    """Who is asked to clear the way."""

    TEAM = Level.TEAM, _("Work team")
    OFFICE = Level.OFFICE, _("Supervision office")
    HEADQUARTERS = Level.HEADQUARTERS, _("Command headquarters")
    LEADER = Level.LEADER, _("District leader")


def elsewhere_than(here: Q) -> Case:
    """Return whether a row that was ``here`` once is so no longer; also where the database does not know."""
    return Case(When(here, then=Value(False)), default=Value(True))


class ObstacleQuerySet(models.QuerySet["Obstacle"]):
    """Reads of obstacles."""

    def visible_to(self, user: User) -> ObstacleQuerySet:
        """Return the obstacles of tasks that ``user`` may see, and those that need one of their units.

        What lay on such a task, and goes on with the one of the next book, is still theirs to read.
        """
        if user.duties.sees_all:
            return self
        tasks = Task.objects.visible_to(user).values("pk")
        left = ObstacleStep.objects.filter(from_task__in=tasks).values("obstacle")
        return self.filter(Q(task__in=tasks) | Q(pk__in=left) | Q(needed_unit__in=user.duties.unit_ids))

    def of_tasks(self, tasks: Any, at: dt.datetime | None = None) -> ObstacleQuerySet:
        """Return the obstacles that lie on one of ``tasks``, given by their keys, or lay there at a past moment.

        With them those that had gone on from there with next year's task by then: their ``went_on`` says so.
        """
        left = ObstacleStep.objects.filter(from_task__in=tasks).values("obstacle")
        ever = self.filter(Q(task__in=tasks) | Q(pk__in=left))
        if at is None:
            gone: dict[str, Any] = {"went_on": elsewhere_than(Q(task__in=tasks))}
            return ever.annotate(**gone)
        own = ObstacleStep.objects.filter(obstacle=OuterRef("pk"), from_task__isnull=False)
        later = own.filter(at__gt=at).order_by("at", "pk").values("from_task")[:1]
        said: dict[str, Any] = {
            "placed_id": Coalesce(Subquery(later), F("task"), output_field=models.BigIntegerField()),
            "went_on": Exists(own.filter(from_task__in=tasks, at__lte=at)),
        }
        return ever.annotate(**said).filter(Q(placed_id__in=tasks) | Q(went_on=True))

    def open(self) -> ObstacleQuerySet:
        """Return the obstacles still in the way."""
        return self.filter(resolved_at__isnull=True)

    def waiting_for(self, user: User) -> ObstacleQuerySet:
        """Return the open obstacles that ``user`` is asked to clear, by unit, office or leadership."""
        duties = user.duties
        mine = Q(needed_unit__in=duties.unit_ids)
        mine |= Q(level=Level.TEAM, task__lead_unit__in=duties.unit_ids)
        commanded = Q(task__campaign__headquarters__in=duties.headquarters_ids)
        if duties.is_office:
            offices = Q(level__in=[Level.OFFICE, Level.HEADQUARTERS])
            mine |= offices if duties.reviews_all else offices & commanded
        if duties.is_leader:
            mine |= Q(level=Level.LEADER)
        return self.open().filter(mine)

    def at_leader(self) -> ObstacleQuerySet:
        """Return the open obstacles that wait for a district leader."""
        return self.open().filter(level=Level.LEADER)

    def to_escalate(self, day: dt.date) -> ObstacleQuerySet:
        """Return the open obstacles of unfinished tasks whose clock has run out before ``day``."""
        return self.open().filter(escalates_on__lt=day, task__lifecycle__in=UNFINISHED)

    def most_urgent_first(self) -> ObstacleQuerySet:
        """Put what is wanted soonest first, and what is cleared last."""
        return self.order_by(F("resolved_at").asc(nulls_first=True), "wanted_by", "pk")

    def with_names(self) -> ObstacleQuerySet:
        """Load what a line of a list shows."""
        return self.select_related("task__campaign", "task__lead_unit", "needed_unit", "raised_by")


class Obstacle(models.Model):
    """An obstacle (协调事项): what is in the way, whom it needs, by when; and the level at which it lies.

    ``escalates_on`` is the last day of the level's clock; on the next one it climbs. ``leader_since`` is the day
    on which it came before the district leader, which the lights ask for.
    """

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="obstacles")
    report = models.ForeignKey(
        Report, null=True, blank=True, on_delete=models.PROTECT, related_name="obstacles"
    )
    what = models.TextField(_("What stands in the way"), max_length=1000)
    needs = models.CharField(_("What is needed, and of whom"), max_length=300)
    needed_unit = models.ForeignKey(
        Unit,
        verbose_name=_("Unit that is needed"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="obstacles",
    )
    wanted_by = models.DateField(_("Wanted by"))
    level = models.CharField(
        _("Level"), max_length=12, choices=LevelChoices.choices, default=LevelChoices.TEAM
    )
    level_since = models.DateField(_("At this level since"))
    escalates_on = models.DateField(_("Last day at this level"), null=True, blank=True)
    leader_since = models.DateField(_("Before the leader since"), null=True, blank=True)
    raised_at = models.DateTimeField(_("Raised"))
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    resolved_at = models.DateTimeField(_("Resolved"), null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    resolution = models.TextField(_("Resolution"), max_length=1000, blank=True)

    went_on: bool = False
    placed_id: int
    """Said by ``of_tasks``: whether it has gone on from the tasks asked for, and where it lay."""

    objects = ObstacleQuerySet.as_manager()

    class Meta:
        ordering = ("-raised_at", "-id")
        verbose_name = _("obstacle")
        verbose_name_plural = _("obstacles")
        constraints = (
            models.CheckConstraint(condition=Q(level__in=LevelChoices.values), name="obstacle_level_known"),
            models.CheckConstraint(condition=~Q(what="") & ~Q(needs=""), name="obstacle_says_what_and_whom"),
            models.CheckConstraint(
                condition=Q(level=Level.LEADER, leader_since__isnull=False, escalates_on__isnull=True)
                | (~Q(level=Level.LEADER) & Q(leader_since__isnull=True, escalates_on__isnull=False)),
                name="obstacle_clock_fits_level",
            ),
            models.CheckConstraint(
                condition=Q(resolved_at__isnull=True, resolved_by__isnull=True, resolution="")
                | (Q(resolved_at__isnull=False, resolved_by__isnull=False) & ~Q(resolution="")),
                name="obstacle_resolved_at_by_and_how",
            ),
        )
        indexes = (
            models.Index(fields=["level", "resolved_at"], name="obstacle_by_level"),
            models.Index(fields=["escalates_on"], name="obstacle_by_clock"),
        )

    def __str__(self) -> str:
        return self.what[:80]

    @property
    def is_open(self) -> bool:
        """Say whether it is still in the way."""
        return self.resolved_at is None

    def waits_for(self, user: User) -> bool:
        """Say whether ``user`` is asked to clear it, as ``waiting_for`` asks of today's; for one of a past day."""
        duties, level = user.duties, self.level
        if not self.is_open:
            return False
        if self.needed_unit_id in duties.unit_ids or (level == Level.LEADER and duties.is_leader):
            return True
        if level == Level.TEAM:
            return self.task.lead_unit_id in duties.unit_ids
        is_offices = level in {Level.OFFICE, Level.HEADQUARTERS}
        return is_offices and duties.is_office and duties.reviews(self.task.campaign.headquarters_id)


class StepChoices(models.TextChoices):
    """What happened to an obstacle."""

    RAISED = "raised", pgettext_lazy("step", "Raised")
    COMMENT = "comment", _("Comment")
    ESCALATED = "escalated", _("Escalated")
    CARRIED = "carried", _("Carried over")
    RESOLVED = "resolved", _("Resolved")


class ObstacleStep(models.Model):
    """One step of an obstacle's story: raised, commented on, escalated, carried over with its task, resolved."""

    obstacle = models.ForeignKey(Obstacle, on_delete=models.CASCADE, related_name="steps")
    kind = models.CharField(_("Step"), max_length=10, choices=StepChoices.choices)
    level = models.CharField(_("Level"), max_length=12, choices=LevelChoices.choices)
    """At which it lies from this step on."""
    words = models.TextField(_("Words"), max_length=1000, blank=True)
    at = models.DateTimeField(_("At"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    """Null: the clock had run out."""
    from_task = models.ForeignKey(Task, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    """The task on which it lay until it was carried over."""

    class Meta:
        ordering = ("at", "id")
        verbose_name = _("step of an obstacle")
        verbose_name_plural = _("steps of an obstacle")
        constraints = (
            models.CheckConstraint(
                condition=Q(kind__in=StepChoices.values) & Q(level__in=LevelChoices.values),
                name="obstacle_step_known",
            ),
            models.CheckConstraint(
                condition=Q(by__isnull=False) | Q(kind="escalated"), name="obstacle_step_by_somebody"
            ),
            models.CheckConstraint(
                condition=~Q(kind="comment") | ~Q(words=""), name="obstacle_comment_has_words"
            ),
            models.CheckConstraint(
                condition=Q(kind="carried", from_task__isnull=False)
                | (~Q(kind="carried") & Q(from_task__isnull=True)),
                name="obstacle_carried_from_task",
            ),
        )

    def __str__(self) -> str:
        return f"{self.obstacle_id} {self.kind}"


def open_at_leader(at: dt.datetime, day: dt.date) -> ObstacleQuerySet:
    """Return the obstacles of the outer task that waited for a leader at a moment, the longest first."""
    waiting = Obstacle.objects.filter(task=OuterRef("pk"), leader_since__lte=day)
    return waiting.filter(Q(resolved_at__isnull=True) | Q(resolved_at__gt=at)).order_by("leader_since")
