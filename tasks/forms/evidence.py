"""The form with which files are added to a report."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from tasks.models import Milestone, Report
from tasks.rules.evidence import ACCEPTED


class FilesInput(forms.FileInput):
    """A picker of several files."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files at once; what each of them is, the service finds out."""

    widget = FilesInput({"accept": ACCEPTED, "multiple": True})

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[bytes]]:
        """Return the files that were chosen."""
        # An empty file counts as none for Django; here it is there, and the service says that it is empty.
        chosen = [file for file in (data if isinstance(data, list) else [data]) if file is not None]
        if self.required and not chosen:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return chosen


class EvidenceForm(forms.Form):
    """Files, and the milestone that they show to be reached."""

    uploads = FilesField(label=_("Files"), error_messages={"required": _("Choose at least one file.")})
    milestone = forms.ModelChoiceField(
        label=_("For the milestone"),
        queryset=Milestone.objects.none(),
        required=False,
        empty_label=_("None in particular"),
        error_messages={"invalid_choice": _("This milestone is not one of the task's.")},
    )

    def __init__(self, *args: Any, report: Report, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        milestones = Milestone.objects.filter(task=report.task_id)
        if milestones:
            self.fields["milestone"].queryset = milestones  # type: ignore[attr-defined]
        else:
            del self.fields["milestone"]
