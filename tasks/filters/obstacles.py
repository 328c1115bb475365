"""Filters of the list of obstacles."""

from __future__ import annotations

import django_filters
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from commands.models import Headquarters, Unit, User
from tasks.filters.fields import NamedFilter
from tasks.models import Campaign, Obstacle
from tasks.models.obstacles import LevelChoices, ObstacleQuerySet

STATES = (("open", _("Open")), ("mine", _("Waiting for me")), ("resolved", _("Resolved")))


class ObstacleFilter(django_filters.FilterSet):
    """Obstacles by state, level, campaign, headquarters, unit and text; open ones unless asked otherwise."""

    q = django_filters.CharFilter(label=_("Search"), method="search", max_length=100)
    state = django_filters.ChoiceFilter(
        label=_("State"), choices=STATES, empty_label=_("All"), method="in_state"
    )
    level = django_filters.ChoiceFilter(label=_("Level"), choices=LevelChoices.choices, empty_label=_("All"))
    campaign = NamedFilter(label=_("Campaign"), queryset=Campaign.objects.none(), field_name="task__campaign")
    headquarters = NamedFilter(
        label=_("Command headquarters"),
        queryset=Headquarters.objects.all(),
        field_name="task__campaign__headquarters",
    )
    unit = NamedFilter(label=_("Unit"), queryset=Unit.objects.all(), method="of_unit")

    class Meta:
        model = Obstacle
        fields: list[str] = []

    def __init__(self, data: QueryDict, *, user: User) -> None:
        self.user = user
        super().__init__(data, queryset=Obstacle.objects.visible_to(user).with_names().most_urgent_first())
        self.filters["campaign"].queryset = Campaign.objects.visible_to(user)

    def search(self, rows: ObstacleQuerySet, name: str, value: str) -> ObstacleQuerySet:
        """Keep the obstacles in which every word stands somewhere."""
        for word in value.split():
            rows = rows.filter(
                Q(what__icontains=word)
                | Q(needs__icontains=word)
                | Q(task__title__icontains=word)
                | Q(task__code__icontains=word)
            )
        return rows

    def in_state(self, rows: ObstacleQuerySet, name: str, value: str) -> ObstacleQuerySet:
        """Keep what is open, what waits for the reader, or what is cleared."""
        if value == "mine":
            return rows.filter(pk__in=Obstacle.objects.waiting_for(self.user).values("pk"))
        return rows.open() if value == "open" else rows.filter(resolved_at__isnull=False)

    def of_unit(self, rows: ObstacleQuerySet, name: str, value: Unit) -> ObstacleQuerySet:
        """Keep the obstacles of what the unit leads, and those that need it."""
        return rows.filter(Q(task__lead_unit=value) | Q(needed_unit=value))
