"""How each channel carries what is said: one small file a channel, none of which writes a row.

To add a channel: a name in ``Channel`` (``tasks/models/channels.py``), a class here with what ``Carrier`` asks
for, and a line in ``CARRIERS``. Claiming, retrying, falling back and proof are the same for all and stand in
``tasks/services/sending.py`` and ``tasks/services/handing.py``. The inbox alone is no carrier: its messages are
rows of ours, written in the transaction that records them as sent.
"""

from __future__ import annotations

from collections.abc import Callable

from tasks.channels.carrier import Carrier, Fault, Refusal
from tasks.channels.email import Mail
from tasks.channels.robots import Robots
from tasks.models import Channel

__all__ = ["CARRIERS", "Carrier", "Fault", "Refusal"]

CARRIERS: dict[str, Callable[[], Carrier]] = {
    Channel.EMAIL: Mail,
    Channel.APP: Robots,
    Channel.GROUP: Robots,
}
