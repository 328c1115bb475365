"""Proof: why somebody got a reminder, why somebody else did not, and sending one again by hand."""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from commands.models import Event, Unit, User
from commands.roles import RoleCode
from tasks.models import Reminder, Report, Task
from tasks.services.reminders import plan_reminders
from tasks.services.resending import resend_reminder
from tasks.services.sending import send_reminders
from tests import factories
from tests.tasks.stories import refuses

ClientOf = Callable[[User], Client]


@pytest.fixture
def client(office: User, client_of: ClientOf) -> Client:
    """The district office's browser."""
    return client_of(office)


def text_of(response: Any) -> str:
    """Return a page's source with entities resolved and spaces as one."""
    return " ".join(html.unescape(response.content.decode()).split())


def plan() -> None:
    """Plan now."""
    plan_reminders(now=timezone.now())


def send() -> int:
    """Send what is ready now."""
    return send_reminders(now=timezone.now())


def mailed(person: User) -> Reminder:
    """Return the person's reminder by mail that is due now."""
    return Reminder.objects.get(recipient=person, channel="email", stage="D-3")


def why(client: Client, person: User, task: Task) -> str:
    """Ask why, and return the answer."""
    return text_of(client.get("/reminders/why/", {"person": person.username, "task": task.code}))


# One reminder


def test_page_says_why_this_person_got_it_and_what_became_of_it(
    client: Client, report: Report, reporter: User
) -> None:
    plan()
    send()
    page = text_of(client.get(f"/reminders/{mailed(reporter).pk}/"))
    assert "Why did Reporter get this?" in page
    assert "File the report for November 2026. It falls due on 2026-11-25 18:00." in page
    assert "3 working days before, counted in working days" in page
    assert "on 2026-11-23, Reporter held: Reporter of Dongmen Sub-district." in page
    assert "1 attempt" in page
    inbox = Reminder.objects.get(recipient=reporter, channel="inbox", stage="D-3")
    assert f'href="/reminders/{inbox.pk}/"' in page


def test_page_says_who_is_told_in_place_of_a_vacant_post(
    client: Client, report: Report, office: User, clock: time_machine.Traveller
) -> None:
    plan()
    row = Reminder.objects.filter(recipient=office, channel="email").first()
    assert row is not None
    page = text_of(client.get(f"/reminders/{row.pk}/"))
    assert "Nobody held this post: Reporter." in page


def test_list_and_task_lead_to_each_reminder_and_to_the_question(
    client: Client, report: Report, reporter: User
) -> None:
    row = factories.reminder(report=report, recipient=reporter, state="sent", attempts=3)
    assert f'href="/reminders/{row.pk}/"' in text_of(client.get("/reminders/"))
    page = text_of(client.get(f"/tasks/{report.task_id}/"))
    assert f'href="/reminders/{row.pk}/"' in page
    assert "3 attempts" in page
    assert f'href="/reminders/why/?task={report.task.code}"' in page


# Why, or why not


def test_answer_shows_what_was_sent_and_what_waits_for_its_day(
    client: Client, report: Report, task: Task, reporter: User
) -> None:
    plan()
    send()
    page = why(client, reporter, task)
    assert f'href="/reminders/{mailed(reporter).pk}/"' in page
    assert "Not sent yet: the stage “1 working day before” is planned for 2026-11-24 08:30." in page


def test_answer_names_the_day_on_which_the_report_was_accepted(
    client: Client, task: Task, period: Any, reporter: User
) -> None:
    factories.report(task=task, period=period, state="accepted")
    assert "The report was accepted on 2026-11-" in why(client, reporter, task)


def test_answer_knows_who_comes_in_at_a_later_stage(
    client: Client, report: Report, task: Task, reporter: User, head: User
) -> None:
    assert "They are told from the stage “1 working day after” on, which is on 2026-11-26." in why(
        client, head, task
    )


def test_answer_knows_posts_that_have_nothing_to_do_with_it(
    client: Client, report: Report, task: Task, reporter: User, other_reporter: User, stranger: User
) -> None:
    page = why(client, other_reporter, task)
    assert "Other reporter holds today: Reporter of Nanhu Sub-district." in page
    assert "Stranger holds no post today." in why(client, stranger, task)


def test_answer_knows_who_came_after_their_stage(
    client_of: ClientOf,
    office: User,
    report: Report,
    task: Task,
    east: Unit,
    reporter: User,
    clock: time_machine.Traveller,
) -> None:
    clock.move_to(factories.at(dt.date(2026, 11, 27)))
    late = factories.user(username="late")
    factories.post(user=late, role=RoleCode.HEAD, unit=east, starts_on=dt.date(2026, 11, 27))
    page = why(client_of(office), late, task)
    assert "they hold their post only since 2026-11-27" in page
    assert "They are told from the stage “3 working days after” on" in page


def test_answer_says_that_quiet_hours_are_waited_for(
    client_of: ClientOf,
    office: User,
    report: Report,
    task: Task,
    reporter: User,
    clock: time_machine.Traveller,
) -> None:
    clock.move_to(factories.at(dt.date(2026, 11, 23), 22))
    factories.reminder(report=report, recipient=reporter, stage="D-3", planned_for=timezone.now())
    assert "nothing goes out at night or on days off" in why(client_of(office), reporter, task)


def test_answer_says_why_a_channel_failed_and_that_an_account_is_disabled(
    client: Client, report: Report, task: Task, reporter: User, other_reporter: User
) -> None:
    factories.reminder(report=report, recipient=reporter, state="failed", outcome="no_address")
    assert "The person has no e-mail address." in why(client, reporter, task)
    User.objects.filter(pk=other_reporter.pk).update(is_active=False)
    assert "The account is disabled." in why(client, other_reporter, task)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"person": "nobody", "task": "2026-1-01"}, "Nobody here has this name."),
        ({"person": "Twin", "task": "2026-1-01"}, "Several people have this name: enter the user name."),
        ({"person": "reporter", "task": "none such"}, "No task that you can see has this code or title."),
        ({"person": "", "task": "2026-1-01"}, "Say who."),
        ({"person": "reporter", "task": "x" * 300}, "at most 200 characters"),
    ],
)
def test_what_cannot_be_found_is_said_beside_its_field_and_kept(
    client: Client, task: Task, reporter: User, asked: dict[str, str], said: str
) -> None:
    for _n in range(2):
        factories.user(display_name="Twin")
    page = text_of(client.get("/reminders/why/", asked))
    assert said in page
    assert all(f'value="{typed}"' in page for typed in asked.values() if typed)


def test_reporter_asks_about_themselves_and_their_own_tasks_only(
    client_of: ClientOf, report: Report, task: Task, reporter: User, other_reporter: User
) -> None:
    plan()
    theirs = client_of(reporter)
    page = text_of(theirs.get("/reminders/why/", {"person": other_reporter.username, "task": task.code}))
    assert "Other reporter" not in page
    assert "planned for 2026-11-24 08:30" in page
    assert "No task that you can see" in why(client_of(other_reporter), other_reporter, task)


def test_answer_asks_the_same_number_of_queries_for_more_of_everything(
    client: Client, report: Report, task: Task, reporter: User
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            why(client, reporter, task)
        return len(captured)

    for _n in range(2):
        factories.milestone(task=task, due_on=dt.date(2026, 11, 24))
    plan()
    queries()
    few = queries()
    for _n in range(4):
        factories.milestone(task=task, due_on=dt.date(2026, 11, 24))
    plan()
    assert queries() == few


# Sending again


def test_office_sends_again_and_the_first_sending_stays_on_record(
    client: Client, report: Report, reporter: User, office: User, clock: time_machine.Traveller
) -> None:
    plan()
    send()
    row = mailed(reporter)
    assert len(mail.outbox) == 1
    clock.shift(dt.timedelta(minutes=5))
    page = text_of(client.post(f"/reminders/{row.pk}/resend/", follow=True))
    assert "It is sent once more" in page
    assert "Send once more" not in page  # it is on its way
    assert send() == 1
    assert len(mail.outbox) == 2
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("sent", 1)
    page = text_of(client.get(f"/reminders/{row.pk}/"))
    assert "Sent</b> 2026-11-23 09:05" in page
    assert "Sent</b> 2026-11-23 09:00" in page
    assert "sent again by hand by Office, 2026-11-23 09:05" in page
    event = Event.objects.get(action="reminder.resend")
    assert (event.actor, event.before["attempts"]) == (office, 1)


def test_what_was_given_up_can_be_sent_again(client: Client, report: Report, reporter: User) -> None:
    row = factories.reminder(
        report=report, recipient=reporter, stage="D-3", state="failed", attempts=6, outcome="given_up: 450"
    )
    client.post(f"/reminders/{row.pk}/resend/")
    send()
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("sent", 1)


@pytest.mark.parametrize(
    ("state", "changes", "code"),
    [
        ("planned", {}, "under_way"),
        ("sent", {"recipient": False}, "disabled"),
        ("sent", {"report": "exempt"}, "needless"),
    ],
)
def test_sending_again_is_refused_where_it_makes_no_sense(
    report: Report, reporter: User, office: User, state: str, changes: dict[str, Any], code: str
) -> None:
    row = factories.reminder(report=report, recipient=reporter, state=state)
    if "recipient" in changes:
        User.objects.filter(pk=reporter.pk).update(is_active=False)
    if "report" in changes:
        Report.objects.filter(pk=report.pk).update(state="exempt", exempt_reason="停工")
    with refuses(code):
        resend_reminder(reminder=row, now=timezone.now(), by=office)
    row.refresh_from_db()
    assert row.state == state
