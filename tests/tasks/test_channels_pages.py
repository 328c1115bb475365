"""The pages of channels: an address once kept is never shown again, and one that leads inside is not kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from commands.models import Event, Headquarters, Unit, User
from tasks.channels import unsubscribing
from tasks.models import ChannelChoice, Robot
from tests import factories

ClientOf = Callable[[User], Client]
WECOM = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
PAGE, OWN = "/channels/", "/account/channels/"


@pytest.fixture
def keeper(administrator: User, client_of: ClientOf) -> Client:
    """The administrator's browser."""
    return client_of(administrator)


@pytest.fixture
def mine(reporter: User, client_of: ClientOf) -> Client:
    """The reporter's browser."""
    return client_of(reporter)


def text_of(answer: Any) -> str:
    """Return a page."""
    return str(answer.content.decode())


def test_robot_is_set_up_and_its_address_shown_masked_ever_after(keeper: Client, east: Unit) -> None:
    data = {"kind": "wecom", "name": "东门群", "address": f" {WECOM} ", "unit": east.pk}
    page = text_of(keeper.post(PAGE, data, follow=True))
    robot = Robot.objects.get()
    assert (robot.address, robot.unit, robot.is_active) == (WECOM, east, True)
    assert "qyapi.weixin.qq.com/…5aaa" in page
    assert "693a91f6" not in page + str(Event.objects.values_list("before", "after", "subject_label"))


@pytest.mark.parametrize(
    ("kind", "address", "words"),
    [
        ("wecom", "https://example.com/hook", "not the address of a WeCom group robot"),
        ("dingtalk", WECOM, "not the address of a DingTalk group robot"),
        ("feishu", "", "Enter the robot"),
        ("webhook", "https://10.0.0.7/hook", "Only an https address outside this network"),
        ("webhook", "http://example.com/hook", "Only an https address outside this network"),
        ("webhook", "不是地址", "Only an https address outside this network"),
        ("webhook", "https://[::1", "Only an https address outside this network"),
        ("webhook", "https://x.example/" + "a" * 500, "at most 500 characters"),
        ("telegram", "https://example.com", "not one of the available choices"),
    ],
)
def test_bad_address_is_refused_beside_the_field_and_nothing_kept(
    keeper: Client, kind: str, address: str, words: str
) -> None:
    answer = keeper.post(PAGE, {"kind": kind, "name": "督查群", "address": address})
    page = text_of(answer)
    assert answer.status_code == 200
    assert words in page
    assert "督查群" in page  # what was typed is kept
    assert not Robot.objects.exists()


def test_robot_belongs_to_one_place(keeper: Client, east: Unit, headquarters: Headquarters) -> None:
    data = {"kind": "log", "name": "群", "unit": east.pk, "headquarters": headquarters.pk}
    assert "for the district neither" in text_of(keeper.post(PAGE, data))
    assert not Robot.objects.exists()


def test_robot_is_tried_and_taken_out_of_use_and_into_use(keeper: Client) -> None:
    robot = factories.robot()
    assert "The test message was taken." in text_of(
        keeper.post(f"{PAGE}{robot.pk}/", {"action": "try"}, follow=True)
    )
    for action, state in (("disable", False), ("disable", False), ("enable", True)):
        keeper.post(f"{PAGE}{robot.pk}/", {"action": action})
        robot.refresh_from_db()
        assert robot.is_active is state
    actions = list(Event.objects.order_by("pk").values_list("action", flat=True))
    assert actions == ["robot.try", "robot.disable", "robot.enable"]
    assert keeper.post(f"{PAGE}{robot.pk}/", {"action": "explode"}).status_code == 400


def test_trial_that_fails_says_why_and_not_where(keeper: Client) -> None:
    robot = factories.robot(kind="webhook", address="https://127.0.0.1/topsecret")
    page = text_of(keeper.post(f"{PAGE}{robot.pk}/", {"action": "try"}, follow=True))
    assert "The test failed." in page
    assert "a private address" in page
    assert "topsecret" not in page


def test_own_app_is_nobody_elses_to_see_or_use(
    mine: Client, keeper: Client, reporter: User, head: User, client_of: ClientOf
) -> None:
    app = factories.robot(kind="webhook", name="mine", owner=reporter, address="https://x.example/topsecret")
    assert "mine" in text_of(mine.get(OWN))
    assert "topsecret" not in text_of(mine.get(OWN))
    assert "x.example" not in text_of(keeper.get(PAGE))
    for address, browser in ((f"{PAGE}{app.pk}/", keeper), (f"{OWN}{app.pk}/", client_of(head))):
        assert browser.post(address, {"action": "disable"}).status_code == 404
    mine.post(f"{OWN}{app.pk}/", {"action": "disable"})
    app.refresh_from_db()
    assert not app.is_active


def test_sixth_app_is_one_too_many(mine: Client, reporter: User) -> None:
    for _n in range(5):
        factories.robot(owner=reporter)
    page = text_of(mine.post(OWN, {"action": "add", "kind": "wecom", "name": "six", "address": WECOM}))
    assert "More than 5 apps are too many." in page
    assert Robot.objects.count() == 5


def test_log_is_for_groups_only(mine: Client) -> None:
    assert "available choices" in text_of(mine.post(OWN, {"action": "add", "kind": "log", "name": "x"}))


def test_choice_is_kept_and_told_once(mine: Client, reporter: User) -> None:
    for _click in range(2):
        mine.post(OWN, {"action": "choose", "weekly_digest": "on"})
    choice = ChannelChoice.objects.get()
    assert (choice.user, choice.email, choice.weekly_digest) == (reporter, False, True)
    event = Event.objects.get()
    assert (event.action, event.before, event.after) == (
        "user.choose_channels",
        {"by_email": True},
        {"by_email": False},
    )
    assert "always on" in text_of(mine.get(OWN))


def test_test_mail_goes_to_oneself(mine: Client, reporter: User) -> None:
    assert "The test message was taken." in text_of(mine.post(OWN, {"action": "try_email"}, follow=True))
    (message,) = mail.outbox
    assert message.to == [reporter.email]
    User.objects.update(email="")
    assert "no e-mail address" in text_of(mine.post(OWN, {"action": "try_email"}, follow=True))
    assert len(mail.outbox) == 1


def test_weekly_digest_is_refused_by_one_click_of_the_mail_program(reporter: User) -> None:
    headers = unsubscribing.unsubscribe_headers(reporter)
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = "/" + headers["List-Unsubscribe"].strip("<>").split("/", 3)[3]
    program = Client(enforce_csrf_checks=True)
    assert program.get(path).status_code == 200
    assert not ChannelChoice.objects.exists()  # a scanner that follows links refuses nothing
    assert program.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    choice = ChannelChoice.objects.get()
    assert (choice.user, choice.email, choice.weekly_digest) == (reporter, True, False)


@pytest.mark.parametrize("token", ["x", "1:abc:def", "é", "%00"])
def test_forged_refusal_is_not_found(db: None, token: str) -> None:
    assert Client().post(f"/digest/refuse/{token}/").status_code in {400, 404}
