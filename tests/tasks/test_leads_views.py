"""Reassigning through the pages: choose, say why, see what will move, confirm; and the list of changes."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from commands.models import Event, Unit, User
from tasks.models import Campaign, Notification, Period, Report, Task
from tests import factories

ClientOf = Callable[[User], Client]
NEW = "/reassignments/new/"


@pytest.fixture
def client(administrator: User, client_of: ClientOf) -> Client:
    """The administrator's browser."""
    return client_of(administrator)


def text_of(response: Any) -> str:
    """Return a page's source with entities resolved."""
    return html.unescape(response.content.decode())


def decision(unit: Unit, **changed: Any) -> dict[str, Any]:
    """Return what is typed to give the lead to ``unit`` today."""
    return {"unit": unit.pk, "starts_on": "2026-11-23", "reason": "职能调整", **changed}


def hidden(response: Any) -> dict[str, str]:
    """Return the hidden fields of the preview, as a browser would send them back."""
    form = re.search(r'<form method="post" class="card-body".*?</form>', response.content.decode(), re.S)
    assert form, "no preview"
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form.group())
    return {name: html.unescape(value) for name, value in found if name != "csrfmiddlewaretoken"}


def confirm(client: Client, data: dict[str, Any], **changed: Any) -> Any:
    """Ask for the preview, and confirm it."""
    preview = client.post(NEW, {**data, "action": "preview"})
    return client.post(NEW, {**hidden(preview), "action": "confirm", **changed})


def leads_of(subject: Task | Campaign) -> list[str]:
    """Return who has led, first to last."""
    return [lead.unit.code for lead in subject.leads.order_by("starts_on")]


# The journey


def test_reassigning_takes_the_open_report_along_and_tells_both_units(
    client: Client, task: Task, report: Report, south: Unit, reporter: User, other_reporter: User
) -> None:
    factories.reminder(report=report, recipient=reporter)
    factories.milestone(task=task)
    preview = client.post(NEW, {"task": task.pk, **decision(south), "action": "preview"})
    page = text_of(preview)
    assert f"November 2026 · {report.get_state_display()}" in page
    assert "Other reporter" in page
    assert "Reporter" in page
    [move] = preview.context["preview"].moves
    assert (move.reminders, move.milestones) == (1, 1)
    assert leads_of(task) == ["dongmen"], "a preview changes nothing"

    done = client.post(NEW, {**hidden(preview), "action": "confirm"}, follow=True)
    assert done.redirect_chain == [("/reassignments/", 302)]
    page = text_of(done)
    assert "Nanhu Sub-district now leads “东门步行街改造”, from 2026-11-23 on." in page
    assert f'<a href="/tasks/{task.pk}/">' in page
    task.refresh_from_db()
    report.refresh_from_db()
    assert (task.lead_unit, report.unit) == (south, south)
    told = Notification.objects.values_list("recipient__username", "kind")
    assert set(told) == {("reporter", "lead_left"), ("other_reporter", "lead_given")}


def test_campaign_takes_along_the_tasks_that_the_same_unit_leads(
    client: Client, campaign: Campaign, task: Task, south: Unit
) -> None:
    others = factories.task(campaign=campaign)
    closed = factories.task(
        campaign=campaign, lead_unit=task.lead_unit, lifecycle="closed", closed_on=dt.date(2026, 6, 1)
    )
    confirm(client, {"campaign": campaign.pk, **decision(south, with_tasks="on")})
    for row in (campaign, task, others, closed):
        row.refresh_from_db()
    assert (campaign.lead_unit, task.lead_unit) == (south, south)
    assert others.lead_unit != south
    assert closed.lead_unit != south


def test_campaign_alone_leaves_its_tasks(client: Client, campaign: Campaign, task: Task, south: Unit) -> None:
    confirm(client, {"campaign": campaign.pk, **decision(south)})
    campaign.refresh_from_db()
    task.refresh_from_db()
    assert campaign.lead_unit == south
    assert task.lead_unit != south


def test_change_dated_ahead_is_marked_and_moves_nothing_yet(
    client: Client, task: Task, report: Report, south: Unit
) -> None:
    response = confirm(client, {"task": task.pk, **decision(south, starts_on="2026-12-01")})
    assert response.status_code == 302
    page = text_of(client.get("/reassignments/"))
    assert "Still to come" in page
    assert "will lead “东门步行街改造” from 2026-12-01 on" in page
    report.refresh_from_db()
    assert report.unit == task.lead_unit


def test_everything_typed_is_kept_exactly(client: Client, task: Task, south: Unit) -> None:
    note = ' 一、资料在柜子里\n二、<script>alert(1)</script> 😀 \u202e "quotes" '
    confirm(
        client,
        {
            "task": task.pk,
            **decision(south, reason="<b>机构改革</b> & 其他", document_number="罗府〔2026〕3号"),
            "handover_note": note.replace("\n", "\r\n"),
        },
    )
    lead = task.leads.get(unit=south)
    assert lead.handover_note == note
    assert (lead.reason, lead.document_number) == ("<b>机构改革</b> & 其他", "罗府〔2026〕3号")
    raw = client.get("/reassignments/").content.decode()
    assert "<script>alert" not in raw
    assert "<b>机构改革" not in raw


def test_text_can_be_changed_after_the_preview(client: Client, task: Task, south: Unit) -> None:
    preview = client.post(NEW, {"task": task.pk, **decision(south), "action": "preview"})
    again = client.post(NEW, {**hidden(preview), "action": "change"})
    assert "职能调整" in text_of(again)
    assert not again.context["form"].errors


# Doubled and stale


def test_double_click_reassigns_once_and_says_so_both_times(
    client: Client, task: Task, south: Unit, other_reporter: User
) -> None:
    preview = client.post(NEW, {"task": task.pk, **decision(south), "action": "preview"})
    for _click in range(2):
        response = client.post(NEW, {**hidden(preview), "action": "confirm"}, follow=True)
        assert "now leads" in text_of(response)
    assert leads_of(task) == ["dongmen", "nanhu"]
    assert Notification.objects.filter(recipient=other_reporter).count() == 1


def test_stale_preview_is_refused_and_drawn_again(
    client: Client, task: Task, report: Report, south: Unit, reporter: User
) -> None:
    preview = client.post(NEW, {"task": task.pk, **decision(south), "action": "preview"})
    factories.reminder(report=report, recipient=reporter)
    second = client.post(NEW, {**hidden(preview), "action": "confirm"})
    assert "Things have changed since you looked" in text_of(second)
    assert second.context["preview"].moves[0].reminders == 1
    assert leads_of(task) == ["dongmen"]
    client.post(NEW, {**hidden(second), "action": "confirm"})
    assert leads_of(task) == ["dongmen", "nanhu"]


@pytest.mark.parametrize("changed", ["starts_on", "reason", "fingerprint", "missing"])
def test_only_what_was_seen_can_be_confirmed(client: Client, task: Task, south: Unit, changed: str) -> None:
    data = {"starts_on": "2026-11-24", "reason": "另一个理由", "fingerprint": "确认"}
    extra = {changed: data[changed]} if changed in data else {"fingerprint": ""}
    response = confirm(client, {"task": task.pk, **decision(south)}, **extra)
    assert response.status_code == 409
    assert response.context["is_stale"]
    assert leads_of(task) == ["dongmen"]


def test_somebody_elses_reassignment_in_between_is_told(
    client: Client, task: Task, period: Period, south: Unit, client_of: ClientOf
) -> None:
    preview = client.post(NEW, {"task": task.pk, **decision(south), "action": "preview"})
    other = client_of(factories.user_with("administrator"))
    confirm(other, {"task": task.pk, **decision(factories.unit(code="third"), starts_on="2026-11-20")})
    response = client.post(NEW, {**hidden(preview), "action": "confirm"})
    assert response.status_code == 409
    assert response.context["is_stale"]
    assert leads_of(task) == ["dongmen", "third"]


# Bad input


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"unit": ""}, "unit"),
        ({"unit": "abc"}, "unit"),
        ({"unit": "9" * 25}, "unit"),
        ({"unit": "inactive"}, "unit"),
        ({"unit": "current"}, "unit"),
        ({"starts_on": ""}, "starts_on"),
        ({"starts_on": "tomorrow"}, "starts_on"),
        ({"starts_on": "2026-02-30"}, "starts_on"),
        ({"starts_on": "2025-10-01"}, "starts_on"),
        ({"starts_on": "2028-01-01"}, "starts_on"),
        ({"starts_on": "0001-01-01"}, "starts_on"),
        ({"reason": ""}, "reason"),
        ({"reason": " \n "}, "reason"),
        ({"reason": "长" * 301}, "reason"),
        ({"reason": "长" * 20_000}, "reason"),
        ({"reason": "a\x00b"}, "reason"),
        ({"document_number": "号" * 61}, "document_number"),
        ({"handover_note": "注" * 2001}, "handover_note"),
    ],
)
@pytest.mark.parametrize("action", ["preview", "confirm"])
def test_wrong_values_are_refused_beside_their_field(
    client: Client, task: Task, period: Period, south: Unit, changed: dict[str, str], field: str, action: str
) -> None:
    known = {"inactive": str(factories.unit(active=False).pk), "current": str(task.lead_unit_id)}
    data = {
        "task": task.pk,
        **decision(south, document_number="罗府3号", handover_note="见附件", action=action),
        **{name: known.get(value, value) for name, value in changed.items()},
    }
    before = Event.objects.count()
    response = client.post(NEW, data)
    assert list(response.context["form"].errors) == [field]
    page = text_of(response)
    assert f'id="id_{field}_error"' in page
    assert "罗府3号" in page or field == "document_number"
    assert "见附件" in page or field == "handover_note"
    assert leads_of(task) == ["dongmen"]
    assert Event.objects.count() == before


def test_closed_task_keeps_its_lead(client: Client, task: Task, south: Unit) -> None:
    Task.objects.filter(pk=task.pk).update(lifecycle="closed", closed_on=dt.date(2026, 11, 1))
    assert "its lead no longer changes" in text_of(client.get(f"{NEW}?task={task.pk}"))
    response = client.post(NEW, {"task": task.pk, **decision(south), "action": "confirm"})
    assert response.status_code == 200
    assert leads_of(task) == ["dongmen"]


@pytest.mark.parametrize(
    "query", ["task=abc", "task=999999", "campaign=-1", "campaign=²", "task=" + "9" * 40]
)
def test_task_or_campaign_that_does_not_exist_is_not_found(client: Client, db: None, query: str) -> None:
    assert client.get(f"{NEW}?{query}").status_code == 404


def test_posting_without_task_or_campaign_is_a_bad_request(client: Client, south: Unit) -> None:
    assert client.post(NEW, decision(south)).status_code == 400


def test_warns_where_nobody_holds_a_post_in_the_new_unit(client: Client, task: Task, south: Unit) -> None:
    page = text_of(client.post(NEW, {"task": task.pk, **decision(south), "action": "preview"}))
    assert "Nobody holds a post in Nanhu Sub-district today" in page


# Choosing


def test_choosing_finds_by_text_campaign_and_unit(
    client: Client, task: Task, campaign: Campaign, east: Unit
) -> None:
    other = factories.task(title="清水河道路")
    closed = factories.task(lifecycle="cancelled")
    shown = set(client.get(NEW).context["page_obj"])
    assert shown == {task, other}
    assert closed not in shown
    for query in ({"q": "步行街 2026"}, {"within": campaign.pk}, {"unit": east.pk}):
        assert list(client.get(NEW, query).context["page_obj"]) == [task]
    assert list(client.get(NEW, {"q": campaign.name_en}).context["campaigns"]) == [campaign]


def test_choosing_stays_workable_with_hundreds_of_tasks(
    client: Client, campaign: Campaign, east: Unit
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(NEW)
        return len(captured)

    factories.many_tasks(100, campaign=campaign, unit=east)
    queries()
    few = queries()
    factories.many_tasks(100, campaign=campaign, unit=east)
    assert queries() == few
    page = client.get(NEW, {"page": "4"})
    assert page.context["page_obj"].number == 4


@pytest.mark.parametrize("preselected", ["task", "campaign"])
def test_task_or_campaign_can_be_named_in_the_address(
    client: Client, task: Task, campaign: Campaign, preselected: str
) -> None:
    subject = {"task": task, "campaign": campaign}[preselected]
    response = client.get(f"{NEW}?{preselected}={subject.pk}")
    assert response.context["subject"] == subject
    assert ("with_tasks" in response.context["form"].fields) == (preselected == "campaign")


def test_preview_of_a_campaign_asks_the_same_number_of_queries_for_more_tasks(
    client: Client, campaign: Campaign, period: Period, east: Unit, south: Unit
) -> None:
    data = {"campaign": campaign.pk, **decision(south, with_tasks="on"), "action": "preview"}

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.post(NEW, data).context["preview"]
        return len(captured)

    factories.many_tasks(10, campaign=campaign, unit=east, periods=[period])
    queries()
    few = queries()
    factories.many_tasks(10, campaign=campaign, unit=east, periods=[period])
    assert queries() == few


@pytest.mark.parametrize("query", ["within=x", "unit=" + "9" * 30, "page=x", "page=-3", "q=" + "y" * 900])
def test_junk_in_the_query_is_no_fault_of_ours(client: Client, task: Task, query: str) -> None:
    assert client.get(f"{NEW}?{query}").status_code == 200


# Who


def test_only_administrators_reassign(
    client_of: ClientOf, task: Task, south: Unit, reporter: User, head: User, office: User, leader: User
) -> None:
    for user in (reporter, head, office, leader):
        theirs = client_of(user)
        assert theirs.get(NEW).status_code == 403
        data = {"task": task.pk, **decision(south), "action": "confirm"}
        assert theirs.post(NEW, data).status_code == 403
        assert NEW not in text_of(theirs.get("/reassignments/"))
    assert leads_of(task) == ["dongmen"]
