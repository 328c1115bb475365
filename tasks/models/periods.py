"""Reporting periods: rows, never inferred from dates."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tasks.models.books import TaskBook


class PeriodQuerySet(models.QuerySet["Period"]):
    """Reads of periods."""

    def open(self) -> PeriodQuerySet:
        """Return the periods in which reports can be filed."""
        return self.filter(opened_at__isnull=False, closed_at__isnull=True)

    def to_open(self, day: dt.date) -> PeriodQuerySet:
        """Return the periods that should have opened by ``day``."""
        return self.filter(opened_at__isnull=True, opens_on__lte=day)

    def to_close(self, now: dt.datetime, day: dt.date) -> PeriodQuerySet:
        """Return the open periods whose last day has passed on ``day``."""
        return self.open().filter(closes_on__lt=day, due_at__lt=now)


class Period(models.Model):
    """A reporting period (报告期): a month of a task book, and when its reports may and must be filed."""

    book = models.ForeignKey(TaskBook, on_delete=models.PROTECT, related_name="periods")
    month = models.DateField(_("Month"))
    """The first day of the month reported on."""
    opens_on = models.DateField(_("Opens on"))
    due_at = models.DateTimeField(_("Due"))
    closes_on = models.DateField(_("Last day for late filing"))
    is_provisional = models.BooleanField(_("Provisional"), default=False)
    """The due day fell in a year whose working calendar was not yet published."""
    opened_at = models.DateTimeField(_("Opened"), null=True, blank=True)
    closed_at = models.DateTimeField(_("Closed"), null=True, blank=True)

    objects = PeriodQuerySet.as_manager()

    class Meta:
        ordering = ("book", "month")
        verbose_name = _("period")
        verbose_name_plural = _("periods")
        constraints = (
            models.UniqueConstraint(fields=["book", "month"], name="period_once_a_month"),
            models.CheckConstraint(condition=Q(month__day=1), name="period_month_is_a_first"),
            models.CheckConstraint(
                condition=Q(closes_on__gte=F("opens_on")), name="period_closes_after_opening"
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(opened_at__isnull=False),
                name="period_closed_was_opened",
            ),
        )

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"

    @property
    def is_open(self) -> bool:
        """Say whether reports can be filed."""
        return self.opened_at is not None and self.closed_at is None
