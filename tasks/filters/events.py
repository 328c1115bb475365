"""Filters of the audit trail."""

from __future__ import annotations

import datetime as dt

import django_filters
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commands.models import Event, User
from tasks.event_words import ACTIONS, KINDS
from tasks.filters.fields import day_input

DAY = "%Y-%m-%d"


class EventFilter(django_filters.FilterSet):
    """Events by person, by what they are about, by action and by day."""

    actor = django_filters.ModelChoiceFilter(
        label=_("Person"), queryset=User.objects.all(), empty_label=_("All")
    )
    q = django_filters.CharFilter(label=_("About"), method="about", max_length=100)
    kind = django_filters.ChoiceFilter(
        label=_("Kind"), field_name="subject_type", choices=KINDS, empty_label=_("All")
    )
    action = django_filters.ChoiceFilter(
        label=_("Action"), choices=sorted(ACTIONS.items()), empty_label=_("All")
    )
    first = django_filters.DateFilter(
        label=_("From"), method="since", widget=day_input(), input_formats=[DAY]
    )
    last = django_filters.DateFilter(
        label=_("Until"), method="until", widget=day_input(), input_formats=[DAY]
    )

    class Meta:
        model = Event
        fields: list[str] = []

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data, queryset=Event.objects.select_related("actor"))

    def about(self, events: QuerySet[Event], name: str, value: str) -> QuerySet[Event]:
        """Keep the events about things in whose name, or in what is told of them, every word stands."""
        for word in value.split():
            events = events.filter(Q(subject_label__icontains=word) | Q(actor_name__icontains=word))
        return events

    def since(self, events: QuerySet[Event], name: str, value: dt.date) -> QuerySet[Event]:
        """Keep what happened on a day or later."""
        return events.filter(at__gte=_midnight(value))

    def until(self, events: QuerySet[Event], name: str, value: dt.date) -> QuerySet[Event]:
        """Keep what happened on a day or before."""
        return events.filter(at__lt=_midnight(value + dt.timedelta(days=1)))


def _midnight(day: dt.date) -> dt.datetime:
    """Return the moment at which a day begins in Luohu."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))
