"""The components of every page: lights, progress, figures, names, links, fields."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from commands.models import Unit
from luohu.templatetags import ui


def render(source: str, address: str = "/tasks/", **context: Any) -> str:
    """Render a template with our tags, for a request of ``address``."""
    template = Template("{% load ui %}" + source)
    return template.render(Context({"request": RequestFactory().get(address), **context}))


# Figures


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("63.6"), "63.6%"),
        (0, "0.0%"),
        (100, "100.0%"),
        (Decimal("63.65"), "63.7%"),
        (33.333333, "33.3%"),
        (None, "–"),
        ("", "–"),
        ("words", "–"),
        (float("nan"), "–"),
    ],
)
def test_percentages_have_one_decimal_place(value: object, text: str) -> None:
    assert ui.percent(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("-12.4"), "−12.4"),
        (1, "+1.0"),
        (0, "0.0"),
        (Decimal("-0.04"), "0.0"),
        (Decimal("-0.05"), "−0.1"),
        (None, "–"),
    ],
)
def test_deviations_have_a_sign_and_a_real_minus(value: object, text: str) -> None:
    assert ui.points(value) == text


# Lights


@pytest.mark.parametrize("code", ["green", "yellow", "red", "blue", "grey"])
def test_a_light_is_colour_shape_and_word(code: str) -> None:
    drawn = render("{% light code %}", code=code)
    assert f"light-{code}" in drawn
    assert "<svg" in drawn
    assert str(ui.LIGHT_WORDS[code]) in drawn
    assert "visually-hidden" not in drawn


def test_the_five_lights_have_five_shapes() -> None:
    shapes = {render("{% light c %}", c=code).split("</svg>")[0].split("<svg")[1] for code in ui.LIGHT_WORDS}
    assert len(shapes) == 5


@pytest.mark.parametrize("code", [None, "", "purple"])
def test_what_is_not_rated_is_grey(code: str | None) -> None:
    assert "light-grey" in render("{% light code %}", code=code)
    assert ui.light_word(code) == "Not rated"


def test_a_count_of_lights_is_read_out_with_its_word() -> None:
    assert '<span class="visually-hidden">Behind</span> 3</span>' in render('{% light "yellow" count=3 %}')
    assert '<span class="visually-hidden">Behind</span> 0</span>' in render('{% light "yellow" count=0 %}')
    assert '<span class="visually-hidden">Behind</span></span>' in render('{% light "yellow" small=True %}')


# Progress


def test_progress_shows_what_is_done_and_where_the_plan_is() -> None:
    drawn = render("{% progress done plan %}", done=Decimal("63.6"), plan=76)
    assert 'width="63.6%"' in drawn
    assert 'x1="76.0%"' in drawn
    assert 'aria-label="Actual 63.6%, scheduled 76.0%"' in drawn
    assert "style" not in drawn


@pytest.mark.parametrize(
    ("done", "plan", "text"),
    [
        (None, 50, "No progress accepted yet"),
        (None, None, "No progress accepted yet"),
        (10, None, "Actual 10.0%"),
    ],
)
def test_progress_says_what_is_missing(done: int | None, plan: int | None, text: str) -> None:
    drawn = render("{% progress done plan %}", done=done, plan=plan)
    assert f'aria-label="{text}"' in drawn
    assert ("progress-plan" in drawn) == (plan is not None)


def test_a_bar_never_leaves_its_track() -> None:
    drawn = render("{% progress done plan %}", done=140, plan=-3)
    assert 'width="100%"' in drawn
    assert 'width="140' not in drawn
    assert 'x1="0%"' in drawn


# Names


def test_a_name_is_shown_in_the_readers_language_if_there_is_one() -> None:
    both, chinese = Unit(name="东门街道", name_en="Dongmen Sub-district"), Unit(name="南湖街道")
    assert render("{% localname unit %}", unit=both) == "Dongmen Sub-district"
    assert render("{{ unit|localname }}", unit=chinese) == "南湖街道"
    assert render("{% localname unit %}", unit=None) == ""
    with translation.override("zh-hans"):
        assert render("{% localname unit %}", unit=both) == "东门街道"


def test_a_name_is_shown_harmless() -> None:
    unit = Unit(name="<script>alert(1)</script>")
    for source in ("{% localname unit %}", "{{ unit|localname }}"):
        assert render(source, unit=unit) == "&lt;script&gt;alert(1)&lt;/script&gt;"


# Links of a list


def test_links_keep_the_filters_and_change_what_they_say() -> None:
    address = "/tasks/?light=red&page=3&q=%E4%B8%9C%E9%97%A8"
    assert render("{% query_with page=4 %}", address) == "?light=red&amp;q=%E4%B8%9C%E9%97%A8&amp;page=4"
    assert render('{% query_with page=None light="" %}', address) == "?q=%E4%B8%9C%E9%97%A8"
    assert render('{% query_value "light" %}|{% query_value "none" %}', address) == "red|"


def test_links_carry_nothing_harmful() -> None:
    assert "<" not in render("{% query_with page=2 %}", '/tasks/?q="><script>')


def test_a_column_sorts_turns_and_says_so() -> None:
    header = '{% sort_header "due" "Due" css="num" %}'
    assert 'href="?sort=due"' in render(header)
    assert "aria-sort" not in render(header)
    ascending = render(header, "/tasks/?sort=due&page=3&light=red")
    assert 'aria-sort="ascending"' in ascending
    assert 'href="?light=red&amp;sort=-due"' in ascending
    descending = render(header, "/tasks/?sort=-due")
    assert 'aria-sort="descending"' in descending
    assert 'href="?sort=due"' in descending
    assert 'href="?sort=-due"' in render('{% sort_header "due" "Due" descending=True %}')


def test_pages_say_which_of_how_many_and_link_the_others() -> None:
    page = Paginator(range(203), 20).page(3)
    drawn = render("{% pagination page %}", "/tasks/?light=red&page=3", page=page)
    assert "41–60 of 203" in drawn
    assert '<span aria-current="page">3</span>' in drawn
    assert 'href="?light=red&amp;page=2" rel="prev"' in drawn
    assert 'href="?light=red&amp;page=4" rel="next"' in drawn
    assert 'href="?light=red&amp;page=11"' in drawn


def test_a_short_list_has_no_pages_to_turn_and_an_empty_one_says_nothing() -> None:
    assert "<ol>" not in render("{% pagination page %}", page=Paginator(range(3), 20).page(1))
    assert render("{% pagination page %}", page=Paginator([], 20).page(1)).strip() == ""


# Fields


class Report(forms.Form):
    """A form with one control of each kind."""

    percent = forms.DecimalField(label="Actual progress", help_text="Plan 76.0%", max_value=100)
    progress = forms.CharField(label="Progress", widget=forms.Textarea, required=False)
    long = forms.CharField(label="Long", widget=forms.Textarea(attrs={"rows": 12}), required=False)
    light = forms.ChoiceField(label="Own light", choices=[("green", "On track")], widget=forms.RadioSelect)
    nothing = forms.BooleanField(label="Nothing new", required=False)
    key = forms.CharField(widget=forms.HiddenInput, required=False)


def test_a_field_ties_label_hint_control_and_errors_together() -> None:
    drawn = render("{% field form.percent %}", form=Report({"percent": "140"}))
    assert '<label for="id_percent">Actual progress' in drawn
    assert 'aria-describedby="id_percent_helptext id_percent_error"' in drawn
    assert 'id="id_percent_helptext">Plan 76.0%<' in drawn
    assert 'aria-invalid="true"' in drawn
    assert (
        'id="id_percent_error"><p class="error">Ensure this value is less than or equal to 100.</p>' in drawn
    )
    assert 'value="140"' in drawn


def test_only_what_must_be_filled_in_is_marked() -> None:
    assert 'class="required"' in render("{% field form.percent %}", form=Report())
    assert 'class="required"' not in render("{% field form.progress %}", form=Report())


def test_choices_are_a_group_with_a_legend_and_a_tick_stands_before_its_label() -> None:
    drawn = render("{% field form.light %}", form=Report({}))
    assert "<legend>Own light" in drawn
    assert '<fieldset class="choices" aria-describedby="id_light_error">' in drawn
    tick = render("{% field form.nothing %}", form=Report())
    assert tick.index('type="checkbox"') < tick.index("Nothing new")


def test_a_text_area_is_as_high_as_somebody_said_or_four_rows() -> None:
    assert 'rows="4"' in render("{% field form.progress %}", form=Report())
    assert 'rows="12"' in render("{% field form.long %}", form=Report())


def test_a_hint_may_hold_typed_text() -> None:
    drawn = render("{% field form.progress hint=hint limit=500 %}", form=Report(), hint="<b>last</b> month")
    assert "&lt;b&gt;last&lt;/b&gt; month" in drawn
    assert 'data-limit="500"' in drawn


def test_a_hidden_field_is_only_its_control() -> None:
    assert "<label" not in render("{% field form.key %}", form=Report())


def test_a_forms_head_lists_what_is_wrong_with_links() -> None:
    form = Report({"percent": "140", "light": "green"})
    form.add_error(None, "Somebody else saved this report.")
    drawn = render('{% include "components/form_errors.html" %}', form=form)
    assert 'role="alert"' in drawn
    assert "<li>Somebody else saved this report.</li>" in drawn
    assert '<a href="#id_percent">Actual progress: Ensure this value' in drawn
    assert render('{% include "components/form_errors.html" %}', form=Report()).strip() == ""


def test_a_tally_opens_the_lists_it_counts() -> None:
    cells = [
        {"label": "Behind", "figure": 12, "href": "/tasks/?light=yellow", "tone": "yellow"},
        {"label": "Filed", "figure": "82%", "href": "", "tone": ""},
    ]
    drawn = render('{% include "components/tally.html" %}', cells=cells)
    assert drawn.count("<a ") == 1
    assert 'href="/tasks/?light=yellow"' in drawn
    assert "text-yellow" in drawn


def test_a_fold_of_filters_says_how_many_are_set() -> None:
    def fold(address: str) -> str:
        page = render('{% include "components/filter_bar.html" %}', address, form=Report())
        return page[page.index("<summary>") : page.index("</summary>")]

    assert "count" not in fold("/tasks/?sort=-due&percent=")
    assert "</span>1</span>" in fold("/tasks/?sort=-due&percent=40")


def test_a_filter_bar_carries_what_it_does_not_filter_by() -> None:
    drawn = render(
        '{% include "components/filter_bar.html" with keep=keep %}',
        "/tasks/?sort=-due",
        form=Report(),
        keep=["sort"],
    )
    assert '<input type="hidden" name="sort" value="-due">' in drawn
    assert 'href="/tasks/"' in drawn
