"""The yearly task book, and the strategic goals its campaigns serve."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class DueMonth(models.TextChoices):
    """In which month a month's report falls due."""

    THIS = "this", _("The same month")
    NEXT = "next", _("The month after")


class Roll(models.TextChoices):
    """Where a due day moves that is not worked (顺延)."""

    FORWARD = "forward", _("To the next working day")
    BACK = "back", _("To the working day before")
    NONE = "none", _("It stays")


class StrategicGoal(models.Model):
    """One of the three zones of "three forces, three zones" (三力三区)."""

    code = models.SlugField(_("Code"), max_length=30, unique=True)
    number = models.PositiveSmallIntegerField(_("Number"), unique=True)
    name = models.CharField(_("Name"), max_length=100)
    name_en = models.CharField(_("English name"), max_length=160, blank=True)

    class Meta:
        ordering = ("number",)
        verbose_name = _("strategic goal")
        verbose_name_plural = _("strategic goals")

    def __str__(self) -> str:
        return self.name


class TaskBookQuerySet(models.QuerySet["TaskBook"]):
    """Reads of task books."""

    def current(self, day: dt.date) -> TaskBook | None:
        """Return the book of ``day``: that year's, or the latest one before it."""
        return self.filter(year__lte=day.year).order_by("-year").first() or self.order_by("year").first()

    def before(self, book: TaskBook) -> TaskBook | None:
        """Return the book that ``book`` follows, from which work is carried over."""
        return self.filter(year__lt=book.year).order_by("-year").first()


class TaskBook(models.Model):
    """A year's task book (任务书): the parent of its campaigns, and the keeper of the filing rule.

    Districts differ in when reports fall due (the 25th, the 28th, the 5th of the next month), and in whether a
    holiday moves the day forward or back; so both are settings of the book.
    """

    year = models.PositiveSmallIntegerField(_("Year"), unique=True)
    name = models.CharField(_("Name"), max_length=100)
    name_en = models.CharField(_("English name"), max_length=160, blank=True)
    conference = models.CharField(_("Conference"), max_length=160, blank=True)
    conference_en = models.CharField(_("Conference in English"), max_length=300, blank=True)
    launched_on = models.DateField(_("Launched on"), null=True, blank=True)
    due_day = models.PositiveSmallIntegerField(_("Reports are due on day"), default=25)
    due_time = models.TimeField(_("Reports are due at"), default=dt.time(18, 0))
    due_month = models.CharField(
        _("Reports are due in"), max_length=10, choices=DueMonth.choices, default=DueMonth.THIS
    )
    roll = models.CharField(
        _("A due day that is not worked moves"), max_length=10, choices=Roll.choices, default=Roll.BACK
    )
    grace_workdays = models.PositiveSmallIntegerField(_("Working days for late filing"), default=5)
    is_demo = models.BooleanField(_("Demo data"), default=False)
    closed_at = models.DateTimeField(_("Closed"), null=True, blank=True)

    objects = TaskBookQuerySet.as_manager()

    class Meta:
        ordering = ("-year",)
        verbose_name = _("task book")
        verbose_name_plural = _("task books")
        constraints = (
            models.CheckConstraint(condition=Q(due_day__gte=1, due_day__lte=31), name="task_book_due_day"),
            models.CheckConstraint(condition=Q(roll__in=Roll.values), name="task_book_roll_known"),
            models.CheckConstraint(
                condition=Q(due_month__in=DueMonth.values), name="task_book_due_month_known"
            ),
        )

    def __str__(self) -> str:
        return self.name
