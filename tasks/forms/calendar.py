"""Entering a day of the working calendar."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from commands.forms.fields import DayField
from tasks.forms.reports import TypedInput, TypedTextField

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
