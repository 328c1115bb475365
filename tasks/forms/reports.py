"""What is typed on a report: figures read as people write them, words kept exactly as typed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, ProhibitNullCharactersValidator
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from commands.forms.fields import DayField
from tasks.models import Milestone, Report, Submission, Task
from tasks.models.reports import OWN_LIGHTS
from tasks.rules.reports import Footing, asked_when_filing, missing_when_filing
from tasks.services.reports import ASKED, FILL_IN

TEXT_LIMIT = 2000
EXPLANATION_LIMIT = 1000
REASON_LIMIT = 500
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


MISSING = {"required": FILL_IN}


def last_values(data: Mapping[str, Any]) -> dict[str, Any]:
    # Not {**data}: that would take a QueryDict's lists.
    return {name: data[name] for name in data}


def _metric_label(task: Task) -> str:
    if not task.metric_unit:
        return task.metric
    return gettext("%(metric)s (%(unit)s)") % {"metric": task.metric, "unit": task.metric_unit}


class MilestoneForm(forms.Form):
    """The day on which a milestone was reached."""

    use_required_attribute = False

    completed_on = DayField(label=_("Reached on"))


def tick_forms(
    milestones: Iterable[Milestone], ticked: MilestoneForm | None = None
) -> list[tuple[Milestone, MilestoneForm | None]]:
    """Return each milestone with the form that ticks it off, today proposed; none where it is reached."""
    forms_: list[tuple[Milestone, MilestoneForm | None]] = []
    for row in milestones:
        prefix = f"milestone-{row.pk}"
        today = {"completed_on": timezone.localdate()}
        form = ticked if ticked and ticked.prefix == prefix else MilestoneForm(prefix=prefix, initial=today)
        forms_.append((row, None if row.completed_on else form))
    return forms_


class ReportForm(forms.Form):
    """A month's report as its unit types it.

    Saving a draft asks for nothing, and refuses only what cannot be kept; filing asks for what is marked.
    """

    use_required_attribute = False

    actual_percent = percent_field(label=_("Cumulative progress"), error_messages=MISSING)
    metric_value = metric_field(label=_("Metric value"), required=False)
    correction_reason = TypedTextField(
        label=_("Why the figure fell"),
        limit=REASON_LIMIT,
        required=False,
        help_text=_("asked where the figure is below the one last accepted"),
        widget=TypedTextarea(attrs={"rows": 2}),
    )
    progress = TypedTextField(
        label=_("Progress this month"), limit=TEXT_LIMIT, error_messages=MISSING, help_text=_("what was done")
    )
    no_progress_reason = TypedTextField(
        label=_("Why there was no progress"),
        limit=REASON_LIMIT,
        required=False,
        help_text=_("then nothing needs to stand under progress"),
        widget=TypedTextarea(attrs={"rows": 2}),
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
    cause = TypedTextField(label=_("Why it is behind"), limit=EXPLANATION_LIMIT, required=False)
    measure = TypedTextField(label=_("What is being done about it"), limit=EXPLANATION_LIMIT, required=False)
    recovery_on = DayField(label=_("Made up by"), required=False)
    # Kept by the browser, an old version would pass for the one on the page.
    version = forms.CharField(widget=forms.HiddenInput(attrs={"autocomplete": "off"}), required=False)

    marked: ClassVar[tuple[str, ...]] = ("actual_percent", "progress", "own_light")
    always_asked: ClassVar[tuple[str, ...]] = ("actual_percent", "own_light")

    def __init__(
        self, *args: Any, report: Report, footing: Footing | None = None, filing: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.report, self.filing, self.footing = report, filing, footing or Footing()
        task = report.task
        if not task.metric:
            del self.fields["metric_value"]
        else:
            self.fields["metric_value"] = metric_field(
                label=_metric_label(task), suffix=task.metric_unit, required=False
            )

    def full_clean(self) -> None:
        """Check what was typed; a mark stands on the same fields whichever button was pressed."""
        for name in self.marked:
            self.fields[name].required = self.filing and name in self.always_asked
        super().full_clean()
        for name in self.marked:
            self.fields[name].required = True

    def clean(self) -> dict[str, Any]:
        """Ask a filing for what the other fields call for."""
        if self.filing:
            for name in missing_when_filing(self.cleaned_data, self.footing):
                if name not in self.errors:
                    self.add_error(name, ASKED.get(name, FILL_IN))
            recovery_on = self.cleaned_data.get("recovery_on")
            if recovery_on and self.explains and recovery_on < timezone.localdate():
                self.add_error("recovery_on", _("This day has passed: write a day to come."))
        return self.cleaned_data

    @property
    def explains(self) -> bool:
        """Say whether the fields about a task that is behind are asked for, as far as is known."""
        known = self._known()
        return "cause" in asked_when_filing(known, self.footing) or any(
            self._holds("cause", "measure", "recovery_on")
        )

    @property
    def corrects(self) -> bool:
        """Say whether the reason for a lower figure is asked for, as far as is known."""
        known = self._known()
        return "correction_reason" in asked_when_filing(known, self.footing) or any(
            self._holds("correction_reason")
        )

    def _known(self) -> Mapping[str, Any]:
        """Return what can be read of the form so far; before anything is sent, what it shows first."""
        if self.is_bound:
            return getattr(self, "cleaned_data", {})
        typed = self.initial.get("actual_percent")
        return {**self.report.content(), "actual_percent": Decimal(typed) if typed else None}

    @property
    def has_no_progress(self) -> bool:
        """Say whether a reason for no progress stands in the form, or is wrong there."""
        return any(self._holds("no_progress_reason"))

    def _holds(self, *names: str) -> list[bool]:
        return [bool(self[name].value() or self[name].errors) for name in names]

    @property
    def seen_version(self) -> int:
        """Return the version that the person was looking at; what is no version is an old one."""
        typed = self.cleaned_data.get("version", "")
        return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else -1

    def content(self) -> dict[str, Any]:
        """Return what was typed, as the services take it; where a field could not be read, what stood before."""
        return {name: self.cleaned_data.get(name, value) for name, value in self.report.content().items()}

    def unread(self) -> dict[str, str]:
        """Return what could not be read, by label, with why."""
        return {
            str(self[name].label): str(errors[0])
            for name, errors in self.errors.items()
            if name in self.fields
        }

    def look_at(self, report: Report) -> None:
        """Go on from ``report`` as it stands now: what is typed stays, the next saving replaces it."""
        self.data = {**last_values(self.data), "version": str(report.version)}

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
