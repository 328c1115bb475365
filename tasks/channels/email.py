"""E-mail: one digest a person, over one connection."""

from __future__ import annotations

import smtplib
from collections.abc import Sequence
from contextlib import suppress

from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from tasks.channels.carrier import Fault, Handover, Refusal
from tasks.digest import digest_mail
from tasks.errands import Errand
from tasks.rules.reminders import Kind
from tasks.weekly import weekly_mail


class Mail:
    """Carries mail to the server of EMAIL_URL."""

    side_by_side = 1  # one line, one after the other

    def __init__(self) -> None:
        self.robots: dict[int, str] = {}
        self.connection: BaseEmailBackend = get_connection()

    def open(self) -> None:
        """Open the line, where it is not open."""
        self.connection.open()

    def write(self, rows: Sequence[Errand]) -> Handover:
        """Write one person's digest; without an address there is no way."""
        recipient = rows[0].person
        if not recipient.email:
            raise Refusal("", code="no_address")
        if rows[0].kind == Kind.WEEKLY:
            message = weekly_mail(recipient, rows[0])
        else:
            message = digest_mail(recipient, rows)
        return lambda: self._send(message)

    def _send(self, message: EmailMultiAlternatives) -> None:
        try:
            self.open()  # again, after a message that went wrong
        except OSError as error:
            raise Fault(answer_of(error), away=True) from error
        try:
            message.connection = self.connection
            message.send()
        except Exception as error:
            self.close()  # whatever state it was left in, the next mail begins anew
            raise fault_of(error) from error

    def close(self) -> None:
        """Hang up."""
        with suppress(OSError):  # an SMTPException is one; what was sent is sent, however the line ends
            self.connection.close()


def fault_of(error: Exception) -> Fault:
    """Return what an error while sending means for the message.

    Trying again is pointless where the server said no for good (5xx), or where the address cannot be sent to.
    4xx is "not now": a full mailbox, or a server that lets strangers wait (greylisting).
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        final = all(code >= 500 for code, _words in error.recipients.values())
    elif isinstance(error, smtplib.SMTPDataError):
        final = error.smtp_code >= 500
    else:
        final = isinstance(error, (smtplib.SMTPNotSupportedError, UnicodeError, ValueError))
    if final:
        return Refusal(answer_of(error), code="refused")
    answered = isinstance(error, smtplib.SMTPException) and not isinstance(
        error, smtplib.SMTPServerDisconnected
    )
    # The line broke: perhaps after the server had it all.
    return Fault(answer_of(error), perhaps=isinstance(error, OSError) and not answered)


def answer_of(error: Exception) -> str:
    """Return what went wrong as a person reads it: the server's code and words, where it said any."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        answers: list[tuple[int, bytes | str]] = [*error.recipients.values()]
    elif isinstance(error, smtplib.SMTPResponseException):
        answers = [(error.smtp_code, error.smtp_error)]
    else:
        return str(error)
    return "; ".join(f"{code} {_read(words)}" for code, words in answers)


def _read(words: bytes | str) -> str:
    return words.decode(errors="replace") if isinstance(words, bytes) else words
