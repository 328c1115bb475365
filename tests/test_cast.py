"""The cast is what the other tests take it to be."""

import datetime as dt

import pytest
from django.utils import timezone

from commands.models import Headquarters, Unit, User
from tasks.models import Campaign, Decision, Light, Milestone, Period, Report, Task, TaskBook
from tests import factories
from tests.conftest import signed_in


def test_time_stands_still(today: dt.date) -> None:
    assert timezone.localdate() == today
    assert timezone.localtime().hour == 9
    assert timezone.now() == timezone.now()


def test_east_has_a_report_due_on_wednesday(report: Report, reporter: User, east: Unit) -> None:
    assert list(Report.objects.to_file().fileable_by(reporter)) == [report]
    assert timezone.localtime(report.period.due_at) == factories.at(dt.date(2026, 11, 25), 18)
    assert report.period.closes_on == dt.date(2026, 12, 2)
    assert report.task.leads.get().unit == east
    assert report.task.baselines.get().points.count() == 12


def test_each_sees_what_the_role_says(
    report: Report,
    head: User,
    other_reporter: User,
    office: User,
    hq_office: User,
    leader: User,
    administrator: User,
    stranger: User,
) -> None:
    for person in (head, office, hq_office, leader, administrator):
        assert Task.objects.visible_to(person).exists(), person
    for person in (other_reporter, stranger):
        assert not Task.objects.visible_to(person).exists(), person
    assert Report.objects.reviewable_by(hq_office).exists()


def test_the_book_has_ten_campaigns(
    book: TaskBook, ten_campaigns: list[Campaign], headquarters: Headquarters
) -> None:
    assert [campaign.number for campaign in book.campaigns.all()] == list(range(1, 11))
    assert list(headquarters.campaigns.all()) == ten_campaigns[:1]


@pytest.mark.parametrize("state", ["due", "draft", "submitted", "returned", "accepted", "missed", "exempt"])
def test_a_report_can_begin_in_any_state(task: Task, period: Period, state: str) -> None:
    report = factories.report(task=task, period=period, state=state)
    report.full_clean()
    decisions = {"submitted": [""], "returned": [Decision.RETURNED], "accepted": [Decision.ACCEPTED]}
    assert [filed.decision for filed in report.submissions.all()] == decisions.get(state, [])


def test_every_factory_stands_on_its_own(db: None) -> None:
    for make in (
        factories.unit_name,
        factories.team,
        factories.post,
        factories.lead,
        factories.milestone,
        factories.light,
        factories.baseline,
        factories.submission,
        factories.reminder,
        factories.notification,
        factories.event,
    ):
        made = make()
        made.full_clean()
        assert str(made)
    factories.calendar_day(dt.date(2027, 2, 8), is_workday=False).full_clean()


def test_many_tasks_come_with_leads_plans_milestones_and_reports(
    campaign: Campaign, east: Unit, period: Period
) -> None:
    tasks = factories.many_tasks(3, campaign=campaign, unit=east, periods=[period])
    factories.many_lights(tasks, period=period)
    for task in tasks:
        task.full_clean()
    for rows in (Report.objects, Milestone.objects, Light.objects):
        assert rows.filter(task__in=tasks).count() == 3


def test_signing_in_goes_through_the_backend_of_the_sign_in_page(reporter: User) -> None:
    assert signed_in(reporter).session["_auth_user_id"] == str(reporter.pk)
