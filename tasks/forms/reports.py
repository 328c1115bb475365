"""What is typed on a report: figures read as people write them, words kept exactly as typed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, ProhibitNullCharactersValidator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tasks.models import Report, Submission, Task
from tasks.models.reports import OWN_LIGHTS

TEXT_LIMIT = 2000
WORDS_LIMIT = 1000
LONGEST_FIGURE = 60
FIGURE = re.compile(r"-?[0-9]+(?:\.(?P<decimals>[0-9]+))?")
COMMA_FOR_POINT = re.compile(r"-?[0-9]+,[0-9]{1,2}")
LARGEST_METRIC = Decimal("999999999999.99")


def plain(typed: str) -> str:
    """Turn full-width forms into plain ones: ８５．５％ is read as 85.5%.

    Only them: NFKC on everything would also read 5² as 52.
    """
    return "".join(
        unicodedata.normalize("NFKC", letter) if unicodedata.east_asian_width(letter) == "F" else letter
        for letter in typed
    ).strip()


def shown(typed: str) -> str:
    """Return what was typed so that a page can show it: a NUL byte has no shape of its own."""
    return typed.replace("\x00", "\ufffd")


def figure(value: Decimal | None) -> str:
    """Write a stored figure as it would be typed: 58.1, 60, or nothing."""
    return "" if value is None else f"{value.normalize():f}"


class TypedInput(forms.TextInput):
    """A short control that shows what was typed, whatever it was."""

    def format_value(self, value: Any) -> str | None:
        """Return the words of the control."""
        return None if value in (None, "") else shown(str(value))


class TypedTextarea(forms.Textarea):
    """A control for words, in whichever direction they run.

    It carries no ``maxlength``: a browser would cut a longer text without a word.
    """

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"dir": "auto", "rows": 4, **(attrs or {})})

    def format_value(self, value: Any) -> str | None:
        """Return the words of the control."""
        return None if value in (None, "") else shown(str(value))


class FigureField(forms.Field):
    """A figure typed by hand. Full-width digits and the unit after it are read; what is doubtful is refused."""

    widget = TypedInput

    def __init__(
        self,
        *,
        least: Decimal,
        most: Decimal,
        decimals: int,
        example: str,
        messages: Mapping[str, Any],
        suffix: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(error_messages={**messages, **kwargs.pop("error_messages", {})}, **kwargs)
        self.least, self.most, self.decimals = least, most, decimals
        self.example, self.suffix = example, suffix

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Ask phones for the keyboard with digits."""
        return {"inputmode": "decimal", "autocomplete": "off", "dir": "ltr"}

    def to_python(self, value: Any) -> Decimal | None:
        """Return the figure that was typed, None for nothing."""
        typed = "" if value is None else str(value)
        if len(typed) > LONGEST_FIGURE:
            raise self._refusal("figure")
        written = plain(typed).replace("\u2212", "-")
        if not written:
            return None
        if self.suffix:
            written = written.removesuffix(plain(self.suffix)).rstrip()
        if "," in written:
            example = written.replace(",", ".") if COMMA_FOR_POINT.fullmatch(written) else self.example
            raise self._refusal("comma", example=example)
        match = FIGURE.fullmatch(written)
        if match is None:
            raise self._refusal("figure")
        return self._in_bounds(Decimal(written), match["decimals"] or "")

    def _in_bounds(self, number: Decimal, decimals: str) -> Decimal:
        if not self.least <= number <= self.most:
            raise self._refusal("bounds")
        if len(decimals) > self.decimals:
            raise self._refusal("decimals")
        return number + 0  # "-0" is nought

    def _refusal(self, code: str, **values: str) -> ValidationError:
        return ValidationError(self.error_messages[code], code=code, params=values)


def percent_field(**kwargs: Any) -> FigureField:
    """Return the field for a cumulative percentage: 0 to 100, one decimal place."""
    return FigureField(
        least=Decimal(0),
        most=Decimal(100),
        decimals=1,
        example="85.5",
        suffix="%",
        messages={
            "figure": _("Write a number from 0 to 100, such as 85.5."),
            "bounds": _("Write a number from 0 to 100, such as 85.5."),
            "decimals": _("Write at most one decimal place, such as 85.5."),
            "comma": _("Use a decimal point, not a comma: %(example)s."),
        },
        **kwargs,
    )


def metric_field(**kwargs: Any) -> FigureField:
    """Return the field for a metric's value: two decimal places, below nought where a rate falls."""
    return FigureField(
        least=-LARGEST_METRIC,
        most=LARGEST_METRIC,
        decimals=2,
        example="1234.5",
        messages={
            "figure": _("Write a number, such as 1234.5."),
            "bounds": _("Write at most 12 digits before the decimal point."),
            "decimals": _("Write at most two decimal places, such as 1234.56."),
            "comma": _("Use a decimal point and no commas: %(example)s."),
        },
        **kwargs,
    )


class TypedTextField(forms.CharField):
    """Words, kept to the letter: no space is cut off, no character changed; line ends are single."""

    widget = TypedTextarea

    def __init__(self, *, limit: int, **kwargs: Any) -> None:
        super().__init__(strip=False, **kwargs)
        self.limit = limit
        too_long = _("Write at most %(limit_value)s characters; there are %(show_value)s now.")
        unseen = _("An invisible character (NUL), shown here as �, cannot be kept. Please take it out.")
        self.validators = [
            MaxLengthValidator(limit, message=too_long),
            ProhibitNullCharactersValidator(message=unseen),
        ]

    def to_python(self, value: Any) -> str:
        """Return the words with the line ends that they had before the browser sent them."""
        return str(super().to_python(value)).replace("\r\n", "\n")


MISSING = {"required": _("Please fill this in before you file.")}


def _last_values(data: Mapping[str, Any]) -> dict[str, Any]:
    # Not {**data}: that would take a QueryDict's lists.
    return {name: data[name] for name in data}


def _metric_label(task: Task) -> str:
    if not task.metric_unit:
        return task.metric
    return gettext("%(metric)s (%(unit)s)") % {"metric": task.metric, "unit": task.metric_unit}


class ReportForm(forms.Form):
    """A month's report as its unit types it.

    Saving a draft asks for nothing, and refuses only what cannot be kept; filing asks for what is marked.
    """

    use_required_attribute = False

    actual_percent = percent_field(label=_("Cumulative progress"), error_messages=MISSING)
    metric_value = metric_field(label=_("Metric value"), required=False)
    progress = TypedTextField(
        label=_("Progress this month"), limit=TEXT_LIMIT, error_messages=MISSING, help_text=_("what was done")
    )
    problems = TypedTextField(label=_("Problems"), limit=TEXT_LIMIT, required=False)
    next_steps = TypedTextField(label=_("Next steps"), limit=TEXT_LIMIT, required=False)
    own_light = forms.ChoiceField(
        label=_("Own light"),
        choices=[(light.value, light.label) for light in OWN_LIGHTS],
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose a light before you file."),
            "invalid_choice": _("Choose one of the three lights."),
        },
    )
    version = forms.CharField(widget=forms.HiddenInput, required=False)

    asked_when_filing: ClassVar[tuple[str, ...]] = ("actual_percent", "progress", "own_light")

    def __init__(self, *args: Any, report: Report, filing: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.report, self.filing = report, filing
        task = report.task
        if not task.metric:
            del self.fields["metric_value"]
        else:
            self.fields["metric_value"] = metric_field(
                label=_metric_label(task), suffix=task.metric_unit, required=False
            )

    def full_clean(self) -> None:
        """Check what was typed; a mark stands on the same fields whichever button was pressed."""
        for name in self.asked_when_filing:
            self.fields[name].required = self.filing
        super().full_clean()
        for name in self.asked_when_filing:
            self.fields[name].required = True

    @property
    def seen_version(self) -> int:
        """Return the version that the person was looking at; what is no version is an old one."""
        typed = self.cleaned_data.get("version", "")
        return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else -1

    def content(self) -> dict[str, Any]:
        """Return what was typed, as the services take it."""
        content = {name: self.cleaned_data.get(name) for name in Report.CONTENT_FIELDS}
        if "metric_value" not in self.fields:
            content["metric_value"] = self.report.metric_value
        return content

    def look_at(self, report: Report) -> None:
        """Go on from ``report`` as it stands now: what is typed stays, the next saving replaces it."""
        self.data = {**_last_values(self.data), "version": str(report.version)}

    def typed(self) -> list[tuple[str, str]]:
        """Return what was typed with its labels, for a page that can only give it back."""
        names = [name for name in Report.CONTENT_FIELDS if name in self.fields]
        words = [(str(self.fields[name].label), shown(self.data.get(name, ""))) for name in names]
        return [(label, text) for label, text in words if text.strip()]


def starting_values(report: Report, accepted: Submission | None) -> dict[str, Any]:
    """Return what the form shows first: what was saved, or else the figures last accepted."""
    content: dict[str, Any] = report.content()
    if report.saved_at is None and accepted is not None:
        content |= {"actual_percent": accepted.actual_percent, "metric_value": accepted.metric_value}
    for name in ("actual_percent", "metric_value"):
        content[name] = figure(content[name])
    return {**content, "version": report.version}


class ReviewForm(forms.Form):
    """The office's words on a submission, and which submission it has before it."""

    use_required_attribute = False

    words = TypedTextField(
        label=_("Words to the unit"),
        limit=WORDS_LIMIT,
        required=False,
        help_text=_("Required when you return the report: say what is to be corrected."),
    )
    number = forms.CharField(widget=forms.HiddenInput, required=False)

    def saw(self, submission: Submission) -> bool:
        """Say whether ``submission`` is the one that the reviewer was looking at."""
        return str(self.cleaned_data.get("number", "")) == str(submission.number)

    def look_at(self, submission: Submission) -> None:
        """Go on with ``submission``; the words stay."""
        self.data = {**_last_values(self.data), "number": str(submission.number)}

    def typed(self) -> list[tuple[str, str]]:
        """Return what was typed with its label, for a page that can only give it back."""
        words = shown(self.data.get("words", ""))
        return [(str(self.fields["words"].label), words)] if words.strip() else []
