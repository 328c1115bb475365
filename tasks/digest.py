"""The mail that carries a person's reminders: one message, most urgent first, each with its link."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commands.models import User
from tasks.errands import Errand
from tasks.notices import words


class Item(NamedTuple):
    """One reminder in words."""

    title: str
    body: str
    code: str
    url: str


def digest_mail(recipient: User, rows: Sequence[Errand]) -> EmailMultiAlternatives:
    """Return the mail for ``recipient`` in their language; ``rows`` come most urgent first."""
    with translation.override(recipient.language):
        items = [_item(row) for row in rows]
        context = {"recipient": recipient, "count": len(items), "site_url": settings.SITE_URL}
        message = EmailMultiAlternatives(
            subject=" ".join(_subject(items).split()),
            body=render_to_string("emails/digest.txt", {**context, "items": _as_text(items)}),
            to=[recipient.email],
            headers={
                # RFC 3834: absence notices and other robots do not answer.
                "Auto-Submitted": "auto-generated",
                # The rows that this mail carries: by them a letter that arrived is found in /reminders/.
                "X-Luohu-Reminders": " ".join(str(row.pk) for row in rows),
            },
        )
        html = render_to_string("emails/digest.html", {**context, "items": _as_rows(items)})
        message.attach_alternative(html, "text/html")
    return message


def _item(row: Errand) -> Item:
    kind = f"reminder_{row.kind}"
    heading, line = words(kind, row.values)
    return Item(heading, line, row.values.get("code", ""), settings.SITE_URL + row.link)


def _subject(items: Sequence[Item]) -> str:
    if len(items) == 1:
        return items[0].title
    more = ngettext("and %(count)d more", "and %(count)d more", len(items) - 1)
    return _("%(first)s, %(more)s") % {"first": items[0].title, "more": more % {"count": len(items) - 1}}


# Item by item in Python: a digest has hundreds, and a template's loop takes four times as long.


def _as_text(items: Sequence[Item]) -> str:
    return "\n\n".join(
        f"{number}. {item.title}"
        + (f" [{item.code}]" if item.code else "")
        + (f"\n   {item.body}" if item.body else "")
        + f"\n   {item.url}"
        for number, item in enumerate(items, 1)
    )


def _as_rows(items: Sequence[Item]) -> SafeString:
    return mark_safe("\n".join(map(_as_row, items)))  # noqa: S308  every word in it is escaped below


def _as_row(item: Item) -> str:
    code = f' <font color="#6b7685">{escape(item.code)}</font>' if item.code else ""
    body = f'<br><font color="#4a5568">{escape(item.body)}</font>' if item.body else ""
    link = f'<a href="{escape(item.url)}"><font color="#1d3f72"><b>{escape(item.title)}</b></font></a>'
    return f"<tr><td>\n{link}{code}{body}\n</td></tr>"
