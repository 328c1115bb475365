"""Tables handed out as files for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel takes the file's Chinese for another encoding."""

_DANGEROUS = frozenset("=+-@\t\r\n")


def harmless(value: object) -> object:
    """Return ``value`` so that a spreadsheet shows it and never runs it as a formula; numbers stay numbers."""
    return f"'{value}" if isinstance(value, str) and value[:1] in _DANGEROUS else value


def as_csv(headings: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return ``rows`` under their ``headings`` as a table for spreadsheets."""
    out = io.StringIO()
    out.write(BYTE_ORDER_MARK)
    writer = csv.writer(out)
    writer.writerow(headings)
    writer.writerows(map(harmless, row) for row in rows)
    return out.getvalue()
