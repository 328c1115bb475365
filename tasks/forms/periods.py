"""What is typed where periods are kept by hand."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from commands.forms.fields import DayField
from tasks.forms.reports import TypedTextarea, TypedTextField
from tasks.models import Period, Report
from tasks.rules.reports import EXEMPTABLE

SAY_WHY = {"required": _("Say why.")}


class ReopenPeriodForm(forms.Form):
    """Why a closed period is opened again, and until when."""

    use_required_attribute = False

    closes_on = DayField(label=_("Last day for filing"))
    reason = TypedTextField(
        label=_("Reason"), limit=1000, error_messages=SAY_WHY, widget=TypedTextarea(attrs={"rows": 2})
    )


class UnfiledField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A report that was never filed, by its task."""

    def label_from_instance(self, obj: Any) -> str:
        """Return code and title of the task."""
        return f"{obj.task.code} {obj.task.title}"


class ExemptForm(forms.Form):
    """From which task no report is asked, and why."""

    use_required_attribute = False

    report = UnfiledField(label=_("Task"), queryset=Report.objects.none(), empty_label=_("Choose a task"))
    reason = TypedTextField(
        label=_("Reason"), limit=300, error_messages=SAY_WHY, widget=TypedTextarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, period: Period, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unfiled = Report.objects.filter(period=period, state__in=EXEMPTABLE).select_related("task")
        self.fields["report"].queryset = unfiled.order_by("task__code")  # type: ignore[attr-defined]
