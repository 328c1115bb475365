"""Reading a year of the working calendar out of what was pasted: the State Council's notice, or a table of days.

A notice says, line by line, which days are off (放假) and which are worked instead (上班). A table says one day a
line: ``2027-01-01,off,元旦``, the kinds being off, worked, 休 and 班.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

ONE_DAY = dt.timedelta(days=1)
LONGEST_RUN = 15
"""More days off in a row than this is a slip of the pen; the longest ever were nine."""
KINDS = {"off": False, "休": False, "放假": False, "worked": True, "班": True, "上班": True}

_ASIDE = re.compile(r"（[^）]*）|\([^)]*\)")
_NAME = re.compile(r"^\s*(?:[一二三四五六七八九十]+、|\d+[.、])?\s*([^：:\d]{1,30})[：:]")
_DAY = r"(?:(\d{4})\s*年)?\s*(?:(\d{1,2})\s*月)?\s*(\d{1,2})\s*日"
_RUN = re.compile(rf"{_DAY}(?:\s*(?:至|到|－|—|-|–|~|～)\s*{_DAY})?")
_COUNT = re.compile(r"共\s*(\d{1,2})\s*天")
_ROW = re.compile(
    r"^\s*(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})\s*[,，\t;；]\s*([^,，\t;；]+?)\s*(?:[,，\t;；]\s*(.*?)\s*)?$"
)


@dataclass(frozen=True)
class Day:
    """A day of the notice: worked or off, and the holiday for which."""

    is_workday: bool
    name: str


@dataclass(frozen=True)
class Fault:
    """What could not be read: a code that the form puts into words, and the line, counted from one; 0: the whole."""

    line: int
    code: str
    detail: str = ""


@dataclass
class Reading:
    """What was read: the days, and what is wrong. With any fault nothing is to be entered."""

    days: dict[dt.date, Day] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def read_year(text: str, year: int) -> Reading:
    """Read the working calendar of ``year`` out of ``text``; never raises, whatever is pasted."""
    reading = Reading()
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        row = _ROW.match(line)
        found = _table_row(row) if row else _sentences(line, year)
        for entry in found:
            _take(reading, entry, number, year)
    for month in (1, 10):  # what every year's notice names; without them it is a part of one
        first = dt.date(year, month, 1)
        if not reading.faults and (first not in reading.days or reading.days[first].is_workday):
            reading.faults.append(Fault(0, "incomplete", first.isoformat()))
    return reading


_Found = tuple[dt.date, Day] | str
"""A day, or the code of a fault with a detail after a colon."""


def _take(reading: Reading, entry: _Found, line: int, year: int) -> None:
    if isinstance(entry, str):
        code, _colon, detail = entry.partition(":")
        reading.faults.append(Fault(line, code, detail))
        return
    day, said = entry
    if day.year != year and not (day.year == year - 1 and day.month == 12):
        reading.faults.append(Fault(line, "other_year", day.isoformat()))
    elif day in reading.days and reading.days[day].is_workday != said.is_workday:
        reading.faults.append(Fault(line, "contradiction", day.isoformat()))
    else:
        reading.days[day] = said


def _table_row(row: re.Match[str]) -> Iterator[_Found]:
    year, month, day, kind, name = row.groups()
    if kind.lower() not in KINDS:
        yield f"kind:{kind[:20]}"
    elif (date := _date(int(year), int(month), int(day))) is None:
        yield f"no_such_day:{year}-{month}-{day}"
    else:
        yield date, Day(KINDS[kind.lower()], (name or "")[:60])


def _sentences(line: str, year: int) -> Iterator[_Found]:
    """Yield the days of a line of a notice; a line that names no day says nothing, such as a heading."""
    plain = _ASIDE.sub("", line)
    named = _NAME.match(plain)
    name = named[1].strip() if named else ""
    body = plain[named.end() :] if named else plain
    for sentence in re.split(r"[。；;]", body):
        if not _RUN.search(sentence):
            continue
        if "上班" in sentence:
            yield from _days(sentence, year, is_workday=True, name=name)
        elif "放假" in sentence or "休息" in sentence:
            yield from _off(sentence, year, name)
        elif "发布" not in sentence and not re.search(
            r"\d{4}\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日\s*$", sentence
        ):
            yield f"not_understood:{sentence.strip()[:40]}"  # all but the date under the notice


def _off(sentence: str, year: int, name: str) -> Iterator[_Found]:
    found = list(_days(sentence, year, is_workday=False, name=name))
    yield from found
    counted = _COUNT.search(sentence)
    if counted and int(counted[1]) != len(found) and not any(isinstance(entry, str) for entry in found):
        yield f"count:{counted[1]}/{len(found)}"


def _days(sentence: str, year: int, *, is_workday: bool, name: str) -> Iterator[_Found]:
    """Yield every day of the runs in a sentence; a day without month or year takes those before it."""
    month = 0
    for match in _RUN.finditer(sentence):
        first_year, first_month, first, last_year, last_month, last = (
            int(each or 0) for each in match.groups()
        )
        month = first_month or month
        start = _date(first_year or year, month, first)
        begun = first_year or year
        month = last_month or month
        end = _date(last_year or begun, month, last) if last else start
        if start is None or end is None:
            yield f"no_such_day:{match[0]}"
        elif not 0 <= (end - start).days < LONGEST_RUN:
            yield f"run:{match[0]}"
        else:
            yield from ((start + n * ONE_DAY, Day(is_workday, name)) for n in range((end - start).days + 1))


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None
