"""Measure the pages: ``DATABASE_URL=… REDIS_URL=… make bench``.

Loads a district into a scratch database on PostgreSQL, starts gunicorn (2 workers × 4 threads) and asks for each
page over one connection and over eight, in the same run as the floor page: the ratio to it is what can be compared
from machine to machine. The figures are printed and written to var/bench.json.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks import digests
from tests.stack import ROOT, Stack, environment, free_port, scratch_database, scratch_redis

SCALES = {"small": {"tasks": 1_000, "months": 50}, "large": {"tasks": 10_000, "months": 500}}
SECONDS = 4.0
Header = dict[str, str]


@dataclass
class Figure:
    """One page at one load."""

    scale: str
    page: str
    connections: int
    sql: int
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
        figures = list(measure_pages(scale, port, prepared))
        print(f"memory of the web processes: {memory(stack):.0f} MB")
    finally:
        stack.stop()
    return figures


def measure_pages(scale: str, port: int, prepared: dict[str, Any]) -> list[Figure]:
    """Measure every page; the floor first, since the others are compared with it."""
    figures: list[Figure] = []
    floors: dict[int, float] = {}
    print(
        f"{scale:8} {'page':22} {'conn':>4} {'SQL':>4} {'p50 ms':>8} {'p95 ms':>8} {'req/s':>8} {'ratio':>6}"
    )
    for name, path in prepared["pages"].items():
        headers = {"Cookie": prepared["cookie"]}
        if name.endswith("unchanged"):
            headers["If-None-Match"] = tag_of(port, path, headers)
        for connections in (1, 8):
            p50, p95, rps = load_page(port, path, headers, connections)
            floors.setdefault(connections, p50)
            ratio = p50 / floors[connections]
            figure = Figure(
                scale,
                name,
                connections,
                prepared["sql"].get(name, 0),
                round(p50, 2),
                round(p95, 2),
                round(rps, 1),
                round(ratio, 2),
            )
            figures.append(figure)
            print(
                f"{'':8} {name:22} {connections:4} {figure.sql:4} {p50:8.2f} {p95:8.2f} {rps:8.1f} {ratio:6.2f}"
            )
    return figures


def tag_of(port: int, path: str, headers: Header) -> str:
    """Return the page's validator; a page without one cannot be unchanged."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    answer.read()
    return answer.headers["ETag"] or sys.exit(f"{path} gives no ETag")


def load_page(port: int, path: str, headers: Header, connections: int) -> tuple[float, float, float]:
    """Ask for a page over and over; return the median and 95th percentile in milliseconds, and requests a second."""
    times: list[float] = []
    guard = threading.Lock()

    def ask() -> None:
        own: list[float] = []
        connection = http.client.HTTPConnection("127.0.0.1", port)
        _once(connection, path, headers)  # the first answer also fills caches
        end = time.perf_counter() + SECONDS
        while time.perf_counter() < end:
            own.append(_once(connection, path, headers))
        with guard:
            times.extend(own)

    _all_at_once(ask, connections)
    marks = statistics.quantiles(times, n=20)
    return statistics.median(times), marks[18], len(times) / SECONDS


def _once(connection: http.client.HTTPConnection, path: str, headers: Header) -> float:
    began = time.perf_counter()
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    answer.read()
    if answer.status not in (200, 304):
        sys.exit(f"{path} answered {answer.status}")
    return (time.perf_counter() - began) * 1000


def _all_at_once(work: Callable[[], None], number: int) -> None:
    threads = [threading.Thread(target=work) for _n in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


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
