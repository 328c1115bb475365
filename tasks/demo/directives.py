"""The directives of the demo: one overdue, one to be acknowledged, one to be closed, one closed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from commands.models import Unit, User
from tasks.demo.world import Story, World
from tasks.models import (
    Addressee,
    Campaign,
    Directive,
    DirectivePoint,
    DirectiveStep,
    Notification,
    Obstacle,
    PointAnswer,
    Task,
)


@dataclass(frozen=True)
class Told:
    """What a directive says, and how it stands; days in working days from today."""

    issued: int
    due: int
    text: str
    points: tuple[str, ...]
    answers: tuple[str, ...] = ()
    """Of the units addressed but the first, which has yet to answer; where ``is_answered``, of all."""
    issued_for: str = ""
    is_acknowledged: bool = True
    is_answered: bool = False
    closing: str = ""


OVERDUE = Told(
    -9,
    -2,
    "该项工作进度滞后，请牵头单位会同有关单位查明原因，倒排工期，确保年度目标不变。",
    ("逐项说明滞后原因和责任环节。", "明确补救措施、完成时限和责任人。"),
    ("我单位负责的会签事项已于上周办结，无滞后。", "将派专人驻点配合，随到随办。"),
)
WAITING = Told(
    -1,
    4,
    "请各承办单位梳理年底前必须完成的事项，形成清单报区督查室。",
    ("年底前必须完成的事项清单。", "需要区级层面协调的问题。"),
    issued_for="区长",
    is_acknowledged=False,
)
ANSWERED = Told(
    -6,
    2,
    "此事项久拖未决，请牵头单位一周内提出协调方案。",
    ("提出协调方案和时间表。",),
    ("已与相关部门会商，形成协调方案：本月内完成会签，下月上旬开工。",),
    is_answered=True,
)
CLOSED = Told(
    -20,
    -12,
    "请总结该项工作的经验做法，供其他任务参考。",
    ("报送经验做法。",),
    ("已报送经验做法：提前介入、专班会商、并联审批。",),
    is_answered=True,
    closing="材料已阅，请督查室转各牵头单位参考。",
)


def create_directives(world: World, stories: list[Story]) -> None:
    """Write them where the year is old enough; the demo's own unit finds two of them on its desk."""
    desk = world.units[world.organisation.desk_unit]
    active = [story for story in stories if story.task.lifecycle == "active"]
    own = [story for story in active if story.lead_on(world.clock.today).unit_id == desk.pk]
    troubled = [story for story in own if story.in_trouble] or own
    other = next((unit for unit in world.units.values() if unit.pk != desk.pk), desk)
    obstacle = Obstacle.objects.filter(level="leader").select_related("task__campaign").first()
    if own:
        _write(world, own[-1].task, [desk], CLOSED)
        _write(world, troubled[0].task, [desk, other], OVERDUE)
        _write(world, own[0].task.campaign, [desk, other], WAITING)
    if obstacle and obstacle.task.lead_unit_id:
        lead = next(unit for unit in world.units.values() if unit.pk == obstacle.task.lead_unit_id)
        _write(world, obstacle, [lead], ANSWERED)


def directive_notes(world: World) -> Iterator[tuple[dt.datetime, Notification]]:
    """Yield what the units addressed were told when each was issued, with the moment."""
    for row in Addressee.objects.with_names():
        directive, task = row.directive, row.directive.subject_task
        campaign = directive.commanded_campaign
        values = {"task": task.title} if task else {"task": campaign.name, "task_en": campaign.name_en}
        values |= {"code": directive.code, "day": directive.due_on.isoformat()}
        for person in (world.people.reporters[row.unit_id], world.people.heads[row.unit_id]):
            link = f"/directives/{directive.pk}/"
            note = Notification(recipient=person, kind="directive_issued", values=values, link=link)
            yield directive.issued_at, note


def _write(world: World, subject: Task | Campaign | Obstacle, units: list[Unit], told: Told) -> None:
    clock, people = world.clock, world.people
    day = clock.calendar.add(clock.today, told.issued)
    if day < world.launched_on:
        return
    at = clock.at(day, 10, 20)
    directive = Directive.objects.create(
        **{str(subject._meta.model_name): subject},
        year=world.book.year,
        number=Directive.objects.filter(year=world.book.year).count() + 1,
        text=told.text,
        due_on=clock.calendar.add(clock.today, told.due),
        issued_at=at,
        issued_by=people.office if told.issued_for else people.leader,
        issued_for=told.issued_for,
    )
    points = DirectivePoint.objects.bulk_create(
        DirectivePoint(directive=directive, number=number, text=text)
        for number, text in enumerate(told.points, start=1)
    )
    _step(directive, "issued", at, directive.issued_by)
    for place, unit in enumerate(units):
        answered = told.is_answered or (place > 0 and bool(told.answers))
        _address(world, directive, unit, points, told.answers if answered else (), told.is_acknowledged)
    if told.closing:
        _close(world, directive, told.closing)


def _address(
    world: World,
    directive: Directive,
    unit: Unit,
    points: list[DirectivePoint],
    answers: tuple[str, ...],
    is_acknowledged: bool,
) -> None:
    clock, reporter = world.clock, world.people.reporters[unit.pk]
    part = Addressee(directive=directive, unit=unit)
    if is_acknowledged:
        part.acknowledged_at, part.acknowledged_by = (
            clock.soon_after(directive.issued_at, clock.now),
            reporter,
        )
    if answers and part.acknowledged_at:
        part.answered_at, part.answered_by = clock.soon_after(part.acknowledged_at, clock.now), reporter
        part.saved_at, part.saved_by, part.version = part.answered_at, reporter, 2
    part.save()
    PointAnswer.objects.bulk_create(
        PointAnswer(addressee=part, point=point, round=1, words=words)
        for point, words in zip(points, answers, strict=False)
    )
    if part.acknowledged_at:
        _step(directive, "acknowledged", part.acknowledged_at, reporter, part)
    if part.answered_at:
        _step(directive, "answered", part.answered_at, reporter, part)


def _close(world: World, directive: Directive, words: str) -> None:
    due = world.clock.at(directive.due_on, 16, 5)
    last = directive.steps.latest("at").at
    directive.closed_at, directive.closed_by = max(due, last), world.people.leader
    directive.closing_words = words
    directive.save()
    _step(directive, "closed", directive.closed_at, world.people.leader, words=words)


def _step(
    directive: Directive,
    kind: str,
    at: dt.datetime,
    by: User,
    part: Addressee | None = None,
    words: str = "",
) -> None:
    number = 1 if kind == "answered" else None
    DirectiveStep.objects.create(
        directive=directive, kind=kind, addressee=part, round=number, words=words, at=at, by=by
    )
