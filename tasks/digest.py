"""The mail that carries a person's reminders: one message, most urgent first, each with its link."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commands.models import User
from tasks.errands import Errand
from tasks.notices import body, title


def digest_mail(recipient: User, rows: Sequence[Errand]) -> EmailMultiAlternatives:
    """Return the mail for ``recipient`` in their language; ``rows`` come most urgent first."""
    with translation.override(recipient.language):
        items = [
            {
                "title": title(f"reminder_{row.kind}", row.values),
                "body": body(f"reminder_{row.kind}", row.values),
                "code": row.values.get("code", ""),
                "url": settings.SITE_URL + row.link,
            }
            for row in rows
        ]
        context = {"recipient": recipient, "items": items, "site_url": settings.SITE_URL}
        subject = str(items[0]["title"])
        if len(items) > 1:
            more = ngettext("and %(count)d more", "and %(count)d more", len(items) - 1)
            subject = _("%(first)s, %(more)s") % {
                "first": subject,
                "more": more % {"count": len(items) - 1},
            }
        message = EmailMultiAlternatives(
            subject=" ".join(subject.split()),
            body=render_to_string("emails/digest.txt", context),
            to=[recipient.email],
            headers={
                # RFC 3834: absence notices and other robots do not answer.
                "Auto-Submitted": "auto-generated",
                # The rows that this mail carries: by them a letter that arrived is found in /reminders/.
                "X-Luohu-Reminders": " ".join(str(row.pk) for row in rows),
            },
        )
        message.attach_alternative(render_to_string("emails/digest.html", context), "text/html")
    return message
