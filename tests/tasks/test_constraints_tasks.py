"""What can never be true of the rows of the work, whoever writes them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from commands.models import Unit, User
from tasks.models import (
    Baseline,
    Campaign,
    ChangeRequest,
    Closing,
    Heartbeat,
    LeadAssignment,
    Light,
    Milestone,
    ObstacleStep,
    Period,
    PlanPoint,
    Report,
    Submission,
    Task,
)
from tests import factories
from tests.refused import Case, assert_allowed, assert_refused, constraints_of, copy_of, refused
from tests.tasks import (
    test_constraints_channels,
    test_constraints_directives,
    test_constraints_lights,
    test_constraints_past,
    test_constraints_reminders,
)

NEW_YEAR, JUNE, JULY = dt.date(2026, 1, 1), dt.date(2026, 6, 1), dt.date(2026, 7, 1)
TOO_MUCH, TOO_LITTLE = Decimal(140), Decimal(-1)


def plan_point() -> PlanPoint:
    return factories.baseline().points.all()[0]


def report_in(state: str) -> Any:
    return lambda: factories.report(state=state)


def decided(decision: str) -> Any:
    return lambda: factories.submission(decision=decision, words="请补充数据。")


def of_campaign() -> LeadAssignment:
    return factories.lead(campaign=factories.campaign())


def of_task() -> LeadAssignment:
    return factories.task().leads.get()


def returned_closing() -> Closing:
    return factories.closing(decision="returned", words="缺验收单。")


def accepted_change() -> ChangeRequest:
    return factories.change(decision="accepted", words="同意。")


def obstacle_step() -> ObstacleStep:
    return factories.obstacle().steps.get()


REFUSED: list[Case] = [
    ("closing_has_statement", factories.closing, {"statement": ""}),
    ("closing_decided_at_and_by", factories.closing, {"decision": "closed"}),
    ("closing_decided_at_and_by", factories.closing, {"decided_at": timezone.now}),
    ("closing_returned_has_words", returned_closing, {"words": ""}),
    ("submission_quality_of_accepted", factories.submission, {"quality": "A"}),
    ("submission_reopened_at_by_and_why", decided("accepted"), {"reopen_reason": "数据有误"}),
    ("change_fits_kind", factories.change, {"kind": "colour"}),
    ("change_fits_kind", factories.change, {"new_day": None}),
    ("change_fits_kind", factories.change, {"kind": "milestone"}),
    ("change_fits_kind", factories.change, {"kind": "metric"}),
    ("change_fits_kind", factories.change, {"kind": "plan"}),
    ("change_has_reason", factories.change, {"reason": ""}),
    ("change_decided_in_writing", factories.change, {"words": "同意"}),
    ("change_decided_in_writing", accepted_change, {"words": ""}),
    ("change_decided_in_writing", accepted_change, {"decided_at": None}),
    ("obstacle_level_known", factories.obstacle, {"level": "sky"}),
    ("obstacle_says_what_and_whom", factories.obstacle, {"what": ""}),
    ("obstacle_says_what_and_whom", factories.obstacle, {"needs": ""}),
    ("obstacle_clock_fits_level", factories.obstacle, {"escalates_on": None}),
    ("obstacle_clock_fits_level", factories.obstacle, {"leader_since": JUNE}),
    ("obstacle_clock_fits_level", factories.obstacle, {"level": "leader"}),
    ("obstacle_resolved_at_by_and_how", factories.obstacle, {"resolved_at": timezone.now}),
    ("obstacle_resolved_at_by_and_how", factories.obstacle, {"resolution": "已解决"}),
    ("obstacle_step_known", obstacle_step, {"kind": "danced"}),
    ("obstacle_step_known", obstacle_step, {"level": "sky"}),
    ("obstacle_step_by_somebody", obstacle_step, {"by": None}),
    ("obstacle_carried_from_task", obstacle_step, {"kind": "carried"}),
    ("obstacle_comment_has_words", obstacle_step, {"kind": "comment"}),
    ("evidence_kind_known", factories.evidence, {"kind": "exe"}),
    ("evidence_size", factories.evidence, {"size": 0}),
    ("evidence_size", factories.evidence, {"size": 20 * 1024 * 1024 + 1}),
    ("evidence_has_name", factories.evidence, {"name": ""}),
    ("evidence_has_hash", factories.evidence, {"sha256": ""}),
    ("task_book_due_day", factories.book, {"due_day": 0}),
    ("task_book_due_day", factories.book, {"due_day": 32}),
    ("task_book_roll_known", factories.book, {"roll": "sideways"}),
    ("task_book_due_month_known", factories.book, {"due_month": "last"}),
    ("campaign_number_from_one", factories.campaign, {"number": 0}),
    ("task_due_after_start", factories.task, {"due_on": dt.date(2025, 12, 31)}),
    ("task_lifecycle_known", factories.task, {"lifecycle": "asleep"}),
    ("task_light_known", factories.task, {"light": "purple"}),
    ("task_weight_positive", factories.task, {"weight": 0}),
    ("task_closed_has_day", factories.task, {"lifecycle": "closed"}),
    ("task_closed_has_day", factories.task, {"closed_on": JUNE}),
    ("task_actual_percent", factories.task, {"actual_percent": TOO_MUCH}),
    ("task_actual_percent", factories.task, {"actual_percent": TOO_LITTLE}),
    ("task_scheduled_percent", factories.task, {"scheduled_percent": TOO_MUCH}),
    ("task_scheduled_percent", factories.task, {"scheduled_percent": TOO_LITTLE}),
    ("lead_range", of_task, {"starts_on": JULY, "ends_on": JUNE}),
    ("lead_range", of_task, {"starts_on": JUNE, "ends_on": JUNE}),
    ("lead_of_campaign_or_task", of_task, {"task": None}),
    ("lead_of_campaign_or_task", of_task, {"campaign": factories.campaign}),
    ("lead_of_campaign_or_task", of_campaign, {"task": factories.task}),
    ("lead_acknowledged_at_and_by", of_task, {"acknowledged_at": timezone.now}),
    ("lead_acknowledged_at_and_by", of_task, {"acknowledged_by": factories.user}),
    ("lead_objected_at_and_by", of_task, {"objected_at": timezone.now}),
    ("lead_objected_at_and_by", of_task, {"objected_by": factories.user}),
    ("lead_flag_only_for_campaigns", of_task, {"flag_presented_on": NEW_YEAR}),
    ("baseline_version_from_one", factories.baseline, {"version": 0, "reason": "年中调整"}),
    ("baseline_later_version_has_reason", factories.baseline, {"version": 2}),
    ("plan_point_percent", plan_point, {"percent": TOO_MUCH}),
    ("plan_point_percent", plan_point, {"percent": TOO_LITTLE}),
    ("period_month_is_a_first", factories.period, {"month": dt.date(2026, 11, 2)}),
    ("period_closes_after_opening", factories.period, {"closes_on": dt.date(2026, 10, 31)}),
    ("period_closed_was_opened", factories.period, {"opened_at": None, "closed_at": timezone.now}),
    ("report_state_known", factories.report, {"state": "lost"}),
    ("report_timeliness_known", factories.report, {"timeliness": "early"}),
    ("report_accepted_at_and_by", report_in("accepted"), {"accepted_by": None}),
    ("report_accepted_at_and_by", report_in("accepted"), {"accepted_at": None}),
    ("report_accepted_at_and_by", report_in("accepted"), {"accepted_at": None, "accepted_by": None}),
    ("report_accepted_at_and_by", report_in("accepted"), {"state": "submitted"}),
    ("report_accepted_at_and_by", report_in("submitted"), {"accepted_at": timezone.now}),
    ("report_accepted_at_and_by", report_in("submitted"), {"accepted_by": factories.user}),
    ("report_saved_at_and_by", report_in("draft"), {"saved_by": None}),
    ("report_saved_at_and_by", report_in("draft"), {"saved_at": None}),
    ("report_filed_is_complete", factories.report, {"state": "submitted"}),
    ("report_filed_is_complete", report_in("submitted"), {"actual_percent": None}),
    ("report_filed_is_complete", report_in("submitted"), {"first_submitted_at": None}),
    ("report_filed_is_complete", report_in("accepted"), {"submitted_at": None}),
    ("report_exempted_at_and_by", factories.report, {"exempted_at": timezone.now()}),
    ("report_exempt_has_reason", factories.report, {"state": "exempt"}),
    ("report_returned_has_words", report_in("returned"), {"return_words": ""}),
    ("report_actual_percent", report_in("draft"), {"actual_percent": TOO_MUCH}),
    ("report_actual_percent", report_in("draft"), {"actual_percent": TOO_LITTLE}),
    ("report_own_light_known", report_in("draft"), {"own_light": "purple"}),
    ("report_own_light_known", report_in("draft"), {"own_light": "blue"}),
    ("submission_decided_at_and_by", decided("accepted"), {"decided_at": None}),
    ("submission_decided_at_and_by", decided("accepted"), {"decided_by": None}),
    ("submission_decided_at_and_by", decided("accepted"), {"decision": ""}),
    ("submission_decided_at_and_by", decided("accepted"), {"decision": "shrugged"}),
    ("submission_decided_at_and_by", factories.submission, {"decided_at": timezone.now}),
    ("submission_returned_has_words", decided("returned"), {"words": ""}),
    ("submission_has_actual_percent", factories.submission, {"actual_percent": None}),
    ("submission_actual_percent", factories.submission, {"actual_percent": TOO_MUCH}),
    ("submission_actual_percent", factories.submission, {"actual_percent": TOO_LITTLE}),
    ("submission_own_light_known", factories.submission, {"own_light": "grey"}),
    ("light_codes_known", factories.light, {"automatic": "purple"}),
    ("light_codes_known", factories.light, {"unescalated": ""}),
    ("light_codes_known", factories.light, {"final": "orange"}),
    ("light_codes_known", factories.light, {"own": "purple"}),
]
SEEN_ELSEWHERE = {
    "change_one_undecided_a_task",  # test_changes_service.py
    "change_not_decided_by_author",
    "closing_one_undecided_a_task",  # test_closings.py
    "closing_not_decided_by_author",
    "evidence_once_a_report",  # test_evidence_service.py
    "campaign_number_once_a_book",
    "milestone_title_once_a_task",
    "baseline_version_once_a_task",
    "plan_point_once_a_day",
    "period_once_a_month",
    "report_once_a_task_and_period",
    "submission_number_once_a_report",
    "submission_one_undecided",
    "submission_not_decided_by_author",
    "light_once_a_task_and_period",
    "heartbeat_single_row",
    "lead_one_a_day",  # test_constraints_leads.py
}
BESIDES = (
    test_constraints_channels,
    test_constraints_directives,
    test_constraints_lights,
    test_constraints_past,
    test_constraints_reminders,
)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: f"{case[0]}-{'-'.join(case[2])}")
def test_the_database_refuses(db: None, case: Case) -> None:
    assert_refused(case)


def test_every_constraint_is_seen_to_hold() -> None:
    tested = {name for name, _make, _changes in REFUSED} | SEEN_ELSEWHERE
    tested = tested.union(*(module.SEEN for module in BESIDES))
    assert tested == set(constraints_of("tasks")), (
        "a constraint is only as good as the test that saw it refuse"
    )


@pytest.mark.parametrize(
    ("make", "changes"),
    [
        (factories.book, {"due_day": 1}),
        (factories.book, {"due_day": 31}),
        (factories.task, {"starts_on": JUNE, "due_on": JUNE}),
        (factories.task, {"lifecycle": "closed", "closed_on": JUNE}),
        (factories.task, {"actual_percent": 0, "scheduled_percent": 100}),
        (plan_point, {"percent": 0}),
        (plan_point, {"percent": 100}),
        (report_in("draft"), {"actual_percent": 100, "own_light": ""}),
        (report_in("draft"), {"actual_percent": None}),
        (report_in("missed"), {"own_light": ""}),
        (of_task, {"ends_on": NEW_YEAR + dt.timedelta(days=1)}),
        (of_campaign, {"flag_presented_on": NEW_YEAR}),
        (factories.period, {"closes_on": dt.date(2026, 11, 1)}),
    ],
)
def test_the_edge_is_allowed(db: None, make: Any, changes: dict[str, Any]) -> None:
    assert_allowed(make, changes)


# Once only


def twice(row: models.Model, **changes: Any) -> None:
    type(row)._base_manager.bulk_create([copy_of(row, **changes)])


def test_a_task_has_one_report_a_period(report: Report, south: Unit) -> None:
    with refused("report_once_a_task_and_period"):
        twice(report)
    with refused("report_once_a_task_and_period"):
        twice(report, unit=south, state="missed")
    twice(report, period=factories.period(month=dt.date(2026, 12, 1)))


def test_a_task_has_one_light_a_period(task: Task, period: Period) -> None:
    light: Light = factories.light(task=task, period=period)
    with refused("light_once_a_task_and_period"):
        twice(light, automatic="red")


def test_a_book_has_one_period_a_month(period: Period) -> None:
    with refused("period_once_a_month"):
        twice(period)
    twice(period, book=factories.book(year=2027))


def test_a_book_numbers_each_campaign_once(campaign: Campaign) -> None:
    with refused("campaign_number_once_a_book"):
        twice(campaign)
    twice(campaign, book=factories.book(year=2027))


def test_a_plan_numbers_each_version_once_and_a_version_each_day(task: Task) -> None:
    baseline: Baseline = task.baselines.get()
    with refused("baseline_version_once_a_task"):
        twice(baseline)
    with refused("plan_point_once_a_day"):
        twice(baseline.points.all()[0], percent=Decimal(1))


def test_a_task_names_each_milestone_once(task: Task) -> None:
    milestone: Milestone = factories.milestone(task=task)
    with refused("milestone_title_once_a_task"):
        twice(milestone, due_on=JULY)
    twice(milestone, task=factories.task(campaign=task.campaign))


def test_a_report_waits_for_one_decision_at_a_time(task: Task, period: Period, reporter: User) -> None:
    report = factories.report(task=task, period=period, state="submitted", by=reporter)
    first: Submission = report.submissions.get()
    with refused("submission_one_undecided"):
        twice(first, number=2)
    with refused("submission_number_once_a_report"):
        decided_on = {"decision": "accepted", "decided_at": timezone.now(), "decided_by": factories.user()}
        twice(first, **decided_on)
    Submission.objects.filter(pk=first.pk).update(
        decision="returned", words="请补充。", decided_at=timezone.now(), decided_by=factories.user()
    )
    twice(first, number=2)


def test_nobody_decides_on_their_own_filing(report: Report, reporter: User) -> None:
    submission = factories.submission(report=report, submitted_by=reporter)
    decision = {"decision": "accepted", "decided_at": timezone.now()}
    with refused("submission_not_decided_by_author"):
        Submission.objects.filter(pk=submission.pk).update(decided_by=reporter, **decision)
    with refused("submission_not_decided_by_author"):
        twice(submission, number=2, decided_by=reporter, **decision)


def test_there_is_one_heartbeat(db: None) -> None:
    Heartbeat.objects.create(pk=1, at=timezone.now())
    with refused("heartbeat_single_row"):
        Heartbeat.objects.create(pk=2, at=timezone.now())


# The same, said beside the form


def test_a_due_date_before_the_start_is_explained(task: Task) -> None:
    task.due_on = dt.date(2025, 12, 31)
    with pytest.raises(ValidationError, match="The due date must not be before the start"):
        task.full_clean()


def test_reviewing_ones_own_report_is_explained(db: None) -> None:
    submission = factories.submission(decision="accepted")
    submission.decided_by = submission.submitted_by
    with pytest.raises(ValidationError, match="Nobody reviews a report of their own"):
        submission.full_clean()


@pytest.mark.parametrize("percent", [TOO_MUCH, TOO_LITTLE, Decimal("100.1"), Decimal("-0.1")])
def test_an_impossible_percentage_is_explained_beside_its_field(report: Report, percent: Decimal) -> None:
    report.actual_percent = percent
    with pytest.raises(ValidationError) as caught:
        report.full_clean()
    assert "actual_percent" in caught.value.message_dict
