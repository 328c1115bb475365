"""Entering a day of the working calendar."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from commands.forms.fields import DayField
from tasks.forms.reports import TypedInput, TypedTextarea, TypedTextField
from tasks.rules.notices import Fault, read_year

OFF, WORKED = "off", "worked"


class CalendarDayForm(forms.Form):
    """A day that is worked or not, whatever is published."""

    use_required_attribute = False

    day = DayField(label=_("Day"))
    kind = forms.ChoiceField(
        label=_("This day is"),
        choices=[(OFF, _("a day off")), (WORKED, _("a working day"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of the two.")},
    )
    name = TypedTextField(
        label=_("Occasion"),
        limit=60,
        required=False,
        widget=TypedInput,
        help_text=_("Such as the holiday, or the notice that orders it."),
    )


class ClearDayForm(forms.Form):
    """A day for which the published calendar is to hold again."""

    day = DayField()


class CalendarYearForm(forms.Form):
    """A year and its notice, pasted as text or as a table; cleaned, ``days`` holds what was read."""

    use_required_attribute = False

    year = forms.IntegerField(label=_("Year"), min_value=2004, max_value=2100)
    text = TypedTextField(
        label=_("The notice, or a table of days"),
        limit=5000,
        widget=TypedTextarea({"rows": 12}),
        help_text=_(
            "As published: “元旦：1月1日至3日放假，共3天。1月4日上班。” Or a day a line: 2027-01-01,off,元旦"
        ),
        error_messages={"required": _("Paste the notice.")},
    )

    def clean(self) -> dict[str, Any]:
        """Read the text; each fault is told with its line."""
        cleaned = super().clean() or {}
        if "year" in cleaned and "text" in cleaned:
            reading = read_year(cleaned["text"], cleaned["year"])
            for fault in reading.faults[:20]:
                self.add_error("text", ValidationError(fault_words(fault)))
            cleaned["days"] = reading.days
        return cleaned


def fault_words(fault: Fault) -> str:
    """Return in words what is wrong with a line of a notice."""
    texts = {
        "kind": gettext("“%(detail)s” is neither off nor worked."),
        "no_such_day": gettext("“%(detail)s” is no day."),
        "other_year": gettext("%(detail)s is in another year."),
        "contradiction": gettext("%(detail)s is said to be off and to be worked."),
        "not_understood": gettext("“%(detail)s” says neither 放假 nor 上班."),
        "count": gettext("The days said and the days counted differ: %(detail)s."),
        "run": gettext("“%(detail)s” is no run of days."),
        "incomplete": gettext("%(detail)s is not among the days off: is this the whole notice?"),
    }
    said = texts[fault.code] % {"detail": fault.detail}
    return gettext("Line %(line)s: %(said)s") % {"line": fault.line, "said": said} if fault.line else said
