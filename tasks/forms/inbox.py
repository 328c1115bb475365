"""Forms of the inbox."""

from __future__ import annotations

from django import forms

from commands.forms.fields import DayField


class SnoozeForm(forms.Form):
    """Until when a message is put off; empty takes it back."""

    until = DayField(required=False)
