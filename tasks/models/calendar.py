"""The editable part of the Chinese working calendar."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.utils.translation import gettext_lazy as _


class CalendarDayQuerySet(models.QuerySet["CalendarDay"]):
    """Reads of the calendar."""

    def overrides(self) -> dict[dt.date, bool]:
        """Return every edited day with whether it is worked: one small query."""
        return dict(self.values_list("day", "is_workday"))


class CalendarDay(models.Model):
    """A day on which the working calendar departs from the library's data: a holiday or an adjusted workday.

    The library ends where the State Council's notice ends; what is entered here goes before it.
    """

    day = models.DateField(_("Day"), unique=True)
    is_workday = models.BooleanField(_("Worked"))
    name = models.CharField(_("Occasion"), max_length=60, blank=True)

    objects = CalendarDayQuerySet.as_manager()

    class Meta:
        ordering = ("day",)
        verbose_name = _("calendar day")
        verbose_name_plural = _("calendar days")

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.name}"
