"""Setting up the ladders of reminders."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from commands.models import User
from commands.services.events import record_event
from commands.services.refusals import Refused
from tasks.models import Ladder, LadderStage
from tasks.rules.reminders import Kind, Stages
from tasks.services.exemptions import check_reason
from tasks.services.reminders import plan_kind

REASON_LIMIT = 300


@transaction.atomic
def change_ladder(*, kind: Kind, stages: Stages, seen: Stages, reason: str, by: User) -> bool:
    """Let reminders of ``kind`` climb by ``stages`` from now on, in place of those ``seen``; say whether that is new.

    What is planned follows in the same transaction, so that nothing more goes out by the old ladder. Setting up the
    same again changes nothing. Raises Refused: ``empty``, ``words_missing`` and ``invalid`` beside ``reason``;
    ``changed``: somebody else was quicker.
    """
    check_reason(reason, REASON_LIMIT)
    if not stages:
        raise Refused(_("A ladder has at least one stage."), code="empty")
    now = timezone.now()
    # Two may change the same ladder at once: the second waits here and finds what the first has set up.
    row, _is_new = Ladder.objects.select_for_update(no_key=True).get_or_create(
        kind=kind, defaults={"changed_at": now}
    )
    before = Ladder.objects.in_force()[kind]
    if before != seen:
        raise Refused(_("Somebody else has changed this ladder meanwhile. Look at it again."), code="changed")
    if before == stages:
        return False
    row.changed_at, row.changed_by = now, by
    row.save()
    row.stages.all().delete()
    for stage in stages:
        written = LadderStage.of(row, stage)
        written.full_clean()
        written.save()
    after = {**_as_values(stages), "reason": reason}
    record_event(action="ladder.change", about=row, before=_as_values(before), after=after, by=by)
    plan_kind(kind=kind, now=now)
    return True


def _as_values(stages: Stages) -> dict[str, Any]:
    """Return what the audit trail keeps of a ladder: whom each stage tells and how, by its name."""
    return {stage.code: [*sorted(stage.audience), *stage.channels] for stage in stages}
