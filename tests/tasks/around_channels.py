"""What the trail tells of channels: which robot, whose, and never its address."""

from __future__ import annotations

from typing import Any

from tasks.services.channels import add_robot, choose_channels, set_robot_active, try_robot
from tasks.services.feeds import make_feed
from tests import factories

QUIET = (
    "mark_read",  # reading one's own inbox changes nothing for anybody
    "refuse_weekly_digest",  # chooses, which tells of it
    "revoke_feed",  # tests/tasks/test_feeds.py
    "seal_anew",  # tests/tasks/test_channels_sealed.py: the same address, under another key
    "snooze",  # one's own inbox, as reading it
    "try_email",  # a mail to oneself
    "wake",
)
"""Services that tell nothing, and those told elsewhere."""

AROUND_CHANNELS: dict[str, tuple[str, str, Any, dict[str, Any], dict[str, Any]]] = {
    "add_robot": (
        "robot.add",
        "administrator",
        lambda w, by: add_robot(kind="log", name="督查群", address="https://x.example/secret", by=by),
        {},
        {"name": "督查群", "kind": "log", "unit": None, "headquarters": None, "user": None},
    ),
    "set_robot_active": (
        "robot.disable",
        "administrator",
        lambda w, by: set_robot_active(robot=factories.robot(), active=False, by=by),
        {"is_active": True},
        {"is_active": False},
    ),
    "try_robot": (
        "robot.try",
        "administrator",
        lambda w, by: try_robot(robot=factories.robot(), by=by),
        {},
        {"outcome": "delivered"},
    ),
    "choose_channels": (
        "user.choose_channels",
        "reporter",
        lambda w, by: choose_channels(email=False, weekly_digest=True, by=by),
        {"by_email": True},
        {"by_email": False},
    ),
    "make_feed": ("feed.make", "reporter", lambda w, by: make_feed(by=by), {}, {}),
}
