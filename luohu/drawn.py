"""Components drawn from plain values, and each of them once.

A table draws the same few lights over and over, and after an event most of its rows are what they were. What is
drawn depends on nothing but the values that are passed and the language: there is nothing to be told of a change.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest
from django.template import loader
from django.utils.safestring import SafeString
from django.utils.translation import get_language

MENU = "django/forms/widgets/select.html"
KEPT = 4_096
"""How many a process keeps, those asked for last: two or three kilobytes each, a dozen megabytes in all."""


# By type as well: text that is safe as it stands equals the same text that is not.
@lru_cache(maxsize=KEPT, typed=True)
def _drawn(template: str, language: str | None, **values: Any) -> SafeString:
    return loader.render_to_string(template, values)


def drawn(template: str, **values: Any) -> SafeString:
    """Return ``template`` drawn from ``values``, which must be hashable, and say all that it shows."""
    draw = _drawn.__wrapped__ if settings.DEBUG else _drawn  # whoever works on a template sees it at once
    return draw(template, get_language(), **values)


@dataclass(frozen=True)
class _Menu:
    """A menu of choices: two are the same where they offer the same, under the same attributes."""

    says: tuple[object, ...]
    context: dict[str, Any] = field(compare=False)

    @classmethod
    def of(cls, context: dict[str, Any]) -> _Menu:
        """Return the menu that a widget's context tells of."""
        widget = context["widget"]
        options = tuple(
            (group, tuple(_option(option) for option in choices))
            for group, choices, _index in widget["optgroups"]
        )
        return cls((get_language(), widget["name"], tuple(widget["attrs"].items()), options), context)


def _option(option: dict[str, Any]) -> tuple[object, ...]:
    label = option["label"]
    words = label if isinstance(label, SafeString) else str(label)
    return str(option["value"]), type(words), words, tuple(option["attrs"].items())


@lru_cache(maxsize=KEPT // 8)
def _menu_drawn(menu: _Menu) -> str:
    return loader.render_to_string(MENU, menu.context)


class MenusOnce(TemplatesSetting):
    """Draws the widgets of forms by our templates: a menu once, as long as it offers the same.

    What is typed into a field is no menu: it is drawn each time, and kept nowhere.
    """

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> str:
        """Return the widget's text."""
        if template_name == MENU and request is None and not settings.DEBUG:
            return _menu_drawn(_Menu.of(context))
        return super().render(template_name, context, request)
