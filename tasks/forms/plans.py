"""The forms of a task's plan and milestones, as administrators enter them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from commands.forms.fields import DayField
from tasks.forms.reports import TypedTextarea, TypedTextField, figure, percent_field
from tasks.models import Task
from tasks.rules.changes import month_ends
from tasks.services.milestones import Entry

PLAN = "plan-"
SPARE = 3
"""Empty lines for new milestones."""


def _reason(**kwargs: Any) -> TypedTextField:
    return TypedTextField(
        label=_("Reason"), limit=300, required=False, widget=TypedTextarea({"rows": 2}), **kwargs
    )


class PlanForm(forms.Form):
    """The months still to come with their cumulative percent; from when on, and why."""

    use_required_attribute = False

    starts_on = DayField(
        label=_("In force from"),
        initial=timezone.localdate,
        help_text=_("today or later: what was planned for the past stays"),
    )
    reason = _reason(help_text=_("It stands with the version for good."))

    def __init__(self, *args: Any, task: Task, points: dict[dt.date, Decimal], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        self.has_begun = task.starts_on <= today
        if not self.has_begun:
            del self.fields["reason"], self.fields["starts_on"]
        first = today if self.has_begun else task.starts_on - dt.timedelta(days=1)
        for day in month_ends(first, task.due_on):
            label, known = date_format(day, "Y-m-d"), figure(points.get(day))
            # With the axis of the curve, so that a script can draw what is typed.
            field = percent_field(label=label, initial=known)
            field.widget.attrs["data-day"] = day.isoformat()
            self.fields[f"{PLAN}{day.isoformat()}"] = field

    @property
    def months(self) -> list[forms.BoundField]:
        """Return the fields of the months."""
        return [self[name] for name in self.fields if name.startswith(PLAN)]

    def points(self) -> dict[dt.date, Decimal]:
        """Return the months as far as they are typed, or as they were proposed."""
        values: dict[dt.date, Decimal] = {}
        for name, field in self.fields.items():
            if not name.startswith(PLAN):
                continue
            typed = self.cleaned_data.get(name) if self.is_bound else field.initial
            if typed not in (None, ""):
                values[dt.date.fromisoformat(name.removeprefix(PLAN))] = Decimal(typed)
        return values

    def entered(self) -> dict[str, Any]:
        """Return what was entered, as the service takes it."""
        data = self.cleaned_data
        return {
            "points": self.points(),
            "starts_on": data.get("starts_on") or timezone.localdate(),
            "reason": data.get("reason", ""),
        }


class MilestoneLine(forms.Form):
    """One milestone; an empty line is none."""

    use_required_attribute = False

    key = forms.IntegerField(widget=forms.HiddenInput, required=False, max_value=2**62)
    title = forms.CharField(label=_("Milestone"), max_length=120, required=False)
    due_on = DayField(label=_("Due"), required=False)
    is_key = forms.BooleanField(label=_("Key milestone"), required=False)
    is_gone = forms.BooleanField(label=_("Take it out"), required=False)

    @property
    def is_new(self) -> bool:
        """Say whether the line stands for no milestone yet."""
        return not self["key"].value()

    def clean(self) -> dict[str, Any]:
        """Ask for both title and day where either is there."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        begun = values.get("key") or values.get("title") or values.get("due_on")
        for name in ("title", "due_on"):
            if begun and not values.get(name) and name not in self.errors:
                self.add_error(name, _("Fill this in."))
        return values


MilestoneLines = forms.formset_factory(MilestoneLine, extra=SPARE, max_num=60, absolute_max=80)


def entries_of(lines: Iterable[forms.Form]) -> list[Entry]:
    """Return what was entered, as the service takes it; empty lines are none."""
    filled = [line.cleaned_data for line in lines if line.cleaned_data.get("title")]
    return [Entry(**{**line, "key": line["key"] or None}) for line in filled]


class MilestoneReasonForm(forms.Form):
    """Why milestones move."""

    use_required_attribute = False

    reason = _reason(
        help_text=_("asked where the day of a milestone moves, or one goes, while the task is under way")
    )
