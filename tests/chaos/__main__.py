"""Let everything fail around the reminders: ``DATABASE_URL=… make chaos``.

1,000 overdue tasks, 50 recipients, a worker killed 50 times, Redis restarted twice, every tenth mail refused. The
last line says what came of it; the status is 0 only where nothing was lost and every double is flagged. The kills
come at random moments; the seed is printed, and ``ARGS="--seed N"`` takes them again.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
from pathlib import Path

from tests.chaos.broker import redis_is_installed
from tests.chaos.story import Chaos, run


def main() -> None:
    """Run, and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("tasks", "recipients", "kills", "restarts"):
        parser.add_argument(f"--{name}", type=int, default=getattr(Chaos, name))
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**8))
    chaos = Chaos(**vars(parser.parse_args()))
    if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        sys.exit("Set DATABASE_URL to a PostgreSQL server: the chaos makes a database of its own there.")
    if not redis_is_installed():
        sys.exit("Install redis-server: the chaos starts one of its own and restarts it.")
    print(f"seed {chaos.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="luohu-chaos-") as folder:
        account = run(chaos, Path(folder), lambda line: print(line, flush=True))
    print(account)
    sys.exit(0 if account.is_good else 1)


if __name__ == "__main__":
    main()
