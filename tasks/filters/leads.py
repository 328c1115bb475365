"""Filters of the changes of lead, and of what can get a new lead unit."""

from __future__ import annotations

import datetime as dt
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from commands.models import Unit, User
from tasks.filters.fields import NamedFilter, day_input
from tasks.models import Campaign, LeadAssignment, Lifecycle, Task, TaskBook
from tasks.models.leads import LeadQuerySet

DAY = "%Y-%m-%d"
STATES = (
    ("planned", _("Still to come")),
    ("waiting", _("Waiting for acknowledgement")),
    ("acknowledged", _("Acknowledged")),
    ("objected", _("Objection raised")),
)
CAN_CHANGE = (Lifecycle.PLANNED, Lifecycle.ACTIVE, Lifecycle.CLOSING)
"""States of a task in which its lead may change."""


class LeadFilter(django_filters.FilterSet):
    """Changes of lead by text, unit (old or new), campaign (its tasks too), state and effective day."""

    q = django_filters.CharFilter(label=_("Task, reason, document number"), method="search", max_length=100)
    unit = NamedFilter(label=_("Unit, old or new"), queryset=Unit.objects.all(), method="of_unit")
    campaign = NamedFilter(
        label=_("Campaign"), queryset=Campaign.objects.order_by("-book__year", "number"), method="in_campaign"
    )
    state = django_filters.ChoiceFilter(
        label=_("State"), choices=STATES, empty_label=_("All"), method="in_state"
    )
    first = django_filters.DateFilter(
        label=_("Effective from"),
        field_name="starts_on",
        lookup_expr="gte",
        widget=day_input(),
        input_formats=[DAY],
    )
    last = django_filters.DateFilter(
        label=_("Effective until"),
        field_name="starts_on",
        lookup_expr="lte",
        widget=day_input(),
        input_formats=[DAY],
    )

    class Meta:
        model = LeadAssignment
        fields: list[str] = []

    def __init__(self, data: QueryDict, *, user: User, day: dt.date) -> None:
        changes = LeadAssignment.objects.changes_visible_to(user).with_names().order_by("-starts_on", "-id")
        super().__init__(data, queryset=changes)
        self.day = day

    def search(self, changes: LeadQuerySet, name: str, value: str) -> LeadQuerySet:
        """Keep the changes in which every word stands somewhere."""
        for word in value.split():
            changes = changes.filter(
                Q(task__title__icontains=word)
                | Q(task__code__icontains=word)
                | Q(campaign__name__icontains=word)
                | Q(campaign__name_en__icontains=word)
                | Q(reason__icontains=word)
                | Q(document_number__icontains=word)
            )
        return changes

    def of_unit(self, changes: LeadQuerySet, name: str, value: Unit) -> LeadQuerySet:
        """Keep the changes to or from a unit."""
        return changes.filter(Q(unit=value) | Q(old_unit_id=value.pk))

    def in_campaign(self, changes: LeadQuerySet, name: str, value: Campaign) -> LeadQuerySet:
        """Keep the changes of a campaign and of its tasks."""
        return changes.filter(Q(campaign=value) | Q(task__campaign=value))

    def in_state(self, changes: LeadQuerySet, name: str, value: str) -> LeadQuerySet:
        """Keep the changes to come, those that wait for their unit, or those acknowledged."""
        if value == "planned":
            return changes.filter(starts_on__gt=self.day)
        if value == "waiting":
            return changes.to_acknowledge()
        if value == "objected":
            return changes.filter(
                objected_at__isnull=False, acknowledged_at__isnull=True, ends_on__isnull=True
            )
        return changes.filter(acknowledged_at__isnull=False)


class SubjectFilter(django_filters.FilterSet):
    """The tasks of a book whose lead may change, by text, campaign and present lead unit."""

    q = django_filters.CharFilter(label=_("Title or code"), method="search", max_length=100)
    # Not "campaign", which in the address of this page names the campaign that is to be reassigned.
    within = NamedFilter(label=_("Campaign"), field_name="campaign", queryset=Campaign.objects.none())
    unit = NamedFilter(label=_("Present lead unit"), field_name="lead_unit", queryset=Unit.objects.all())

    class Meta:
        model = Task
        fields: list[str] = []

    def __init__(self, data: QueryDict, *, user: User, book: TaskBook | None) -> None:
        tasks = Task.objects.visible_to(user).filter(campaign__book=book, lifecycle__in=CAN_CHANGE)
        super().__init__(data, queryset=tasks.select_related("campaign", "lead_unit").order_by("code"))
        self.campaigns = Campaign.objects.visible_to(user).filter(book=book).select_related("lead_unit")
        self.filters["within"].queryset = self.campaigns

    def search(self, tasks: QuerySet[Task], name: str, value: str) -> QuerySet[Task]:
        """Keep the tasks in which every word stands somewhere."""
        for word in value.split():
            tasks = tasks.filter(Q(title__icontains=word) | Q(code__icontains=word))
        return tasks

    def found_campaigns(self) -> QuerySet[Campaign]:
        """Return the campaigns themselves that match."""
        asked: dict[str, Any] = self.form.cleaned_data if self.form.is_valid() else {}
        found = self.campaigns.order_by("number")
        for word in (asked.get("q") or "").split():
            found = found.filter(Q(name__icontains=word) | Q(name_en__icontains=word))
        if asked.get("within"):
            found = found.filter(pk=asked["within"].pk)
        if asked.get("unit"):
            found = found.filter(lead_unit=asked["unit"])
        return found
