"""A Redis of our own, so that restarting it harms nobody."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import redis

from tests.stack import eventually, free_port


def redis_is_installed() -> bool:
    """Say whether a Redis can be started here."""
    return shutil.which("redis-server") is not None


class OwnRedis:
    """A Redis process on a free port of 127.0.0.1 that keeps nothing on disk: a restart loses the whole queue."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.restarts = 0

    @property
    def url(self) -> str:
        """Return its address."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it and wait until it answers."""
        told = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        with (self.folder / "log-redis").open("ab") as log:
            self.process = subprocess.Popen(
                ["redis-server", *told, "--dir", str(self.folder)], stdout=log, stderr=subprocess.STDOUT
            )
        eventually(self._answers, f"Redis on port {self.port}")

    def _answers(self) -> bool:
        with contextlib.suppress(redis.RedisError), redis.Redis.from_url(self.url) as client:
            return bool(client.ping())
        return False

    def kill(self) -> None:
        """Take its power away."""
        self.process.kill()
        self.process.wait()

    def restart(self) -> None:
        """Take its power away and start it again, empty."""
        self.kill()
        self.start()
        self.restarts += 1


@contextlib.contextmanager
def own_redis(folder: Path) -> Iterator[OwnRedis]:
    """Run a Redis of our own."""
    server = OwnRedis(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()
