"""The filters of the ledger (任务台账)."""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from commands.models import Headquarters, Unit, User
from tasks.boards.areas import filing_period
from tasks.boards.dashboard import SOON
from tasks.boards.filing import REPORT_CODES
from tasks.boards.moments import moment_of
from tasks.filters.fields import NamedFilter, day_input, supervisor_choices
from tasks.models import (
    Campaign,
    Lifecycle,
    LightChoices,
    LightOverride,
    Period,
    StrategicGoal,
    Task,
    TaskBook,
)
from tasks.models.tasks import DEVIATION, OWN_DIFFERS, URGENCY, TaskQuerySet

SORTS: dict[str, Any] = {
    "code": F("code"),
    "campaign": F("campaign__number"),
    "unit": F("lead_unit__position"),
    "light": URGENCY,
    "actual": F("actual_percent"),
    "deviation": DEVIATION,
    "due": F("due_on"),
}
OPEN, ALL = "open", "all"
STATES = ((OPEN, _("Under way or closing out")), *Lifecycle.choices, (ALL, _("All, cancelled ones too")))
MILESTONES = (("overdue", _("Overdue")), ("soon", _("Due within 14 days")))
DIFFERS, BY_OFFICE = "differs", "office"
RATINGS = ((DIFFERS, _("Own light differs from the rules")), (BY_OFFICE, _("Set by the office")))
DAY = "%Y-%m-%d"


class TaskFilter(django_filters.FilterSet):
    """What the ledger can be narrowed to. A filter that makes no sense is told and left out of account.

    Without a book it is this year's; without a state all but the cancelled, so that the ledger shows what the
    dashboard counts. What is asked about reports is asked of the period that the dashboard tells of.
    """

    q = django_filters.CharFilter(label=_("Search"), method="search", max_length=100)
    campaign = NamedFilter(label=_("Campaign"), queryset=Campaign.objects.none())
    headquarters = NamedFilter(
        label=_("Command headquarters"),
        queryset=Headquarters.objects.all(),
        method="under",
    )
    unit = NamedFilter(label=_("Lead unit"), field_name="lead_unit", queryset=Unit.objects.all())
    light = django_filters.ChoiceFilter(label=_("Light"), choices=LightChoices.choices, empty_label=_("All"))
    state = django_filters.ChoiceFilter(
        label=_("State"), choices=STATES, method="in_state", empty_label=_("All but cancelled")
    )
    attention = django_filters.BooleanFilter(
        label=_("Needs attention"), method="only_attention", widget=forms.CheckboxInput
    )
    overdue = django_filters.BooleanFilter(
        label=_("Past its due date"), method="only_overdue", widget=forms.CheckboxInput
    )
    due_after = django_filters.DateFilter(
        label=_("Due from"),
        field_name="due_on",
        lookup_expr="gte",
        widget=day_input(),
        input_formats=[DAY],
    )
    due_before = django_filters.DateFilter(
        label=_("Due until"),
        field_name="due_on",
        lookup_expr="lte",
        widget=day_input(),
        input_formats=[DAY],
    )
    report = django_filters.ChoiceFilter(
        label=_("Report of the month"),
        choices=[(code, words) for code, (words, _condition) in REPORT_CODES.items()],
        method="asked_below",
        empty_label=_("All"),
    )
    reporting_unit = NamedFilter(
        label=_("Unit that reports"), queryset=Unit.objects.all(), method="asked_below"
    )
    rating = django_filters.ChoiceFilter(
        label=_("Lights side by side"), choices=RATINGS, method="with_rating", empty_label=_("All")
    )
    supervisor = django_filters.ChoiceFilter(
        label=_("Supervising leader"),
        field_name="supervisor_title",
        method="under",
        empty_label=_("All"),
    )
    milestone = django_filters.ChoiceFilter(
        label=_("Milestones"), choices=MILESTONES, method="with_milestone", empty_label=_("All")
    )
    goal = NamedFilter(
        label=_("Strategic goal"), field_name="campaign__goals", queryset=StrategicGoal.objects.all()
    )
    book = NamedFilter(
        label=_("Task book"), queryset=TaskBook.objects.all(), empty_label=None, method="asked_below"
    )
    sort = django_filters.ChoiceFilter(
        choices=[(sign + key, key) for key in SORTS for sign in ("", "-")],
        method="sorted_by",
        widget=forms.HiddenInput,
    )

    class Meta:
        model = Task
        fields: list[str] = []

    FIRST = ("q", "campaign", "headquarters", "unit", "light", "state")
    """The filters shown at once; the others fold away until one of them is set."""

    def __init__(self, data: QueryDict, *, user: User, book: TaskBook, day: dt.date) -> None:
        data = data.copy()
        data.setdefault("book", str(book.pk))
        self.user, self.current, self.day, self.moment = user, book, day, moment_of(day)
        super().__init__(data, queryset=self.moment.tasks().visible_to(user).order_by("code"))
        # Only links name the unit that reports; it shows where it is set, so that it can be taken off.
        if "reporting_unit" not in data:
            del self.filters["reporting_unit"]
        self.filters["campaign"].queryset = Campaign.objects.visible_to(user).filter(book=self.task_book)
        self.filters["supervisor"].extra["choices"] = supervisor_choices(
            Campaign.objects.visible_to(user).filter(book=self.task_book), self.moment
        )

    @cached_property
    def task_book(self) -> TaskBook:
        """Return the book asked for; this year's where none or no such book was."""
        asked = self.data.get("book", "")
        if asked in {"", str(self.current.pk)} or not asked.isdecimal():
            return self.current
        return TaskBook.objects.filter(pk=asked[:18]).first() or self.current

    @cached_property
    def period(self) -> Period | None:
        """Return the period whose filing is asked about."""
        return filing_period(self.moment.periods(self.task_book))

    @property
    def narrowed(self) -> bool:
        """Say whether anything but book and order is asked for."""
        return any(
            value
            for name, value in self.data.items()
            if name in self.filters and name not in {"book", "sort"}
        )

    @property
    def is_partial(self) -> bool:
        """Say whether the reader sees less than the whole district."""
        return not self.user.duties.sees_all

    def first_fields(self) -> list[forms.BoundField]:
        """Return the fields shown at once."""
        return [self.form[name] for name in self.FIRST]

    def more_fields(self) -> list[forms.BoundField]:
        """Return the fields that fold away."""
        return [bound for bound in self.form.visible_fields() if bound.name not in self.FIRST]

    @property
    def more_is_open(self) -> bool:
        """Say whether one of the folded fields is set or wrong."""
        names = [bound.name for bound in self.more_fields() if bound.name != "book"]
        return self.task_book != self.current or any(
            self.data.get(name) or name in self.errors for name in names
        )

    def filter_queryset(self, queryset: QuerySet[Task]) -> QuerySet[Task]:
        """Apply every filter that makes sense, and what holds without being asked for."""
        tasks: Any = super().filter_queryset(queryset)
        asked = self.form.cleaned_data
        if not asked.get("state"):
            tasks = tasks.counted()
        return self._by_report(
            tasks.in_book(self.task_book.pk), asked.get("report"), asked.get("reporting_unit")
        )

    def _by_report(self, tasks: TaskQuerySet, code: str | None, unit: Unit | None) -> TaskQuerySet:
        """Keep the tasks that have such a report, of such a unit, in the period."""
        if not code and not unit:
            return tasks
        reports = self.moment.reports().filter(task=OuterRef(tasks.KEY), period=self.period)
        if code:
            reports = reports.filter(REPORT_CODES[code][1])
        if unit:
            reports = reports.filter(unit=unit)
        return tasks.filter(Exists(reports))

    def asked_below(self, tasks: TaskQuerySet, name: str, value: Any) -> TaskQuerySet:
        """Leave to ``filter_queryset`` what depends on another filter."""
        return tasks

    def under(self, tasks: TaskQuerySet, name: str, value: Any) -> TaskQuerySet:
        """Keep the tasks whose campaign has such a command or supervisor, or had on the day."""
        return tasks.filter(self.moment.campaign_had("campaign__", **{name: value}))

    def search(self, tasks: TaskQuerySet, name: str, value: str) -> TaskQuerySet:
        """Keep the tasks in which every word stands somewhere: title, code, target or metric."""
        for word in value.split():
            tasks = tasks.filter(
                Q(title__icontains=word)
                | Q(code__icontains=word)
                | Q(annual_target__icontains=word)
                | Q(metric__icontains=word)
            )
        return tasks

    def in_state(self, tasks: TaskQuerySet, name: str, value: str) -> TaskQuerySet:
        """Keep the tasks in one state of their life, or in any of those under way."""
        if value == ALL:
            return tasks
        return tasks.open() if value == OPEN else tasks.filter(lifecycle=value)

    def only_attention(self, tasks: TaskQuerySet, name: str, value: bool) -> TaskQuerySet:
        """Keep the exceptions that head the dashboard."""
        return tasks.needing_attention(self.day) if value else tasks

    def only_overdue(self, tasks: TaskQuerySet, name: str, value: bool) -> TaskQuerySet:
        """Keep the open tasks whose due date has passed."""
        return tasks.overdue(self.day) if value else tasks

    def with_milestone(self, tasks: TaskQuerySet, name: str, value: str) -> TaskQuerySet:
        """Keep the tasks with a milestone overdue, or due soon."""
        milestones = self.moment.milestones().filter(task=OuterRef(tasks.KEY))
        overdue = value == "overdue"
        wanted = milestones.overdue(self.day) if overdue else milestones.due_within(self.day, self.day + SOON)
        return tasks.open().filter(Exists(wanted))

    def with_rating(self, tasks: TaskQuerySet, name: str, value: str) -> TaskQuerySet:
        """Keep the tasks whose unit rates itself differently from the rules, or whose light the office has set."""
        if value == DIFFERS:
            return tasks.filter(OWN_DIFFERS)
        held = LightOverride.objects.holding(self.moment.at, self.day).filter(task=OuterRef(tasks.KEY))
        return tasks.open().filter(Exists(held))

    def sorted_by(self, tasks: TaskQuerySet, name: str, value: str) -> TaskQuerySet:
        """Sort by a column; what has no value comes last either way, and codes decide between equals."""
        expression = SORTS[value.removeprefix("-")]
        order = expression.desc(nulls_last=True) if value.startswith("-") else expression.asc(nulls_last=True)
        return tasks.order_by(order, "code")
