"""Measure the pages: ``DATABASE_URL=… REDIS_URL=… make bench``.

Loads a district into a scratch database on PostgreSQL, starts gunicorn (2 workers × 4 threads) and asks for each
page over one connection and over eight, in the same run as the floor page: the ratio to it is what can be compared
from machine to machine. A page is measured kept, as it is until the next event; first, as whoever opens it after an
event gets it; and unchanged, when the browser has it already. The figures are printed and written to var/bench.json.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks import digests
from tests.benchmarks.load import Asked, an_event_a_second
from tests.stack import ROOT, Stack, environment, free_port, scratch_database, scratch_redis

SCALES = {"small": {"tasks": 1_000, "months": 50}, "large": {"tasks": 10_000, "months": 500}}
SECONDS = 3.0


@dataclass
class Figure:
    """One page at one load."""

    scale: str
    page: str
    connections: int
    sql: int
    """Queries of one request."""
    p50_ms: float
    p95_ms: float
    rps: float
    ratio: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", choices=[*SCALES, "both"], default="small")
    scale = parser.parse_args().scale
    database, redis = os.environ.get("DATABASE_URL", ""), os.environ.get("REDIS_URL", "")
    if not database.startswith("postgres") or not redis:
        sys.exit("Set DATABASE_URL to a PostgreSQL and REDIS_URL to a Redis: the figures are for those.")
    figures = []
    for name in SCALES if scale == "both" else [scale]:
        with scratch_database(database) as scratch, scratch_redis(redis) as broker:
            figures += measure_scale(name, scratch, broker)
    with scratch_database(database) as scratch, scratch_redis(redis) as broker:
        written = digests.measure(scratch, broker)
    target = ROOT / "var" / "bench.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps([*(asdict(figure) for figure in figures), written], indent=1))
    print(f"written to {target.relative_to(ROOT)}")


def measure_scale(scale: str, database: str, broker: str) -> list[Figure]:
    """Load, start and measure one size of district."""
    folder, port = Path(tempfile.mkdtemp(prefix="luohu-bench-")), free_port()
    env = environment(folder, port, story=False, DATABASE_URL=database, REDIS_URL=broker)
    env |= {
        "DJANGO_SETTINGS_MODULE": "tests.benchmarks.settings",
        "WEB_BIND": f"127.0.0.1:{port}",
        "PYTHONPATH": str(ROOT),
        "LOG_LEVEL": "WARNING",
    }
    said = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.prepare", json.dumps(SCALES[scale])],
        cwd=ROOT,
        env=env,
        check=True,
        stdout=subprocess.PIPE,
    )
    prepared: dict[str, Any] = json.loads(said.stdout.splitlines()[-1])
    stack = Stack(f"http://127.0.0.1:{port}", folder)
    web = ["gunicorn", "--workers=2", "--threads=4", "--worker-class=gthread", f"--bind=127.0.0.1:{port}"]
    stack.start("web", [sys.executable, "-m", *web, "luohu.wsgi"], env)
    try:
        stack.wait_until_ready()
        figures = list(measure_pages(scale, port, prepared, database))
        print(f"memory of the web processes: {memory(stack):.0f} MB")
    finally:
        stack.stop()
    return figures


def measure_pages(scale: str, port: int, prepared: dict[str, Any], database: str) -> Iterator[Figure]:
    """Measure every page, and each time the floor just before it: what else the machine does changes meanwhile."""
    cookie = prepared["cookie"]
    floor = Asked(port, prepared["pages"].pop("floor"), cookie)
    print(
        f"{scale:8} {'page':30} {'conn':>4} {'SQL':>4} {'p50 ms':>8} {'p95 ms':>8} {'req/s':>8} {'ratio':>6}"
    )
    for connections in (1, 8):
        found = floor.measure(connections, SECONDS)
        yield _figure(scale, "floor", connections, prepared["sql"]["floor"], found, found[0])
    for name, path in prepared["pages"].items():
        way = name.rpartition(", ")[2]
        asked = Asked(port, path, cookie, first=way == "first", unchanged=way == "unchanged")
        for connections in (1, 8):
            beside = floor.measure(connections, SECONDS / 2)[0]
            with an_event_a_second(database) if way == "an event a second" else nullcontext():
                found = asked.measure(connections, SECONDS)
            yield _figure(scale, name, connections, prepared["sql"][name], found, beside)


def _figure(
    scale: str, name: str, connections: int, sql: int, found: tuple[float, float, float], floor: float
) -> Figure:
    """Return a figure, and print it."""
    p50, p95, rps = (round(number, 2) for number in found)
    ratio = round(p50 / floor, 2)
    print(
        f"{'':8} {name:30} {connections:4} {sql:4} {p50:8.2f} {p95:8.2f} {rps:8.1f} {ratio:6.2f}", flush=True
    )
    return Figure(scale, name, connections, sql, p50, p95, rps, ratio)


def memory(stack: Stack) -> float:
    """Return the proportional memory of the web processes, in megabytes."""
    total = 0
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if f"VAR_DIR={stack.folder}".encode() in (entry / "environ").read_bytes():
                total += sum(
                    int(line.split()[1])
                    for line in (entry / "smaps_rollup").read_text().splitlines()
                    if line.startswith("Pss:")
                )
        except OSError:
            continue  # it has ended meanwhile
    return total / 1024


if __name__ == "__main__":
    main()
