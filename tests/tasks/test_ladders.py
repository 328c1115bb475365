"""Ladders as rows: what administrators set up is what reminders climb by, and a change shows what it will do."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from commands.models import Event, Unit, User
from commands.services.refusals import Refused
from tasks.boards.ladders import mark_of
from tasks.models import Campaign, Ladder, Period, Reminder, Report
from tasks.rules.reminders import DEFAULT_LADDERS, Audience, Kind, Stage
from tasks.services.forecasts import forecast
from tasks.services.ladders import change_ladder
from tasks.services.reminders import plan_reminders
from tasks.services.sending import send_reminders
from tests import factories
from tests.conftest import signed_in

OLD = DEFAULT_LADDERS[Kind.REPORT]
TWO_DAYS = Stage(-2, frozenset({Audience.REPORTERS, Audience.HEADS}), ("inbox",))
NEW = (TWO_DAYS, *OLD[3:])


def planned() -> set[tuple[str, str, str]]:
    """Return stage, person and channel of what waits to be sent."""
    rows = Reminder.objects.unsent().select_related("recipient")
    return {(row.stage, row.person.username, row.channel) for row in rows}


def change(
    by: User, stages: tuple[Stage, ...] = NEW, seen: tuple[Stage, ...] = OLD, reason: str = "早两天提醒"
) -> bool:
    """Set up the reports' ladder."""
    return change_ladder(kind=Kind.REPORT, stages=stages, seen=seen, reason=reason, by=by)


# Setting up


def test_what_nobody_touched_climbs_by_the_default(db: None) -> None:
    assert Ladder.objects.in_force() == DEFAULT_LADDERS


def test_ladder_that_was_set_up_is_what_reminders_climb_by(
    report: Report, reporter: User, head: User, administrator: User
) -> None:
    plan_reminders(now=timezone.now())
    assert planned() == {(stage, "reporter", by) for stage in ("D-3", "D-1") for by in ("inbox", "email")}
    assert change(administrator)
    # Monday is D-2 of Wednesday; what was planned by the old ladder is taken back in the same moment.
    assert planned() == {
        ("D-2", "reporter", "inbox"),
        ("D-2", "head", "inbox"),
        ("D0", "reporter", "inbox"),
        ("D0", "reporter", "email"),
    }
    assert Ladder.objects.in_force()[Kind.REPORT] == NEW
    assert Ladder.objects.in_force()[Kind.MILESTONE] == DEFAULT_LADDERS[Kind.MILESTONE]


def test_change_tells_what_was_before_and_after(administrator: User) -> None:
    change(administrator)
    event = Event.objects.get()
    assert (event.action, event.actor, event.subject_label) == ("ladder.change", administrator, "Report due")
    assert event.before["D-5"] == ["reporters", "inbox", "email", "app", "group"]
    assert event.after["D-2"] == ["heads", "reporters", "inbox"]
    assert event.after["reason"] == "早两天提醒"


@pytest.mark.parametrize(
    ("reason", "code"), [("", "words_missing"), (" \n", "words_missing"), ("长" * 301, "invalid")]
)
def test_ladder_is_not_changed_without_a_reason(administrator: User, reason: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        change(administrator, reason=reason)
    assert (refused.value.code, refused.value.field) == (code, "reason")
    assert not Event.objects.exists()


def test_the_same_ladder_again_changes_nothing(administrator: User) -> None:
    assert not change(administrator, stages=OLD)
    change(administrator)
    assert not change(administrator, seen=NEW)
    assert Event.objects.count() == 1


def test_default_can_be_set_up_again(administrator: User) -> None:
    change(administrator)
    assert change(administrator, stages=OLD, seen=NEW)
    assert Ladder.objects.in_force() == DEFAULT_LADDERS


def test_second_of_two_administrators_is_told_of_the_first(administrator: User) -> None:
    change(administrator)
    with pytest.raises(Refused) as refused:
        change(administrator, stages=OLD[:2])
    assert refused.value.code == "changed"
    assert Ladder.objects.in_force()[Kind.REPORT] == NEW


def test_ladder_without_stages_is_refused(administrator: User) -> None:
    with pytest.raises(Refused) as refused:
        change(administrator, stages=())
    assert refused.value.code == "empty"


def test_earlier_stage_that_comes_in_later_is_no_news(
    report: Report, reporter: User, administrator: User
) -> None:
    """Heard at D-3, nobody is told a stage of D-4 on top: it would say the same again."""
    plan_reminders(now=timezone.now())
    send_reminders(now=timezone.now())
    four_days = Stage(-4, frozenset({Audience.REPORTERS}))
    change(administrator, stages=(four_days, *OLD[2:]))
    assert {stage for stage, _person, _channel in planned()} == {"D-1"}


# What a change would do


def test_forecast_is_what_then_happens(
    report: Report,
    reporter: User,
    head: User,
    office: User,
    hq_office: User,
    leader: User,
    campaign: Campaign,
    period: Period,
    east: Unit,
    clock: time_machine.Traveller,
) -> None:
    factories.many_tasks(3, campaign=campaign, unit=east, periods=[period])
    (foreseen,) = forecast(kind=Kind.REPORT, ladders=[OLD], now=timezone.now(), days=6)
    happened: list[tuple[dt.date, int, int]] = []
    for day in foreseen:
        clock.move_to(factories.at(day.day))
        plan_reminders(now=timezone.now())
        send_reminders(now=timezone.now())
        sent = Reminder.objects.filter(sent_at__date=day.day, channel="email")
        people = Counter(sent.values_list("recipient", flat=True))
        happened.append((day.day, len(people), people.total()))
    assert [(day.day, day.people, day.reminders) for day in foreseen] == happened
    assert [(day.people, day.reminders) for day in foreseen] == [
        (1, 4),
        (1, 4),
        (1, 4),
        (2, 8),
        (0, 0),
        (5, 20),
    ]


def test_forecast_leaves_out_who_has_heard_it(report: Report, reporter: User) -> None:
    plan_reminders(now=timezone.now())
    send_reminders(now=timezone.now())
    ((today, tomorrow),) = forecast(kind=Kind.REPORT, ladders=[OLD], now=timezone.now(), days=2)
    assert (today.reminders, tomorrow.reminders) == (0, 1)


def test_forecast_writes_nothing_and_asks_as_much_for_ten_tasks_as_for_a_hundred(
    campaign: Campaign, period: Period, reporter: User, east: Unit
) -> None:
    counts = []
    for more in (10, 90):
        factories.many_tasks(more, campaign=campaign, unit=east, periods=[period])
        with CaptureQueriesContext(connection) as queries:
            forecast(kind=Kind.REPORT, ladders=[OLD, NEW], now=timezone.now())
        counts.append(len(queries))
        assert all(query["sql"].startswith("SELECT") for query in queries)
    assert counts[0] == counts[1]


# The page

ADDRESS = "/reminders/ladders/report/"


def typed(*stages: dict[str, Any], action: str = "preview", **more: Any) -> dict[str, Any]:
    """Return a form with ``stages``, opened on the default ladder and complete unless told otherwise."""
    data: dict[str, Any] = {"form-TOTAL_FORMS": len(stages), "form-INITIAL_FORMS": 0, "action": action}
    data |= {"base": mark_of(Kind.REPORT, OLD), "reason": "早两天提醒"}
    for number, stage in enumerate(stages):
        whole = {"days": 2, "side": "before", "audience": ["reporters"], "channels": ["inbox"], **stage}
        data |= {f"form-{number}-{name}": value for name, value in whole.items()}
    return {**data, **more}


@pytest.fixture
def client(administrator: User) -> Client:
    """An administrator's browser."""
    return signed_in(administrator)


def test_page_shows_every_ladder(client: Client) -> None:
    page = client.get("/reminders/ladders/").content.decode()
    for word in (
        "Report due",
        "Report returned",
        "Milestone due",
        "Directive to answer",
        "Obstacle&#x27;s clock",
    ):
        assert word in page
    assert "3 working days after" in page


def test_preview_says_how_many_people_get_how_many_reminders(
    client: Client, report: Report, reporter: User, head: User
) -> None:
    response = client.post(ADDRESS, typed({"audience": ["reporters", "heads"]}, {"days": 1, "side": "after"}))
    page = response.content.decode()
    assert "On Monday, 23 November, 2 people get 2 reminders." in page
    assert not Ladder.objects.exists()
    assert not Reminder.objects.exists()


def test_what_was_previewed_is_saved(client: Client, administrator: User) -> None:
    seen = client.post(ADDRESS, typed({})).context["preview"].seen
    response = client.post(ADDRESS, typed({}, action="save", seen=seen))
    assert response.status_code == 302
    stage = Stage(-2, frozenset({Audience.REPORTERS}), ("inbox",))
    assert Ladder.objects.in_force()[Kind.REPORT] == (stage,)
    assert "by Administrator" in client.get("/reminders/ladders/").content.decode()
    assert Event.objects.get().after["reason"] == "早两天提醒"


def test_reason_is_asked_for_beside_its_field_when_the_ladder_is_saved(client: Client) -> None:
    previewed = client.post(ADDRESS, typed({}, reason="")).context["preview"]
    response = client.post(ADDRESS, typed({}, action="save", seen=previewed.seen, reason=""))
    assert response.context["why"].errors["reason"]
    assert response.context["preview"].seen == previewed.seen  # still there to be confirmed
    assert [form.cleaned_data.get("days") for form in response.context["forms"]] == [2]
    assert "Nothing was saved" in response.content.decode()
    assert not Ladder.objects.exists()


def test_what_was_not_previewed_is_previewed_first(client: Client) -> None:
    seen = client.post(ADDRESS, typed({})).context["preview"].seen
    response = client.post(ADDRESS, typed({"days": 4}, action="save", seen=seen))
    assert response.status_code == 200
    assert response.context["preview"] is not None
    assert not Ladder.objects.exists()


def test_form_of_a_ladder_that_somebody_changed_meanwhile_is_refused_and_kept(
    client: Client, administrator: User
) -> None:
    seen = client.post(ADDRESS, typed({})).context["preview"].seen
    change(administrator)
    response = client.post(ADDRESS, typed({}, action="save", seen=seen))
    page = response.content.decode()
    assert "Administrator has changed this ladder meanwhile." in page
    assert 'value="2"' in page  # what was typed is kept
    assert "早两天提醒" in page
    assert Ladder.objects.in_force()[Kind.REPORT] == NEW
    context = response.context
    again = typed({}, action="save", seen=context["preview"].seen, base=context["base"])
    assert client.post(ADDRESS, again).status_code == 302
    assert Ladder.objects.in_force()[Kind.REPORT] != NEW


def test_default_is_offered_again_and_previewed(client: Client, administrator: User) -> None:
    change(administrator)
    response = client.post(ADDRESS, {"action": "default"})
    assert [form.initial["days"] for form in response.context["forms"] if form.initial] == [5, 3, 1, 0, 1, 3]
    assert Ladder.objects.in_force()[Kind.REPORT] == NEW


@pytest.mark.parametrize(
    ("stages", "beside", "words"),
    [
        ([{}, {}], (1, "days"), "Another stage lies on this day already."),
        ([{"days": 0}, {"days": 0, "side": "after"}], (1, "days"), "Another stage lies on this day already."),
        ([{"audience": []}], (0, "audience"), "Choose who is told."),
        ([{"channels": []}], (0, "channels"), "Choose the inbox"),
        ([{"channels": ["group"]}], (0, "channels"), "Choose the inbox"),
        ([{"days": 41}], (0, "days"), "At most 40"),
        ([{"days": 10**30}], (0, "days"), "At most 40"),
        ([{"days": -3}], (0, "days"), "Enter no negative number"),
        ([{"days": "soon"}], (0, "days"), "Enter a whole number"),
        ([{"days": ""}], (0, "days"), "Say how many working days"),
        ([{"side": "sideways"}], (0, "side"), "Select a valid choice"),
        ([{"audience": ["everybody"]}], (0, "audience"), "Select a valid choice"),
    ],
)
def test_bad_input_is_refused_beside_its_field(
    client: Client, stages: list[dict[str, Any]], beside: tuple[int, str], words: str
) -> None:
    response = client.post(ADDRESS, typed(*stages))
    number, field = beside
    assert words in str(response.context["forms"].forms[number].errors[field])
    assert "Nothing was saved" in response.content.decode()
    assert not Ladder.objects.exists()


def test_empty_ladder_and_broken_forms_are_refused(client: Client) -> None:
    response = client.post(ADDRESS, typed({"days": "", "audience": [], "channels": []}))
    assert "at least one stage" in response.content.decode()
    assert client.post(ADDRESS, {"action": "preview"}).status_code == 200
    assert client.post(ADDRESS, typed({}, **{"form-TOTAL_FORMS": "9999"})).status_code == 200
    assert client.post(ADDRESS, typed({}, action="burn")).status_code == 400
    assert not Ladder.objects.exists()


@pytest.mark.parametrize("kind", ["weekly", "pigeon"])
def test_there_is_no_ladder_of_what_has_none(client: Client, kind: str) -> None:
    assert client.get(f"/reminders/ladders/{kind}/").status_code == 404
