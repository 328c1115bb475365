"""The numbers of the lights' rules (亮灯标准): a new version, and what it would change today."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commands.models import User
from commands.roles import Power
from commands.services.events import record_event
from commands.services.refusals import Refused
from tasks.models import LightRule, Task
from tasks.models.tasks import TaskQuerySet
from tasks.rules.lights import LightCode, Reason, Thresholds
from tasks.services.exemptions import check_reason
from tasks.services.standings import History, refresh_standings

NUMBERS = ("yellow_below", "red_below", "key_milestone_days", "leader_obstacle_days")


@dataclass(frozen=True)
class LightChange:
    """A task whose light would be another one, and why."""

    task: Task
    before: LightCode
    after: LightCode
    reasons: tuple[Reason, ...]


def judged_tasks() -> TaskQuerySet:
    """Return the tasks whose lights follow the rules from day to day: those of books that are not closed."""
    return Task.objects.filter(campaign__book__closed_at__isnull=True)


def preview_light_rule(*, thresholds: Thresholds, now: dt.datetime) -> list[LightChange]:
    """Return the tasks whose light ``thresholds`` would change today: each is judged by both. Writes nothing."""
    history = History(judged_tasks().with_names().order_by("code"), now)
    changes = []
    for task in history.tasks:
        before, after = history.assess(task), history.assess(task, thresholds)
        if before.light != after.light:
            changes.append(LightChange(task, before.light, after.light, after.reasons))
    return changes


@transaction.atomic
def set_light_rule(*, thresholds: Thresholds, starts_on: dt.date, reason: str, by: User) -> LightRule:
    """Write a new version of the numbers, in force from ``starts_on``, today or later.

    One that holds from today moves every light at once; a later one does when its day turns. What was recorded
    stays as it was. The same again, as a double click sends it, is the same version. Raises Refused:
    ``not_administrator``, ``words_missing``, ``too_early``, ``invalid``.
    """
    if not by.duties.may(Power.ADMINISTER):
        raise Refused(_("Administrators keep the rules."), code="not_administrator")
    check_reason(reason, 300)
    now = timezone.now()
    if starts_on < timezone.localdate(now):
        raise Refused(_("This day has passed."), code="too_early", field="starts_on")
    # Locked together: two people who decide at once would otherwise both write the same version.
    known = list(LightRule.objects.select_for_update().order_by("version"))
    last = known[-1] if known else None
    values = {name: getattr(thresholds, name) for name in NUMBERS}
    values |= {"starts_on": starts_on, "reason": reason, "decided_by": by}
    if last and all(getattr(last, name) == value for name, value in values.items()):
        return last
    rule = LightRule(version=last.version + 1 if last else 1, decided_at=now, **values)
    try:
        rule.full_clean()
    except ValidationError as error:
        raise Refused(error.messages[0], code="invalid") from error
    before = _numbers(LightRule.objects.thresholds_on(starts_on))
    rule.save()
    after = {**_numbers(thresholds), "starts_on": starts_on, "reason": reason}
    record_event(action="rule.set", about=rule, before=before, after=after, by=by)
    if starts_on <= timezone.localdate(now):
        refresh_standings(tasks=judged_tasks(), now=now)
    return rule


def _numbers(thresholds: Thresholds) -> dict[str, str]:
    return {name: str(getattr(thresholds, name)) for name in NUMBERS}
