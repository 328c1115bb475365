"""Two years of a small district, changed at random through the real services: what as-of is checked against."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any

import time_machine
from django.utils import timezone

from commands.models import User
from commands.roles import RoleCode
from commands.services.headquarters import rename_headquarters
from commands.services.refusals import Refused
from commands.services.units import rename_unit
from tasks.models import (
    Addressee,
    Campaign,
    ChangeRequest,
    Closing,
    Directive,
    Evidence,
    LightOverride,
    Milestone,
    Obstacle,
    Period,
    Report,
    Task,
)
from tasks.services.answers import give_answer, return_answer
from tasks.services.book_campaigns import edit_campaign
from tasks.services.book_tasks import edit_task
from tasks.services.changes import accept_change, ask_change
from tasks.services.closings import apply_for_closing, close_out, return_closing
from tasks.services.day import turn_the_day
from tasks.services.directives import close_directive, issue_directive, withdraw_directive
from tasks.services.exemptions import exempt_report, undo_exemption
from tasks.services.flags import present_flag
from tasks.services.leads import reassign
from tasks.services.milestones import complete_milestone
from tasks.services.obstacles import escalate_obstacle, raise_obstacle, resolve_obstacle
from tasks.services.overrides import set_light, withdraw_light
from tasks.services.past import keep_all
from tasks.services.periods import close_period_now, create_periods, reopen_period
from tasks.services.reports import submit_report
from tasks.services.reviews import accept_report, reopen_report, return_report
from tests import factories
from tests.tasks.stories import typed

FIRST = dt.date(2025, 1, 1)
LAST = dt.date(2026, 12, 31)
ONE_DAY = dt.timedelta(days=1)
WHY = "情况有变。"
LEADERS = ("区长", "常务副区长", "副区长")


class Chronicle:
    """The district, its people, the clock, and chance."""

    def __init__(self, rng: Random, clock: time_machine.Traveller) -> None:
        self.rng, self.clock, self.number = rng, clock, 0
        self.go_to(FIRST)
        self.units = [factories.unit(starts_on=None) for _n in range(3)]
        for unit in self.units:
            unit.names.create(name=unit.name, name_en=unit.name_en)
        self.headquarters = [factories.headquarters() for _n in range(2)]
        for each in self.headquarters:
            factories.nameplate(headquarters=each, name=each.name, name_en=each.name_en)
        self.reporters = {unit.pk: self._person(RoleCode.REPORTER, unit=unit) for unit in self.units}
        self.office, self.leader = self._person(RoleCode.OFFICE), self._person(RoleCode.LEADER)
        self.administrator = self._person(RoleCode.ADMINISTRATOR)
        for year in (2025, 2026):
            self._book(year)
        keep_all(now=timezone.now())
        self.turn()

    def _person(self, role: str, **place: Any) -> User:
        person = factories.user()
        factories.post(user=person, role=role, starts_on=FIRST, **place)
        return person

    def _book(self, year: int) -> None:
        book, first = factories.book(year=year), dt.date(year, 1, 1)
        create_periods(book=book, by=None)
        for n, headquarters in enumerate(self.headquarters, start=1):
            unit = self.units[n - 1]
            campaign = factories.campaign(
                book=book, number=n, headquarters=headquarters, lead_unit=unit, supervisor_title=LEADERS[n]
            )
            for unit in self.units:
                task = factories.task(
                    campaign=campaign, lead_unit=unit, starts_on=first, due_on=dt.date(year, 12, 31)
                )
                for month in (4, 7, 10):
                    due = dt.date(year, month, 1) + dt.timedelta(days=self.rng.randint(0, 27))
                    factories.milestone(task=task, due_on=due, is_key=month == 7)

    def go_to(self, day: dt.date, hour: int = 9) -> None:
        """Move the clock."""
        self.clock.move_to(factories.at(day, hour))

    @property
    def today(self) -> dt.date:
        """Return the day of the clock."""
        return timezone.localdate()

    def turn(self) -> None:
        """Let the day turn, as the hourly job does."""
        turn_the_day(now=timezone.now())

    def change(self) -> bool:
        """Change something at random; return whether anything was changed."""
        act: Callable[[], Any] = self.rng.choices(ACTS, WEIGHTS)[0].__get__(self)
        try:
            return act() is not False
        except Refused:
            return False

    def _any(self, rows: Any) -> Any:
        """Return one of ``rows`` by chance; refuse where there is none."""
        found = list(rows.order_by("pk"))
        if not found:
            raise Refused("nothing there", code="nothing")
        return self.rng.choice(found)

    def _people_of(self, unit_id: int) -> User:
        return User.objects.get(pk=self.reporters[unit_id].pk)  # with the duties of the day

    def _task(self) -> Task:
        task: Task = self._any(Task.objects.open().select_related("campaign"))
        return task

    # Reports

    def file(self) -> None:
        """File a report, whatever its figure."""
        report = self._any(Report.objects.to_file().select_related("period", "task"))
        percent = min(Decimal(100), Decimal(8 * report.period.month.month) + self.rng.randint(-40, 15))
        content = typed(
            actual_percent=max(percent, Decimal(0)),
            own_light=self.rng.choice(["green", "yellow", "red"]),
            cause=WHY,
            measure=WHY,
            recovery_on=self.today + ONE_DAY,
            correction_reason=WHY,
            progress=f"进展{self.rng.random()}",
        )
        submit_report(
            report=report, content=content, version=report.version, by=self._people_of(report.unit_id)
        )

    def accept(self) -> None:
        """Accept a report."""
        accept_report(report=self._any(Report.objects.to_review()), words=WHY, by=self.office)

    def give_back(self) -> None:
        """Return a report."""
        return_report(report=self._any(Report.objects.to_review()), words=WHY, by=self.office)

    def reopen(self) -> None:
        """Take an acceptance back."""
        accepted = Report.objects.in_open_period().filter(state="accepted")
        reopen_report(report=self._any(accepted), reason=WHY, by=self.office)

    def exempt(self) -> None:
        """Ask for no report after all."""
        unfiled = Report.objects.filter(state__in=["due", "missed"])
        exempt_report(report=self._any(unfiled), reason=WHY, by=self.office)

    def ask_again(self) -> None:
        """Undo an exemption."""
        undo_exemption(report=self._any(Report.objects.filter(state="exempt")), by=self.office)

    def close_early(self) -> None:
        """Close a period by hand."""
        close_period_now(period=self._any(Period.objects.open()), by=self.office)

    def open_again(self) -> None:
        """Open a closed period again for a few days."""
        period = self._any(Period.objects.filter(closed_at__isnull=False))
        reopen_period(period=period, reason=WHY, closes_on=self.today + 5 * ONE_DAY, by=self.office)

    # The work

    def reach(self) -> None:
        """Tell that a milestone was reached, some days ago perhaps."""
        milestone = self._any(Milestone.objects.open().select_related("task"))
        day = self.today - self.rng.randint(0, 9) * ONE_DAY
        complete_milestone(
            milestone=milestone, completed_on=day, by=self._people_of(milestone.task.lead_unit_id)
        )

    def ask(self) -> None:
        """Ask for another day, target or plan."""
        task, by = self._task(), None
        by = self._people_of(task.lead_unit_id or 0)
        kind = self.rng.choice(["due", "metric", "milestone", "plan"])
        milestone = self._any(task.milestones.filter(completed_on=None)) if kind == "milestone" else None
        ask_change(
            task=task,
            kind=kind,
            reason=WHY,
            new_day=self.today + self.rng.randint(5, 90) * ONE_DAY if kind in {"due", "milestone"} else None,
            new_value=Decimal(self.rng.randint(1, 99)) if kind == "metric" else None,
            milestone=milestone,
            plan={task.due_on: Decimal(100), self.today + ONE_DAY: Decimal(self.rng.randint(0, 100))},
            by=by,
        )

    def grant(self) -> None:
        """Grant what was asked for."""
        accept_change(change=self._any(ChangeRequest.objects.undecided()), words=WHY, by=self.office)

    def set_light(self) -> None:
        """Set a light in place of the rules'."""
        light, last_day = (
            self.rng.choice(["green", "yellow", "red"]),
            self.today + self.rng.randint(0, 40) * ONE_DAY,
        )
        set_light(task=self._task(), light=light, reason=WHY, last_day=last_day, by=self.office)

    def withdraw_light(self) -> None:
        """Let the rules' light hold again."""
        withdraw_light(override=self._any(LightOverride.objects.filter(ended_at=None)), by=self.office)

    def apply(self) -> None:
        """Apply for close-out with a file of a filed report."""
        task = self._any(
            Task.objects.filter(lifecycle="active", reports__submissions__isnull=False).distinct()
        )
        filed = self._any(Report.objects.filter(task=task, submissions__isnull=False).distinct())
        evidence = Evidence.objects.filter(report=filed).first() or factories.evidence(
            report=filed, added_by=self.office
        )
        by = self._people_of(task.lead_unit_id)
        apply_for_closing(task=task, statement=WHY, evidence=[evidence], by=by)

    def decide_closing(self) -> None:
        """Close a task out, or send the application back."""
        closing = self._any(Closing.objects.filter(decision=""))
        decide = self.rng.choice([close_out, return_closing])
        decide(closing=closing, words=WHY, by=self.office)

    def obstruct(self) -> None:
        """Raise an obstacle."""
        task = self._task()
        raise_obstacle(
            task=task,
            what=f"管线{self.rng.random()}",
            needs=WHY,
            wanted_by=self.today + 20 * ONE_DAY,
            by=self._people_of(task.lead_unit_id or 0),
        )

    def lift(self) -> None:
        """Lift an obstacle a level."""
        escalate_obstacle(obstacle=self._any(Obstacle.objects.open()), words=WHY, by=self.leader)

    def clear(self) -> None:
        """Clear an obstacle."""
        resolve_obstacle(obstacle=self._any(Obstacle.objects.open()), resolution=WHY, by=self.office)

    # Directives

    def instruct(self) -> None:
        """Issue a directive on a task, its campaign or an obstacle."""
        self.number += 1
        task = self._task()
        subject = self.rng.choice([task, task.campaign, *task.obstacles.all()])
        issue_directive(
            subject=subject,
            text=f"请抓紧推进{self.number}",
            units=self.rng.sample(self.units, self.rng.randint(1, 2)),
            due_on=self.today + self.rng.randint(2, 40) * ONE_DAY,
            by=self.leader,
        )

    def answer(self) -> None:
        """Let a unit answer a directive."""
        part = self._any(Addressee.objects.owing().select_related("unit", "directive"))
        give_answer(addressee=part, words={1: WHY}, version=part.version, by=self._people_of(part.unit_id))

    def return_answer(self) -> None:
        """Send an answer back."""
        given = Addressee.objects.filter(answered_at__isnull=False, directive__in=Directive.objects.open())
        return_answer(addressee=self._any(given), words=WHY, by=self.leader)

    def end_directive(self) -> None:
        """Close a directive, answered or not, or withdraw it."""
        end = self.rng.choice([close_directive, close_directive, withdraw_directive])
        end(directive=self._any(Directive.objects.open()), words=WHY, by=self.leader)

    # Who leads and supports, and what they are called

    def support(self) -> None:
        """Let other units support a task."""
        units = self.rng.sample(self.units, self.rng.randint(0, 2))
        edit_task(task=self._task(), supporting=units, reason=WHY, by=self.administrator)

    def pass_on(self) -> None:
        """Reassign a task or a campaign, from today, a few days ago or a few days ahead."""
        subject = self.rng.choice(
            [self._task(), self._any(Campaign.objects.filter(book__year=self.today.year))]
        )
        day = self.today + self.rng.choice([-3, 0, 0, 4]) * ONE_DAY
        reassign(
            subject=subject,
            unit=self.rng.choice(self.units),
            starts_on=day,
            reason=WHY,
            by=self.administrator,
        )

    def recommand(self) -> None:
        """Put a campaign under another headquarters and another leader."""
        campaign = self._any(Campaign.objects.filter(book__year=self.today.year))
        edit_campaign(
            campaign=campaign,
            goals=campaign.goals.all(),
            headquarters=self.rng.choice([*self.headquarters, None]),
            supervisor_title=self.rng.choice(LEADERS),
            by=self.administrator,
        )

    def flag(self) -> None:
        """Present a flag."""
        campaign = self._any(Campaign.objects.filter(book__year=self.today.year))
        present_flag(campaign=campaign, day=self.today, occasion=WHY, by=self.administrator)

    def rename(self) -> None:
        """Rename a unit or a headquarters from today on."""
        self.number += 1
        names: dict[str, Any] = {"name": f"新名{self.number}", "name_en": f"New name {self.number}"}
        more: dict[str, Any] = {"starts_on": self.today, "reason": WHY, "by": self.administrator}
        if self.rng.random() < 0.5:
            rename_unit(unit=self.rng.choice(self.units), **names, **more)
        else:
            rename_headquarters(headquarters=self.rng.choice(self.headquarters), **names, **more)


_WEIGHTED: dict[Callable[[Chronicle], Any], int] = {
    Chronicle.file: 30,
    Chronicle.accept: 24,
    Chronicle.give_back: 4,
    Chronicle.reopen: 5,
    Chronicle.exempt: 4,
    Chronicle.ask_again: 3,
    Chronicle.close_early: 2,
    Chronicle.open_again: 2,
    Chronicle.reach: 8,
    Chronicle.ask: 10,
    Chronicle.grant: 8,
    Chronicle.set_light: 8,
    Chronicle.withdraw_light: 3,
    Chronicle.apply: 4,
    Chronicle.decide_closing: 4,
    Chronicle.obstruct: 6,
    Chronicle.lift: 6,
    Chronicle.clear: 4,
    Chronicle.instruct: 8,
    Chronicle.answer: 6,
    Chronicle.return_answer: 2,
    Chronicle.end_directive: 3,
    Chronicle.support: 5,
    Chronicle.pass_on: 10,
    Chronicle.recommand: 4,
    Chronicle.flag: 2,
    Chronicle.rename: 4,
}
ACTS, WEIGHTS = list(_WEIGHTED), list(_WEIGHTED.values())
