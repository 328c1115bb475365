"""The forms of close-out: the application, and the office's words."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tasks.forms.reports import TypedTextField
from tasks.models import Evidence, Task
from tasks.services.closings import filed_evidence


class EvidenceChoices(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Files that were filed before, by their names."""

    def label_from_instance(self, obj: Any) -> str:
        """Return a file's name with the month of its report."""
        return f"{obj.name} ({obj.report.period})"


class ClosingForm(forms.Form):
    """What was achieved, and the files that show it."""

    use_required_attribute = False

    statement = TypedTextField(
        label=_("What was achieved"),
        limit=2000,
        error_messages={"required": _("Say what was achieved.")},
    )
    evidence = EvidenceChoices(
        label=_("Evidence"),
        queryset=Evidence.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Files that were filed with reports of this task."),
        error_messages={
            "required": _("Choose at least one file that was filed with a report of this task."),
            "invalid_choice": _("Choose files of this task."),
            "invalid_pk_value": _("Choose files of this task."),
        },
    )

    def __init__(self, *args: Any, task: Task, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        files = filed_evidence(task).select_related("report__period")
        self.fields["evidence"].queryset = files  # type: ignore[attr-defined]


class ClosingAnswerForm(forms.Form):
    """The office's words on an application."""

    use_required_attribute = False

    words = TypedTextField(
        label=_("Words to the unit"),
        limit=1000,
        required=False,
        help_text=_("Required when you return it: say what is missing."),
    )
