"""The forms of a reorganisation: each says what is to change, from which day, and why."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commands.forms.fields import DayField, HeadquartersField, UnitField
from commands.models import Headquarters, Nameplate, TeamKind, Unit, UnitKind, WorkTeam
from tasks.forms.reports import TypedTextarea, TypedTextField

AHEAD = dt.timedelta(days=366)
NAME_LIMIT, NAME_EN_LIMIT, REASON_LIMIT, REASON_EN_LIMIT = 100, 160, 300, 400
MOST_GROUPS = 30
FIRST_DAY_WITHOUT = _("First day without it")


def _reason(**kwargs: Any) -> TypedTextField:
    return TypedTextField(
        label=_("Reason"),
        limit=REASON_LIMIT,
        widget=TypedTextarea({"rows": 2}),
        error_messages={"required": _("Say why.")},
        help_text=_("It stands in the history for good."),
        **kwargs,
    )


def _document() -> forms.CharField:
    return forms.CharField(label=_("Document number"), max_length=60, required=False)


def _reason_en() -> TypedTextField:
    return TypedTextField(
        label=_("Reason in English"),
        limit=REASON_EN_LIMIT,
        required=False,
        widget=TypedTextarea({"rows": 2}),
    )


class ReorganisingForm(forms.Form):
    """What every reorganisation asks: from which day, and why. ``target`` is what is reorganised."""

    use_required_attribute = False
    day_name = "starts_on"
    limits = {"reason": REASON_LIMIT, "reason_en": REASON_EN_LIMIT}

    def __init__(self, *args: Any, target: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.target = target

    def clean(self) -> dict[str, Any]:
        """Refuse a day so far ahead that it is a slip of the keyboard, and a reason of blanks."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        day = values.get(self.day_name)
        if day and day > timezone.localdate() + AHEAD:
            self.add_error(self.day_name, _("Choose a day within a year from today."))
        if "reason" in values and not values["reason"].strip():
            self.add_error("reason", _("Say why."))
        return values

    def decision(self) -> dict[str, Any]:
        """Return what was decided, as the service takes it."""
        return self.cleaned_data


class NameFields(forms.Form):
    """A name with its English."""

    name = forms.CharField(label=_("Name"), max_length=NAME_LIMIT)
    name_en = forms.CharField(label=_("English name"), max_length=NAME_EN_LIMIT, required=False)


def _day(**kwargs: Any) -> DayField:
    kwargs.setdefault("label", _("Effective day"))
    kwargs.setdefault("help_text", _("In the past, today, or ahead; what lies ahead takes effect by itself."))
    return DayField(initial=timezone.localdate, **kwargs)


class HeadquartersSetUpForm(NameFields, ReorganisingForm):
    """A new headquarters with its dedicated groups."""

    purpose = TypedTextField(label=_("Purpose"), limit=300, required=False, widget=TypedTextarea({"rows": 2}))
    purpose_en = TypedTextField(
        label=_("Purpose in English"), limit=400, required=False, widget=TypedTextarea({"rows": 2})
    )
    groups = forms.CharField(
        label=_("Dedicated groups"),
        required=False,
        widget=TypedTextarea({"rows": 5}),
        max_length=10_000,
        help_text=_("One on each line; after a bar | its English name."),
        validators=[ProhibitNullCharactersValidator()],
    )
    starts_on = _day()
    reason = _reason()
    document_number = _document()
    reason_en = _reason_en()
    limits = {**ReorganisingForm.limits, "purpose": 300, "purpose_en": 400}
    field_order = (
        "name",
        "name_en",
        "starts_on",
        "purpose",
        "purpose_en",
        "groups",
        "reason",
        "reason_en",
        "document_number",
    )

    def clean_groups(self) -> list[tuple[str, str]]:
        """Return the groups as pairs of name and English name."""
        lines = [line for line in self.cleaned_data["groups"].splitlines() if line.strip()]
        groups = [
            tuple(part.strip() for part in line.replace("｜", "|").partition("|")[::2]) for line in lines
        ]
        if len(groups) > MOST_GROUPS:
            raise ValidationError(_("Write at most %(limit)d groups."), params={"limit": MOST_GROUPS})
        for name, name_en in groups:
            if not name:
                raise ValidationError(_("Write the name before the bar."))
            if len(name) > NAME_LIMIT or len(name_en) > NAME_EN_LIMIT:
                raise ValidationError(_("“%(name)s” is too long."), params={"name": name[:30]})
        if len({name for name, _en in groups}) < len(groups):
            raise ValidationError(_("Each group needs a name of its own."))
        return [(name, name_en) for name, name_en in groups]


class HeadquartersRenameForm(NameFields, ReorganisingForm):
    """Another name for a headquarters."""

    starts_on = _day()
    reason = _reason()
    document_number = _document()
    reason_en = _reason_en()
    field_order = ("name", "name_en", "starts_on", "reason", "reason_en", "document_number")

    def __init__(self, *args: Any, target: Headquarters, **kwargs: Any) -> None:
        super().__init__(*args, target=target, **kwargs)
        self.initial.update(name=target.name, name_en=target.name_en)

    def decision(self) -> dict[str, Any]:
        """Return what was decided, as the service takes it."""
        return {"headquarters": self.target, **self.cleaned_data}


class NameplateForm(NameFields, ReorganisingForm):
    """A further nameplate of one staff."""

    starts_on = _day(required=False, help_text=_("Leave it empty where the first day is not known."))
    reason = _reason()
    document_number = _document()
    reason_en = _reason_en()
    field_order = ("name", "name_en", "starts_on", "reason", "reason_en", "document_number")

    def decision(self) -> dict[str, Any]:
        """Return what was decided, as the service takes it."""
        return {"headquarters": self.target, **self.cleaned_data}


class PlateField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A further nameplate that still hangs."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=Nameplate.objects.none(), **kwargs)


class NameplateDownForm(ReorganisingForm):
    """The end of a further nameplate."""

    nameplate = PlateField(label=_("Nameplate"), empty_label=_("Choose a nameplate"))
    ends_on = _day(label=FIRST_DAY_WITHOUT)
    reason = _reason()
    day_name = "ends_on"

    def __init__(self, *args: Any, target: Headquarters, **kwargs: Any) -> None:
        super().__init__(*args, target=target, **kwargs)
        further = target.nameplates.filter(is_principal=False, ends_on__isnull=True)
        self.fields["nameplate"].queryset = further  # type: ignore[attr-defined]


class DissolveForm(ReorganisingForm):
    """The end of a headquarters, a team or a unit."""

    ends_on = _day(label=FIRST_DAY_WITHOUT)
    reason = _reason()
    day_name = "ends_on"

    def decision(self) -> dict[str, Any]:
        """Return what was decided, as the service takes it."""
        name = {Headquarters: "headquarters", WorkTeam: "team", Unit: "unit"}[type(self.target)]
        return {name: self.target, **self.cleaned_data}


class TeamSetUpForm(NameFields, ReorganisingForm):
    """A new team under a headquarters."""

    kind = forms.ChoiceField(label=_("Kind"), choices=TeamKind.choices)
    duties = TypedTextField(label=_("Duties"), limit=2000, required=False)
    starts_on = _day()
    reason = _reason()
    limits = {**ReorganisingForm.limits, "duties": 2000}
    field_order = ("kind", "name", "name_en", "starts_on", "duties", "reason")

    def decision(self) -> dict[str, Any]:
        """Return what was decided, as the service takes it."""
        return {"headquarters": self.target, **self.cleaned_data}


class TeamRenameForm(NameFields, ReorganisingForm):
    """Another name for a team."""

    starts_on = _day()
    reason = _reason()

    def __init__(self, *args: Any, target: WorkTeam, **kwargs: Any) -> None:
        super().__init__(*args, target=target, **kwargs)
        self.initial.update(name=target.name, name_en=target.name_en)

    def decision(self) -> dict[str, Any]:
        """Return what was decided, as the service takes it."""
        return {"team": self.target, **self.cleaned_data}


class TeamMoveForm(ReorganisingForm):
    """Another headquarters for a team."""

    headquarters = HeadquartersField(label=_("Under the headquarters"), empty_label=_("Choose one"))
    starts_on = _day()
    reason = _reason()

    def decision(self) -> dict[str, Any]:
        """Return what was decided, as the service takes it."""
        return {"team": self.target, **self.cleaned_data}


class UnitNameFields(NameFields):
    """A name with its short form and its English."""

    short_name = forms.CharField(label=_("Short name"), max_length=40, required=False)


class UnitSetUpForm(UnitNameFields, ReorganisingForm):
    """A new unit."""

    kind = forms.ChoiceField(label=_("Kind"), choices=UnitKind.choices)
    starts_on = _day()
    reason = _reason()
    document_number = _document()
    field_order = ("kind", "name", "short_name", "name_en", "starts_on", "reason", "document_number")


class UnitRenameForm(UnitNameFields, ReorganisingForm):
    """Another name for a unit."""

    starts_on = _day()
    reason = _reason()
    document_number = _document()
    field_order = ("name", "short_name", "name_en", "starts_on", "reason", "document_number")

    def __init__(self, *args: Any, target: Unit, **kwargs: Any) -> None:
        super().__init__(*args, target=target, **kwargs)
        self.initial.update(name=target.name, short_name=target.short_name, name_en=target.name_en)

    def decision(self) -> dict[str, Any]:
        """Return what was decided, as the service takes it."""
        return {"unit": self.target, **self.cleaned_data}


class UnitMergeForm(ReorganisingForm):
    """The unit in which another goes up."""

    merged_into = UnitField(label=_("Merged into"), empty_label=_("Choose a unit"))
    ends_on = _day(
        label=_("Effective day"),
        help_text=_("Its leads pass on from this day: today, later, or a day in the open reporting period."),
    )
    document_number = _document()
    reason = _reason()
    day_name = "ends_on"

    def __init__(self, *args: Any, target: Unit, **kwargs: Any) -> None:
        super().__init__(*args, target=target, **kwargs)
        others = Unit.objects.lasting().exclude(pk=target.pk)
        self.fields["merged_into"].queryset = others  # type: ignore[attr-defined]

    def decision(self) -> dict[str, Any]:
        """Return what was decided, as the service takes it."""
        return {"unit": self.target, **self.cleaned_data}
