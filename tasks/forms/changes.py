"""The forms of change requests: one for each kind, and the office's answer."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from commands.forms.fields import DayField
from tasks.forms.reports import TypedTextarea, TypedTextField, figure, metric_field, percent_field
from tasks.models import Milestone, Task
from tasks.models.changes import ChangeKind
from tasks.rules.changes import month_ends

PLAN = "plan-"


class ChangeForm(forms.Form):
    """What a lead unit asks for; only the fields of the chosen kind."""

    use_required_attribute = False

    milestone = forms.ModelChoiceField(
        label=_("Milestone"),
        queryset=Milestone.objects.none(),
        empty_label=_("Choose a milestone"),
        error_messages={
            "required": _("Choose a milestone of this task that is not reached yet."),
            "invalid_choice": _("Choose a milestone of this task that is not reached yet."),
        },
    )
    new_day = DayField(label=_("New day"))
    new_value = metric_field(label=_("New target"))
    reason = TypedTextField(
        label=_("Reason"),
        limit=300,
        widget=TypedTextarea({"rows": 3}),
        error_messages={"required": _("Say why.")},
        help_text=_("The office answers in writing."),
    )

    def __init__(
        self, *args: Any, task: Task, kind: str, points: dict[dt.date, Decimal], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        if kind != ChangeKind.MILESTONE:
            del self.fields["milestone"]
        else:
            open_ones = task.milestones.filter(completed_on__isnull=True)
            self.fields["milestone"].queryset = open_ones  # type: ignore[attr-defined]
        if kind not in {ChangeKind.DUE, ChangeKind.MILESTONE}:
            del self.fields["new_day"]
        if kind != ChangeKind.METRIC:
            del self.fields["new_value"]
        if kind == ChangeKind.PLAN:
            self._add_months(task, points)

    def _add_months(self, task: Task, points: dict[dt.date, Decimal]) -> None:
        for day in month_ends(timezone.localdate(), task.due_on):
            known = figure(points.get(day))
            label = date_format(day, "Y-m-d")
            self.fields[f"{PLAN}{day.isoformat()}"] = percent_field(label=label, initial=known)
        self.order_fields([*(name for name in self.fields if name.startswith(PLAN)), "reason"])

    @property
    def months(self) -> list[forms.BoundField]:
        """Return the fields of the plan's months."""
        return [self[name] for name in self.fields if name.startswith(PLAN)]

    def asked(self) -> dict[str, Any]:
        """Return what is asked for, as the service takes it."""
        data = self.cleaned_data
        plan = {
            dt.date.fromisoformat(name.removeprefix(PLAN)): value
            for name, value in data.items()
            if name.startswith(PLAN)
        }
        rest = {name: value for name, value in data.items() if not name.startswith(PLAN)}
        return {**rest, "kind": self.kind, **({"plan": plan} if plan else {})}


class ChangeAnswerForm(forms.Form):
    """The office's answer."""

    use_required_attribute = False

    words = TypedTextField(
        label=_("Answer to the unit"),
        limit=1000,
        error_messages={"required": _("Answer in writing.")},
    )
