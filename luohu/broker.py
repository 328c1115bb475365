"""The demo's queue in a folder, made safe for several processes.

kombu's own filesystem transport opens a message's file under its final name and then writes it, so that a worker
looking at that moment reads an empty message and dies of it. Here whatever is written appears whole or not at all.
"""

from __future__ import annotations

import uuid
from pathlib import Path
from time import monotonic
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps


def _appear(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` in one step: a rename within a folder is atomic."""
    unfinished = path.with_name(f"{uuid.uuid4()}.unfinished")
    unfinished.write_text(text)
    unfinished.replace(path)


class Channel(filesystem.Channel):
    """A channel whose messages and bindings appear whole."""

    # The stubs of this transport are not complete.
    def _put(self, queue: str, message: Any, **kwargs: Any) -> None:  # type: ignore[override]
        name = f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        try:
            _appear(Path(self.data_folder_out) / name, dumps(message))
        except OSError as error:
            raise ChannelError(f"Cannot put a message into {self.data_folder_out}") from error

    def _queue_bind(self, exchange: Any, routing_key: Any, pattern: Any, queue: Any) -> None:
        file = self._exchange_file(exchange)  # type: ignore[attr-defined]
        file.parent.mkdir(parents=True, exist_ok=True)
        entry = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with (file.parent / "lock").open("ab") as guard:
            filesystem.lock(guard, filesystem.LOCK_EX)  # type: ignore[attr-defined]
            try:
                bound = self.get_table(exchange)
                if entry not in bound:
                    _appear(Path(file), dumps([entry, *bound]))
            finally:
                filesystem.unlock(guard)


class Transport(filesystem.Transport):
    """kombu's filesystem transport with safe channels."""

    Channel = Channel


def install() -> None:
    """Let every ``filesystem://`` address mean this transport."""
    TRANSPORT_ALIASES["filesystem"] = f"{__name__}:Transport"
