"""Robots and apps against a real web server: what leaves the house, what a server may do, and what is next."""

from __future__ import annotations

import datetime as dt
import socket
from collections.abc import Iterator
from email.utils import format_datetime
from typing import Any

import pytest
from apprise.plugins import dingtalk, feishu, wecombot
from django.core import mail
from django.utils import timezone

from commands.models import Unit, User
from tasks.channels import outgoing
from tasks.channels.carrier import Fault, Refusal
from tasks.models import Notification, Period, Reminder, Report, Robot, Task
from tasks.rules.channels import channels_for, is_public, next_channel
from tasks.services.reminders import plan_reminders
from tasks.services.sending import send_reminders
from tests import factories
from tests.httpsink import HttpSink, open_http_sink
from tests.stack import free_port


@pytest.fixture
def sink(settings: Any) -> Iterator[HttpSink]:
    """A server in the part of a robot's, on this machine, where robots are allowed for the test."""
    settings.ROBOTS_ON_THIS_MACHINE = True
    settings.SITE_URL = "https://luohu.example"
    with open_http_sink() as opened:
        yield opened


@pytest.fixture
def group(east: Unit, sink: HttpSink) -> Robot:
    """The webhook of east's group."""
    return factories.robot(kind="webhook", name="东门群", unit=east, address=f"{sink.url}/hook/topsecret")


@pytest.fixture
def app(reporter: User, sink: HttpSink) -> Robot:
    """The reporter's own webhook."""
    return factories.robot(kind="webhook", name="mine", owner=reporter, address=f"{sink.url}/own/topsecret")


def run() -> int:
    """Let the two jobs run now."""
    plan_reminders(now=timezone.now())
    return send_reminders(now=timezone.now())


def row(channel: str) -> Reminder:
    """Return the reminder of today's stage by a channel."""
    return Reminder.objects.get(channel=channel, stage="D-3")


# What leaves the house


def test_group_is_told_code_title_deadline_and_link(
    task: Task, report: Report, reporter: User, group: Robot, sink: HttpSink
) -> None:
    run()
    (body,) = sink.sent()
    assert body["items"] == [
        {
            "code": task.code,
            "title": "“东门步行街改造”2026年11月月报请于11月25日 18:00前报送",
            "due": "2026-11-25T18:00:00+08:00",
            "link": f"https://luohu.example/reports/{report.pk}/",
        }
    ]
    assert body["text"].startswith("罗湖攻坚")
    assert (row("group").state, row("group").recipient, row("group").robot) == ("sent", None, group)
    group.refresh_from_db()
    assert (group.outcome, group.used_at) == ("delivered", timezone.now())


SECRET = "内部数据：征地补偿谈判底价"


@pytest.mark.parametrize("kind", ["webhook", "wecom", "dingtalk", "feishu"])
def test_no_payload_carries_what_a_report_says(
    task: Task,
    period: Period,
    reporter: User,
    office: User,
    east: Unit,
    sink: HttpSink,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    services_on(sink, monkeypatch)
    fields = {"progress": SECRET, "problems": SECRET, "next_steps": SECRET, "return_words": SECRET}
    factories.report(task=task, period=period, state="returned", by=reporter, reviewer=office, **fields)
    factories.robot(kind=kind, unit=east, address=ADDRESSES.get(kind, f"{sink.url}/hook"))
    run()
    assert sink.bodies
    for body in sink.sent():
        assert SECRET not in str(body)
        assert task.title in str(body)


ADDRESSES = {
    "wecom": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4",
    "dingtalk": "https://oapi.dingtalk.com/robot/send?access_token=abcdef0123456789",
    "feishu": "https://open.feishu.cn/open-apis/bot/v2/hook/d1f2-abc-0123",
}


def services_on(sink: HttpSink, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the library's plugins find their services on the test's server."""
    monkeypatch.setattr(wecombot.NotifyWeComBot, "notify_url", f"{sink.url}/wecom?key={{key}}")
    monkeypatch.setattr(dingtalk.NotifyDingTalk, "notify_url", f"{sink.url}/ding?access_token={{token}}")
    monkeypatch.setattr(feishu.NotifyFeishu, "notify_url", f"{sink.url}/feishu/{{token}}/")


@pytest.mark.parametrize(
    ("kind", "field"), [("wecom", "errcode"), ("dingtalk", "errcode"), ("feishu", "code")]
)
def test_service_that_says_no_within_a_200_has_not_taken_it(
    report: Report,
    reporter: User,
    east: Unit,
    sink: HttpSink,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    field: str,
) -> None:
    services_on(sink, monkeypatch)
    factories.robot(
        kind=kind, unit=east, address=ADDRESSES[kind], secret="SECabc" if kind == "dingtalk" else ""
    )
    sink.answer = {field: 93000, "errmsg": "invalid webhook url"}
    run()
    assert (row("group").state, row("group").outcome) == ("failed", "declined: code 93000")
    if kind == "dingtalk":
        assert "&sign=" in sink.paths[0]
        assert "%25" not in sink.paths[0]


# What a server may do


def test_server_in_trouble_gets_it_again(
    report: Report, reporter: User, group: Robot, sink: HttpSink, clock: Any
) -> None:
    sink.status = 500
    run()
    assert (row("group").state, row("group").outcome) == ("planned", "retrying: HTTP 500")
    sink.status = 200
    clock.shift(dt.timedelta(minutes=2))
    run()
    assert (row("group").state, row("group").attempts) == ("sent", 2)


@pytest.mark.parametrize("spoken", ["seconds", "moment"])
def test_server_that_is_too_busy_is_left_alone_as_long_as_it_asks(
    report: Report, reporter: User, group: Robot, sink: HttpSink, spoken: str
) -> None:
    wait = dt.timedelta(seconds=1800)
    moment = format_datetime((timezone.now() + wait).astimezone(dt.UTC), usegmt=True)
    sink.status, sink.headers = 429, {"Retry-After": "1800" if spoken == "seconds" else moment}
    run()
    assert row("group").planned_for - timezone.now() == wait


def test_redirect_is_refused_and_not_followed(
    report: Report, reporter: User, group: Robot, sink: HttpSink
) -> None:
    with open_http_sink() as inside:
        sink.status, sink.headers = 307, {"Location": f"{inside.url}/admin"}
        run()
        assert not inside.paths
    assert (row("group").state, row("group").outcome) == ("failed", "declined: HTTP 307, a redirect")


def test_slow_server_times_out_and_holds_up_no_mail(
    report: Report, reporter: User, group: Robot, app: Robot, sink: HttpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outgoing, "PATIENCE", 0.2)
    sink.silent = 1.0
    run()
    assert (row("group").state, row("group").outcome) == ("planned", "retrying: no answer in time")
    assert row("group").maybe_duplicate  # it may have taken it before it fell silent
    assert (row("email").state, row("inbox").state) == ("sent", "sent")
    assert len(mail.outbox) == 1


def test_answer_that_drips_for_ever_is_cut(sink: HttpSink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "DEADLINE", 0.4)
    sink.drips = 0.05
    with pytest.raises(Fault):
        outgoing.post(sink.url, data=b"{}", headers={})


def test_server_away_was_certainly_not_told(
    report: Report, reporter: User, group: Robot, sink: HttpSink
) -> None:
    Robot.objects.update(address=f"http://127.0.0.1:{free_port()}/")
    run()
    assert (row("group").state, row("group").maybe_duplicate) == ("planned", False)
    assert "refused" in row("group").outcome


def test_no_outcome_and_no_log_holds_an_address(
    report: Report, reporter: User, group: Robot, app: Robot, sink: HttpSink, caplog: pytest.LogCaptureFixture
) -> None:
    sink.status = 404
    run()
    outcomes = "".join(Reminder.objects.values_list("outcome", flat=True))
    assert "HTTP 404" in outcomes
    assert "topsecret" not in outcomes + caplog.text + "".join(
        Robot.objects.values_list("outcome", flat=True)
    )


# Where robots must not lead


@pytest.mark.parametrize(
    "address",
    [
        "http://203.0.113.9/hook",  # not https
        "https://127.0.0.1/",
        "https://10.0.0.7/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.7]/",
        "https://2130706433/",  # 127.0.0.1 as one number
        "https://user:password@example.com/",
        "ftp://example.com/",
        "https://",
        "https://exa mple/",
        "https://[::1/",
        "https://" + "a" * 300 + "/",
    ],
)
def test_address_that_leads_into_the_house_is_refused(address: str) -> None:
    with pytest.raises(Fault):
        outgoing.check_address(address)


def test_name_is_judged_by_every_address_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    def answers(*addresses: str) -> None:
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)

    answers("8.8.8.8")
    assert outgoing.check_address("https://hook.example/x") == "8.8.8.8"
    answers("8.8.8.8", "10.0.0.7")
    with pytest.raises(Refusal):
        outgoing.check_address("https://hook.example/x")


def test_address_that_turned_private_after_it_was_kept_is_refused_when_sending(
    report: Report, reporter: User, group: Robot, sink: HttpSink, settings: Any
) -> None:
    settings.ROBOTS_ON_THIS_MACHINE = False
    Robot.objects.update(address="https://127.0.0.1/hook")
    run()
    assert (row("group").state, row("group").outcome) == ("failed", "unsafe: a private address")
    assert not sink.paths


def test_disguises_of_private_addresses_are_seen_through() -> None:
    private = [
        "0.0.0.0",  # noqa: S104
        "100.64.0.1",
        "172.16.0.1",
        "224.0.0.1",
        "fe80::1%eth0",
        "fc00::1",
        "64:ff9b::a00:7",
    ]
    assert not any(map(is_public, private))
    assert all(map(is_public, ["8.8.8.8", "2400:3200::1", "64:ff9b::808:808"]))


# Which channel is next


def test_choice_keeps_duties_and_drops_channels() -> None:
    asked = ("inbox", "email", "app", "group")
    assert channels_for(asked, email=True, app=False) == ("inbox", "email")
    assert channels_for(asked, email=False, app=True) == ("inbox", "app")
    assert channels_for(("email", "app"), email=False, app=False) == ("inbox",)
    assert channels_for(("group",), email=True, app=True) == ()
    assert next_channel("email", present={"inbox", "email"}, able={"inbox", "app"}) == "app"
    assert next_channel("app", present={"inbox", "app", "email"}, able={"inbox", "email"}) is None


def test_person_who_wants_no_mail_gets_none(report: Report, reporter: User) -> None:
    factories.channel_choice(user=reporter, email=False)
    run()
    assert not mail.outbox
    assert set(Reminder.objects.values_list("channel", flat=True)) == {"inbox"}
    assert Notification.objects.count() == 1


def test_mail_that_is_turned_off_after_planning_is_not_sent(report: Report, reporter: User) -> None:
    plan_reminders(now=timezone.now())
    factories.channel_choice(user=reporter, email=False)
    run()
    assert not mail.outbox
    assert (row("email").state, row("email").outcome) == ("cancelled", "channel")


def test_mail_without_an_address_falls_back_to_the_app(
    report: Report, reporter: User, app: Robot, sink: HttpSink
) -> None:
    """The app had been set up after planning, and the address taken away."""
    Robot.objects.update(is_active=False)
    plan_reminders(now=timezone.now())
    Robot.objects.update(is_active=True)
    User.objects.filter(pk=reporter.pk).update(email="")
    send_reminders(now=timezone.now())
    assert (row("email").state, row("email").outcome) == ("failed", "no_address")
    fallback = row("app")
    assert (fallback.state, fallback.fallback_of) == ("sent", row("email"))
    assert len(sink.bodies) == 1
    run()
    assert len(sink.bodies) == 1


def test_app_that_refuses_falls_back_to_mail_and_planning_leaves_it(
    report: Report, reporter: User, app: Robot, sink: HttpSink
) -> None:
    plan_reminders(now=timezone.now())
    Reminder.objects.filter(channel="email").delete()
    sink.status = 410
    send_reminders(now=timezone.now())
    assert (row("app").state, row("app").outcome) == ("failed", "declined: HTTP 410")
    assert (row("email").state, row("email").fallback_of) == ("sent", row("app"))
    assert len(mail.outbox) == 1


def test_of_two_apps_the_first_that_takes_it_gets_it(
    report: Report, reporter: User, app: Robot, sink: HttpSink
) -> None:
    factories.robot(
        kind="webhook", name="a broken one", owner=reporter, address=f"http://127.0.0.1:{free_port()}/"
    )
    run()
    assert len(sink.bodies) == 1
    assert row("app").state == "sent"


def test_robot_out_of_use_is_told_nothing(
    report: Report, reporter: User, group: Robot, sink: HttpSink
) -> None:
    plan_reminders(now=timezone.now())
    Robot.objects.update(is_active=False)
    send_reminders(now=timezone.now())
    assert not sink.bodies
    assert (row("group").state, row("group").outcome) == ("cancelled", "disabled")


def test_groups_wait_for_working_hours_too(
    report: Report, reporter: User, group: Robot, sink: HttpSink, clock: Any
) -> None:
    plan_reminders(now=timezone.now())
    clock.move_to(factories.at(dt.date(2026, 11, 23), 21, 30))
    assert send_reminders(now=timezone.now()) == 0
    assert not sink.bodies
