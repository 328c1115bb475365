"""The page of a task: its light and why, its story, who leads, and what is nobody else's business."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import translation

from commands.models import Unit, User
from tasks.boards.tasks import TaskBoard
from tasks.models import LeadAssignment, Report, Task
from tests import factories
from tests.conftest import signed_in
from tests.tasks.boards import links, queries, text


def page_of(user: User, task: Task) -> str:
    """Return the words of the task's page."""
    return text(signed_in(user).get(f"/tasks/{task.pk}/"))


def board_of(user: User, task: Task) -> TaskBoard:
    """Return what the task's page is made of."""
    board: TaskBoard = signed_in(user).get(f"/tasks/{task.pk}/").context["board"]
    return board


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("leader", 200),
        ("administrator", 200),
        ("office", 200),
        ("hq_office", 200),
        ("reporter", 200),
        ("head", 200),
        ("other_reporter", 404),
        ("stranger", 404),
    ],
)
def test_a_strangers_task_is_not_found(
    who: str, status: int, request: pytest.FixtureRequest, task: Task
) -> None:
    client = signed_in(request.getfixturevalue(who))
    assert client.get(f"/tasks/{task.pk}/").status_code == status


def test_a_task_that_does_not_exist_is_not_found(leader: User) -> None:
    assert signed_in(leader).get("/tasks/99999/").status_code == 404


def test_the_light_is_told_with_its_reasons_and_the_figures(leader: User, task: Task) -> None:
    Task.objects.update(
        light="red",
        actual_percent=Decimal("45.0"),
        scheduled_percent=Decimal("83.3"),
        light_reasons=[{"code": "behind_plan", "points": "38.3"}, {"code": "yellow_twice"}],
    )
    words = page_of(leader, task)
    for expected in (
        "Seriously behind",
        "38.3 percentage points behind plan",
        "behind in two periods running",
        "Actual progress 45.0%",
        "Scheduled progress 83.3%",
        "Deviation −38.3",
    ):
        assert expected in words


def test_the_book_s_facts_about_it(leader: User, task: Task, south: Unit) -> None:
    task.annual_target = "年内完成改造"
    task.metric, task.metric_unit, task.metric_target = "改造面积", "万平方米", Decimal("12.50")
    task.save()
    task.supporting_units.add(south)
    words = page_of(leader, task)
    for expected in (
        task.code,
        "年内完成改造",
        "target 12.50 万平方米",
        south.name_en,
        task.campaign.name_en,
    ):
        assert expected in words


def test_who_led_when_why_and_by_which_document(leader: User, task: Task, east: Unit, south: Unit) -> None:
    LeadAssignment.objects.filter(task=task).update(ends_on=dt.date(2026, 5, 6))
    factories.lead(
        task=task,
        unit=south,
        starts_on=dt.date(2026, 5, 6),
        reason="机构职责调整",
        document_number="罗攻坚办〔2026〕12号",
    )
    Task.objects.update(lead_unit=south, lead_since=dt.date(2026, 5, 6))
    board = board_of(leader, task)
    assert [lead.unit for lead in board.leads] == [south, east]
    assert board.lead == board.leads[0]
    words = page_of(leader, task)
    assert f"Lead unit {south.name_en} since 2026-05-06" in words
    assert "2026-01-01 – 2026-05-05" in words
    assert "机构职责调整" in words
    assert "Document 罗攻坚办〔2026〕12号" in words


def test_a_lead_that_begins_later_is_shown_and_is_not_today_s(leader: User, task: Task, south: Unit) -> None:
    LeadAssignment.objects.filter(task=task).update(ends_on=dt.date(2026, 12, 1))
    factories.lead(task=task, unit=south, starts_on=dt.date(2026, 12, 1))
    board = board_of(leader, task)
    assert board.leads[0].unit == south
    assert board.lead == board.leads[1]
    words = page_of(leader, task)
    assert f"{south.name_en} is to lead from" in words
    assert "Still to come" in words


def test_milestones_done_late_and_to_come(leader: User, task: Task) -> None:
    for title, due, done in (
        ("一", 1, 1),
        ("二", 2, 5),
        ("三", 3, None),
        ("四", 23, None),
    ):
        day = dt.date(2026, 11, due)
        factories.milestone(
            task=task, title=title, due_on=day, completed_on=done and dt.date(2026, 11, done), is_key=due == 3
        )
    lines = board_of(leader, task).milestones
    assert [(line.milestone.title, line.state, line.days_late) for line in lines] == [
        ("一", "done", 0),
        ("二", "done", 3),
        ("三", "late", 20),
        ("四", "open", 0),
    ]
    assert "三 Key milestone 20 days late" in page_of(leader, task)


def test_the_story_tells_what_was_accepted_and_the_office_s_words(leader: User, task: Task) -> None:
    for month, actual in ((9, "60.0"), (10, "70.0")):
        report = factories.report(
            task=task,
            period=factories.period(month=dt.date(2026, month, 1), closed=True),
            state="accepted",
            actual_percent=Decimal(actual),
            progress=f"{month}月完成主体",
            problems="管线未迁",
            next_steps="下月验收",
        )
        report.submissions.update(words="数据已核实")
    board = board_of(leader, task)
    assert [month.change for month in board.story] == [Decimal("10.0"), None]
    words = page_of(leader, task)
    for expected in ("10月完成主体", "9月完成主体", "管线未迁", "下月验收", "数据已核实", "70.0% +10.0"):
        assert expected in words


@pytest.mark.parametrize("state", ["draft", "submitted", "returned"])
@pytest.mark.parametrize("who", ["leader", "office", "supporter"])
def test_what_is_not_accepted_is_never_shown_here(
    state: str, who: str, request: pytest.FixtureRequest, task: Task, south: Unit
) -> None:
    factories.report(
        task=task, state=state, progress="只是草稿", problems="先别外传", return_words="请补数据"
    )
    if state != "returned":
        Report.objects.update(return_words="")
    task.supporting_units.add(south)
    user = request.getfixturevalue("other_reporter" if who == "supporter" else who)
    words = page_of(user, task)
    for secret in ("只是草稿", "先别外传", "请补数据", "90.0%", "Draft"):
        assert secret not in words


def test_what_was_accepted_before_a_new_filing_is_still_told(leader: User, task: Task) -> None:
    october = factories.period(month=dt.date(2026, 10, 1), closed=True)
    factories.report(task=task, period=october, state="accepted", progress="十月进展")
    factories.report(task=task, state="draft", progress="十一月草稿")
    words = page_of(leader, task)
    assert "十月进展" in words
    assert "十一月草稿" not in words


def test_missed_and_exempt_months_are_told(leader: User, task: Task) -> None:
    for month, state in ((9, "missed"), (10, "exempt")):
        factories.report(
            task=task, period=factories.period(month=dt.date(2026, month, 1), closed=True), state=state
        )
    words = page_of(leader, task)
    assert "Missed" in words
    assert "当月暂停。" in words


def test_the_light_of_a_month_stands_beside_the_unit_s_own_where_they_differ(
    leader: User, task: Task
) -> None:
    period = factories.period(month=dt.date(2026, 10, 1), closed=True)
    factories.report(task=task, period=period, state="accepted")
    factories.light(task=task, period=period, automatic="yellow", own="green")
    assert "unit's own: On track" in page_of(leader, task)


@pytest.mark.parametrize(
    ("who", "offered"), [("reporter", True), ("head", True), ("leader", False), ("hq_office", False)]
)
def test_only_the_responsible_unit_gets_a_link_to_file(
    who: str, offered: bool, request: pytest.FixtureRequest, report: Report
) -> None:
    user = request.getfixturevalue(who)
    assert ("File the report for November" in page_of(user, report.task)) is offered


def test_the_old_unit_is_not_asked_to_file_what_passed_on(
    reporter: User, report: Report, south: Unit
) -> None:
    report.unit = south
    report.save()
    assert "File the report" not in page_of(reporter, report.task)


def test_a_filed_report_is_offered_for_review_to_the_office_alone(
    office: User, hq_office: User, leader: User, reporter: User, task: Task
) -> None:
    factories.report(task=task, state="submitted")
    for user, offered in ((office, True), (hq_office, True), (leader, False), (reporter, False)):
        assert ("Review the report for November" in page_of(user, task)) is offered


def test_nobody_is_offered_their_own_units_report_for_review(office: User, task: Task) -> None:
    factories.post(user=office, role="reporter", unit=task.lead_unit)
    factories.report(task=task, state="submitted")
    assert "Review the report" not in page_of(User.objects.get(pk=office.pk), task)


def test_only_administrators_are_led_to_reassigning_an_open_task(
    administrator: User, leader: User, task: Task
) -> None:
    address = f"/reassignments/new/?task={task.pk}"
    assert address in dict(links(signed_in(administrator).get(f"/tasks/{task.pk}/")))
    assert address not in dict(links(signed_in(leader).get(f"/tasks/{task.pk}/")))
    Task.objects.update(lifecycle="closed", closed_on=dt.date(2026, 11, 1))
    assert address not in dict(links(signed_in(administrator).get(f"/tasks/{task.pk}/")))


def test_reminders_show_stage_person_and_outcome_to_those_who_may_look_them_up(
    leader: User, hq_office: User, reporter: User, head: User, report: Report
) -> None:
    factories.reminder(
        report=report,
        stage="D-3",
        recipient=reporter,
        state="sent",
        outcome="delivered",
        sent_at=factories.at(dt.date(2026, 11, 20)),
    )
    for user, shown in ((leader, True), (hq_office, True), (reporter, True), (head, False)):
        words = page_of(user, report.task)
        assert ("Reporter 3 working days before" in words) is shown
        assert ("2026-11-20 09:00 · E-mail · Sent" in words) is shown


def test_plan_and_reports_are_drawn_with_their_figures_as_a_table(leader: User, task: Task) -> None:
    for month, actual in ((9, 60), (10, 70)):
        period = factories.period(month=dt.date(2026, month, 1), closed=True)
        factories.report(task=task, period=period, state="accepted", actual_percent=Decimal(actual))
        factories.light(task=task, period=period, scheduled_percent=Decimal("75.5"))
    chart = board_of(leader, task).chart
    assert chart is not None
    assert [dot.percent for dot in chart.dots] == [60, 70]
    assert chart.plan.startswith("0.00,100.0 ")
    assert chart.plan.endswith("100.00,0.0")
    words = page_of(leader, task)
    assert "Accepted progress and plan by month" in words
    assert "2026-10 70.0% 75.5%" in words


def test_a_task_without_plan_and_reports_says_so(leader: User, campaign: object) -> None:
    bare = factories.task(plan=False)
    assert "There is no plan yet, and nothing was reported" in page_of(leader, bare)


def test_typed_text_is_shown_exactly_and_harmless(leader: User, task: Task) -> None:
    october = factories.period(month=dt.date(2026, 10, 1), closed=True)
    typed = "第一行\n<script>alert(1)</script>\n\u202e反向 😀"
    factories.report(task=task, period=october, state="accepted", progress=typed)
    page = signed_in(leader).get(f"/tasks/{task.pk}/").content.decode()
    assert "第一行\n&lt;script&gt;alert(1)&lt;/script&gt;\n\u202e反向 😀" in page
    assert "<script>alert" not in page


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_it_reads_in_both_languages(language: str, leader: User, task: Task) -> None:
    client = signed_in(leader)
    client.cookies["django_language"] = language
    words = text(client.get(f"/tasks/{task.pk}/"))
    assert (task.campaign.name_en in words) == (language == "en")
    with translation.override(language):
        assert translation.gettext("Month by month") in words


def test_it_asks_as_many_questions_with_fifty_reports_as_with_two(leader: User, task: Task) -> None:
    client: Client = signed_in(leader)

    def months(first: int, last: int) -> None:
        for n in range(first, last):
            month = dt.date(2020 + n // 12, n % 12 + 1, 1)
            period = factories.period(book=factories.book(year=month.year), month=month, closed=True)
            factories.report(task=task, period=period, state="accepted")
            factories.light(task=task, period=period)
            factories.milestone(task=task)

    months(0, 2)
    few = queries(client, f"/tasks/{task.pk}/")
    months(2, 50)
    assert task.reports.count() == 50
    assert queries(client, f"/tasks/{task.pk}/") == few <= 20
