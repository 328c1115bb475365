"""Is it alive, and is it ready: for load balancers and for those who watch the system.

`/healthz` answers as soon as a web process can; it asks nobody. `/readyz` looks at everything the system
needs: the database, the broker, and that beat's last mark, made through broker and worker, is not old. Beside
that it tells how many jobs wait in the queue, and how reminders stand. `luohu/metrics.py` says the same to Prometheus.
"""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import Error as DatabaseFailure
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import KombuError

from luohu.celery import app as celery_app

# Beat makes its mark every minute; three missing ones are no coincidence.
BEAT_MAY_BE_OLD = timedelta(minutes=4)
BROKER_TIMEOUT = 2  # seconds


def last_beat() -> datetime | None:
    """Return when a worker last ran the job that beat asks for every minute; None if never."""
    from tasks.models import Heartbeat  # the project is loaded before its apps

    return Heartbeat.objects.filter(pk=1).values_list("at", flat=True).first()


def beat_age() -> float | None:
    """Return how many seconds ago that was; None if never."""
    at = last_beat()
    return None if at is None else (timezone.now() - at).total_seconds()


def queue_length() -> int | None:
    """Return how many jobs wait in the broker; None where it does not answer."""
    try:
        with celery_app.connection_for_write(connect_timeout=BROKER_TIMEOUT) as broker:
            broker.ensure_connection(max_retries=1, timeout=BROKER_TIMEOUT, interval_start=0)
            channel: Any = broker.default_channel  # the stubs know no method of it
            return int(channel.queue_declare(celery_app.conf.task_default_queue).message_count)
    except (KombuError, OSError):
        return None


def _check_database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "ok"


def _check_broker() -> str:
    with celery_app.connection_for_write(connect_timeout=BROKER_TIMEOUT) as broker:
        broker.ensure_connection(max_retries=1, timeout=BROKER_TIMEOUT, interval_start=0)
    return "ok"


def _check_beat() -> str:
    age = beat_age()
    if age is None:
        return "never seen"
    return "ok" if age <= BEAT_MAY_BE_OLD.total_seconds() else f"last seen {int(age)} s ago"


def _answer(check: Callable[[], str]) -> str:
    """Turn a failure into words that tell no address and no password."""
    try:
        return check()
    except (DatabaseFailure, KombuError, OSError) as error:
        return f"failed: {type(error).__name__}"


_CHECKS = {"database": _check_database, "broker": _check_broker, "beat": _check_beat}


def answers(name: str) -> bool:
    """Say whether one of the checks, ``database``, ``broker`` or ``beat``, is well."""
    return _answer(_CHECKS[name]) == "ok"


def _figures(checks: dict[str, str]) -> dict[str, Any]:
    """Return the last beat, what waits and what failed, as far as those who know can be asked."""
    from tasks.boards.monitoring import reminder_figures

    found: dict[str, Any] = {}
    if checks["broker"] == "ok":
        found["queue_length"] = queue_length()
    if checks["database"] == "ok":
        age = beat_age()
        found["beat_age_s"] = None if age is None else int(age)
        found["reminders"] = asdict(reminder_figures(timezone.now()))
    return found


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer that this web process is alive. Asks neither database nor broker."""
    return JsonResponse({"status": "ok"})


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 where work can be done and reminders go out, else 503 with what is missing."""
    checks = {name: _answer(check) for name, check in _CHECKS.items()}
    ready = all(answer == "ok" for answer in checks.values())
    return JsonResponse(
        {
            "status": "ok" if ready else "unavailable",
            "checks": checks,
            "figures": _figures(checks),
            "demo": settings.DEMO,
        },
        status=200 if ready else 503,
    )
