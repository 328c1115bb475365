"""Mail backends that fail in ways in which mail servers and workers fail."""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import ClassVar, Self

from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend as Outbox


class InTurn:
    """In place of threads: each message has ended when the next is looked at, so that a test can say what meets what."""

    def __init__(self, _number: int) -> None:
        """Take the number of threads, and none of them."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        """Nobody is waited for."""

    def submit(self, act: Callable[..., object], *args: object) -> Future[object]:
        """Do it at once."""
        future: Future[object] = Future()
        future.set_result(act(*args))
        return future


class Killed(BaseException):
    """The worker is killed: nothing in it runs on."""


class DiesBeforeHandingOver(Outbox):
    """The worker is killed while it opens the line."""

    def open(self) -> bool | None:
        """Die."""
        raise Killed


class DiesAfterHandingOver(Outbox):
    """The worker is killed when the server has the message and nothing is recorded yet."""

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        """Deliver, and die."""
        super().send_messages(messages)
        raise Killed


class Away(Outbox):
    """The server cannot be reached."""

    opened: ClassVar[int] = 0

    def open(self) -> bool | None:
        """Knock in vain."""
        type(self).opened += 1
        raise ConnectionRefusedError(111, "Connection refused")


class Slow(Outbox):
    """Something happens while the first message is being handed over."""

    meanwhile: ClassVar[Callable[[], object] | None] = None

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        """Deliver, and let it happen."""
        sent = super().send_messages(messages)
        happening, Slow.meanwhile = Slow.meanwhile, None
        if happening:
            happening()
        return int(sent)


class Says(Outbox):
    """The server answers every recipient with ``code``."""

    code: ClassVar[int] = 550
    words: ClassVar[bytes] = b"no"

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        """Refuse."""
        raise smtplib.SMTPRecipientsRefused(dict.fromkeys(messages[0].to, (self.code, self.words)))
