"""The only way out over HTTP: to public addresses over https, no redirects, and never longer than a few seconds.

The name is resolved once, every address it has is judged, and the connection goes to the very address that was
judged: a name that changes its mind between two look-ups gains nothing. Nothing here writes an address into a
log or an error, for with robots the address is the secret.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import http.client
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from threading import Timer
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils import timezone

from tasks.channels.carrier import Fault, Refusal
from tasks.rules.channels import is_public

PATIENCE = 4.0
"""Seconds to wait for a connection, and for the next bytes of an answer."""
DEADLINE = 8.0
"""Seconds after which the line is cut, however steadily an answer drips."""
LONGEST_ANSWER = 64 * 1024
LONGEST_WAIT = dt.timedelta(hours=12)
PASSING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}


@dataclass(frozen=True)
class Answer:
    """What a server answered; the names are those that the library of robots knows."""

    status_code: int
    content: bytes


def check_address(url: str) -> str:
    """Return the IP address to connect to for ``url``; raises Refusal where it must not be used.

    Raises Fault where the name cannot be resolved now.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 443
        host.encode("idna")
    except ValueError as error:  # a UnicodeError is one
        raise Refusal("not an address", code="unsafe") from error
    if parts.scheme not in {"https", "http"} or not host or parts.username is not None:
        raise Refusal("not an https address", code="unsafe")
    try:
        found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except OSError as error:
        raise Fault("the name cannot be resolved") from error
    if settings.ROBOTS_ON_THIS_MACHINE and found[0] == "127.0.0.1":
        return found[0]
    if parts.scheme != "https":
        raise Refusal("not an https address", code="unsafe")
    if not all(is_public(address) for address in found):
        raise Refusal("a private address", code="unsafe")
    return found[0]


def post(url: str, *, data: bytes, headers: Mapping[str, str]) -> Answer:
    """Send ``data`` and return a good answer (2xx); raises Fault for a passing trouble, Refusal for a lasting one."""
    address, parts = check_address(url), urlsplit(url)
    sent = False
    try:
        with _line(address, parts) as line:
            sent = True
            line.request("POST", _path(parts), body=data, headers=dict(headers))
            answer = line.getresponse()
            content = answer.read(LONGEST_ANSWER)
            _judge(answer.status, answer.headers.get("Retry-After", ""))
            return Answer(answer.status, content)
    except TimeoutError as error:
        raise Fault("no answer in time", perhaps=sent) from error
    except ssl.SSLCertVerificationError as error:
        raise Fault(f"certificate: {error.verify_message}") from error
    except (OSError, http.client.HTTPException) as error:
        raise Fault(getattr(error, "strerror", None) or type(error).__name__, perhaps=sent) from error


def _path(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


@contextmanager
def _line(address: str, parts: SplitResult) -> Iterator[http.client.HTTPConnection]:
    """Connect to ``address`` and speak to it as ``parts`` names it, certificate and all, until the deadline."""
    secure = parts.scheme == "https"
    host = parts.hostname or ""
    line = http.client.HTTPConnection(host, parts.port or (443 if secure else 80), timeout=PATIENCE)
    line.default_port = 443 if secure else 80  # so that Host carries a port only where it is another
    plain = socket.create_connection((address, line.port), timeout=PATIENCE)
    cut = Timer(DEADLINE, _cut, [plain])
    cut.daemon = True
    cut.start()
    try:
        line.sock = _tls().wrap_socket(plain, server_hostname=host) if secure else plain
        yield line
    finally:
        cut.cancel()
        line.close()
        plain.close()


def _cut(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _judge(status: int, retry_after: str) -> None:
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in PASSING:
        raise Fault(f"HTTP {status}", wait=_wait(retry_after))
    if status < HTTPStatus.BAD_REQUEST:
        raise Refusal(f"HTTP {status}, a redirect")
    raise Refusal(f"HTTP {status}")


def _wait(retry_after: str) -> dt.timedelta | None:
    """Return how long the server asked us to wait: seconds, or until a moment."""
    if retry_after.isascii() and retry_after.isdigit():
        wait = dt.timedelta(seconds=min(int(retry_after[:6]), LONGEST_WAIT.total_seconds()))
    else:
        try:
            until = email.utils.parsedate_to_datetime(retry_after)
            wait = until.astimezone(dt.UTC) - timezone.now()
        except (TypeError, ValueError, OverflowError):
            return None
    return min(max(wait, dt.timedelta()), LONGEST_WAIT)
