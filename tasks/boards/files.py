"""Tables handed out as files for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import islice

BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel takes the file's Chinese for another encoding."""

_DANGEROUS = frozenset("=+-@\t\r\n")


def harmless(value: object) -> object:
    """Return ``value`` so that a spreadsheet shows it and never runs it as a formula; numbers stay numbers."""
    return f"'{value}" if isinstance(value, str) and value[:1] in _DANGEROUS else value


def as_csv(headings: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return ``rows`` under their ``headings`` as a table for spreadsheets."""
    return BYTE_ORDER_MARK + _lines([headings]) + _lines(map(harmless, row) for row in rows)


def csv_parts(headings: Iterable[str], rows: Iterable[Iterable[object]], size: int) -> Iterator[str]:
    """Yield the same as ``as_csv`` in parts of ``size`` rows, of which no more than one is held at a time."""
    yield as_csv(headings, [])
    left = iter(rows)
    while part := list(islice(left, size)):
        yield _lines(map(harmless, row) for row in part)


def _lines(rows: Iterable[Iterable[object]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()
