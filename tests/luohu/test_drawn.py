"""Components drawn once from plain values."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.template import loader
from django.utils import translation
from django.utils.safestring import mark_safe

from luohu import drawn as module
from luohu.drawn import drawn


def light(**values: Any) -> str:
    return drawn("components/light.html", **{"code": "green", "count": None, "small": False, **values})


@pytest.fixture
def renderings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the templates that are really drawn from now on, with nothing kept before."""
    module._drawn.cache_clear()
    module._menu_drawn.cache_clear()
    done: list[str] = []
    render = loader.render_to_string

    def noted(template: str, *args: Any, **named: Any) -> Any:
        done.append(template)
        return render(template, *args, **named)

    monkeypatch.setattr(loader, "render_to_string", noted)
    return done


def test_the_same_values_are_drawn_once(renderings: list[str]) -> None:
    assert light(word="On track") == light(word="On track")
    assert renderings == ["components/light.html"]


def test_another_value_or_another_language_is_drawn_anew(renderings: list[str]) -> None:
    assert "2" in light(word="On track", count=2)
    assert "3" in light(word="On track", count=3)
    with translation.override("zh-hans"):
        light(word="On track", count=3)
    assert len(renderings) == 3


def test_text_that_is_safe_lends_nothing_to_the_same_text_that_is_not(renderings: list[str]) -> None:
    assert "<b>" in light(word=mark_safe("<b>"))
    assert "<b>" not in light(word="<b>")


def menu(*choices: tuple[str, str], chosen: str = "1") -> str:
    class Form(forms.Form):
        unit = forms.ChoiceField(choices=choices)

    return str(Form({"unit": chosen})["unit"])


def test_a_menu_is_drawn_once_as_long_as_it_offers_the_same(renderings: list[str]) -> None:
    offered = (("1", "A bureau"), ("2", "Another"))
    assert menu(*offered) == menu(*offered)
    assert len(renderings) == 1
    assert 'value="2" selected' in menu(*offered, chosen="2")
    assert "A third" in menu(*offered, ("3", "A third"))
    assert len(renderings) == 3


def test_a_menu_shows_names_harmless_also_after_the_same_was_safe(renderings: list[str]) -> None:
    assert "<i>A</i>" in menu(("1", mark_safe("<i>A</i>")))
    assert "<i>A</i>" not in menu(("1", "<i>A</i>"))


def test_what_is_typed_is_kept_nowhere(renderings: list[str]) -> None:
    class Form(forms.Form):
        words = forms.CharField(widget=forms.Textarea)

    assert "a secret" in str(Form({"words": "a secret"})["words"])
    assert renderings == []
    assert module._menu_drawn.cache_info().currsize == 0


def test_whoever_works_on_a_template_sees_each_change(renderings: list[str], settings: Any) -> None:
    settings.DEBUG = True
    light(word="On track")
    light(word="On track")
    assert len(renderings) == 2
