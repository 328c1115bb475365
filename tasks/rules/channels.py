"""Which channels a stage takes to one person, and which is next where one fails."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection

NAT64 = ipaddress.ip_network("64:ff9b::/96")
NEXT = {"email": ("app", "inbox"), "app": ("email", "inbox")}
"""Where a message goes that one channel could not deliver, in this order. The inbox has no next: it is ours."""


def channels_for(asked: Collection[str], *, email: bool, app: bool) -> tuple[str, ...]:
    """Return the channels by which one person gets a stage that ``asked`` for some.

    A person chooses channels, not whether duties reach them: where none of those asked for is left, it is the
    inbox. Groups are asked for by their robots and not by people.
    """
    on = {"inbox": True, "email": email, "app": app}
    left = tuple(channel for channel in asked if on.get(channel, False))
    return left or (("inbox",) if set(asked) & on.keys() else ())


def next_channel(failed: str, *, present: Collection[str], able: Collection[str]) -> str | None:
    """Return by which channel to try after ``failed``; None: it goes by every other one already, or can by none."""
    return next(
        (channel for channel in NEXT.get(failed, ()) if channel in able and channel not in present), None
    )


def is_public(address: str) -> bool:
    """Say whether an IP address lies outside every house: not private, loopback, link-local, or one in disguise."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inside = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inside is None and ip in NAT64:
            inside = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inside is not None:
            return is_public(str(inside))
    return ip.is_global and not ip.is_multicast
