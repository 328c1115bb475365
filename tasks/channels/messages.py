"""What leaves the house by robots: code, title, deadline and link, and nothing that anybody typed into a report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tasks.errands import Errand
from tasks.notices import title

MAY_LEAVE = {"code", "task", "task_en", "month", "milestone", "stage", "due"}
"""The values of a message that may be told outside; whatever else one carries stays here."""
ITEMS = 20
"""How many things one message names; the rest is counted, and waits behind the link."""


@dataclass(frozen=True)
class Item:
    """One thing to be done."""

    code: str
    title: str
    due_at: dt.datetime
    url: str


@dataclass(frozen=True)
class Message:
    """A message in one language: its first line, and what is to be done."""

    headline: str
    items: tuple[Item, ...] = ()
    rest: str = ""
    """How much more there is, in words."""

    def text(self, limit: int) -> str:
        """Return the message as plain text of at most ``limit`` bytes, ending with a whole line."""
        lines, used = [], 0
        for line in self._lines():
            used += len(line.encode()) + 1
            if used > limit:
                break
            lines.append(line)
        return "\n".join(lines)

    def _lines(self) -> Iterator[str]:
        yield self.headline
        for number, item in enumerate(self.items, start=1):
            code = f" [{item.code}]" if item.code else ""
            yield f"{number}. {' '.join(item.title.split())}{code} {item.url}"
        if self.rest:
            yield self.rest

    def data(self) -> dict[str, Any]:
        """Return the message as a webhook gets it."""
        return {
            "text": self.text(4_000),
            "items": [
                {
                    "code": item.code,
                    "title": item.title,
                    "due": timezone.localtime(item.due_at).isoformat(),
                    "link": item.url,
                }
                for item in self.items
            ],
        }


def message_of(rows: Sequence[Errand], language: str) -> Message:
    """Return what ``rows``, the most urgent first, say in ``language``."""
    with translation.override(language):
        count = len(rows)
        words = ngettext("%(count)d thing is to be done", "%(count)d things are to be done", count)
        more = ngettext("and %(count)d more: %(url)s", "and %(count)d more: %(url)s", count - ITEMS)
        left = {"count": count - ITEMS, "url": settings.SITE_URL}
        return Message(
            headline=f"{_('Luohu Task Force')}: {words % {'count': count}}",
            items=tuple(_item(row) for row in rows[:ITEMS]),
            rest=more % left if count > ITEMS else "",
        )


def _item(row: Errand) -> Item:
    values = {name: value for name, value in row.values.items() if name in MAY_LEAVE}
    return Item(
        code=str(values.get("code", "")),
        title=title(f"reminder_{row.kind}", values),
        due_at=row.due_at,
        url=settings.SITE_URL + row.link,
    )


def trial_message(name: str) -> Message:
    """Return a message that only shows that it arrives, in the active language."""
    words = _("This is a test message to “%(name)s”. Nothing is to be done.") % {"name": name}
    return Message(headline=f"{_('Luohu Task Force')}: {words}")
