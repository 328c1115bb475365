"""Components for templates: lights, progress, figures, names, links of a list, form fields.

How each looks is in ``templates/components/`` and ``static/css/``.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BaseForm, BoundField
from django.forms.widgets import CheckboxInput, Textarea
from django.template import Context
from django.utils.functional import Promise
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from luohu.drawn import drawn
from luohu.kept import HOLES

register = template.Library()

# The word that stands beside colour and shape: ● ▲ ■ ◆ ○
LIGHT_WORDS: dict[str, Promise] = {
    "green": _("On track"),
    "yellow": _("Behind"),
    "red": _("Seriously behind"),
    "blue": _("Closed out"),
    "grey": _("Not rated"),
}
NOTHING = "–"
MINUS = "−"


def _tenths(value: object) -> Decimal | None:
    """Return ``value`` rounded half up to one decimal place; None where it is no number."""
    if value is None or value == "":
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number.quantize(Decimal("0.1"), ROUND_HALF_UP) if number.is_finite() else None


@register.filter
def percent(value: object) -> str:
    """Write a percentage with one decimal place: 63.6%, or a dash for nothing."""
    number = _tenths(value)
    return NOTHING if number is None else f"{number}%".replace("-", MINUS)


@register.filter
def points(value: object) -> str:
    """Write a deviation in percentage points with its sign: −12.4, +1.0, 0.0, or a dash for nothing."""
    number = _tenths(value)
    if number is None:
        return NOTHING
    if number == 0:
        return "0.0"
    return f"{number:+}".replace("-", MINUS)


@register.simple_tag
def light(code: str | None, count: int | None = None, small: bool = False) -> SafeString:
    """Draw a light: colour, shape and word; with ``count`` the shape and a figure; with ``small`` the shape.

    Whatever is not shown in letters is still read out.
    """
    known = code if code in LIGHT_WORDS else "grey"
    word = str(LIGHT_WORDS[known])
    return drawn("components/light.html", code=known, word=word, count=count, small=small)


@register.filter
def light_word(code: str | None) -> str:
    """Return the word of a light, for running text and titles."""
    return str(LIGHT_WORDS.get(code or "grey", LIGHT_WORDS["grey"]))


@register.simple_tag
def progress(actual: object, scheduled: object = None) -> SafeString:
    """Draw what is done (累计完成率) as a bar, with a mark where the plan (序时进度) wants it today."""
    done, plan = _tenths(actual), _tenths(scheduled)
    words = _progress_in_words(percent(done), None if plan is None else percent(plan))
    return drawn("components/progress.html", done=_on_bar(done), plan=_on_bar(plan), text=words)


def _on_bar(value: Decimal | None) -> str:
    return "" if value is None else str(min(max(value, Decimal(0)), Decimal(100)))


def _progress_in_words(done: str, plan: str | None) -> str:
    if done == NOTHING:
        return gettext("No progress accepted yet")
    if plan is None:
        return gettext("Actual %(done)s") % {"done": done}
    return gettext("Actual %(done)s, scheduled %(plan)s") % {"done": done, "plan": plan}


def name_in_language(thing: Any) -> str:
    """Return the English name in English, if there is one, and the Chinese name otherwise."""
    if thing is None:
        return ""
    english = getattr(thing, "name_en", "") if (get_language() or "").startswith("en") else ""
    return str(english or getattr(thing, "name", thing))


register.simple_tag(name_in_language, name="localname")
register.filter("localname", name_in_language)


def _query(context: Context, changes: dict[str, Any]) -> str:
    """Return the request's query string with ``changes``; an empty value takes its key out."""
    query = context["request"].GET.copy()
    for key, value in changes.items():
        query.pop(key, None)
        if value not in (None, ""):
            query[key] = str(value)
    return f"?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def query_with(context: Context, **changes: Any) -> str:
    """Return the current query string with changes: for sorting, paging and taking a filter off."""
    return _query(context, changes)


@register.inclusion_tag("components/sort_header.html", takes_context=True)
def sort_header(
    context: Context, key: str, label: str, css: str = "", descending: bool = False, param: str = "sort"
) -> dict[str, Any]:
    """Head a column that can be sorted by ``key``: a link that sorts, and turns the order when sorted.

    ``descending`` columns start with their largest value.
    """
    current = context["request"].GET.get(param, "")
    state = {key: "ascending", f"-{key}": "descending"}.get(current, "")
    first, other = (f"-{key}", key) if descending else (key, f"-{key}")
    return {
        "href": _query(context, {param: other if current == first else first, "page": None}),
        "label": label,
        "css": css,
        "state": state,
    }


@register.inclusion_tag("components/pagination.html", takes_context=True)
def pagination(context: Context, page: Page[Any], param: str = "page") -> dict[str, Any]:
    """Link the pages of a list, and say which of how many are shown."""
    pages = page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)
    links = [
        {"number": number, "href": _query(context, {param: number}) if isinstance(number, int) else ""}
        for number in pages
    ]
    before = page.previous_page_number() if page.has_previous() else None
    after = page.next_page_number() if page.has_next() else None
    return {
        "page": page,
        "links": links,
        "previous": before and _query(context, {param: before}),
        "next": after and _query(context, {param: after}),
    }


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, css: str = "", hint: str = "", limit: int | None = None) -> dict[str, Any]:
    """Render a form field: label, hint, control, and what is wrong with it beside it.

    ``hint`` stands in for the form's help text; ``limit`` counts the characters typed so far.
    """
    if hint:
        bound.help_text = conditional_escape(hint)
    # Ten rows are what Django gives a text area that nobody thought about.
    untold = isinstance(bound.field.widget, Textarea) and bound.field.widget.attrs.get("rows") == "10"
    attrs: dict[str, str | bool] = {"rows": "4"} if untold else {}
    return {
        "field": bound,
        "control": bound.as_widget(attrs=attrs),
        "css": css,
        "limit": limit,
        "hint_class": "hint hint-block" if "<ul" in str(bound.help_text) else "hint",
        "is_tick": isinstance(bound.field.widget, CheckboxInput),
    }


@register.simple_tag
def nav_items(entries: Iterable[Any], more: Iterable[Any] = ()) -> SafeString:
    """Draw entries of the navigation; ``more`` are those that fold away."""
    folded = tuple(more)
    return drawn(
        "components/_nav_items.html",
        entries=tuple(entries),
        more=folded,
        more_is_current=any(entry.current for entry in folded),
    )


@register.simple_tag(takes_context=True)
def query_value(context: Context, name: str) -> str:
    """Return one parameter of the current query string, to be carried through a form."""
    return str(context["request"].GET.get(name, ""))


@register.simple_tag(takes_context=True)
def filters_on(context: Context, form: BaseForm) -> int:
    """Return how many fields of a form of filters the address sets."""
    query = context["request"].GET
    return sum(any(query.getlist(form.add_prefix(name))) for name in form.fields)


@register.simple_tag(takes_context=True)
def anew(context: Context, template: str) -> SafeString:
    """Include what belongs to one answer alone: a page that is kept leaves a hole here, filled for each answer.

    ``template`` may use what every template has, and nothing of the page around it.
    """
    holes = HOLES.get()
    if holes:
        return holes.leave(template)
    return context.template.engine.get_template(template).render(context)  # type: ignore[union-attr]  # being rendered
