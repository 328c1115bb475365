"""Robots: of groups, and a person's own apps. What each kind speaks stands in ``SPEAKERS``."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence

from django.conf import settings

from tasks.channels import named, outgoing
from tasks.channels.carrier import Fault, Handover, Refusal
from tasks.channels.messages import Message, message_of
from tasks.errands import Errand
from tasks.models import Robot, RobotKind

logger = logging.getLogger(__name__)


def _to_webhook(robot: Robot, message: Message) -> None:
    body = json.dumps(message.data(), ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "luohu-task-force"}
    outgoing.post(robot.address, data=body, headers=headers)


def _to_log(robot: Robot, message: Message) -> None:
    logger.info("%s: %s", robot, message.text(4_000).replace("\n", " | "))


SPEAKERS: dict[str, Callable[[Robot, Message], None]] = {
    RobotKind.WECOM: named.speak,
    RobotKind.DINGTALK: named.speak,
    RobotKind.FEISHU: named.speak,
    RobotKind.WEBHOOK: _to_webhook,
    RobotKind.LOG: _to_log,
}


def say(robot: Robot, message: Message) -> None:
    """Hand a message to one robot; raises Fault, also where its address was sealed with a key that is missing here."""
    if robot.is_unreadable:
        raise Fault("unreadable")  # not for good: the key may be given back
    SPEAKERS[robot.kind](robot, message)


def check_robot(robot: Robot) -> None:
    """Raise Refusal where a robot's address is not one of its kind or leads into the house, before it is kept."""
    if robot.kind in named.SERVICES:
        named.key_of(robot)
    elif robot.kind == RobotKind.WEBHOOK:
        outgoing.check_address(robot.address)


class Robots:
    """Carries messages to a group's robot, or to the first of a person's own apps that takes them."""

    side_by_side = 8  # each is another server, and one that is slow must hold up nobody

    def __init__(self) -> None:
        self.robots: dict[int, str] = {}

    def open(self) -> None:
        """Nothing: each robot is another line."""

    def close(self) -> None:
        """Nothing: each line was closed."""

    def write(self, rows: Sequence[Errand]) -> Handover:
        """Write one addressee's message: a group's in Chinese, a person's in their own language."""
        first = rows[0]
        if isinstance(first.addressee, Robot):
            robots, language = [first.addressee], settings.LANGUAGE_CODE
        else:
            robots = [robot for robot in first.person.robots.all() if robot.is_active]
            language = first.person.language
        if not robots:
            raise Refusal("", code="no_app")
        message = message_of(rows, language)
        return lambda: self._carry(robots, message)

    def _carry(self, robots: list[Robot], message: Message) -> None:
        faults = []
        for robot in robots:
            try:
                say(robot, message)
            except Fault as fault:
                self.robots[robot.pk] = f"failed: {fault}"
                faults.append(fault)
            else:
                self.robots[robot.pk] = "delivered"
                return
        # Where one of them may do later, it is worth waiting for.
        raise next((fault for fault in faults if not isinstance(fault, Refusal)), faults[-1])
