"""The calendar feed: private, revocable, valid, and the same as long as the deadlines are."""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from commands.models import Event, Post, Unit, User
from luohu.logs import HideSecrets, hide_secrets
from tasks.models import CalendarFeed, Campaign, Period, Report, Task
from tasks.services.feeds import make_feed, revoke_feed
from tests import factories

ClientOf = Callable[[User], Client]


def fetch(token: str, **headers: str) -> Any:
    """Ask as a calendar program does: without a session."""
    return Client().get(f"/calendar/feed/{token}.ics", headers=headers)


def entries(user: User) -> dict[str, Any]:
    """Return the entries of a new feed of ``user`` by their UID without the site, read by the library's own parser."""
    answer = fetch(make_feed(by=user))
    assert answer.status_code == 200
    calendar = Calendar.from_ical(answer.content)
    assert isinstance(calendar, Calendar)
    assert not calendar.errors
    found = {str(event["UID"]).partition("@")[0]: event for event in calendar.events}
    assert len(found) == len(calendar.events)
    return found


@pytest.fixture
def token(report: Report, reporter: User) -> str:
    """The token of the reporter's feed, with one report due."""
    return make_feed(by=reporter)


def test_reporter_sees_report_milestone_handover_and_directive(
    task: Task, report: Report, reporter: User
) -> None:
    milestone = factories.milestone(task=task, due_on=dt.date(2026, 12, 18), title="竣工验收")
    lead = task.leads.get()
    task.leads.update(needs_acknowledgement=True, acknowledged_at=None)
    directive = factories.directive(task=task, text="保密的批示")
    found = entries(reporter)
    names = {f"report-{report.pk}", f"milestone-{milestone.pk}", f"lead-{lead.pk}"}
    assert set(found) == names | {f"directive-{directive.pk}"}
    assert "保密" not in "".join(event.to_ical().decode() for event in found.values())
    assert found[f"report-{report.pk}"]["URL"].endswith(f"/reports/{report.pk}/")
    assert found[f"milestone-{milestone.pk}"]["DTSTART"].dt == dt.date(2026, 12, 18)


def test_moments_are_right_in_shanghai(report: Report, reporter: User) -> None:
    (event,) = entries(reporter).values()
    due = event["DTSTART"].dt
    assert due.tzinfo is not None
    assert due.astimezone(ZoneInfo("Asia/Shanghai")).strftime("%Y-%m-%d %H:%M") == "2026-11-25 18:00"


def test_feed_reads_in_the_language_of_its_person(report: Report, reporter: User) -> None:
    (english,) = entries(reporter).values()
    assert "Report for November 2026" in english["SUMMARY"]
    User.objects.filter(pk=reporter.pk).update(language="zh-hans")
    (chinese,) = entries(User.objects.get(pk=reporter.pk)).values()
    assert "Report" not in chinese["SUMMARY"]
    assert "2026年11月" in chinese["SUMMARY"]


def test_what_is_done_leaves_the_calendar(report: Report, reporter: User, token: str) -> None:
    assert b"report-" in fetch(token).content
    Report.objects.update(state="exempt", exempt_reason="暂停")
    assert b"report-" not in fetch(token).content


def test_overseer_sees_the_period_and_key_milestones(task: Task, report: Report, leader: User) -> None:
    key = factories.milestone(task=task, due_on=dt.date(2026, 12, 18), is_key=True)
    factories.milestone(task=task, due_on=dt.date(2026, 12, 19), is_key=False)
    assert set(entries(leader)) == {f"period-{report.period_id}", f"milestone-{key.pk}"}


def test_units_see_only_their_own(report: Report, other_reporter: User) -> None:
    assert entries(other_reporter) == {}


def test_person_without_a_post_gets_an_empty_calendar(report: Report, stranger: User) -> None:
    assert entries(stranger) == {}


def test_posts_that_ended_show_nothing(report: Report, reporter: User, token: str) -> None:
    Post.objects.update(ends_on=dt.date(2026, 11, 20))
    assert b"VEVENT" not in fetch(token).content


@pytest.mark.parametrize("unknown", ["x", "a" * 43, "%00", "..", "é" * 20])
def test_unknown_address_is_not_found(db: None, unknown: str) -> None:
    assert fetch(unknown).status_code in {400, 404}


def test_disabled_person_is_not_found(reporter: User, token: str) -> None:
    User.objects.filter(pk=reporter.pk).update(is_active=False)
    assert fetch(token).status_code == 404


def test_new_address_and_revoking_take_the_old_one_out_of_use(reporter: User, token: str) -> None:
    newer = make_feed(by=reporter)
    assert (fetch(token).status_code, fetch(newer).status_code) == (404, 200)
    revoke_feed(by=reporter)
    revoke_feed(by=reporter)
    assert fetch(newer).status_code == 404
    actions = Event.objects.order_by("pk").values_list("action", flat=True)
    assert [action for action in actions if action.startswith("feed.")] == [
        "feed.make",
        "feed.renew",
        "feed.revoke",
    ]


def test_token_is_kept_nowhere(reporter: User, token: str) -> None:
    feed = CalendarFeed.objects.get()
    assert token not in str(vars(feed))
    assert not any(
        token in f"{event.before}{event.after}{event.subject_label}" for event in Event.objects.all()
    )


def test_unchanged_deadlines_are_not_sent_again(
    reporter: User, token: str, clock: Any, period: Period, task: Task
) -> None:
    first = fetch(token)
    clock.shift(dt.timedelta(hours=3))
    again = fetch(token, if_none_match=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    factories.milestone(task=task, due_on=dt.date(2026, 12, 18))
    changed = fetch(token, if_none_match=first["ETag"])
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]


def test_fetching_is_noted_and_begins_no_session(token: str) -> None:
    answer = fetch(token)
    assert not answer.cookies
    assert answer["Cache-Control"] == "private, no-cache"
    assert CalendarFeed.objects.get().used_at is not None


def test_feed_asks_the_same_number_of_queries_for_more_deadlines(
    campaign: Campaign, period: Period, reporter: User, east: Unit
) -> None:
    token = make_feed(by=reporter)
    fetch(token)  # which is noted once an hour
    counts = []
    for more in (3, 30):
        tasks = factories.many_tasks(more, campaign=campaign, unit=east, periods=[period])
        for task in tasks:
            factories.milestone(task=task, due_on=dt.date(2026, 12, 18))
        with CaptureQueriesContext(connection) as queries:
            assert fetch(token).content.count(b"BEGIN:VEVENT") >= 2 * more
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_page_shows_a_new_address_this_once(reporter: User, client_of: ClientOf) -> None:
    browser = client_of(reporter)
    page = browser.post("/account/calendar/", {"action": "make"})
    (path,) = re.findall(r"/calendar/feed/[\w-]+\.ics", page.content.decode())
    assert Client().get(path).status_code == 200
    assert "no-store" in page["Cache-Control"]
    assert path not in browser.get("/account/channels/").content.decode()
    browser.post("/account/calendar/", {"action": "revoke"})
    assert Client().get(path).status_code == 404
    assert browser.post("/account/calendar/", {"action": "no such thing"}).status_code == 400


# Logs


def test_no_log_holds_the_token(token: str) -> None:
    arguments = ("Not Found", f"/calendar/feed/{token}.ics")
    record = logging.LogRecord("django.request", logging.WARNING, "", 0, "%s: %s", arguments, None)
    assert HideSecrets().filter(record)
    assert record.getMessage() == "Not Found: /calendar/feed/…"
    handlers: Any = settings.LOGGING["handlers"]
    assert all("secrets" in handler["filters"] for handler in handlers.values())


def test_access_log_of_the_web_server_holds_no_token(token: str) -> None:
    line = f'127.0.0.1 - - [x] "GET /calendar/feed/{token}.ics?a=1 HTTP/1.1" 200'
    assert hide_secrets(line) == '127.0.0.1 - - [x] "GET /calendar/feed/…?a=1 HTTP/1.1" 200'
