"""Setting up robots, choosing channels, and trying whether they work."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from commands.models import Headquarters, Unit, User
from commands.services.events import record_event
from commands.services.refusals import Refused
from tasks.channels.carrier import Fault
from tasks.channels.email import answer_of
from tasks.channels.messages import trial_message
from tasks.channels.robots import check_robot, say
from tasks.models import ChannelChoice, Robot, RobotKind

logger = logging.getLogger(__name__)

MOST_OWN = 5
"""How many apps one person may have in use; of one message they are tried in turn."""


def add_robot(
    *,
    kind: str,
    name: str,
    address: str = "",
    secret: str = "",
    unit: Unit | None = None,
    headquarters: Headquarters | None = None,
    owner: User | None = None,
    by: User,
) -> Robot:
    """Set up a group's robot, or with ``owner`` a person's own app; its address is checked, and never told again.

    Raises Refused beside ``address`` where it is not one of that kind, not https, or leads into the house; beside
    ``kind`` where there are too many.
    """
    robot = Robot(
        kind=kind,
        name=name,
        address="" if kind == RobotKind.LOG else address.strip(),
        secret=secret.strip() if kind == RobotKind.DINGTALK else "",
        unit=unit,
        headquarters=headquarters,
        owner=owner,
    )
    _check(robot)
    with transaction.atomic():
        if owner:
            User.objects.select_for_update(no_key=True).get(pk=owner.pk)
            if Robot.objects.of(owner).active().count() >= MOST_OWN:
                words = _("More than %(count)d apps are too many.") % {"count": MOST_OWN}
                raise Refused(words, code="too_many", field="kind")
        robot.save()
        record_event(action="robot.add", about=robot, after=_as_values(robot), by=by)
    return robot


def _check(robot: Robot) -> None:
    """Raise Refused for an address that must not be kept. Looks a name up, so it runs outside a transaction."""
    if robot.kind != RobotKind.LOG and not robot.address:
        raise Refused(_("Enter the robot's address."), code="required", field="address")
    try:
        check_robot(robot)
    except Fault as fault:
        words = {
            RobotKind.WECOM: _("This is not the address of a WeCom group robot."),
            RobotKind.DINGTALK: _("This is not the address of a DingTalk group robot."),
            RobotKind.FEISHU: _("This is not the address of a Feishu group robot."),
        }
        other = _("Only an https address outside this network can be used, and its name must be known.")
        words_of_kind = words.get(RobotKind(robot.kind), other)
        raise Refused(words_of_kind, code="unsafe", field="address") from fault
    try:
        robot.full_clean(validate_constraints=False)
    except ValidationError as error:
        field = next(iter(error.message_dict))
        raise Refused(error.message_dict[field][0], code="invalid", field=field) from error


def _as_values(robot: Robot) -> dict[str, Any]:
    """Return what the audit trail keeps of a robot; never its address."""
    return {
        "name": robot.name,
        "kind": robot.kind,
        "unit": robot.unit_id,
        "headquarters": robot.headquarters_id,
        "user": robot.owner_id,
    }


@transaction.atomic
def set_robot_active(*, robot: Robot, active: bool, by: User) -> Robot:
    """Take a robot out of use or into use again; nothing is written where it is so already."""
    robot = Robot.objects.select_for_update(of=("self",), no_key=True).get(pk=robot.pk)
    if robot.is_active == active:
        return robot
    robot.is_active = active
    robot.save(update_fields=["is_active"])
    action = "robot.enable" if active else "robot.disable"
    record_event(
        action=action, about=robot, before={"is_active": not active}, after={"is_active": active}, by=by
    )
    return robot


@transaction.atomic
def seal_anew() -> tuple[int, int]:
    """Seal every robot's address with the first key, so that an older one may go. Nothing changes for anybody.

    Returns how many were sealed, and of how many the address cannot be read; these stay as they are.
    """
    robots = list(Robot.objects.select_for_update(of=("self",), no_key=True).order_by("pk"))
    for robot in robots:
        robot.save(update_fields=["address", "secret"])
    unreadable = sum(robot.is_unreadable for robot in robots)
    return len(robots) - unreadable, unreadable


def try_robot(*, robot: Robot, by: User) -> str:
    """Send a test message by a robot, now and whatever the hour, and return its outcome as a code."""
    try:
        say(robot, trial_message(robot.name))
    except Fault as fault:
        outcome = f"failed: {fault}"[:300]
    else:
        outcome = "delivered"
    return _record_trial(robot=robot, outcome=outcome, by=by)


@transaction.atomic
def _record_trial(*, robot: Robot, outcome: str, by: User) -> str:
    Robot.objects.filter(pk=robot.pk).update(outcome=outcome, used_at=timezone.now())
    record_event(action="robot.try", about=robot, after={"outcome": outcome.partition(":")[0]}, by=by)
    return outcome


def try_email(*, by: User) -> str:
    """Send ``by`` a test mail, now and whatever the hour, and return its outcome as a code."""
    if not by.email:
        return "no_address"
    message = trial_message(by.email)
    mail = EmailMessage(
        subject=message.headline,
        body=f"{message.headline}\n{settings.SITE_URL}\n",
        to=[by.email],
        headers={"Auto-Submitted": "auto-generated"},
    )
    try:
        mail.send()
    except Exception as error:
        logger.warning("The test mail to %s did not go out: %s", by.username, error)
        return f"failed: {answer_of(error)}"[:300]
    return "delivered"


@transaction.atomic
def choose_channels(*, email: bool, weekly_digest: bool, by: User) -> ChannelChoice:
    """Keep what ``by`` chose. Duties reach the inbox whatever is chosen; what is planned follows with the next planning."""
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    choice, _made = ChannelChoice.objects.get_or_create(user=by)
    before = {"email": choice.email, "weekly_digest": choice.weekly_digest}
    after = {"email": email, "weekly_digest": weekly_digest}
    if before == after:
        return choice
    choice.email, choice.weekly_digest = email, weekly_digest
    choice.save()
    changed = [name for name in after if before[name] != after[name]]
    record_event(
        action="user.choose_channels",
        about=by,
        before={f"by_{name}": before[name] for name in changed},
        after={f"by_{name}": after[name] for name in changed},
        by=by,
    )
    return choice


def refuse_weekly_digest(*, user: User) -> None:
    """Take ``user`` off the weekly digest, as the link in each one asks for; duties go on reaching them."""
    choice = ChannelChoice.objects.filter(user=user).first()
    choose_channels(email=choice.email if choice else True, weekly_digest=False, by=user)
