"""The mail as a real server receives it: what it says, in whose language, and what a server may do to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from commands.models import Unit, User
from commands.roles import RoleCode
from tasks.models import Campaign, Period, Reminder, Report, Task
from tasks.services.leads import reassign
from tasks.services.reminders import plan_reminders
from tasks.services.sending import send_reminders
from tests import factories
from tests.sink import Sink, open_sink
from tests.stack import free_port

TODAY = dt.date(2026, 11, 23)


@pytest.fixture
def sink(settings: Any) -> Iterator[Sink]:
    """A mail server that takes everything, and the settings that lead to it."""
    with open_sink() as opened:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", opened.port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.DEFAULT_FROM_EMAIL = "罗湖攻坚行动 <luohu@luohu.example>"
        settings.SITE_URL = "https://luohu.example"
        yield opened


def plan_and_send() -> int:
    """Let the two jobs run now."""
    plan_reminders(now=timezone.now())
    return send_reminders(now=timezone.now())


def subject(letter: Any) -> str:
    """Return a mail's subject, without the space that folding a long one leaves before it."""
    return str(letter["Subject"]).strip()


def part(letter: Any, kind: str) -> str:
    """Return the text of a mail's plain or HTML part."""
    found = letter.get_body((kind,))
    assert found is not None
    return str(found.get_content())


# What it says


def test_mail_says_what_is_due_when_and_where(task: Task, report: Report, reporter: User, sink: Sink) -> None:
    plan_and_send()
    (letter,) = sink.to("reporter@luohu.example")
    assert str(letter["To"]) == "reporter@luohu.example"
    assert str(letter["From"]) == "罗湖攻坚行动 <luohu@luohu.example>"
    assert subject(letter) == "The report for November 2026 on “东门步行街改造” is due on 25 November, 18:00"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Message-ID"]
    assert letter["Date"]
    for kind in ("plain", "html"):
        text = part(letter, kind)
        assert task.code in text
        assert task.title in text
        assert "25 November, 18:00" in text
        assert f"https://luohu.example/reports/{report.pk}/" in text
        assert "Reporter" in text


def test_mail_reads_in_the_language_of_its_reader(
    report: Report, east: Unit, reporter: User, sink: Sink
) -> None:
    factories.user_with(RoleCode.REPORTER, unit=east, username="chinese", language="zh-hans")
    plan_and_send()
    (english,), (chinese,) = sink.to("reporter@luohu.example"), sink.to("chinese@luohu.example")
    assert str(chinese["Subject"]) != str(english["Subject"])
    assert "2026年11月" in str(chinese["Subject"])
    assert 'lang="zh' in part(chinese, "html")
    assert 'lang="en"' in part(english, "html")
    for kind in ("plain", "html"):
        text = part(chinese, kind).replace("Chinese", "")  # the reader's own name
        for word in ("Dear", "due", "report for", "Luohu Task Force", "to be done"):
            assert word not in text, word


def test_mail_never_carries_what_a_report_says(
    task: Task, period: Period, reporter: User, office: User, sink: Sink
) -> None:
    secret = "内部数据：征地补偿谈判底价"
    fields = {"progress": secret, "problems": secret, "next_steps": secret, "return_words": secret}
    factories.report(task=task, period=period, state="returned", by=reporter, reviewer=office, **fields)
    plan_and_send()
    (letter,) = sink.to("reporter@luohu.example")
    assert secret not in letter.as_string()
    assert secret not in part(letter, "plain") + part(letter, "html") + str(letter["Subject"])


@pytest.mark.parametrize(
    "title",
    [
        "改造\r\nBcc: everybody@luohu.example",
        "改造\nContent-Type: text/html\n\n<h1>",
        "改造\u2028Bcc: everybody@luohu.example",
        "改造\x0b\x0cX-Injected: 1",
    ],
)
def test_title_cannot_become_a_header(
    task: Task, report: Report, reporter: User, sink: Sink, title: str
) -> None:
    Task.objects.update(title=title)
    assert plan_and_send() == 2
    (letter,) = sink.to("reporter@luohu.example")
    assert letter["Bcc"] is None
    assert letter["X-Injected"] is None
    assert letter.get_content_type() == "multipart/alternative"
    assert sink.envelopes == [("luohu@luohu.example", ["reporter@luohu.example"])]
    assert len(str(letter["Subject"]).splitlines()) == 1


def test_title_cannot_become_markup(report: Report, reporter: User, sink: Sink) -> None:
    Task.objects.update(title='<img src=x onerror=alert(1)> & "改造" %(x)s {{ y }}')
    plan_and_send()
    (letter,) = sink.to("reporter@luohu.example")
    assert "<img" not in part(letter, "html")
    assert "&lt;img src=x onerror=alert(1)&gt; &amp; &quot;改造&quot; %(x)s {{ y }}" in part(letter, "html")
    assert '<img src=x onerror=alert(1)> & "改造" %(x)s {{ y }}' in part(letter, "plain")


def test_mail_loads_nothing_from_anywhere(report: Report, reporter: User, sink: Sink) -> None:
    plan_and_send()
    html = part(sink.letters[0], "html")
    for forbidden in ("<script", "<img", "<link", "style=", "url("):
        assert forbidden not in html


def test_person_gets_one_mail_with_everything_in_it(
    campaign: Campaign, period: Period, reporter: User, head: User, east: Unit, sink: Sink
) -> None:
    tasks = factories.many_tasks(12, campaign=campaign, unit=east, periods=[period])
    plan_and_send()
    (letter,) = sink.to("reporter@luohu.example")
    assert not sink.to("head@luohu.example")
    assert "11 more" in str(letter["Subject"])
    for kind in ("plain", "html"):
        text = part(letter, kind)
        assert all(text.count(task.code) == 1 for task in tasks)
    assert sink.envelopes == [
        ("luohu@luohu.example", ["reporter@luohu.example"])
    ]  # nobody sees another's address


def test_overdue_mail_says_that_it_is_overdue(
    report: Report, reporter: User, head: User, sink: Sink, clock: Any
) -> None:
    clock.move_to(factories.at(dt.date(2026, 11, 26)))
    plan_and_send()
    for person in ("reporter", "head"):
        (letter,) = sink.to(f"{person}@luohu.example")
        assert subject(letter).startswith("Overdue: ")
        assert "It was due on 25 November, 18:00." in part(letter, "plain")


def test_new_units_mail_asks_for_acknowledgement(
    campaign: Campaign, task: Task, other_reporter: User, south: Unit, administrator: User, sink: Sink
) -> None:
    reassign(subject=campaign, unit=south, starts_on=TODAY, reason="调整", with_tasks=True, by=administrator)
    plan_and_send()
    (letter,) = sink.to("other_reporter@luohu.example")
    text = part(letter, "plain")
    assert "Please acknowledge that your unit leads “东门步行街改造”" in text
    assert f"Please acknowledge that your unit leads “{campaign.name_en}”" in text
    assert f"https://luohu.example/tasks/{task.pk}/" in text


# What a server may do


def test_server_that_refuses_one_recipient_takes_the_others(
    report: Report, east: Unit, reporter: User, sink: Sink
) -> None:
    factories.user_with(RoleCode.REPORTER, unit=east, username="gone")
    factories.user_with(RoleCode.REPORTER, unit=east, username="stays")
    sink.refused["gone@luohu.example"] = "550 5.1.1 No such user"
    plan_and_send()
    assert len(sink.to("reporter@luohu.example")) == len(sink.to("stays@luohu.example")) == 1
    row = Reminder.objects.get(recipient__username="gone", channel="email", stage="D-3")
    assert row.state == "failed"
    assert "No such user" in row.outcome
    others = Reminder.objects.filter(channel="email", stage="D-3").exclude(pk=row.pk)
    assert set(others.values_list("state", "maybe_duplicate")) == {("sent", False)}


def test_server_that_greylists_gets_it_again(report: Report, reporter: User, sink: Sink, clock: Any) -> None:
    sink.refused["reporter@luohu.example"] = "451 4.7.1 Greylisted, try again later"
    plan_and_send()
    row = Reminder.objects.get(channel="email", stage="D-3")
    assert (row.state, row.attempts, row.maybe_duplicate) == ("planned", 1, False)
    sink.refused.clear()
    clock.shift(dt.timedelta(minutes=2))
    plan_and_send()
    row.refresh_from_db()
    assert (row.state, row.attempts, row.maybe_duplicate) == ("sent", 2, False)
    assert len(sink.letters) == 1


def test_server_that_breaks_off_after_the_message_gets_it_again_with_a_flag(
    report: Report, east: Unit, reporter: User, sink: Sink, clock: Any
) -> None:
    factories.user_with(RoleCode.REPORTER, unit=east, username="colleague")
    sink.breaks_after_data = 1
    plan_and_send()
    (first,) = Reminder.objects.filter(channel="email", stage="D-3", state="planned")
    assert first.maybe_duplicate
    assert Reminder.objects.filter(channel="email", stage="D-3", state="sent").count() == 1  # over a new line
    clock.shift(dt.timedelta(minutes=2))
    plan_and_send()
    first.refresh_from_db()
    assert (first.state, first.maybe_duplicate) == ("sent", True)
    assert len(sink.to(first.person.email)) == 2
    assert len(sink.letters) == 3


def test_server_that_is_down_gets_it_when_it_is_back(
    report: Report, reporter: User, sink: Sink, settings: Any, clock: Any
) -> None:
    settings.EMAIL_PORT = free_port()  # where nobody listens
    plan_and_send()
    row = Reminder.objects.get(channel="email", stage="D-3")
    assert (row.state, row.maybe_duplicate) == ("planned", False)
    assert "refused" in row.outcome
    settings.EMAIL_PORT = sink.port
    clock.shift(dt.timedelta(minutes=2))
    plan_and_send()
    row.refresh_from_db()
    assert row.state == "sent"
    assert len(sink.letters) == 1


def test_address_in_chinese_letters_reaches_or_fails_alone(
    report: Report, east: Unit, reporter: User, sink: Sink
) -> None:
    person = factories.user_with(RoleCode.REPORTER, unit=east, username="odd")
    User.objects.filter(pk=person.pk).update(email="科员@罗湖.example")
    plan_and_send()
    assert len(sink.to("reporter@luohu.example")) == 1
    row = Reminder.objects.get(recipient=person, channel="email", stage="D-3")
    assert row.state in {"sent", "failed"}
