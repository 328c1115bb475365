"""The form of a reassignment."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from commands.forms.fields import DayField, UnitField
from tasks.forms.reports import TypedInput, TypedTextarea, TypedTextField
from tasks.models import Campaign, Task

AHEAD = dt.timedelta(days=366)
REASON_LIMIT, NOTE_LIMIT, NUMBER_LIMIT = 300, 2000, 60


class ReassignmentForm(forms.Form):
    """A new lead unit for a campaign or a task, from when, and why."""

    use_required_attribute = False

    unit = UnitField(
        label=_("New lead unit"),
        empty_label=_("Choose a unit"),
        error_messages={
            "required": _("Choose a unit"),
            "invalid_choice": _("This unit no longer exists; choose another."),
        },
    )
    starts_on = DayField(
        label=_("Effective day"),
        initial=timezone.localdate,
        help_text=_("Today, a later day, or a day in the open reporting period."),
    )
    reason = TypedTextField(
        label=_("Reason"),
        limit=REASON_LIMIT,
        widget=TypedTextarea({"rows": 2}),
        error_messages={"required": _("Say why the lead changes.")},
        help_text=_("Both units read it."),
    )
    document_number = TypedTextField(
        label=_("Document number"), limit=NUMBER_LIMIT, required=False, widget=TypedInput
    )
    with_tasks = forms.BooleanField(label=_("Also its tasks that the same unit leads"), required=False)
    handover_note = TypedTextField(
        label=_("Handover note"),
        limit=NOTE_LIMIT,
        required=False,
        help_text=_("What the new unit must know: where things stand, whom to ask."),
    )

    def __init__(self, *args: Any, subject: Campaign | Task | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not isinstance(subject, Campaign):
            del self.fields["with_tasks"]

    def clean_starts_on(self) -> dt.date:
        """Refuse a day so far ahead that it is a slip of the keyboard."""
        day: dt.date = self.cleaned_data["starts_on"]
        if day > timezone.localdate() + AHEAD:
            raise ValidationError(_("Choose a day within a year from today."))
        return day

    def clean_reason(self) -> str:
        """Refuse blanks: a change without a reason cannot be told apart from a slip."""
        reason: str = self.cleaned_data["reason"]
        if not reason.strip():
            raise ValidationError(_("Say why the lead changes."))
        return reason

    def decision(self) -> dict[str, Any]:
        """Return what was decided, as the service takes it."""
        return {"with_tasks": False, **self.cleaned_data}


class PlannedForm(ReassignmentForm):
    """A change of lead that is still to come, decided anew: it alone, or all that were decided together with it."""

    def __init__(self, *args: Any, others: int, **kwargs: Any) -> None:
        super().__init__(*args, subject=None, **kwargs)
        if others:
            text = ngettext(
                "Also the %(count)d other that was decided with it",
                "Also the %(count)d others that were decided with it",
                others,
            )
            label = text % {"count": others}
            self.fields["together"] = forms.BooleanField(label=label, required=False, initial=True)

    @property
    def is_together(self) -> bool:
        """Say whether all are meant, be the rest of what was typed right or wrong."""
        return "together" in self.fields and bool(self["together"].data)

    def decision(self) -> dict[str, Any]:
        """Return what was decided, as the service takes it."""
        return {name: value for name, value in self.cleaned_data.items() if name != "together"}
