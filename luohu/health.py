"""Is it alive, and is it ready: for load balancers and for those who watch the system.

`/healthz` answers as soon as a web process can; it asks nobody. `/readyz` looks at everything the system
needs: the database, the broker, and that beat's last mark, made through broker and worker, is not old.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

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


def _check_database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "ok"


def _check_broker() -> str:
    with celery_app.connection_for_write(connect_timeout=BROKER_TIMEOUT) as broker:
        broker.ensure_connection(max_retries=1, timeout=BROKER_TIMEOUT, interval_start=0)
    return "ok"


def _check_beat() -> str:
    at = last_beat()
    if at is None:
        return "never seen"
    age = timezone.now() - at
    return "ok" if age <= BEAT_MAY_BE_OLD else f"last seen {int(age.total_seconds())} s ago"


def _answer(check: Callable[[], str]) -> str:
    """Turn a failure into words that tell no address and no password."""
    try:
        return check()
    except (DatabaseFailure, KombuError, OSError) as error:
        return f"failed: {type(error).__name__}"


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
    checks = {
        "database": _answer(_check_database),
        "broker": _answer(_check_broker),
        "beat": _answer(_check_beat),
    }
    ready = all(answer == "ok" for answer in checks.values())
    return JsonResponse(
        {"status": "ok" if ready else "unavailable", "checks": checks, "demo": settings.DEMO},
        status=200 if ready else 503,
    )
