"""Milestones: the dated steps of a task."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tasks.models.tasks import OPEN_LIFECYCLES, Task


class MilestoneQuerySet(models.QuerySet["Milestone"]):
    """Reads of milestones."""

    KEY = "pk"

    def open(self) -> MilestoneQuerySet:
        """Return the milestones still to be reached, of tasks still under way."""
        return self.filter(completed_on__isnull=True, task__lifecycle__in=OPEN_LIFECYCLES)

    def overdue(self, day: dt.date) -> MilestoneQuerySet:
        """Return the open milestones due before ``day``."""
        return self.open().filter(due_on__lt=day)

    def due_within(self, first: dt.date, last: dt.date) -> MilestoneQuerySet:
        """Return the open milestones due from ``first`` to ``last``, both included."""
        return self.open().filter(due_on__range=(first, last))

    def asked_in(self, month: dt.date, today: dt.date) -> MilestoneQuerySet:
        """Return what the report on ``month`` asks about: what is due by its end, and what was reached since."""
        last = (month + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
        due = Q(completed_on__isnull=True, due_on__lte=max(last, today), task__lifecycle__in=OPEN_LIFECYCLES)
        return self.filter(due | Q(completed_on__gte=month))


class Milestone(models.Model):
    """A milestone (时间节点): a step of a task with a day by which it is to be reached."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="milestones")
    title = models.CharField(_("Title"), max_length=120)
    due_on = models.DateField(_("Due"))
    completed_on = models.DateField(_("Completed on"), null=True, blank=True)
    is_key = models.BooleanField(_("Key milestone"), default=False)

    objects = MilestoneQuerySet.as_manager()

    class Meta:
        ordering = ("due_on", "id")
        verbose_name = _("milestone")
        verbose_name_plural = _("milestones")
        constraints = (models.UniqueConstraint(fields=["task", "title"], name="milestone_title_once_a_task"),)
        indexes = (models.Index(fields=["completed_on", "due_on"], name="milestone_by_due"),)

    def __str__(self) -> str:
        return self.title
