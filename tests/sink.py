"""A mail server of our own on 127.0.0.1: takes mail, refuses it, or breaks the line, as told."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.stack import free_port


class Sink:
    """What a server does with mail, and what it has taken."""

    def __init__(self) -> None:
        self.contents: list[bytes] = []
        self._letters: list[EmailMessage] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.refused: dict[str, str] = {}
        """What is answered to a recipient, by address."""
        self.breaks_after_data = 0
        """How many messages to take and then break the line, before an answer."""
        self.seconds_a_message = 0.0
        """How long the server takes before it answers that it has a message."""
        self.refuses_every = 0
        """Every how many messages one is turned away with "not now"; 0: none."""
        self.turned_away = 0
        self.port = 0

    @property
    def letters(self) -> list[EmailMessage]:
        """Return what was taken, the oldest first; read when asked for, so that nobody who sends waits for it."""
        for content in self.contents[len(self._letters) :]:
            self._letters.append(email.message_from_bytes(content, policy=email.policy.default))
        return self._letters

    def to(self, address: str) -> list[EmailMessage]:
        """Return what was taken for an address, the oldest first."""
        return [
            letter
            for letter, (_sender, recipients) in zip(self.letters, self.envelopes, strict=True)
            if address in recipients
        ]


class _Door:
    """What the server library asks; apart from the sink, whose every attribute it would look at for each connection."""

    def __init__(self, sink: Sink) -> None:
        self.sink = sink

    async def handle_RCPT(  # noqa: N802  the name is aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take the recipient, or not."""
        if address in self.sink.refused:
            return self.sink.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take the message, and perhaps break the line."""
        content = envelope.content
        assert isinstance(content, bytes)
        offered = len(self.sink.contents) + self.sink.turned_away + 1
        if self.sink.refuses_every and offered % self.sink.refuses_every == 0:
            self.sink.turned_away += 1
            return "451 4.3.0 Not now"
        self.sink.contents.append(content)
        self.sink.envelopes.append((str(envelope.mail_from), list(envelope.rcpt_tos)))
        await asyncio.sleep(self.sink.seconds_a_message)
        if self.sink.breaks_after_data:
            self.sink.breaks_after_data -= 1
            server.transport.abort()
        return "250 OK"


@contextmanager
def open_sink(port: int = 0) -> Iterator[Sink]:
    """Serve on a free port of 127.0.0.1."""
    sink = Sink()
    sink.port = port or free_port()
    # By a name of its own: without one it would look up this machine's at every connection.
    controller = Controller(_Door(sink), hostname="127.0.0.1", port=sink.port, server_hostname="sink.example")
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()
