"""Filters that offer rows by their name in the reader's language."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _
from django_filters.fields import ModelChoiceField

from luohu.templatetags.ui import name_in_language
from tasks.boards.moments import Moment
from tasks.models import Campaign
from tasks.models.campaigns import CampaignQuerySet
from tasks.templatetags.boards import localtext


class NamedField(ModelChoiceField):
    """A choice of rows, each by its local name; a campaign with its number."""

    def label_from_instance(self, row: Any) -> str:
        """Return the words of one choice."""
        name = name_in_language(row)
        return f"{row.number}. {name}" if isinstance(row, Campaign) else name


class NamedFilter(django_filters.ModelChoiceFilter):
    """Filters by one row, chosen by its local name."""

    field_class = NamedField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("empty_label", _("All"))
        super().__init__(*args, **kwargs)


def supervisor_choices(campaigns: CampaignQuerySet, moment: Moment) -> list[tuple[str, str]]:
    """Return the supervising leaders of ``campaigns`` by their title, in the reader's language: one query."""
    found = moment.supervised(campaigns).values_list("supervisor_title", "supervisor_title_en", named=True)
    return list({row.supervisor_title: localtext(row, "supervisor_title") for row in found}.items())


def day_input() -> forms.DateInput:
    """Return the browser's own date field, which only understands ISO dates."""
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
