"""Form fields that several forms need: a day, a unit, a headquarters, and where a refusal belongs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.forms.models import ModelChoiceIterator
from django.utils.translation import gettext_lazy as _

from commands.models import Headquarters, Unit
from commands.services.refusals import Refused
from luohu.templatetags.ui import name_in_language

FIRST_DAY = dt.date(2000, 1, 1)
LAST_DAY = dt.date(2100, 12, 31)


class DayField(forms.DateField):
    """A day of this century, chosen in the browser's own calendar."""

    default_error_messages = {"invalid": _("Enter a day that exists, such as 2026-03-31.")}

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
        super().__init__(**kwargs)
        far = _("Enter a day between 2000 and 2100.")
        self.validators += [MinValueValidator(FIRST_DAY, far), MaxValueValidator(LAST_DAY, far)]


class _ByKind(ModelChoiceIterator):  # type: ignore[type-arg]  # generic in the stubs only
    """Units under the heading of their kind."""

    def __iter__(self) -> Iterator[Any]:
        if self.field.empty_label is not None:
            yield ("", self.field.empty_label)
        units = sorted(self.queryset, key=lambda unit: (unit.kind, unit.position, unit.code))
        for label, group in groupby(units, key=lambda unit: unit.get_kind_display()):
            yield (label, [self.choice(unit) for unit in group])


class UnitField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A unit, under its kind, in the reader's language; by default those that may be given new work."""

    iterator = _ByKind

    def __init__(self, *, queryset: Any = None, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Unit"))
        super().__init__(queryset=Unit.objects.active() if queryset is None else queryset, **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        """Return the unit's name in the reader's language."""
        return name_in_language(obj)


class HeadquartersField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A headquarters that works, in the reader's language."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Command headquarters"))
        super().__init__(queryset=Headquarters.objects.filter(dissolved_on__isnull=True), **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        """Return the headquarters' name in the reader's language."""
        return name_in_language(obj)


def put_beside(form: forms.Form, refusal: Refused) -> None:
    """Put a service's refusal beside the field it speaks of, or at the head of the form."""
    form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
