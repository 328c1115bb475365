"""The forms of a task book and its campaigns."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from commands.forms.fields import DayField, HeadquartersField, UnitField
from commands.models import Headquarters
from luohu.templatetags.ui import name_in_language
from tasks.models import Campaign, DueMonth, Roll, StrategicGoal, TaskBook
from tasks.services.books import RULE


def count_field(label: Any, least: int, most: int, **kwargs: Any) -> forms.IntegerField:
    """Return a field for a small whole number."""
    return forms.IntegerField(
        label=label,
        min_value=least,
        max_value=most,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        **kwargs,
    )


class BookForm(forms.Form):
    """A year's book: what it is called, where it was launched, and when its reports fall due."""

    use_required_attribute = False

    year = count_field(_("Year"), 2000, 2100)
    name = forms.CharField(label=_("Name"), max_length=100)
    name_en = forms.CharField(label=_("English name"), max_length=160, required=False)
    conference = forms.CharField(label=_("Conference"), max_length=160, required=False)
    conference_en = forms.CharField(label=_("Conference in English"), max_length=300, required=False)
    launched_on = DayField(label=_("Launched on"), required=False)
    due_day = count_field(
        _("Reports are due on day"), 1, 31, help_text=_("in a shorter month on its last day")
    )
    due_time = forms.TimeField(
        label=_("Reports are due at"), widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    )
    due_month = forms.ChoiceField(label=_("Reports are due in"), choices=DueMonth.choices)
    roll = forms.ChoiceField(label=_("A due day that is not worked moves"), choices=Roll.choices)
    grace_workdays = count_field(_("Working days for late filing"), 0, 30)

    @classmethod
    def after(cls, last: TaskBook | None, year: int) -> dict[str, Any]:
        """Return what a new book begins with: the names and the rule of the last, with the year in its place."""
        book = last or TaskBook()
        old = str(book.year)
        names = {name: getattr(book, name).replace(old, str(year)) for name in ("name", "name_en")}
        return {"year": year, **names, **{name: getattr(book, name) for name in RULE}}

    @classmethod
    def of(cls, book: TaskBook) -> dict[str, Any]:
        """Return what a book says now."""
        return {name: getattr(book, name) for name in cls.base_fields}

    @property
    def named(self) -> list[forms.BoundField]:
        """Return the fields beside year and name that say what the book is."""
        return [self[name] for name in ("conference", "conference_en", "launched_on")]

    @property
    def rule(self) -> list[forms.BoundField]:
        """Return the fields of the filing rule."""
        return [self[name] for name in RULE]


class EditBookForm(BookForm):
    """The same for a book that is there: its year stays."""

    year = None  # type: ignore[assignment]


class NamedChoices(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Several rows to be ticked, each under its name in the reader's language."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, obj: Any) -> str:
        """Return the row's name in the reader's language."""
        return name_in_language(obj)


class CampaignForm(forms.Form):
    """A campaign of a book; its lead unit is asked once, and changes by a reassignment."""

    use_required_attribute = False

    number = count_field(_("Number"), 1, 999)
    name = forms.CharField(label=_("Name"), max_length=100)
    name_en = forms.CharField(label=_("English name"), max_length=200, required=False)
    headquarters = HeadquartersField(
        required=False, empty_label=_("None: it answers to the district directly")
    )
    supervisor_title = forms.CharField(
        label=_("Supervising leader"), max_length=60, required=False, help_text=_("the office, not the name")
    )
    supervisor_title_en = forms.CharField(
        label=_("Supervising leader in English"), max_length=100, required=False
    )
    goals = NamedChoices(
        label=_("Strategic goals"), queryset=StrategicGoal.objects.order_by("number"), required=False
    )
    lead = UnitField(
        label=_("Lead unit"), required=False, empty_label=pgettext_lazy("lead unit", "Not decided yet")
    )

    def __init__(self, *args: Any, campaign: Campaign | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if campaign is None:
            return
        del self.fields["lead"]
        for name in self.fields:
            self.initial[name] = getattr(campaign, name)
        self.initial["goals"] = list(campaign.goals.all())
        if campaign.headquarters is not None and campaign.headquarters.dissolved_on is not None:
            # One under a headquarters that is to be dissolved can still be edited.
            own = Headquarters.objects.filter(pk=campaign.headquarters.pk)
            self.fields["headquarters"].queryset |= own  # type: ignore[attr-defined]
