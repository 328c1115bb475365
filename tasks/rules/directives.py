"""The points of a directive (领导批示) as they are typed: one to a line, with or without a number before it."""

from __future__ import annotations

import re

# "1." "2、" "(3)" "（四）" "五、"; never the figure of "2.5亿元".
_NUMBERING = re.compile(
    r"^\s*(?:[（(]\s*(?:\d{1,2}|[一二三四五六七八九十]{1,3})\s*[)）]|\d{1,2}(?:[)）、．]|\.(?!\d))|[一二三四五六七八九十]{1,3}、)\s*"
)


def points_in(text: str) -> list[str]:
    """Return the points typed in ``text``, one a line, without their numbers: they are numbered in order."""
    lines = (_NUMBERING.sub("", line).strip() for line in text.splitlines())
    return [line for line in lines if line]
