"""The forms of the lights: one task's light set by the office, and the numbers of the rules."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commands.forms.fields import DayField
from tasks.forms.reports import FigureField, TypedTextarea, TypedTextField, figure
from tasks.models import LightRule
from tasks.models.lights import RATED
from tasks.rules.lights import Thresholds
from tasks.services.overrides import REASON_LIMIT

A_MONTH = dt.timedelta(days=30)


def _in_a_month() -> dt.date:
    return timezone.localdate() + A_MONTH


class LightForm(forms.Form):
    """Which light holds in place of the rules', until when, and why."""

    use_required_attribute = False

    light = forms.ChoiceField(
        label=_("Light"),
        choices=[(light.value, light.label) for light in RATED],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose green, yellow or red.")},
    )
    last_day = DayField(
        label=_("Until"),
        initial=_in_a_month,
        help_text=_("The last day on which it holds, half a year from now at most."),
    )
    reason = TypedTextField(
        label=_("Reason"),
        limit=REASON_LIMIT,
        widget=TypedTextarea({"rows": 3}),
        error_messages={"required": _("Say why.")},
        help_text=_("Everybody who sees the task reads it."),
    )


def _points(label: Any) -> FigureField:
    words = _("Write the points behind the plan as a number from 0 to 100, such as 12.5.")
    return FigureField(
        label=label,
        least=Decimal(0),
        most=Decimal(100),
        decimals=1,
        example="12.5",
        messages={
            "required": words,
            "figure": words,
            "bounds": words,
            "decimals": _("Write at most one decimal place, such as 12.5."),
            "comma": _("Use a decimal point, not a comma: %(example)s."),
        },
    )


def _days(label: Any) -> FigureField:
    words = _("Write a whole number of days from 0 to 366.")
    return FigureField(
        label=label,
        least=Decimal(0),
        most=Decimal(366),
        decimals=0,
        example="30",
        messages=dict.fromkeys(("required", "figure", "bounds", "decimals", "comma"), words),
    )


class LightRuleForm(forms.Form):
    """New numbers for the rules: points behind the plan as people speak of them, above nought."""

    use_required_attribute = False

    yellow_points = _points(_("Yellow from more than this many points behind"))
    red_points = _points(_("Red from more than this many points behind"))
    key_milestone_days = _days(_("Key milestone red from more than this many days late"))
    leader_obstacle_days = _days(
        _("Yellow where an obstacle has waited for a leader more than this many days")
    )
    starts_on = DayField(label=_("In force from"), initial=timezone.localdate)
    reason = TypedTextField(
        label=_("Reason"),
        limit=300,
        widget=TypedTextarea({"rows": 3}),
        error_messages={"required": _("Say why.")},
    )

    @classmethod
    def of(cls, thresholds: Thresholds) -> LightRuleForm:
        """Return the form filled in with what holds now."""
        return cls(
            initial={
                "yellow_points": figure(-thresholds.yellow_below),
                "red_points": figure(-thresholds.red_below),
                "key_milestone_days": thresholds.key_milestone_days,
                "leader_obstacle_days": thresholds.leader_obstacle_days,
            }
        )

    def clean(self) -> dict[str, Any]:
        """Refuse red that comes before yellow, a day that has passed, and numbers that hold already."""
        cleaned: dict[str, Any] = self.cleaned_data
        yellow, red, day = (cleaned.get(name) for name in ("yellow_points", "red_points", "starts_on"))
        if yellow is not None and red is not None and red <= yellow:
            self.add_error("red_points", _("Red must come later than yellow: write a larger number."))
        if day is not None and day < timezone.localdate():
            self.add_error("starts_on", _("This day has passed."))
        if not str(cleaned.get("reason", "-")).strip():
            self.add_error("reason", _("Say why."))
        if day is not None and not self.errors:
            now = LightRule.objects.thresholds_on(day)
            if self.thresholds == Thresholds(**{**now.__dict__, "version": self.thresholds.version}):
                self.add_error(None, _("These are the numbers that hold on that day already."))
        return cleaned

    @property
    def thresholds(self) -> Thresholds:
        """Return the numbers typed, as the rules take them."""
        typed = self.cleaned_data
        return Thresholds(
            version=0,
            yellow_below=-typed["yellow_points"],
            red_below=-typed["red_points"],
            key_milestone_days=int(typed["key_milestone_days"]),
            leader_obstacle_days=int(typed["leader_obstacle_days"]),
        )
