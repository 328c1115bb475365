"""WeCom, DingTalk and Feishu through apprise, which knows their addresses, formats and signatures.

apprise only says whether it worked, follows redirects, and takes an HTTP 200 for success even where the service
says in it that the robot does not exist. So its plugins are lent our own way out in place of ``requests``: what
they send goes through ``outgoing.post``, and what comes back is read to the end.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlencode

from tasks.channels import outgoing
from tasks.channels.carrier import Fault, Refusal
from tasks.channels.messages import Message
from tasks.models import Robot, RobotKind


@dataclass(frozen=True)
class Service:
    """A service: how its robots' addresses read, how long a text may be, in bytes, and how it says "too often"."""

    address: re.Pattern[str]
    longest: int
    too_often: frozenset[int]


SERVICES = {
    RobotKind.WECOM: Service(
        re.compile(r"https://qyapi\.weixin\.qq\.com/cgi-bin/webhook/send\?key=([A-Za-z0-9_-]{8,100})"),
        longest=2_000,
        too_often=frozenset({45009, 45033}),
    ),
    RobotKind.DINGTALK: Service(
        re.compile(r"https://oapi\.dingtalk\.com/robot/send\?access_token=([A-Za-z0-9]{8,100})"),
        longest=15_000,
        too_often=frozenset({130101, 410100}),
    ),
    RobotKind.FEISHU: Service(
        re.compile(r"https://open\.feishu\.cn/open-apis/bot/v2/hook/([A-Za-z0-9-]{8,100})/?"),
        longest=15_000,
        too_often=frozenset({9499, 11232, 99991400}),
    ),
}


def key_of(robot: Robot) -> str:
    """Return the part of the address that is the robot's own; raises Refusal where it is not such an address."""
    found = SERVICES[RobotKind(robot.kind)].address.fullmatch(robot.address)
    if found is None:
        raise Refusal("not an address of this service", code="unsafe")
    return found[1]


def speak(robot: Robot, message: Message) -> None:
    """Say ``message`` by a robot of one of the services; raises Fault."""
    service = SERVICES[RobotKind(robot.kind)]
    plugin = _plugins()[robot.kind](key_of(robot), robot.secret)
    try:
        plugin.send(body=message.text(service.longest))
    except _Answered as answered:
        _judge(answered.content, service)


class _Answered(Exception):  # noqa: N818  how an answer comes out of a plugin that would swallow it
    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.content = content


def _judge(content: bytes, service: Service) -> None:
    """Read what the service says of a message that it answered with 200."""
    try:
        said = json.loads(content)
        code = int(said.get("errcode", said.get("code", 0)))
    except (ValueError, AttributeError, TypeError) as error:
        raise Fault("an answer that cannot be read", perhaps=True) from error
    if code in service.too_often:
        raise Fault(f"code {code}, too often")
    if code:
        raise Refusal(f"code {code}")


class _WayOut:
    """What a plugin finds under the name ``requests``."""

    class RequestException(Exception):  # noqa: N818  the name is the library's
        """Never raised: our own faults pass through the plugin."""

    @staticmethod
    def post(url: str, *, data: Any, headers: Mapping[str, str], **options: Any) -> None:
        """Send, and carry the answer past the plugin."""
        if params := options.get("params"):
            # The plugin has encoded the signature already; twice would be another signature.
            url = f"{url}&{urlencode(params, safe='%')}"
        body = data if isinstance(data, bytes) else str(data).encode()
        raise _Answered(outgoing.post(url, data=body, headers=headers).content)


@cache
def _plugins() -> dict[str, Callable[[str, str], Any]]:
    """Return what makes a plugin of each kind from its key and secret; a slow import, only where one is used."""
    from apprise.plugins import dingtalk, feishu, wecombot

    for module in (dingtalk, feishu, wecombot):
        vars(module)["requests"] = _WayOut
    wecom: Any = wecombot.NotifyWeComBot
    ding: Any = dingtalk.NotifyDingTalk
    fei: Any = feishu.NotifyFeishu
    return {
        RobotKind.WECOM: lambda key, secret: wecom(key=key),
        RobotKind.DINGTALK: lambda key, secret: ding(token=key, secret=secret or None),
        RobotKind.FEISHU: lambda key, secret: fei(token=key),
    }
