"""Says in a sentence which of the servers named by DATABASE_URL and REDIS_URL does not answer."""

import os
import sys
from urllib.parse import urlsplit

import psycopg
import redis


def first_line(error: Exception) -> str:
    """Return what happened without the driver's advice below it."""
    return str(error).partition("\n")[0]


def main() -> int:
    """Return 0 where both answer; else print who does not, and return 1."""
    silent = []
    database_url, redis_url = os.environ["DATABASE_URL"], os.environ["REDIS_URL"]
    try:
        psycopg.connect(database_url, connect_timeout=5).close()
    except psycopg.Error as error:
        silent.append(
            f"PostgreSQL at {urlsplit(database_url).netloc.rpartition('@')[2]} does not answer: {first_line(error)}"
        )
    try:
        redis.Redis.from_url(redis_url, socket_connect_timeout=5, socket_timeout=5).ping()
    except redis.RedisError as error:
        silent.append(
            f"Redis at {urlsplit(redis_url).netloc.rpartition('@')[2]} does not answer: {first_line(error)}"
        )
    for sentence in silent:
        print(sentence, file=sys.stderr)  # noqa: T201  this is its whole purpose
    return 1 if silent else 0


if __name__ == "__main__":
    sys.exit(main())
