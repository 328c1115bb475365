"""Filters of the list of directives, and of what one may be issued on."""

from __future__ import annotations

import datetime as dt
import re

import django_filters
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from commands.models import Unit, User
from tasks.filters.fields import NamedFilter
from tasks.models import Campaign, Directive, Task
from tasks.models.directives import DirectiveQuerySet
from tasks.models.tasks import TaskQuerySet

STATES = (
    ("overdue", _("Overdue")),
    ("unanswered", _("Unanswered")),
    ("answered", _("To be closed")),
    ("open", _("Open")),
    ("closed", pgettext_lazy("directive", "Closed")),
    ("withdrawn", pgettext_lazy("directive", "Withdrawn")),
)
LOOKED_IN = (
    "text",
    "points__text",
    "campaign__name",
    "task__title",
    "task__code",
    "obstacle__what",
    "obstacle__task__title",
    "obstacle__task__code",
)


class DirectiveFilter(django_filters.FilterSet):
    """The directives that concern the reader, by text, state, campaign and unit addressed; exceptions first."""

    q = django_filters.CharFilter(label=_("Search"), method="search", max_length=100)
    state = django_filters.ChoiceFilter(
        label=_("State"), choices=STATES, empty_label=_("All"), method="in_state"
    )
    campaign = NamedFilter(label=_("Campaign"), queryset=Campaign.objects.none(), method="of_campaign")
    unit = NamedFilter(label=_("Unit addressed"), queryset=Unit.objects.none(), field_name="addressees__unit")

    class Meta:
        model = Directive
        fields: list[str] = []

    def __init__(self, data: QueryDict, *, user: User, day: dt.date) -> None:
        self.day = day
        mine = Directive.objects.visible_to(user)
        super().__init__(data, queryset=mine.with_names().exceptions_first(day))
        self.filters["campaign"].queryset = Campaign.objects.visible_to(user)
        self.filters["unit"].queryset = Unit.objects.filter(directives__directive__in=mine).distinct()

    def search(self, rows: DirectiveQuerySet, name: str, value: str) -> DirectiveQuerySet:
        """Keep the directives in which every word stands somewhere, or whose number it is."""
        for word in value.split():
            found = _by_code(word)
            for place in LOOKED_IN:
                found |= Q(**{f"{place}__icontains": word})
            rows = rows.filter(pk__in=Directive.objects.filter(found).values("pk"))
        return rows

    def in_state(self, rows: DirectiveQuerySet, name: str, value: str) -> DirectiveQuerySet:
        """Keep what stands so today."""
        if value == "overdue":
            return rows.overdue(self.day)
        if value in {"closed", "withdrawn"}:
            return rows.filter(**{f"{value}_at__isnull": False})
        kept: DirectiveQuerySet = getattr(rows, value)()
        return kept

    def of_campaign(self, rows: DirectiveQuerySet, name: str, value: Campaign) -> DirectiveQuerySet:
        """Keep the directives on a campaign, its tasks and their obstacles."""
        return rows.of_campaign(value)


def _by_code(word: str) -> Q:
    """Return the condition that a directive has the number of ``word``: 批示〔2026〕12号, 12号, 12."""
    code = re.fullmatch(r"(?:批示)?(?:〔([0-9]{4})〕)?([0-9]{1,6})号?", word)
    if code is None:
        return Q(pk__in=[])
    year = Q(year=int(code[1])) if code[1] else Q()
    return year & Q(number=int(code[2]))


class DirectiveSubjectFilter(django_filters.FilterSet):
    """The tasks on which the reader may issue a directive, by campaign and text."""

    q = django_filters.CharFilter(label=_("Search"), method="search", max_length=100)
    within = NamedFilter(label=_("Campaign"), queryset=Campaign.objects.none(), field_name="campaign")

    class Meta:
        model = Task
        fields: list[str] = []

    def __init__(self, data: QueryDict, *, tasks: TaskQuerySet, campaigns: QuerySet[Campaign]) -> None:
        super().__init__(data, queryset=tasks)
        self.filters["within"].queryset = campaigns

    def search(self, rows: QuerySet[Task], name: str, value: str) -> QuerySet[Task]:
        """Keep the tasks in whose title or code every word stands."""
        for word in value.split():
            rows = rows.filter(Q(title__icontains=word) | Q(code__icontains=word))
        return rows
