"""Forms of robots and of a person's channels."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from commands.forms.fields import HeadquartersField, UnitField
from tasks.forms.reports import TypedInput, TypedTextField
from tasks.models import ChannelChoice, RobotKind

SECRET_INPUT = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


class RobotForm(forms.Form):
    """A robot or app: its kind, a name, and its secret address."""

    use_required_attribute = False

    kind = forms.ChoiceField(label=_("Kind"), choices=RobotKind.choices)
    name = TypedTextField(
        label=_("Name"),
        limit=60,
        widget=TypedInput,
        help_text=_("How people know it, such as the group's name."),
    )
    address = forms.CharField(
        label=_("Address"),
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs=SECRET_INPUT),
        help_text=_("The whole https address that the app shows for the robot. It is never shown again."),
    )
    secret = forms.CharField(
        label=_("Signing secret"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs=SECRET_INPUT),
        help_text=_("Only for DingTalk robots that want messages signed."),
    )


class OwnAppForm(RobotForm):
    """A person's own app; a log is for groups, which administrators keep."""

    kind = forms.ChoiceField(
        label=_("Kind"), choices=[(kind.value, kind.label) for kind in RobotKind if kind != RobotKind.LOG]
    )


class GroupRobotForm(RobotForm):
    """A group's robot: besides, whose group it is."""

    unit = UnitField(required=False, empty_label=_("None"))
    headquarters = HeadquartersField(required=False, empty_label=_("None"))

    def clean(self) -> dict[str, Any]:
        """Refuse two places at once; neither is the district."""
        cleaned = super().clean() or {}
        if cleaned.get("unit") and cleaned.get("headquarters"):
            self.add_error("headquarters", _("Choose a unit or a headquarters; for the district neither."))
        return cleaned


class ChannelChoiceForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a person chose; the inbox is always on, and stands beside the form."""

    class Meta:
        model = ChannelChoice
        fields = ("email", "weekly_digest")
        labels = {"email": _("Reminders by e-mail")}
        help_texts = {"weekly_digest": _("No duty is in it, so that it may be refused.")}
