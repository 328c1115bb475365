"""Whatever is reassigned, renamed, posted and withdrawn on whatever day: the history stays whole."""

from __future__ import annotations

import datetime as dt
from typing import Any

import time_machine
from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from commands.models import Event, Headquarters, Post, Unit, UnitName
from commands.roles import RoleCode
from commands.services.headquarters import rename_headquarters
from commands.services.posts import end_post, give_post
from commands.services.refusals import Refused
from commands.services.units import rename_unit
from tasks.models import LeadAssignment, Task
from tasks.services.handovers import apply_leads
from tasks.services.headquarters import apply_structure
from tasks.services.leads import reassign
from tasks.services.planned_leads import change_planned, withdraw_planned
from tests import factories

START = dt.date(2026, 11, 23)
FIRST, LAST = dt.date(2026, 10, 25), dt.date(2027, 1, 5)
DAYS = st.integers(min_value=-12, max_value=30).map(lambda n: START + dt.timedelta(days=n))
ALL_DAYS = [FIRST + dt.timedelta(days=n) for n in range((LAST - FIRST).days)]


class Histories(RuleBasedStateMachine):
    """One task, one headquarters, three units; what should be is kept in plain dictionaries of days."""

    @initialize()
    def begin(self) -> None:
        self.example = transaction.atomic()
        self.example.__enter__()
        self.clock = time_machine.travel(factories.at(START), tick=False)
        self.clock.start()
        self.by = factories.user_with(RoleCode.ADMINISTRATOR)
        self.units = [factories.unit() for _n in range(3)]
        self.headquarters = factories.headquarters()
        campaign = factories.campaign(headquarters=self.headquarters)
        factories.period(book=campaign.book)
        self.task = factories.task(campaign=campaign, lead_unit=self.units[0])
        self.lead = dict.fromkeys(ALL_DAYS, self.units[0].pk)
        self.name = dict.fromkeys(ALL_DAYS, self.headquarters.name)
        self.called = {unit.pk: dict.fromkeys(ALL_DAYS, unit.name) for unit in self.units}
        self.posts: dict[int, set[dt.date]] = {}
        self.number = 0

    def teardown(self) -> None:
        self.clock.stop()
        transaction.set_rollback(True)
        self.example.__exit__(None, None, None)

    def new_name(self) -> str:
        self.number += 1
        return f"新名{self.number}"

    def since(self, days: dict[dt.date, Any], day: dt.date, value: Any) -> None:
        days.update(dict.fromkeys([each for each in days if each >= day], value))

    @rule(day=DAYS, unit=st.integers(0, 2))
    def pass_on(self, day: dt.date, unit: int) -> None:
        try:
            reassign(subject=self.task, unit=self.units[unit], starts_on=day, reason="调整", by=self.by)
        except Refused:
            return
        self.since(self.lead, day, self.units[unit].pk)

    @rule()
    def take_back(self) -> None:
        planned = LeadAssignment.objects.filter(task=self.task, starts_on__gt=START, ends_on=None).first()
        if planned is None:
            return
        before = self.lead[planned.starts_on - dt.timedelta(days=1)]
        withdraw_planned(leads=[planned], by=self.by)
        self.since(self.lead, planned.starts_on, before)

    @rule(day=DAYS, unit=st.integers(0, 2), number=st.integers(0, 2))
    def plan_anew(self, day: dt.date, unit: int, number: int) -> None:
        ahead = LeadAssignment.objects.filter(task=self.task, starts_on__gt=START).order_by("starts_on")
        planned = list(ahead.select_related("task__campaign", "unit"))[number : number + 1]
        if not planned:
            return
        was, until = planned[0].starts_on, planned[0].ends_on or LAST
        before = self.lead[was - dt.timedelta(days=1)]
        try:
            change_planned(leads=planned, unit=self.units[unit], starts_on=day, reason="再议", by=self.by)
        except Refused:
            return
        self.lead.update({each: before for each in ALL_DAYS if was <= each < until})
        self.lead.update({each: self.units[unit].pk for each in ALL_DAYS if day <= each < until})

    @rule(day=DAYS)
    def rename(self, day: dt.date) -> None:
        name = self.new_name()
        try:
            rename_headquarters(
                headquarters=self.headquarters, name=name, starts_on=day, reason="更名", by=self.by
            )
        except Refused:
            return
        self.since(self.name, day, name)

    @rule(day=DAYS, unit=st.integers(0, 2))
    def rename_one(self, day: dt.date, unit: int) -> None:
        name = self.new_name()
        try:
            rename_unit(unit=self.units[unit], name=name, starts_on=day, reason="更名", by=self.by)
        except Refused:
            return
        self.since(self.called[self.units[unit].pk], day, name)

    @rule(first=DAYS, days=st.integers(1, 20), unit=st.integers(0, 2))
    def post(self, first: dt.date, days: int, unit: int) -> None:
        post = give_post(
            user=factories.user(), role=RoleCode.REPORTER, unit=self.units[unit], starts_on=first, by=self.by
        )
        last = first + dt.timedelta(days=days)
        end_post(post=post, ends_on=last, by=self.by)
        self.posts[post.pk] = {day for day in ALL_DAYS if first <= day < last}

    @invariant()
    def every_day_has_exactly_one_lead_and_reads_as_brute_force_does(self) -> None:
        leads = list(LeadAssignment.objects.filter(task=self.task))
        for day in ALL_DAYS:
            held = [
                row.unit_id
                for row in leads
                if row.starts_on <= day and (not row.ends_on or day < row.ends_on)
            ]
            assert held == [self.lead[day]], day
        for day in (START, ALL_DAYS[0], ALL_DAYS[-1]):
            assert LeadAssignment.objects.on(day).get(task=self.task).unit_id == self.lead[day]

    @invariant()
    def names_and_posts_of_each_day_read_as_they_were_decided(self) -> None:
        loaded = Headquarters.objects.with_nameplates().get(pk=self.headquarters.pk)
        names = list(UnitName.objects.filter(unit__in=self.units))
        posts = list(Post.objects.filter(pk__in=self.posts))
        for day in ALL_DAYS:
            assert loaded.called_on(day).name == self.name[day]
            for row in names:
                if (not row.starts_on or row.starts_on <= day) and (not row.ends_on or day < row.ends_on):
                    assert row.name == self.called[row.unit_id][day]
            for post in posts:
                held = post.starts_on <= day and (post.ends_on is None or day < post.ends_on)
                assert held == (day in self.posts[post.pk])

    @invariant()
    def today_s_standing_follows_and_every_event_has_its_author(self) -> None:
        apply_leads(day=START)
        apply_structure(day=START)
        assert Task.objects.get(pk=self.task.pk).lead_unit_id == self.lead[START]
        assert Headquarters.objects.get(pk=self.headquarters.pk).name == self.name[START]
        for unit in Unit.objects.filter(pk__in=self.called):
            assert unit.name == self.called[unit.pk][START]
        assert not Event.objects.exclude(actor=self.by).exclude(action="report.move").exists()


def test_histories_stay_whole_whatever_is_decided(db: None) -> None:
    run_state_machine_as_test(
        Histories, settings=settings(max_examples=10, stateful_step_count=10, deadline=None)
    )
