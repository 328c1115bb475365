"""The form of a flag presentation."""

from __future__ import annotations

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commands.forms.fields import DayField


class FlagForm(forms.Form):
    """When and on what occasion a campaign's flag was presented to its lead unit."""

    use_required_attribute = False

    day = DayField(label=_("Presented on"), initial=timezone.localdate)
    occasion = forms.CharField(label=_("Occasion"), max_length=160)
