"""A migrated SQLite database, kept in var/tests/ and copied into each process that runs tests.

Migrating takes ten seconds, longer than most test files. What the migrations, and what they import, make of an
empty database is the same until one of those files changes.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "var" / "tests"


@cache
def kept() -> Path:
    """Return where the database of today's migrations is kept, if it is."""
    digest = sha256((ROOT / "requirements-dev.txt").read_bytes())
    for app in ("commands", "luohu", "tasks"):
        for path in sorted((ROOT / app).rglob("*.py")):
            if {"migrations", "models", "rules"} & set(path.parts):
                digest.update(path.read_bytes())
    return FOLDER / f"migrated-{digest.hexdigest()[:16]}.sqlite3"


def begin_from_it() -> None:
    """Let the test database begin as the one that is kept. Django migrates it all the same, and finds it done."""
    creation: Any = connection.creation
    create = creation._create_test_db

    def copied(*args: Any, **named: Any) -> str:
        name: str = create(*args, **named)
        if kept().exists():
            # Held until the process ends: a database in memory lives as long as somebody is connected to it.
            creation.held = sqlite3.connect(name, uri=True)
            with closing(sqlite3.connect(kept())) as source:
                source.backup(creation.held)
        return name

    creation._create_test_db = copied


def keep_it() -> None:
    """Keep the database that has just been migrated; those of earlier migrations are of no more use."""
    if kept().exists():
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in set(FOLDER.glob("migrated-*")) - {kept()}:
        path.unlink(missing_ok=True)
    written = FOLDER / f"being-written-by-{os.getpid()}"
    with closing(sqlite3.connect(written)) as target:
        connection.connection.backup(target)
    written.replace(kept())
