"""Which version of the data a board shows."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from commands.models import User

# Asked for every page, so it is written out: putting it together took longer than answering it.
QUESTION = """
    SELECT (SELECT SUM(id) FROM (SELECT id FROM commands_event WHERE NOT is_draft ORDER BY id DESC LIMIT 200) AS recent),
        (SELECT COUNT(*) FROM tasks_notification WHERE recipient_id = %s AND read_at IS NULL)
"""


@dataclass(frozen=True)
class Version:
    """The state of the data, and how many messages its reader has not read: one small query.

    ``events`` is the sum of the last keys of the audit trail, where every service leaves a row; drafts are left out, for
    they move no figure. It grows with each
    event, also with one whose transaction ends after that of a newer event: the newest key would not tell of it.
    """

    events: int
    unread: int

    @classmethod
    def for_reader(cls, user: User) -> Version:
        """Ask for it; to be asked before anything is read that goes by it."""
        with connection.cursor() as cursor:
            cursor.execute(QUESTION, [user.pk])
            events, unread = cursor.fetchone()
        return cls(int(events or 0), unread)
