"""The forms of obstacles: raising one, and a few words on the way."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from commands.forms.fields import DayField, UnitField
from tasks.forms.reports import TypedInput, TypedTextarea, TypedTextField

WORDS_LIMIT = 1000


class ObstacleForm(forms.Form):
    """What stands in the way of a task, what is needed of whom, and by when."""

    use_required_attribute = False

    what = TypedTextField(
        label=_("What stands in the way"),
        limit=1000,
        widget=TypedTextarea({"rows": 3}),
        error_messages={"required": _("Say what stands in the way.")},
    )
    needs = TypedTextField(
        label=_("What is needed, and of whom"),
        limit=300,
        widget=TypedInput,
        error_messages={"required": _("Say what is needed, and of whom.")},
    )
    needed_unit = UnitField(
        label=_("Unit that is needed"),
        required=False,
        empty_label=_("No single unit"),
        help_text=_("Its people are told at once."),
        error_messages={"invalid_choice": _("This unit no longer exists; choose another.")},
    )
    wanted_by = DayField(label=_("Wanted by"))


class ObstacleWordsForm(forms.Form):
    """Words on an obstacle: a comment, the reason for lifting it, or how it was cleared."""

    use_required_attribute = False

    words = TypedTextField(
        label=_("Words"), limit=WORDS_LIMIT, error_messages={"required": _("Please write a few words.")}
    )
