"""The demo's queue in a folder bears several processes at once."""

from __future__ import annotations

import queue
import threading
from pathlib import Path
from typing import Any

from kombu import Connection

from luohu import broker


def _connection(folder: Path) -> Connection:
    options = {
        "data_folder_in": folder / "q",
        "data_folder_out": folder / "q",
        "control_folder": folder / "c",
    }
    (folder / "q").mkdir(exist_ok=True)
    return Connection(
        "filesystem://localhost//", transport_options={name: str(path) for name, path in options.items()}
    )


def test_our_transport_stands_behind_the_address(tmp_path: Path) -> None:
    assert isinstance(_connection(tmp_path).transport, broker.Transport)


class Watching:
    """A value that looks into the folder while it is being written."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.seen = folder, []

    seen: list[str]

    def __json__(self) -> str:
        self.seen += [path.name for path in self.folder.glob("*.msg")]
        return "whole"


def test_a_message_has_no_name_before_it_is_whole(tmp_path: Path) -> None:
    """kombu's own transport names it first: a worker then reads an empty message, and dies of it."""
    watching = Watching(tmp_path / "q")
    with _connection(tmp_path) as connection:
        channel: Any = connection.channel()
        channel._put("work", {"body": watching})

        assert watching.seen == []
        assert channel._get("work") == {"body": "whole"}


def test_messages_put_by_many_are_each_read_whole_and_once(tmp_path: Path) -> None:
    writers, each = 4, 100

    def write(number: int) -> None:
        with _connection(tmp_path) as connection, connection.SimpleQueue("work") as work:
            for n in range(each):
                work.put({"message": f"{number}-{n}", "weight": "x" * 5_000})

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    read: list[str] = []
    with _connection(tmp_path) as connection, connection.SimpleQueue("work") as work:
        for thread in threads:
            thread.start()
        while len(read) < writers * each:
            try:
                message = work.get(timeout=5)
            except queue.Empty:
                break
            message.ack()
            read.append(message.payload["message"])
        for thread in threads:
            thread.join()

    assert sorted(read) == sorted(f"{number}-{n}" for number in range(writers) for n in range(each))


def test_queues_bound_by_many_at_once_are_all_bound(tmp_path: Path) -> None:
    def bind(number: int) -> None:
        with _connection(tmp_path) as connection:
            channel: Any = connection.channel()
            channel.exchange_declare("shared", type="direct")
            channel.queue_declare(f"q{number}")
            channel.queue_bind(f"q{number}", "shared", f"key{number}")

    threads = [threading.Thread(target=bind, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with _connection(tmp_path) as connection:
        channel: Any = connection.channel()
        assert {entry.queue for entry in channel.get_table("shared")} == {f"q{n}" for n in range(8)}
