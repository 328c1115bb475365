"""What a channel is asked to do, and the two ways in which it may fail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Protocol

from tasks.errands import Errand

Handover = Callable[[], None]
"""Hands one message over, in words and on its way; raises Fault. Reads no row: it runs in a thread."""


class Fault(Exception):  # noqa: N818  it is the message's fate, and not always an error
    """It did not go through now and may later: a server away, slow, or too busy.

    ``wait`` is what the other side asked for. ``perhaps``: it may have been taken all the same. ``away``: nobody answers
    there, and the other messages need not knock.
    """

    def __init__(
        self, words: object, *, wait: dt.timedelta | None = None, perhaps: bool = False, away: bool = False
    ) -> None:
        super().__init__(str(words))
        self.wait = wait
        self.perhaps = perhaps
        self.away = away


class Refusal(Fault):
    """It will never go through: the other side said no for good, or there is no way to it.

    ``code`` is the beginning of the outcome that ``tasks/wording.py`` puts into words.
    """

    def __init__(self, words: object, *, code: str = "declined") -> None:
        super().__init__(words)
        self.code = code


class Carrier(Protocol):
    """A channel, open for the messages of one claim."""

    side_by_side: int
    """How many messages are handed over at once."""
    robots: dict[int, str]
    """What became of each robot that was used, by its key."""

    def open(self) -> None:
        """Make ready, before anything is noted as begun; raises OSError where nobody answers."""

    def write(self, rows: Sequence[Errand]) -> Handover:
        """Put one addressee's reminders, the most urgent first, into words; raises Refusal where there is no way."""

    def close(self) -> None:
        """Let go of the line, in whatever state it is."""
