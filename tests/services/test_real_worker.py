"""Real workers, a real beat, a real broker, a real mail server: from what people do to the mail that arrives."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.system import System, embedded, in_earnest
from tests.sink import Sink, open_sink
from tests.stack import eventually, free_port

pytestmark = pytest.mark.services
needs_servers = pytest.mark.skipif(
    not (os.environ.get("DATABASE_URL", "").startswith("postgres") and os.environ.get("REDIS_URL")),
    reason="DATABASE_URL and REDIS_URL name no PostgreSQL and Redis",
)
EAST, SOUTH = "east-0@luohu.example", "south-0@luohu.example"


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A mail server."""
    with open_sink() as opened:
        yield opened


@pytest.fixture
def system(tmp_path: Path, sink: Sink) -> Iterator[System]:
    """A system on PostgreSQL and Redis, without a worker yet."""
    with in_earnest(tmp_path, sink) as made:
        yield made


@pytest.fixture
def demo(tmp_path: Path, sink: Sink) -> Iterator[System]:
    """A system on SQLite and a queue in a folder, without a worker yet."""
    with embedded(tmp_path, sink) as made:
        yield made


def tell_the_story(system: System, sink: Sink) -> None:
    """File one report, hand the other's task over, and see each unit hear what concerns it. Nobody but people wakes."""
    filed, moved = system.act("set_up")["reports"]
    system.start_worker()
    assert system.act("plan") == 2 * 2 * 2  # two reports, two stages, two channels
    system.wait_for_state("sent", EAST)
    (first,) = sink.to(EAST)
    assert "1 more" in str(first["Subject"])

    assert system.act("file", report=filed) == "submitted"
    assert system.act("hand_over", report=moved) == "south"
    rows = system.wait_for_state("sent", SOUTH)
    assert {(row["kind"], row["report"], row["stage"]) for row in rows} == {
        ("report", moved, "D-3"),
        ("lead", None, "D0"),
    }
    said = "".join(
        str(part.get_payload(decode=True)) for letter in sink.to(SOUTH) for part in letter.iter_parts()
    )
    assert f"/reports/{moved}/" in said
    assert f"/reports/{filed}/" not in said
    assert len(sink.to(EAST)) == 1  # filed and handed over: nothing more to say to them
    assert {row["attempts"] for row in rows} == {1}
    assert not system.complaints()


@needs_servers
def test_people_file_and_reassign_and_the_new_unit_gets_the_mail(system: System, sink: Sink) -> None:
    tell_the_story(system, sink)


def test_same_story_on_sqlite_and_a_queue_in_a_folder(demo: System, sink: Sink) -> None:
    tell_the_story(demo, sink)


@needs_servers
def test_beat_alone_brings_out_what_nobody_heard_of(system: System, sink: Sink) -> None:
    """A wake-up was lost: the row is the truth, and beat asks every minute."""
    system.act("set_up")
    system.act("plan_unheard")
    system.start_worker()
    system.start_beat()
    system.wait_for_state("sent", EAST, seconds=150)
    eventually(lambda: system.act("beaten"), "beat's mark", 90)
    assert len(sink.to(EAST)) == 1


@needs_servers
def test_worker_killed_while_it_sends_loses_nothing_and_says_what_may_have_come_twice(
    system: System, sink: Sink
) -> None:
    sink.seconds_a_message = 0.4
    system.act("set_up", people=12)
    system.start_worker()
    system.act("plan")
    eventually(lambda: len(sink.letters) >= 3, "three letters at the server")
    system.kill_worker()
    states = Counter(row["state"] for row in system.mails())
    assert states["sending"] > 0
    assert states["sent"] < 24

    system.start_worker(REMINDER_STUCK_MINUTES="0.05")

    def all_sent() -> bool:
        system.act("wake")  # as beat does
        return {row["state"] for row in system.mails()} == {"sent"}

    eventually(all_sent, f"all sent after the restart\n{system.log()[-3000:]}", 90)
    rows = system.mails()
    assert len(rows) == 24
    arrived = Counter(to for _sender, recipients in sink.envelopes for to in recipients)
    assert set(arrived) == {row["to"] for row in rows}
    twice = {to for to, times in arrived.items() if times > 1}
    flagged = {row["to"] for row in rows if row["maybe_duplicate"]}
    assert twice <= flagged
    assert len(twice) <= 2  # the next was not on its way
    assert (
        len(flagged) <= 3
    )  # the one on its way, the one before, if not recorded yet, and the one that was next
    assert max(arrived.values()) <= 2


@needs_servers
def test_two_workers_send_each_mail_once(system: System, sink: Sink) -> None:
    system.act("set_up", people=40)
    system.start_worker()
    second = System(system.address, system.folder, env=system.env)
    second.start_worker()
    try:
        system.act("plan")
        for _n in range(10):
            system.act("wake")
        system.wait_for_state("sent")
        arrived = Counter(to for _sender, recipients in sink.envelopes for to in recipients)
        assert set(arrived.values()) == {1}
        assert len(arrived) == 40
    finally:
        second.kill()


@needs_servers
def test_broker_away_stops_nobody(system: System, sink: Sink) -> None:
    """People go on working; the wake-ups are only noted; what they did goes out when the broker is back."""
    filed, moved = system.act("set_up")["reports"]
    system.stop_driver()
    system.start_driver(REDIS_URL=f"redis://127.0.0.1:{free_port()}/0")
    assert system.act("plan") == 8
    assert system.act("file", report=filed) == "submitted"
    assert system.act("hand_over", report=moved) == "south"
    assert system.taken < 3
    assert "The broker did not take the wake-up" in system.log()

    system.stop_driver()
    system.start_driver()
    system.start_worker()
    system.act("wake")
    system.wait_for_state("sent", SOUTH)
    assert len(sink.to(SOUTH)) == 1


@needs_servers
def test_pages_go_on_without_the_broker(system: System) -> None:
    """Redis keeps the cache too: signing in, reading and saving do without it, and without waiting."""
    report = system.act("set_up")["reports"][0]
    system.stop_driver()
    system.start_driver(
        REDIS_URL=f"redis://127.0.0.1:{free_port()}/0",
        ALLOWED_HOSTS="testserver",
        DEBUG="1",  # pages without collected static files
    )
    assert system.act("pages", report=report) == {"sign in": 302, "desk": 200, "save": 302}
    assert "The cache is away" in system.log()
