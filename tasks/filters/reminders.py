"""Filters of the list of reminders."""

from __future__ import annotations

import django_filters
from django.db.models import Exists, OuterRef, Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from commands.models import Post, Unit, User
from commands.models.ranges import in_force
from tasks.filters.fields import NamedFilter
from tasks.models import Channel, KindChoices, Ladder, Reminder, ReminderState
from tasks.models.reminders import ReminderQuerySet
from tasks.rules.reminders import offset_of
from tasks.wording import reminder_stage

MOMENTS = [("past", _("By now")), ("ahead", _("To be sent later"))]


def _stages() -> list[tuple[str, str | Promise]]:
    """Return the stages of today's ladders, the earliest first."""
    codes = {stage.code for stages in Ladder.objects.in_force().values() for stage in stages}
    return [(code, reminder_stage(code)) for code in sorted(codes, key=offset_of)]


class ReminderFilter(django_filters.FilterSet):
    """Reminders by text, moment, subject, stage, channel, state, and the unit of whoever gets them.

    Who asks for nothing in particular gets what was to be sent until now, the latest first.
    """

    q = django_filters.CharFilter(label=_("Task or recipient"), method="search", max_length=100)
    when = django_filters.ChoiceFilter(label=_("When"), choices=MOMENTS, empty_label=_("All"), method="at")
    kind = django_filters.ChoiceFilter(label=_("About"), choices=KindChoices.choices, empty_label=_("All"))
    stage = django_filters.ChoiceFilter(label=_("Stage"), choices=_stages, empty_label=_("All"))
    channel = django_filters.ChoiceFilter(label=_("Channel"), choices=Channel.choices, empty_label=_("All"))
    state = django_filters.ChoiceFilter(label=_("State"), choices=ReminderState.choices, empty_label=_("All"))
    unit = NamedFilter(label=_("Recipient's unit"), queryset=Unit.objects.all(), method="of_unit")

    class Meta:
        model = Reminder
        fields: list[str] = []

    def __init__(self, data: QueryDict, *, user: User) -> None:
        about = ("task", "report__period", "milestone", "lead__campaign", "directive__directive__campaign")
        rows = Reminder.objects.visible_to(user).select_related("recipient", "robot", *about)
        if not data.keys() - {"page"}:
            data = QueryDict("when=past")
        super().__init__(data, queryset=rows.order_by("-planned_for", "-id"))
        if not (user.duties.sees_all or user.duties.is_office):
            del self.filters["unit"]

    def at(self, reminders: ReminderQuerySet, name: str, value: str) -> ReminderQuerySet:
        """Keep what was planned for a moment that has come, or what is still to come, the next first."""
        if value == "ahead":
            return reminders.filter(planned_for__gt=timezone.now()).order_by("planned_for", "id")
        return reminders.filter(planned_for__lte=timezone.now())

    def search(self, reminders: ReminderQuerySet, name: str, value: str) -> ReminderQuerySet:
        """Keep the reminders in which every word stands somewhere."""
        for word in value.split():
            reminders = reminders.filter(
                Q(task__title__icontains=word)
                | Q(task__code__icontains=word)
                | Q(milestone__title__icontains=word)
                | Q(lead__campaign__name__icontains=word)
                | Q(recipient__display_name__icontains=word)
                | Q(recipient__username__icontains=word)
            )
        return reminders

    def of_unit(self, reminders: ReminderQuerySet, name: str, value: Unit) -> ReminderQuerySet:
        """Keep the reminders to people who hold a post in the unit today."""
        posts = Post.objects.filter(in_force(timezone.localdate()), user=OuterRef("recipient"), unit=value)
        return reminders.filter(Exists(posts))
