"""What the dashboard and the campaigns can be narrowed to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from commands.models import Headquarters, User
from luohu.templatetags.ui import name_in_language
from tasks.boards.areas import Area
from tasks.models import StrategicGoal, TaskBook


@dataclass(frozen=True)
class Choice:
    """One entry of a menu: a row, or everything."""

    value: str
    label: str
    is_current: bool


class AreaForm(forms.Form):
    """Narrows an area to a strategic goal and a headquarters, each chosen from rows already loaded."""

    goal = forms.ChoiceField(label=_("Strategic goal"), required=False)
    headquarters = forms.ChoiceField(label=_("Command headquarters"), required=False)

    def __init__(
        self, data: QueryDict, *, goals: Sequence[StrategicGoal], headquarters: Sequence[Headquarters]
    ) -> None:
        super().__init__(data)
        self.rows: dict[str, dict[str, Any]] = {
            "goal": {str(row.pk): row for row in goals},
            "headquarters": {str(row.pk): row for row in headquarters},
        }
        for name, rows in self.rows.items():
            self.fields[name].choices = [(pk, name_in_language(row)) for pk, row in rows.items()]  # type: ignore[attr-defined]

    def chosen(self, name: str) -> Any:
        """Return the row chosen for ``name``; None for all, and for what does not exist."""
        if name in self.errors:
            return None
        return self.rows[name].get(self.cleaned_data[name])

    def area(self, user: User, book: TaskBook, day: dt.date) -> Area:
        """Return what ``user`` sees of ``book``, narrowed as asked."""
        return Area(user, book, day, goal=self.chosen("goal"), headquarters=self.chosen("headquarters"))

    def goal_menu(self) -> list[Choice]:
        """Return the goals to choose from."""
        return self._menu("goal", str(_("All goals")))

    def headquarters_menu(self) -> list[Choice]:
        """Return the headquarters to choose from."""
        return self._menu("headquarters", str(_("All headquarters")))

    def _menu(self, name: str, everything: str) -> list[Choice]:
        chosen = self.chosen(name)
        entries = [(pk, name_in_language(row), row == chosen) for pk, row in self.rows[name].items()]
        return [Choice("", everything, chosen is None), *(Choice(*entry) for entry in entries)]
