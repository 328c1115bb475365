"""The reckoning: what was planned against what arrived, letter by letter and message by message."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.sink import Sink

Row = dict[str, Any]


@dataclass(frozen=True)
class Account:
    """How many reminders were planned, arrived, did not, arrived more than once, and admit that they may have."""

    planned: int
    delivered: int
    lost: int
    duplicated: int
    flagged: int

    @property
    def is_good(self) -> bool:
        """Say whether nothing was lost, and every double admits it."""
        return self.planned > 0 and self.lost == 0 and self.duplicated == self.flagged

    def __str__(self) -> str:
        return (
            f"chaos: planned {self.planned}, delivered {self.delivered}, lost {self.lost}, "
            f"duplicated {self.duplicated} (flagged {self.flagged})"
        )


def reckon(
    rows: Sequence[Row],
    sink: Sink,
    inboxes: Iterable[Sequence[str]],
    reports: Iterable[int],
    stages: Sequence[str],
) -> Account:
    """Compare the rows with what the mail server took and what stands in the inboxes.

    A stage that was never planned for a report is lost as well: planned is what should have been.
    """
    told = Counter(tuple(message) for message in inboxes)
    mailed = arrivals(sink)
    times = {row["pk"]: _times(row, mailed, told) for row in rows}
    there = {(row["report"], row["stage"], row["channel"]) for row in rows if row["of_its_unit"]}
    should = {(pk, stage, channel) for pk in reports for stage in stages for channel in ("inbox", "email")}
    never_planned = len(should - there)
    delivered = sum(row["state"] == "sent" and times[row["pk"]] > 0 for row in rows)
    twice = [row for row in rows if times[row["pk"]] > 1]
    return Account(
        planned=len(rows) + never_planned,
        delivered=delivered,
        lost=len(rows) + never_planned - delivered,
        duplicated=len(twice),
        flagged=sum(row["maybe_duplicate"] for row in twice),
    )


def arrivals(sink: Sink) -> Counter[tuple[str, int]]:
    """Return how often each reminder arrived at each address: every letter names the rows that it carries."""
    return Counter(
        (to, int(pk))
        for letter, (_sender, recipients) in zip(sink.letters, sink.envelopes, strict=True)
        for to in recipients
        for pk in str(letter["X-Luohu-Reminders"]).split()
    )


def _times(row: Row, mailed: Counter[tuple[str, int]], told: Counter[tuple[str, ...]]) -> int:
    if row["channel"] == "email":
        return mailed[row["to"], row["pk"]]
    return told[row["to"], row["link"], row["stage"]]
