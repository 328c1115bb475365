"""The editable part of the Chinese working calendar."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tasks.rules.calendar import WorkingCalendar


class CalendarDayQuerySet(models.QuerySet["CalendarDay"]):
    """Reads of the calendar."""

    def working_calendar(self) -> WorkingCalendar:
        """Return the working calendar with every edited day: one small query."""
        rows = list(self.values_list("day", "is_workday", "of_notice"))
        entered = frozenset(day.year for day, _is_workday, of_notice in rows if of_notice)
        return WorkingCalendar({day: is_workday for day, is_workday, _of_notice in rows}, entered)


class CalendarDay(models.Model):
    """A day on which the working calendar departs from the library's data: a holiday or an adjusted workday.

    The library ends where the State Council's notice ends; what is entered here goes before it.
    """

    day = models.DateField(_("Day"), unique=True)
    is_workday = models.BooleanField(_("Worked"))
    name = models.CharField(_("Occasion"), max_length=60, blank=True)
    of_notice = models.BooleanField(_("Of the year's notice"), default=False)
    """Entered with the whole notice of its year, which therefore is no longer provisional."""

    objects = CalendarDayQuerySet.as_manager()

    class Meta:
        ordering = ("day",)
        verbose_name = _("calendar day")
        verbose_name_plural = _("calendar days")

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.name}"
