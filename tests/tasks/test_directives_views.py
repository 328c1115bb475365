"""Directives on pages: issued from a task, found on desk and dashboard, answered point by point, closed."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commands.models import Unit, User
from tasks.models import Addressee, Campaign, Directive, Report, Task
from tasks.rules.directives import points_in
from tests import factories
from tests.conftest import signed_in
from tests.tasks.reports import shown

TYPED = "1. 说明滞后原因\n（二）提出补救措施\n\n2.5亿元投资如何落实"


def sent(task: Task, *units: Unit, **more: object) -> dict[str, object]:
    return {
        "task": task.pk,
        "text": "请加快推进步行街改造。",
        "points": TYPED,
        "units": [unit.pk for unit in units],
        "due_on": "2026-11-30",
        **more,
    }


@pytest.mark.parametrize(
    ("text", "points"),
    [
        (TYPED, ["说明滞后原因", "提出补救措施", "2.5亿元投资如何落实"]),
        ("1、甲\n2．乙\n3)丙\n(4) 丁\n（5）戊\n十一、己", ["甲", "乙", "丙", "丁", "戊", "己"]),
        ("2026年底前完成\n一季度开工\n100户签约", ["2026年底前完成", "一季度开工", "100户签约"]),
        (" \n\n1.\n", []),
        ("", []),
    ],
)
def test_points_are_read_one_to_a_line_without_their_numbers(text: str, points: list[str]) -> None:
    assert points_in(text) == points


def test_a_leader_issues_from_the_task_and_the_unit_answers_from_its_desk(
    task: Task, report: Report, leader: User, east: Unit, reporter: User
) -> None:
    lead, unit = signed_in(leader), signed_in(reporter)
    assert f"/directives/new/?task={task.pk}" in shown(lead.get(f"/tasks/{task.pk}/"))
    form = shown(lead.get(f"/directives/new/?task={task.pk}"))
    assert "2026-11-30" in form  # five working days
    assert "Leader for whom it is recorded" not in form
    answer = lead.post("/directives/new/", sent(task, east))
    directive = Directive.objects.get()
    assert answer["Location"] == f"/directives/{directive.pk}/"
    desk = shown(unit.get("/reports/"))
    assert "You have 2 things to do" in desk
    assert "Acknowledge and answer the directive 批示〔2026〕1号" in desk
    part = directive.addressees.get()
    unit.post(f"/directives/answers/{part.pk}/acknowledge/", {"next": "/reports/"})
    assert "Answer the directive 批示〔2026〕1号" in shown(unit.get("/reports/"))
    address = f"/directives/answers/{part.pk}/"
    words = {"version": 1, "point_1": "商户未搬迁。", "point_2": "", "point_3": "已落实。"}
    unit.post(address, {**words, "action": "save"})
    assert "商户未搬迁。" in shown(unit.get(address))
    assert "商户未搬迁。" not in shown(lead.get(f"/directives/{directive.pk}/"))  # a draft
    page = unit.post(address, {**words, "version": 2, "action": "answer"})
    assert "Please write a few words." in shown(page)
    unit.post(address, {**words, "version": 2, "point_2": "年底前。", "action": "answer"})
    assert "商户未搬迁。" in shown(lead.get(f"/directives/{directive.pk}/"))
    assert unit.get(address)["Location"] == f"/directives/{directive.pk}/"
    lead.post(f"/directives/answers/{part.pk}/return/", {"words": "第二点不具体。"})
    assert "第二点不具体。" in shown(unit.get(address))
    assert "anew" in shown(unit.get("/reports/"))
    lead.post(f"/directives/{directive.pk}/", {"action": "close", "words": "已当面说明，办结。"})
    assert "已当面说明，办结。" in shown(unit.get(f"/directives/{directive.pk}/"))
    assert "批示〔2026〕1号" not in shown(unit.get("/reports/"))


def test_office_records_for_a_leader_from_a_campaign_and_an_obstacle(
    campaign: Campaign, task: Task, hq_office: User, east: Unit
) -> None:
    client, obstacle = signed_in(hq_office), factories.obstacle(task=task)
    for address in (f"/campaigns/{campaign.pk}/", f"/obstacles/{obstacle.pk}/"):
        assert "Issue a directive" in shown(client.get(address))
    for kind, row in (("campaign", campaign), ("obstacle", obstacle)):
        data = {**sent(task, east, issued_for="区长", text=kind), kind: row.pk}
        data.pop("task")
        assert client.post("/directives/new/", data).status_code == 302
        assert kind in shown(client.get(f"/{kind}s/{row.pk}/"))
    assert kind in shown(client.get(f"/tasks/{task.pk}/"))  # what is on its obstacle
    page = shown(client.get("/directives/"))
    assert "recorded by Hq office" in page
    assert "区长" in page


def test_what_it_is_about_is_chosen_where_it_is_not_given(
    campaign: Campaign, task: Task, leader: User, hq_office: User
) -> None:
    elsewhere = factories.task(title="另一指挥部的任务")
    for person, sees in ((leader, True), (hq_office, False)):
        page = shown(signed_in(person).get("/directives/new/"))
        assert f"?task={task.pk}" in page
        assert f"?campaign={campaign.pk}" in page
        assert (f"?task={elsewhere.pk}" in page) == sees
    page = shown(signed_in(leader).get(f"/directives/new/?q=步行街&within={campaign.pk}"))
    assert f"?task={task.pk}" in page
    assert f"?task={elsewhere.pk}" not in page


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("text", "", "Write the directive."),
        ("text", " ", "Please write a few words."),
        ("text", "长" * 2001, "Write at most 2000 characters"),
        ("points", "点\n" * 21, "At most 20 points; there are 21 now."),
        ("points", "好\n" + "长" * 501, "Point 2 is longer than 500 characters."),
        ("units", [], "Choose at least one unit."),
        ("units", ["999999"], "This unit no longer exists; choose another."),
        ("units", ["x"], "This unit no longer exists; choose another."),
        ("due_on", "2026-11-22", "This day has passed."),
        ("due_on", "2023-2-30", "Enter a day that exists, such as 2026-03-31."),
        ("issued_for", "", "Give the title of the leader for whom it is recorded."),
        ("issued_for", "\0", "An invisible character"),
    ],
)
def test_what_is_missing_or_wrong_is_told_beside_the_field(
    task: Task, office: User, east: Unit, field: str, value: object, words: str
) -> None:
    data = sent(task, east, issued_for="区长") | {field: value}
    page = shown(signed_in(office).post("/directives/new/", data))
    assert words in page
    if field != "text":
        assert "请加快推进步行街改造。" in page
    assert not Directive.objects.exists()


def test_words_come_back_when_it_was_closed_meanwhile(task: Task, reporter: User, office: User) -> None:
    directive = factories.directive(task=task)
    part = directive.addressees.get()
    signed_in(office).post(f"/directives/{directive.pk}/", {"action": "close", "words": "办结"})
    typed = {"version": 1, "point_1": "我写了很久", "point_2": "", "action": "save"}
    answer = signed_in(reporter).post(f"/directives/answers/{part.pk}/", typed)
    assert answer.status_code == 409
    assert "This directive has been closed already." in shown(answer)
    assert "我写了很久" in shown(answer)
    reply = signed_in(reporter).post(f"/directives/{directive.pk}/", {"action": "reply", "words": "补充一句"})
    assert reply.status_code == 409
    assert "补充一句" in shown(reply)


def test_two_who_type_see_both_texts_and_saving_again_keeps_ones_own(
    task: Task, reporter: User, head: User
) -> None:
    part = factories.directive(task=task, points=["甲"]).addressees.get()
    address = f"/directives/answers/{part.pk}/"
    signed_in(head).post(address, {"version": 1, "point_1": "负责人的话", "action": "save"})
    page = signed_in(reporter).post(address, {"version": 1, "point_1": "填报人的话", "action": "save"})
    assert page.status_code == 409
    assert "负责人的话" in shown(page)
    assert "填报人的话" in shown(page)
    assert 'name="version" value="2"' in shown(page)
    again = {"version": 2, "point_1": "填报人的话", "action": "save"}
    assert signed_in(reporter).post(address, again).status_code == 302


@pytest.mark.parametrize("version", ["", "x", "0", "99999999999"])
def test_a_version_that_makes_no_sense_is_said_and_nothing_is_lost(
    task: Task, reporter: User, version: str
) -> None:
    part = factories.directive(task=task, points=["甲"]).addressees.get()
    typed = {"version": version, "point_1": "我的话", "action": "save"}
    page = signed_in(reporter).post(f"/directives/answers/{part.pk}/", typed)
    assert page.status_code == 200
    assert "我的话" in shown(page)


def test_return_without_words_is_refused_beside_the_field(task: Task, office: User) -> None:
    part = factories.answer(factories.directive(task=task).addressees.get())
    page = signed_in(office).post(f"/directives/answers/{part.pk}/return/", {"words": " "})
    assert "Please write a few words." in shown(page)
    assert Addressee.objects.get(pk=part.pk).answered_at


def test_unknown_actions_and_filters_are_no_faults(task: Task, office: User, reporter: User) -> None:
    directive = factories.directive(task=task)
    part = directive.addressees.get()
    client = signed_in(office)
    burn = {"action": "burn", "words": "x"}
    assert client.post(f"/directives/{directive.pk}/", burn).status_code == 400
    typed = {"version": 1, "point_1": "", "point_2": "", "action": "burn"}
    assert signed_in(reporter).post(f"/directives/answers/{part.pk}/", typed).status_code == 400
    for query in (
        "state=burn&campaign=a&unit=-1&page=x",
        "q=" + "长" * 101,
        "q=99999999999999999999",
    ):
        assert client.get(f"/directives/?{query}").status_code == 200
    for query in ("task=x", "campaign=999999", "obstacle=-1", "task=99999999999999999999"):
        assert client.get(f"/directives/new/?{query}").status_code == 404


def test_the_list_puts_exceptions_first_and_finds(task: Task, leader: User, today: dt.date) -> None:
    done = factories.directive(task=task, text="已答复的", due_on=today)
    factories.answer(done.addressees.get())
    factories.directive(task=task, text="待答复的", due_on=today)
    factories.directive(task=task, text="逾期的", due_on=today - dt.timedelta(days=1), points=["暗号"])
    client = signed_in(leader)
    page = shown(client.get("/directives/"))
    assert page.index("逾期的") < page.index("待答复的") < page.index("已答复的")
    for query, kept in (
        ("state=overdue", ["逾期的"]),
        ("state=unanswered", ["逾期的", "待答复的"]),
        ("state=answered", ["已答复的"]),
        ("state=closed", []),
        ("q=暗号", ["逾期的"]),
        ("q=批示〔2026〕2号", ["待答复的"]),
        ("q=〔2025〕2号", []),
        (f"campaign={task.campaign_id}&unit={task.lead_unit_id}", ["逾期的", "待答复的", "已答复的"]),
    ):
        page = shown(client.get(f"/directives/?{query}"))
        assert [text for text in ("逾期的", "待答复的", "已答复的") if text in page] == kept, query


def test_numbers_on_the_dashboard_are_those_of_the_lists_they_open(
    task: Task, leader: User, reporter: User, south: Unit, today: dt.date
) -> None:
    factories.directive(task=task, due_on=today - dt.timedelta(days=1))
    factories.directive(task=task)
    factories.directive(task=task, units=[south])
    factories.answer(factories.directive(task=task).addressees.get())
    for person, figures in ((leader, (1, 3, 1)), (reporter, (1, 2, 1))):
        client = signed_in(person)
        page = shown(client.get("/dashboard/"))
        for state, word, figure in zip(
            ("overdue", "unanswered", "answered"),
            ("Overdue", "Unanswered", "To be closed"),
            figures,
            strict=True,
        ):
            assert f"?state={state}" in page
            assert f"{word} {figure}<" in page
            listed = shown(client.get(f"/directives/?state={state}"))
            assert listed.count('<th scope="row"') == figure


def test_provisional_days_are_marked(task: Task, leader: User) -> None:
    directive = factories.directive(task=task, due_on=dt.date(2090, 1, 4))
    for address in ("/directives/", f"/directives/{directive.pk}/"):
        assert "Provisional" in shown(signed_in(leader).get(address))


def test_a_day_on_which_nobody_works_is_marked(task: Task, leader: User) -> None:
    directive = factories.directive(task=task, due_on=dt.date(2026, 11, 28))  # a Saturday
    for address in ("/directives/", f"/directives/{directive.pk}/"):
        assert "Day off" in shown(signed_in(leader).get(address))


def test_what_people_write_is_shown_harmless(task: Task, leader: User, reporter: User) -> None:
    evil = "<script>alert(1)</script>"
    directive = factories.directive(task=task, text=evil, points=[evil], issued_for=evil)
    factories.answer(directive.addressees.get(), words=evil)
    signed_in(reporter).post(f"/directives/{directive.pk}/", {"action": "reply", "words": evil})
    for address in ("/directives/", f"/directives/{directive.pk}/", f"/tasks/{task.pk}/", "/dashboard/"):
        assert "<script>alert" not in shown(signed_in(leader).get(address))


@pytest.mark.parametrize(
    "address", ["/directives/", "/directives/{directive}/", "/dashboard/", "/reports/", "/tasks/{task}/"]
)
def test_pages_ask_as_often_for_many_directives_and_units_as_for_few(
    task: Task, leader: User, reporter: User, east: Unit, address: str
) -> None:
    first = factories.directive(task=task)
    for person in (leader, reporter):
        client, counts = signed_in(person), []
        client.get("/inbox/")  # the first request of a session writes to it
        for _round in range(2):
            for _n in range(4):
                units = [east, *(factories.unit() for _n in range(3))]
                for part in factories.directive(task=task, units=units).addressees.all()[1:]:
                    factories.answer(part)
                Addressee.objects.create(directive=first, unit=factories.unit())
            with CaptureQueriesContext(connection) as queries:
                client.get(address.format(task=task.pk, directive=first.pk))
            counts.append(len(queries))
        assert counts[0] == counts[1]
