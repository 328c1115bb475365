"""What never stands in a log: addresses that are secrets in themselves."""

from __future__ import annotations

import logging
import re
from typing import Any

SECRET = re.compile(r"(/calendar/feed/|/digest/refuse/|/password/reset/key/)[^/\s\"'?]+")


def hide_secrets(text: str) -> str:
    """Return ``text`` with the tokens of calendar feeds, refusals and password resets taken out."""
    return SECRET.sub(r"\1…", text)


class HideSecrets(logging.Filter):
    """Takes the secrets out of a record, wherever in it they stand."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through, clean."""
        record.msg = hide_secrets(str(record.msg))
        if isinstance(record.args, dict):
            record.args = {name: _clean(value) for name, value in record.args.items()}
        elif record.args:
            record.args = tuple(_clean(value) for value in record.args)
        return True


def _clean(value: Any) -> Any:
    return hide_secrets(value) if isinstance(value, str) else value
