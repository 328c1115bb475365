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

from commands.models import Event, Headquarters, Unit, User
from tasks.models import Campaign, LeadAssignment, Notification, Period, Report, Task
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
    assert response.context["is_stale"]
    assert leads_of(task) == ["dongmen"]


def test_somebody_elses_reassignment_in_between_is_told(
    client: Client, task: Task, period: Period, south: Unit, client_of: ClientOf
) -> None:
    preview = client.post(NEW, {"task": task.pk, **decision(south), "action": "preview"})
    other = client_of(factories.user_with("administrator"))
    confirm(other, {"task": task.pk, **decision(factories.unit(code="third"), starts_on="2026-11-20")})
    response = client.post(NEW, {**hidden(preview), "action": "confirm"})
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


# The list


def moved(subject: Task | Campaign, unit: Unit, **fields: Any) -> LeadAssignment:
    """Let ``subject`` have passed to ``unit`` on 1 June, or from ``starts_on`` on."""
    day = fields.setdefault("starts_on", dt.date(2026, 6, 1))
    subject.leads.filter(ends_on=None).update(ends_on=day)
    about = {"task": subject} if isinstance(subject, Task) else {"campaign": subject}
    return factories.lead(**about, unit=unit, needs_acknowledgement=True, **fields)


def rows(client: Client, **query: Any) -> list[LeadAssignment]:
    """Return the changes that the list shows."""
    return [row["lead"] for row in client.get("/reassignments/", query).context["changes"]]


def test_list_is_newest_first_and_leaves_out_first_assignments(
    client: Client, task: Task, campaign: Campaign, south: Unit
) -> None:
    older = moved(campaign, south)
    newer = moved(task, south, starts_on=dt.date(2026, 9, 1), reason="机构改革")
    assert rows(client) == [newer, older]
    page = text_of(client.get("/reassignments/"))
    assert "机构改革" in page
    assert "Dongmen Sub-district" in page


def test_list_filters(
    client: Client, task: Task, campaign: Campaign, south: Unit, east: Unit, head: User
) -> None:
    done = moved(campaign, south, acknowledged_by=head, acknowledged_at=factories.at(dt.date(2026, 6, 2)))
    waiting = moved(task, south, starts_on=dt.date(2026, 9, 1), document_number="罗府9号")
    other = factories.task()
    planned = moved(other, factories.unit(), starts_on=dt.date(2026, 12, 1))
    assert rows(client, unit=south.pk) == [waiting, done]
    assert rows(client, unit=east.pk) == [waiting, done]
    assert rows(client, campaign=campaign.pk) == [waiting, done]
    assert rows(client, first="2026-07-01", last="2026-10-01") == [waiting]
    assert rows(client, state="planned") == [planned]
    assert rows(client, state="waiting") == [planned, waiting]
    assert rows(client, state="acknowledged") == [done]
    assert rows(client, q="罗府9") == [waiting]


@pytest.mark.parametrize(
    "query",
    [
        "unit=x",
        "campaign=" + "9" * 30,
        "first=1",
        "last=2026-99-99",
        "state=x",
        "page=0",
        "page=x",
        "q=" + "y" * 900,
    ],
)
def test_junk_in_the_query_is_no_fault_of_ours(client: Client, task: Task, south: Unit, query: str) -> None:
    moved(task, south)
    assert client.get(f"/reassignments/?{query}").status_code == 200
    assert client.get(f"{NEW}?{query}").status_code == (404 if query.startswith("campaign=") else 200)


def test_units_see_the_changes_to_and_from_them(
    client_of: ClientOf,
    task: Task,
    south: Unit,
    reporter: User,
    other_reporter: User,
    hq_office: User,
    office: User,
    leader: User,
    stranger: User,
) -> None:
    change = moved(task, south)
    elsewhere = moved(factories.task(), factories.unit())
    for user in (reporter, other_reporter, hq_office):
        assert rows(client_of(user)) == [change], user
    for user in (office, leader):
        assert set(rows(client_of(user))) == {change, elsewhere}, user
    assert rows(client_of(stranger)) == []


def test_list_asks_the_same_number_of_queries_for_more_changes(client: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get("/reassignments/")
        return len(captured)

    for _n in range(5):
        moved(factories.task(), factories.unit(), decided_by=factories.user())
    queries()
    few = queries()
    for _n in range(5):
        moved(factories.task(), factories.unit(), decided_by=factories.user())
    assert queries() == few


# Acknowledging


def test_new_unit_acknowledges_from_the_list(
    client_of: ClientOf, task: Task, south: Unit, other_reporter: User
) -> None:
    change = moved(task, south)
    theirs = client_of(other_reporter)
    assert f"/reassignments/{change.pk}/acknowledge/" in text_of(theirs.get("/reassignments/"))
    data = {"next": "/reassignments/?state=waiting"}
    for _click in range(2):
        response = theirs.post(f"/reassignments/{change.pk}/acknowledge/", data)
        assert response["Location"] == data["next"]
    change.refresh_from_db()
    assert change.acknowledged_by == other_reporter
    assert Event.objects.filter(action="lead.acknowledge").count() == 1


@pytest.mark.parametrize(
    "back", ["", "https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"]
)
def test_acknowledging_never_leads_off_the_site(
    client_of: ClientOf, task: Task, south: Unit, other_reporter: User, back: str
) -> None:
    change = moved(task, south)
    response = client_of(other_reporter).post(f"/reassignments/{change.pk}/acknowledge/", {"next": back})
    assert response["Location"] == f"/tasks/{task.pk}/"


def test_nobody_else_acknowledges(
    client_of: ClientOf,
    task: Task,
    south: Unit,
    headquarters: Headquarters,
    reporter: User,
    office: User,
    administrator: User,
    stranger: User,
) -> None:
    change = moved(task, south)
    expected = {reporter: 403, office: 403, administrator: 403, stranger: 404}
    for user, status in expected.items():
        assert client_of(user).post(f"/reassignments/{change.pk}/acknowledge/").status_code == status, user
    change.refresh_from_db()
    assert change.acknowledged_at is None


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
