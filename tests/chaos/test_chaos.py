"""The chaos of ``make chaos`` at smaller numbers."""

from __future__ import annotations

import os
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.chaos.account import reckon
from tests.chaos.broker import redis_is_installed
from tests.chaos.story import Chaos, run
from tests.sink import Sink

SMALL = Chaos(tasks=40, recipients=10, kills=3, restarts=1, seconds_a_message=0.3)


@pytest.mark.services
@pytest.mark.skipif(
    not (os.environ.get("DATABASE_URL", "").startswith("postgres") and os.environ.get("REDIS_URL")),
    reason="DATABASE_URL and REDIS_URL name no PostgreSQL and Redis",
)
def test_killed_workers_a_restarted_broker_and_refused_mail_lose_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    account = run(SMALL, tmp_path, print)
    said = capsys.readouterr().out
    assert account.is_good, f"{account}\n{said}"
    assert account.delivered == account.planned
    assert said.count("killed after") == SMALL.kills
    if not redis_is_installed():
        pytest.skip(
            "No redis-server here: workers were killed and mail was refused, the broker was not restarted."
        )
    assert said.count("Redis was killed") == 1


# The reckoning itself: it must be able to find fault


def row(pk: int, **fields: object) -> dict[str, object]:
    """Return a reminder by mail that was sent to a reporter."""
    values = {"to": "a@b", "report": 1, "of_its_unit": True, "stage": "D+1", "channel": "email", "link": "/"}
    return {"pk": pk, "state": "sent", "maybe_duplicate": False, **values, **fields}


def letters(*carried: str) -> Sink:
    """Return a server that has taken these letters."""
    sink = Sink()
    for ids in carried:
        letter = EmailMessage()
        letter["X-Luohu-Reminders"] = ids
        sink.contents.append(letter.as_bytes())
    sink.envelopes = [("us", ["a@b"]) for _letter in carried]
    return sink


INBOX = row(2, channel="inbox")
TOLD = [("a@b", "/", "D+1")]


@pytest.mark.parametrize(
    ("rows", "carried", "told", "said"),
    [
        ([row(1), INBOX], ["1"], TOLD, "planned 2, delivered 2, lost 0, duplicated 0 (flagged 0)"),
        ([row(1), INBOX], ["1", "1"], TOLD, "planned 2, delivered 2, lost 0, duplicated 1 (flagged 0)"),
        (
            [row(1, maybe_duplicate=True), INBOX],
            ["1", "1"],
            TOLD,
            "planned 2, delivered 2, lost 0, duplicated 1 (flagged 1)",
        ),
        ([row(1), INBOX], [], TOLD, "planned 2, delivered 1, lost 1, duplicated 0 (flagged 0)"),
        (
            [row(1, state="failed"), INBOX],
            [],
            TOLD,
            "planned 2, delivered 1, lost 1, duplicated 0 (flagged 0)",
        ),
        ([row(1), INBOX], ["1"], TOLD * 2, "planned 2, delivered 2, lost 0, duplicated 1 (flagged 0)"),
        ([row(1)], ["1"], [], "planned 2, delivered 1, lost 1, duplicated 0 (flagged 0)"),
    ],
    ids=["well", "double", "flagged", "never arrived", "given up", "told twice", "never planned"],
)
def test_reckoning_finds_what_is_wrong(
    rows: list[dict[str, object]], carried: list[str], told: list[tuple[str, str, str]], said: str
) -> None:
    account = reckon(rows, letters(*carried), told, [1], ["D+1"])
    assert str(account) == f"chaos: {said}"
    assert account.is_good == ("lost 0" in said and account.duplicated == account.flagged)
