"""What Prometheus is told, and who may ask; the same figures on /readyz."""

import datetime as dt
from typing import Any

import pytest
from celery import current_app
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from tasks.models import Heartbeat
from tests import factories

pytestmark = pytest.mark.django_db
FAR_AWAY: dict[str, Any] = {"REMOTE_ADDR": "203.0.113.7"}
TOKEN = "a-token-for-the-tests"


@pytest.fixture(autouse=True)
def queue_folder(settings: Any) -> None:
    if not settings.REDIS_URL:
        for name in ("queue", "queue-control"):
            (settings.VAR_DIR / name).mkdir(parents=True, exist_ok=True)


def samples(client: Client, **asking: Any) -> dict[tuple[str, ...], float]:
    """Return every figure by its name and the values of its labels."""
    text = client.get("/metrics", **asking).content.decode()
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_figures_tell_what_waits_what_failed_and_since_when(client: Client) -> None:
    now = timezone.now()
    Heartbeat.objects.create(pk=1, at=now - dt.timedelta(seconds=30))
    report = factories.report()
    factories.reminder(report=report, planned_for=now - dt.timedelta(hours=2))
    factories.reminder(report=report, planned_for=now + dt.timedelta(days=1))
    factories.reminder(report=report, state="failed", claimed_at=now - dt.timedelta(hours=3))
    factories.reminder(report=report, state="failed", claimed_at=now - dt.timedelta(days=3))
    factories.reminder(report=report, state="sent", channel="inbox")
    factories.reminder(report=report, state="sent", maybe_duplicate=True)
    found = samples(client)
    assert found["luohu_check_ok", "database"] == found["luohu_check_ok", "beat"] == 1
    assert found["luohu_beat_age_seconds",] == 30
    assert found["luohu_reminders_waiting",] == 1
    assert found["luohu_reminders_oldest_unsent_seconds",] == 7200
    assert found["luohu_reminders_failed_last_day",] == 1
    assert found["luohu_reminders", "email", "planned"] == 2
    assert found["luohu_reminders", "email", "failed"] == 2
    assert found["luohu_reminders", "inbox", "sent"] == 1
    assert found["luohu_reminders_maybe_duplicate", "email", "sent"] == 1
    told = client.get("/readyz").json()["figures"]
    assert told["reminders"] == {"waiting": 1, "oldest_unsent_s": 7200, "sending": 0, "failed_in_24_h": 1}
    assert told["beat_age_s"] == 30


def test_waiting_jobs_are_counted(client: Client) -> None:
    before = samples(client)["luohu_queue_length",]
    current_app.send_task("tasks.send_reminders")
    try:
        assert samples(client)["luohu_queue_length",] == before + 1
        assert client.get("/readyz").json()["figures"]["queue_length"] == before + 1
    finally:
        current_app.control.purge()


def test_silence_of_beat_is_a_figure_too(client: Client) -> None:
    found = samples(client)
    assert found["luohu_check_ok", "beat"] == 0
    assert ("luohu_beat_age_seconds",) not in found


@pytest.mark.parametrize(
    ("token", "sent", "asking", "status"),
    [
        ("", "", {}, 200),
        ("", "", FAR_AWAY, 403),
        ("", "Bearer ", FAR_AWAY, 403),
        (TOKEN, f"Bearer {TOKEN}", FAR_AWAY, 200),
        (TOKEN, f"bearer {TOKEN}", FAR_AWAY, 200),
        (TOKEN, "Bearer something-else", FAR_AWAY, 403),
        (TOKEN, "Bearer something-else", {}, 403),
        (TOKEN, f"Basic {TOKEN}", FAR_AWAY, 403),
        ("", "", {"HTTP_X_FORWARDED_FOR": "203.0.113.7"}, 403),  # by way of a proxy that nobody counted on
        ("", "", {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}, 403),
    ],
)
def test_only_this_machine_and_whoever_knows_the_token_may_ask(
    client: Client, settings: Any, token: str, sent: str, asking: dict[str, Any], status: int
) -> None:
    settings.METRICS_TOKEN = token
    headers = {"Authorization": sent} if sent else {}
    response = client.get("/metrics", headers=headers, **asking)
    assert response.status_code == status
    assert ("luohu_check_ok" in response.content.decode()) == (status == 200)


def test_other_networks_can_be_let_in(client: Client, settings: Any) -> None:
    settings.METRICS_FROM = ["203.0.113.0/24"]
    assert client.get("/metrics", **FAR_AWAY).status_code == 200
    assert client.get("/metrics").status_code == 403


def test_behind_a_counted_proxy_everybody_has_their_own_address(client: Client, settings: Any) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.7"}).status_code == 403
    assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 200
