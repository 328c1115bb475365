"""Directives, and the answers to them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.utils import timezone

from commands.models import Unit
from commands.roles import RoleCode
from tasks.models import Addressee, Directive, DirectivePoint, DirectiveStep, PointAnswer
from tests.factories.commands import user_with
from tests.factories.tasks import task

TEXT = "请抓紧推进，按月报告。"
POINTS = ("说明滞后原因。", "提出补救措施和完成时限。")


def directive(
    *, units: Iterable[Unit] | None = None, points: Sequence[str] = POINTS, **fields: Any
) -> Directive:
    """Make a leader's directive issued just now, to be answered in a week, by the lead unit of its task."""
    if not {"campaign", "task", "obstacle"} & set(fields):
        fields["task"] = task()
    fields["issued_by"] = fields.get("issued_by") or user_with(RoleCode.LEADER)
    made = Directive(**{k: v for k, v in fields.items() if k in {"campaign", "task", "obstacle"}})
    year = made.commanded_campaign.book.year
    values = {
        "year": year,
        "number": Directive.objects.filter(year=year).count() + 1,
        "text": TEXT,
        "due_on": timezone.localdate() + dt.timedelta(days=7),
        "issued_at": timezone.now(),
    }
    made = Directive.objects.create(**{**values, **fields})
    for number, text in enumerate(points, start=1):
        DirectivePoint.objects.create(directive=made, number=number, text=text)
    lead = made.subject_task.lead_unit if made.subject_task else made.commanded_campaign.lead_unit
    addressed = [lead] if lead and units is None else units or []
    for unit in addressed:
        Addressee.objects.create(directive=made, unit=unit)
    DirectiveStep.objects.create(directive=made, kind="issued", at=made.issued_at, by=made.issued_by)
    return made


def answer(addressee: Addressee, words: str = "已按要求落实。") -> Addressee:
    """Let the unit answer every point, by a reporter of its own."""
    by, now = user_with(RoleCode.REPORTER, unit=addressee.unit), timezone.now()
    for point in addressee.directive.points.all():
        PointAnswer.objects.update_or_create(
            addressee=addressee, point=point, round=addressee.round, defaults={"words": words}
        )
    addressee.acknowledged_at = addressee.acknowledged_at or now
    addressee.acknowledged_by = addressee.acknowledged_by or by
    addressee.answered_at, addressee.answered_by = now, by
    addressee.save()
    for kind in ("acknowledged", "answered"):
        DirectiveStep.objects.create(
            directive=addressee.directive,
            kind=kind,
            addressee=addressee,
            round=addressee.round,
            at=now,
            by=by,
        )
    return addressee
