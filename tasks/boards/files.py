"""Tables handed out as files for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel takes the file's Chinese for another encoding."""

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")


def harmless(value: object) -> object:
    """Return ``value`` so that a spreadsheet shows it and never runs it as a formula; numbers stay numbers."""
    if isinstance(value, str) and value.startswith(_DANGEROUS):
        return "'" + value
    return "" if value is None else value


def as_csv(headings: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return ``rows`` under their ``headings`` as a table for spreadsheets."""
    out = io.StringIO()
    out.write(BYTE_ORDER_MARK)
    writer = csv.writer(out)
    writer.writerow(headings)
    writer.writerows([harmless(value) for value in row] for row in rows)
    return out.getvalue()
