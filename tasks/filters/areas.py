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


@dataclass(frozen=True)
class Menu:
    """One menu of the page's head: a parameter, its label, and what can be chosen."""

    name: str
    label: str
    choices: list[Choice]

    @property
    def chosen(self) -> str:
        """Return the words of what is chosen."""
        return next((choice.label for choice in self.choices if choice.is_current), self.label)


class AreaForm(forms.Form):
    """Narrows an area to a strategic goal, a headquarters, a supervising leader, each chosen from what is loaded."""

    book = forms.ChoiceField(label=_("Task book"), required=False)
    goal = forms.ChoiceField(label=_("Strategic goal"), required=False)
    headquarters = forms.ChoiceField(label=_("Command headquarters"), required=False)
    supervisor = forms.ChoiceField(label=_("Supervising leader"), required=False)

    def __init__(
        self,
        data: QueryDict,
        *,
        goals: Sequence[StrategicGoal],
        headquarters: Sequence[Headquarters],
        books: Sequence[TaskBook] = (),
        supervisors: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(data)
        self.rows: dict[str, dict[str, Any]] = {
            "book": {str(row.pk): row for row in books},
            "goal": {str(row.pk): row for row in goals},
            "headquarters": {str(row.pk): row for row in headquarters},
        }
        self.supervisors = list(supervisors)
        self.fields["supervisor"].choices = self.supervisors  # type: ignore[attr-defined]  # a choice field, as declared above
        for name, rows in self.rows.items():
            self.fields[name].choices = [(pk, name_in_language(row)) for pk, row in rows.items()]  # type: ignore[attr-defined]  # a choice field, as declared above

    def chosen(self, name: str) -> Any:
        """Return the row chosen for ``name``; None for all, and for what does not exist."""
        if name in self.errors:
            return None
        return self.rows[name].get(self.cleaned_data[name])

    @property
    def leader(self) -> str:
        """Return the title of the leader chosen; nothing for all, and for one who supervises nothing."""
        return "" if "supervisor" in self.errors else self.cleaned_data["supervisor"]

    def area(self, user: User, book: TaskBook, day: dt.date) -> Area:
        """Return what ``user`` sees of the book asked for, or else of ``book``, narrowed as asked."""
        self.usual, self.current = book, self.chosen("book") or book
        return Area(
            user,
            self.current,
            day,
            goal=self.chosen("goal"),
            headquarters=self.chosen("headquarters"),
            supervisor=self.leader,
        )

    @property
    def narrowed(self) -> int:
        """Return how many menus say something else than usual."""
        chosen = (self.chosen("goal"), self.chosen("headquarters"), self.leader, self.current != self.usual)
        return sum(map(bool, chosen))

    def menus(self) -> list[Menu]:
        """Return the menus to choose from; a single book is no choice."""
        menus = [
            self._menu("goal", self.chosen("goal"), _("All goals")),
            self._menu("headquarters", self.chosen("headquarters"), _("All headquarters")),
        ]
        if self.supervisors:
            chosen = self.leader
            choices = [Choice("", str(_("All leaders")), not chosen)]
            choices += [Choice(value, label, value == chosen) for value, label in self.supervisors]
            menus.append(Menu("supervisor", str(self.fields["supervisor"].label), choices))
        return [self._menu("book", self.current), *menus] if len(self.rows["book"]) > 1 else menus

    def _menu(self, name: str, chosen: Any, everything: Any = None) -> Menu:
        choices = [Choice("", str(everything), chosen is None)] if everything else []
        choices += [Choice(pk, name_in_language(row), row == chosen) for pk, row in self.rows[name].items()]
        return Menu(name, str(self.fields[name].label), choices)
