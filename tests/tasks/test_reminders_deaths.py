"""Workers that die while they send, and workers that are only slow: nothing is lost, and every double is flagged."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from commands.models import Unit, User
from commands.roles import RoleCode
from tasks.digest import digest_mail
from tasks.models import Notification, Reminder, Report
from tasks.rules.reminders import MOST_DEATHS, RETRY_MINUTES
from tasks.services.reports import submit_report
from tests import factories
from tests.tasks import backends
from tests.tasks.posting import killed, mailed, plan, send, states, use
from tests.tasks.stories import current, typed


@pytest.fixture
def in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one message end before anything is done about the next."""
    monkeypatch.setattr("tasks.services.handing.ThreadPoolExecutor", backends.InTurn)


@pytest.fixture
def due(report: Report, reporter: User) -> list[Reminder]:
    """A reminder for the reporter's inbox and one by mail, both ready."""
    return [
        factories.reminder(report=report, recipient=reporter, channel=channel)
        for channel in ("inbox", "email")
    ]


def test_worker_killed_before_handing_over_has_certainly_not_sent(
    due: list[Reminder], settings: Any, clock: time_machine.Traveller
) -> None:
    killed(settings, backends.DiesBeforeHandingOver)
    row = Reminder.objects.get(channel="email")
    assert (row.state, row.handed_at) == ("sending", None)
    clock.shift(dt.timedelta(minutes=10))
    assert send() == 0  # perhaps it is only slow
    clock.shift(dt.timedelta(seconds=1))
    assert send() == 1
    row.refresh_from_db()
    assert (row.state, row.attempts, row.maybe_duplicate) == ("sent", 2, False)
    assert len(mail.outbox) == 1


def test_worker_killed_after_handing_over_may_have_sent(
    due: list[Reminder], settings: Any, clock: time_machine.Traveller
) -> None:
    killed(settings, backends.DiesAfterHandingOver)
    assert len(mail.outbox) == 1
    clock.shift(dt.timedelta(minutes=11))
    assert send() == 1
    row = Reminder.objects.get(channel="email")
    assert (row.state, row.maybe_duplicate) == ("sent", True)
    assert len(mail.outbox) == 2  # at least once: better twice than never
    assert states(channel="inbox") == {("sent", "delivered")}
    assert Notification.objects.count() == 1


def test_flag_of_a_perhaps_stays_after_a_second_death(
    due: list[Reminder], settings: Any, clock: time_machine.Traveller
) -> None:
    killed(settings, backends.DiesAfterHandingOver)
    clock.shift(dt.timedelta(minutes=11))
    killed(settings, backends.DiesBeforeHandingOver)
    row = Reminder.objects.get(channel="email")
    assert (row.maybe_duplicate, row.handed_at) == (True, None)


def test_mail_that_kills_every_worker_is_given_up(
    due: list[Reminder], settings: Any, clock: time_machine.Traveller
) -> None:
    for _death in range(MOST_DEATHS):
        killed(settings, backends.DiesAfterHandingOver)
        clock.shift(dt.timedelta(minutes=11))
    assert send() == 0
    row = Reminder.objects.get(channel="email")
    assert (row.state, row.attempts, row.maybe_duplicate) == ("failed", MOST_DEATHS, True)
    assert row.outcome.startswith("given_up: ")


def test_deaths_of_workers_use_up_no_attempt_of_a_server_that_says_not_now(
    due: list[Reminder], settings: Any, clock: time_machine.Traveller
) -> None:
    """However many workers ended before: the server's answers are counted, and waited after, as if it were the first."""
    for _death in range(MOST_DEATHS - 1):
        killed(settings, backends.DiesBeforeHandingOver)
        clock.shift(dt.timedelta(minutes=11))
    use(settings, backends.Says)
    backends.Says.code = 450
    waits = []
    for _answer in RETRY_MINUTES:
        send()
        row = Reminder.objects.get(channel="email")
        assert row.state == "planned"
        waits.append((row.planned_for - timezone.now()).total_seconds() / 60)
        clock.move_to(row.planned_for)
    assert [0.8 * n <= wait <= 1.2 * n for wait, n in zip(waits, RETRY_MINUTES, strict=True)] == [True] * 5
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert send() == 1
    row.refresh_from_db()
    assert (row.state, row.attempts, row.deaths) == ("sent", MOST_DEATHS + 5, MOST_DEATHS - 1)


@pytest.mark.usefixtures("in_turn")
def test_mail_that_only_stood_behind_loses_no_attempt_and_goes_first_the_next_time(
    report: Report, east: Unit, settings: Any, clock: time_machine.Traveller
) -> None:
    """However many workers end: each takes one mail further, and the one it had in hand is tried again last."""
    people = [factories.user_with(RoleCode.REPORTER, unit=east).email for _n in range(9)]
    plan()
    for _death in range(9):
        killed(settings, backends.DiesAfterHandingOver)
        clock.shift(dt.timedelta(minutes=11))
    assert mailed() == people
    assert send() == 9
    rows = Reminder.objects.filter(channel="email", stage="D-3")
    assert set(rows.values_list("state", "attempts", "maybe_duplicate")) == {("sent", 2, True)}


def test_mail_that_kills_whoever_writes_it_drags_nobody_elses_down(
    report: Report, east: Unit, monkeypatch: pytest.MonkeyPatch, clock: time_machine.Traveller
) -> None:
    """The one before it is in hand meanwhile, and is blamed once; after that each is tried by itself."""
    before, deadly = (factories.user_with(RoleCode.REPORTER, unit=east) for _n in range(2))
    plan()

    def write_or_die(recipient: User, rows: Any) -> Any:
        if recipient == deadly:
            raise backends.Killed
        return digest_mail(recipient, rows)

    monkeypatch.setattr("tasks.channels.email.digest_mail", write_or_die)
    for _death in range(MOST_DEATHS + 1):
        with pytest.raises(backends.Killed):
            send()
        clock.shift(dt.timedelta(minutes=11))
    send()
    rows = Reminder.objects.filter(channel="email", stage="D-3")
    about_before = rows.filter(recipient=before).values_list("state", "deaths", "maybe_duplicate")
    assert set(about_before) == {("sent", 1, True)}
    assert set(rows.filter(recipient=deadly).values_list("state", "deaths")) == {("failed", MOST_DEATHS)}
    assert mailed() == [before.email] * 2  # it was on its way when the worker ended


def test_death_leaves_three_messages_in_doubt_at_most(
    report: Report, east: Unit, settings: Any, clock: time_machine.Traveller
) -> None:
    """The one on its way, the one before, not recorded yet, and the one after, which was to go at once."""
    for _n in range(9):
        factories.user_with(RoleCode.REPORTER, unit=east)
    plan()
    killed(settings, backends.DiesAfterHandingOver)
    clock.shift(dt.timedelta(minutes=11))
    send()
    rows = Reminder.objects.filter(channel="email", stage="D-3")
    doubtful = rows.filter(maybe_duplicate=True)
    assert set(rows.values_list("state", flat=True)) == {"sent"}
    assert 1 <= doubtful.count() <= 3
    assert set(doubtful.values_list("attempts", "deaths")) == {(2, 1)}
    assert set(rows.filter(maybe_duplicate=False).values_list("attempts", "deaths")) == {(1, 0)}
    twice = {to for to in mailed() if mailed().count(to) > 1}
    assert twice <= {row.person.email for row in doubtful}


def test_time_after_which_a_worker_is_taken_for_dead_is_a_setting(
    due: list[Reminder], settings: Any, clock: time_machine.Traveller
) -> None:
    killed(settings, backends.DiesBeforeHandingOver)
    settings.REMINDER_STUCK_MINUTES = 0.5
    clock.shift(dt.timedelta(seconds=31))
    assert send() == 1


def test_report_filed_after_the_death_is_not_chased(
    report: Report, reporter: User, due: list[Reminder], settings: Any, clock: time_machine.Traveller
) -> None:
    killed(settings, backends.DiesBeforeHandingOver)
    submit_report(report=current(report), content=typed(), version=1, by=reporter)
    clock.shift(dt.timedelta(minutes=11))
    assert send() == 0
    assert states(channel="email") == {("cancelled", "filed")}


@pytest.mark.usefixtures("in_turn")
def test_worker_taken_for_dead_sends_no_more_of_what_another_has_taken_over(
    report: Report, reporter: User, east: Unit, settings: Any, clock: time_machine.Traveller
) -> None:
    """The first message takes eleven minutes; in between another worker sends the rest."""
    factories.user_with(RoleCode.REPORTER, unit=east, username="colleague")
    plan()
    use(settings, backends.Slow)

    def eleven_minutes_pass() -> None:
        clock.shift(dt.timedelta(minutes=11))
        send()

    backends.Slow.meanwhile = eleven_minutes_pass
    send()
    counted = {to: mailed().count(to) for to in set(mailed())}
    assert counted == {"reporter@luohu.example": 2, "colleague@luohu.example": 1}
    flagged = Reminder.objects.filter(maybe_duplicate=True).values_list("recipient__username", flat=True)
    assert set(flagged) == {"reporter"}
    assert states(stage="D-3") == {("sent", "delivered")}


@pytest.mark.usefixtures("in_turn")
def test_slow_worker_keeps_what_it_has_claimed_while_it_gets_on(
    report: Report, east: Unit, settings: Any, clock: time_machine.Traveller
) -> None:
    """Each message takes nine minutes: the last waits longer than a dead worker's would, and nobody takes it over."""
    for _n in range(3):
        factories.user_with(RoleCode.REPORTER, unit=east)
    plan()
    use(settings, backends.Slow)
    taken_over = []

    def nine_minutes_pass() -> None:
        clock.shift(dt.timedelta(minutes=9))
        taken_over.append(send())
        backends.Slow.meanwhile = nine_minutes_pass

    backends.Slow.meanwhile = nine_minutes_pass
    send()
    backends.Slow.meanwhile = None
    rows = Reminder.objects.filter(channel="email", stage="D-3")
    assert (len(mailed()), taken_over) == (len(rows), [0] * len(rows))
    assert set(rows.values_list("state", "attempts", "deaths", "maybe_duplicate")) == {("sent", 1, 0, False)}


@pytest.mark.usefixtures("in_turn")
def test_slow_worker_that_fails_writes_nothing_over_anothers_success(
    due: list[Reminder], settings: Any, clock: time_machine.Traveller
) -> None:
    use(settings, backends.Slow)

    def another_sends_and_the_line_breaks() -> None:
        clock.shift(dt.timedelta(minutes=11))
        send()
        raise ConnectionResetError(104, "Connection reset by peer")

    backends.Slow.meanwhile = another_sends_and_the_line_breaks
    send()
    assert states() == {("sent", "delivered")}


def test_line_that_breaks_after_the_message_was_handed_over_is_a_perhaps(
    due: list[Reminder], settings: Any, clock: time_machine.Traveller
) -> None:
    use(settings, backends.Slow)

    def the_line_breaks() -> None:
        raise ConnectionResetError(104, "Connection reset by peer")

    backends.Slow.meanwhile = the_line_breaks
    send()
    clock.shift(dt.timedelta(minutes=2))
    send()
    row = Reminder.objects.get(channel="email")
    assert (row.state, row.maybe_duplicate, len(mail.outbox)) == ("sent", True, 2)


@pytest.mark.usefixtures("in_turn")
def test_everybody_elses_reminders_outlive_a_death(
    report: Report, east: Unit, reporter: User, settings: Any, clock: time_machine.Traveller
) -> None:
    for _n in range(10):
        factories.user_with(RoleCode.REPORTER, unit=east)
    plan()
    killed(settings, backends.DiesAfterHandingOver)
    clock.shift(dt.timedelta(minutes=11))
    send()
    assert set(Reminder.objects.filter(stage="D-3").values_list("state", flat=True)) == {"sent"}
    assert Reminder.objects.filter(maybe_duplicate=True).count() == 1
    assert len(mailed()) == 12
