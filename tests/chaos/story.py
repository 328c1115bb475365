"""Two days of a district in which everything around the reminders fails, at moments that a seed decides."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.account import Account, reckon
from tests.chaos.broker import OwnRedis, own_redis, redis_is_installed
from tests.services.system import System, bare_system
from tests.sink import Sink, open_sink
from tests.stack import eventually, scratch_database, scratch_redis

DAYS = {"D+1": dt.date(2026, 11, 26), "D+3": dt.date(2026, 11, 30)}
"""The reports fell due on the 25th."""
LIFE = 3.0
"""A worker is killed so many seconds after it is ready, at most."""
STUCK_MINUTES = "0.05"

Say = Callable[[str], object]


@dataclass(frozen=True)
class Chaos:
    """How much of everything, and the seed of the moments."""

    tasks: int = 1_000
    recipients: int = 50
    kills: int = 50
    restarts: int = 2
    seed: int = 20230130
    seconds_a_message: float = 0.7
    """So long the server thinks before it answers: so slow that a kill meets a message on its way now and then."""


@dataclass
class Story:
    """A run: its system, its servers, and the moments still to come."""

    chaos: Chaos
    system: System
    sink: Sink
    redis: OwnRedis | None
    say: Say

    def tell(self) -> Account:
        """Let both days go by, and reckon up."""
        moments = random.Random(self.chaos.seed)
        shares = [self.chaos.kills - self.chaos.kills // 2, self.chaos.kills // 2]
        reports = self.system.act("set_up", tasks=self.chaos.tasks, recipients=self.chaos.recipients)
        for (stage, day), kills in zip(DAYS.items(), shares, strict=True):
            self._begin(day)
            self.say(f"{day} {stage}: {self.system.act('plan')} reminders newly planned")
            self.sink.seconds_a_message = self.chaos.seconds_a_message
            restart_in = moments.randrange(kills) if kills else -1
            for n in range(kills):
                self._let_one_live(moments.uniform(0, LIFE), restart=n == restart_in)
            self.say(f"after the last kill {self.system.act('unsettled')} are still to be sent")
            self.sink.seconds_a_message = 0
            self._deliver_the_rest()
        rows, told = self.system.act("due_rows"), self.system.act("inboxes")
        return reckon(rows, self.sink, told, reports, list(DAYS))

    def _begin(self, day: dt.date) -> None:
        """Let all clocks begin at ten o'clock of ``day``."""
        ten = dt.datetime.combine(day, dt.time(10), tzinfo=dt.timezone(dt.timedelta(hours=8)))
        self.system.env["CLOCK_SHIFT"] = str(ten.timestamp() - time.time())
        self.system.stop_driver()
        self.system.start_driver()

    def _start_worker(self) -> None:
        log = self.system.folder / "log-worker"
        before = log.read_text().count(" ready.") if log.exists() else 0
        self.system.start_worker(REMINDER_STUCK_MINUTES=STUCK_MINUTES)
        eventually(lambda: log.read_text().count(" ready.") > before, "the worker is ready", 60)

    def _let_one_live(self, seconds: float, *, restart: bool) -> None:
        """Start a worker, let it work for ``seconds``, and take its power away; perhaps the broker's before."""
        self._start_worker()
        end = time.monotonic() + seconds
        if restart:
            self._restart_redis()
        while (left := end - time.monotonic()) > 0:
            self.system.act("wake")
            time.sleep(min(left, 0.2))  # the moment is the seed's, and what is tested
        self.system.kill_worker()
        held = self.system.act("in_hand")
        self.say(
            f"killed after {seconds:.3f} s, {held['claimed']} claimed, {held['handed']} being handed over"
        )

    def _restart_redis(self) -> None:
        if self.redis is not None and self.redis.restarts < self.chaos.restarts:
            self.redis.restart()
            self.say("Redis was killed and started again, empty")

    def _deliver_the_rest(self) -> None:
        """Leave a worker alone until nothing is left to do."""
        self._start_worker()

        def settled() -> bool:
            self.system.act("wake")
            return bool(self.system.act("unsettled") == 0)

        eventually(settled, f"everything sent or given up\n{self.system.log()[-3000:]}", 180)
        self.system.kill_worker()


def run(chaos: Chaos, folder: Path, say: Say) -> Account:
    """Run the story on the PostgreSQL of DATABASE_URL and a Redis of its own, and return the account."""
    with open_sink() as sink, _broker(folder) as (url, redis), scratch_database(_database()) as database:
        servers = {"DATABASE_URL": database, "REDIS_URL": url}
        with bare_system(folder, sink, driver="tests.chaos.driver", **servers) as system:
            sink.refuses_every = 10
            account = Story(chaos, system, sink, redis, say).tell()
            say(f"{len(sink.letters)} letters taken, {sink.turned_away} turned away, seed {chaos.seed}")
            return account


def _database() -> str:
    return os.environ["DATABASE_URL"]


@contextlib.contextmanager
def _broker(folder: Path) -> Iterator[tuple[str, OwnRedis | None]]:
    """Use a Redis of our own; where none is installed that of REDIS_URL, which nobody restarts."""
    if redis_is_installed():
        with own_redis(folder) as server:
            yield server.url, server
    else:
        with scratch_redis(os.environ["REDIS_URL"]) as url:
            yield url, None
