"""What the office says on a filing, and on an acceptance that it takes back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from tasks.forms.reports import TypedTextarea, TypedTextField, last_values, shown
from tasks.models import Report, Submission
from tasks.models.reports import Quality

TICKED = re.compile(r"(?P<report>[0-9]{1,15}):(?P<number>[0-9]{1,5})", re.ASCII)
WORDS_LIMIT = 1000
FIELD_WORDS_LIMIT = 300
ON_FIELDS = (
    "actual_percent",
    "metric_value",
    "progress",
    "problems",
    "next_steps",
    "own_light",
    "cause",
    "measure",
)
"""The fields on which the office may say something of its own."""


def chosen_reports(typed: Iterable[str]) -> dict[int, int]:
    """Return the submission's number by report, as the queue's ticks send them: ``12:1``; what is no tick is none."""
    pairs = [TICKED.fullmatch(value) for value in typed]
    return {int(pair["report"]): int(pair["number"]) for pair in pairs if pair}


class ReviewForm(forms.Form):
    """The office's words on a submission, its rating, and which submission it has before it."""

    use_required_attribute = False

    quality = forms.ChoiceField(
        label=_("Quality"),
        choices=[("", _("Not rated")), *Quality.choices],
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": _("Choose one of the ratings.")},
    )
    words = TypedTextField(
        label=_("Words to the unit"),
        limit=WORDS_LIMIT,
        required=False,
        help_text=_("Required when you return the report: say what is to be corrected."),
    )
    number = forms.CharField(widget=forms.HiddenInput(attrs={"autocomplete": "off"}), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ON_FIELDS:
            self.fields[f"on_{name}"] = TypedTextField(
                label=Report._meta.get_field(name).verbose_name,  # type: ignore[union-attr]
                limit=FIELD_WORDS_LIMIT,
                required=False,
                widget=TypedTextarea(attrs={"rows": 1}),
            )

    def on_fields(self) -> list[BoundField]:
        """Return the controls for words on single fields."""
        return [self[f"on_{name}"] for name in ON_FIELDS]

    @property
    def speaks_of_fields(self) -> bool:
        """Say whether anything stands in those controls."""
        return any(field.value() or field.errors for field in self.on_fields())

    def field_words(self) -> dict[str, str]:
        """Return what was said on single fields, by field name."""
        said = {name: self.cleaned_data.get(f"on_{name}", "") for name in ON_FIELDS}
        return {name: words for name, words in said.items() if words.strip()}

    def number_seen(self) -> int:
        """Return the number of the submission that the reviewer was looking at; 0 where it makes no sense."""
        typed = str(self.cleaned_data.get("number", ""))
        return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 0

    def look_at(self, submission: Submission) -> None:
        """Go on with ``submission``; the words stay."""
        self.data = {**last_values(self.data), "number": str(submission.number)}

    def typed(self) -> list[tuple[str, str]]:
        """Return what was typed with its label, for a page that can only give it back."""
        names = ["words", *(f"on_{name}" for name in ON_FIELDS)]
        words = [(str(self.fields[name].label), shown(self.data.get(name, ""))) for name in names]
        return [(label, text) for label, text in words if text.strip()]


class ReopenForm(forms.Form):
    """Why an accepted report, or a closed period, is opened again."""

    use_required_attribute = False

    reason = TypedTextField(
        label=_("Reason"),
        limit=WORDS_LIMIT,
        error_messages={"required": _("Say why.")},
        widget=TypedTextarea(attrs={"rows": 2}),
    )

    def typed(self) -> list[tuple[str, str]]:
        """Return what was typed with its label, for a page that can only give it back."""
        words = shown(self.data.get("reason", ""))
        return [(str(self.fields["reason"].label), words)] if words.strip() else []
