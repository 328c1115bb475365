"""How a service says no."""

from __future__ import annotations

from typing import Any


class Refused(Exception):  # noqa: N818  a refusal is an answer, not an error of the program
    """A write that the rules do not allow; nothing was changed.

    ``message`` is in the reader's language, ``field`` names the form field it belongs beside, if any, ``code``
    tells programs which rule it was.
    """

    def __init__(self, message: Any, *, code: str, field: str | None = None) -> None:
        super().__init__(str(message))
        self.message = message
        self.code = code
        self.field = field
