"""What load balancers and watchers are told."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tasks.models import Heartbeat


@pytest.fixture
def queue_folder(settings: Any, tmp_path: Any) -> None:
    if not settings.REDIS_URL:
        (settings.VAR_DIR / "queue").mkdir(parents=True, exist_ok=True)
        (settings.VAR_DIR / "queue-control").mkdir(parents=True, exist_ok=True)


def test_alive_is_answered_to_anybody_without_asking_the_database(client: Client) -> None:
    response = client.get("/healthz")  # a query would raise: this test has no database
    assert response.status_code == 200
    assert response.json() == {"status": "ok"}
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.usefixtures("queue_folder")
def test_ready_where_database_broker_and_beat_are_well(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    Heartbeat.objects.create(pk=1, at=timezone.now() - dt.timedelta(minutes=2))
    with django_assert_num_queries(4):
        response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json()["checks"] == {"database": "ok", "broker": "ok", "beat": "ok"}
    assert response.json()["figures"]["beat_age_s"] == 120


@pytest.mark.django_db
@pytest.mark.usefixtures("queue_folder")
def test_not_ready_before_the_first_beat_nor_after_a_silence(client: Client) -> None:
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["beat"] == "never seen"
    Heartbeat.objects.create(pk=1, at=timezone.now() - dt.timedelta(minutes=10))
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["beat"] == "last seen 600 s ago"


@pytest.mark.django_db
@pytest.mark.usefixtures("queue_folder")
def test_a_broker_that_is_away_is_told_without_its_address(client: Client, settings: Any) -> None:
    from luohu.celery import app

    Heartbeat.objects.create(pk=1, at=timezone.now())
    # Port 9 is the discard port: nobody listens.
    broker = (app.conf.broker_url, app.conf.broker_write_url)
    app.conf.update(
        broker_url="redis://:geheim@127.0.0.1:9/0", broker_write_url="redis://:geheim@127.0.0.1:9/0"
    )
    try:
        response = client.get("/readyz")
    finally:
        app.conf.update(broker_url=broker[0], broker_write_url=broker[1])
    assert response.status_code == 503
    assert response.json()["checks"]["broker"].startswith("failed: ")
    assert response.json()["checks"]["beat"] == "ok"
    assert "geheim" not in response.content.decode()
    assert "127.0.0.1" not in response.content.decode()


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_only_reading_is_answered(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405
