"""Filters of the lists of reports."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from commands.models import Unit, User
from tasks.filters.fields import NamedFilter
from tasks.models import Campaign, Period, Report, StateChoices, Timeliness
from tasks.models.reports import ReportQuerySet

Choices = list[tuple[str, str | Promise]]
ALL = "all"
TO_FILE = "to_file"
OVERDUE = "overdue"


STATES: Choices = [(TO_FILE, _("To be filed")), (OVERDUE, _("Overdue")), *StateChoices.choices]
DRAFTING = (StateChoices.DUE, StateChoices.DRAFT)
"""Whether a unit has begun a draft is its own affair; to others both are "to be filed"."""


def _periods() -> Choices:
    opened = Period.objects.filter(opened_at__isnull=False).order_by("-month")
    return [(str(period.pk), date_format(period.month, "YEAR_MONTH_FORMAT")) for period in opened]


class ReportFilter(django_filters.FilterSet):
    """The reports that a unit's people see, by month and state."""

    period = django_filters.ChoiceFilter(
        label=_("Month"), choices=_periods, empty_label=_("All months"), method="in_period"
    )
    state = django_filters.ChoiceFilter(
        label=_("State"), choices=STATES, empty_label=_("All states"), method="in_state"
    )

    def __init__(self, data: Any, *, user: User, **kwargs: Any) -> None:
        rows = Report.objects.visible_to(user).with_names()
        rows = rows.order_by("-period__month", "task__campaign__number", "task__code", "pk")
        super().__init__(data, queryset=rows, **kwargs)

    def filter_queryset(self, queryset: QuerySet[Report]) -> QuerySet[Report]:
        """Return the reports asked for; none where a value makes no sense, which is said beside its field."""
        return super().filter_queryset(queryset) if self.form.is_valid() else queryset.none()

    def in_period(self, reports: ReportQuerySet, name: str, value: str) -> ReportQuerySet:
        """Keep one month's reports."""
        return reports if value == ALL else reports.filter(period=int(value))

    def in_state(self, reports: ReportQuerySet, name: str, value: str) -> ReportQuerySet:
        """Keep the reports in a state, or all that their units still owe."""
        if value == TO_FILE:
            return reports.to_file()
        if value == OVERDUE:
            return reports.overdue(timezone.now())
        return reports.filter(state=value)


class MonthReportFilter(ReportFilter):
    """The month's reports, for those who see many units. Without a month it is the latest one."""

    period = django_filters.ChoiceFilter(
        label=_("Month"),
        choices=lambda: [*_periods(), (ALL, _("All months"))],
        empty_label=None,
        method="in_period",
    )
    state = django_filters.ChoiceFilter(
        label=_("State"),
        choices=[choice for choice in STATES if choice[0] not in DRAFTING],
        empty_label=_("All states"),
        method="in_state",
    )
    campaign = NamedFilter(
        label=_("Campaign"),
        field_name="task__campaign",
        queryset=Campaign.objects.order_by("-book__year", "number"),
        empty_label=_("All campaigns"),
    )
    unit = NamedFilter(label=_("Unit"), queryset=Unit.objects.all(), empty_label=_("All units"))
    timeliness = django_filters.ChoiceFilter(
        label=_("Timeliness"), choices=Timeliness.choices, empty_label=_("All")
    )

    def __init__(self, data: Any, *, user: User, **kwargs: Any) -> None:
        latest = Period.objects.filter(opened_at__isnull=False).order_by("-month").first()
        if latest and not data.get("period"):
            data = data.copy()
            data["period"] = str(latest.pk)
        super().__init__(data, user=user, **kwargs)
        self.month = latest if latest and data["period"] == str(latest.pk) else None
        """The latest month, where that is what is shown."""
