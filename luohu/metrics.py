"""The same for Prometheus: `/metrics`, read anew from the database and the broker at every request.

No process keeps counters of its own, so that any number of web and worker processes tell one truth, and a restart
forgets nothing. Asked for by the machine itself, by addresses in METRICS_FROM, or with METRICS_TOKEN as a bearer.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from allauth.core.internal.httpkit import get_client_ip
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from luohu.health import answers, beat_age, queue_length


def may_read(request: HttpRequest) -> bool:
    """Say whether whoever asks knows the token, or asks from an address that may."""
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    if settings.METRICS_TOKEN and scheme.lower() == "bearer":
        return constant_time_compare(token.strip(), settings.METRICS_TOKEN)
    # Where no proxy is counted on, one that stands there all the same would make everybody look like this machine.
    if "X-Forwarded-For" in request.headers and not settings.ALLAUTH_TRUSTED_PROXY_COUNT:
        return False
    try:
        asking = ip_address(get_client_ip(request) or "")
    except ValueError:
        return False
    return any(asking in ip_network(network) for network in settings.METRICS_FROM)


@login_not_required
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with the figures of the moment; 403 to whoever may not read them."""
    if not may_read(request):
        return HttpResponse(
            "Not from there, and not without the token.\n", status=403, content_type="text/plain"
        )
    registry = CollectorRegistry()
    _checks(registry)
    if answers("database"):
        _reminders(registry)
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _checks(registry: CollectorRegistry) -> None:
    check = Gauge("luohu_check_ok", "Whether a check of /readyz says ok", ["check"], registry=registry)
    for name in ("database", "broker", "beat"):
        check.labels(name).set(answers(name))
    if (length := queue_length()) is not None:
        Gauge("luohu_queue_length", "Jobs that wait in the broker", registry=registry).set(length)


def _reminders(registry: CollectorRegistry) -> None:
    from tasks.boards.monitoring import reminder_figures, reminders_by_state

    if (age := beat_age()) is not None:
        Gauge("luohu_beat_age_seconds", "Since beat was last heard through a worker", registry=registry).set(
            age
        )
    figures = reminder_figures(timezone.now())
    for name, meaning, value in (
        ("waiting", "Reminders whose time has come and which nobody has taken up", figures.waiting),
        (
            "oldest_unsent_seconds",
            "How long the oldest reminder that is due has waited",
            figures.oldest_unsent_s,
        ),
        ("failed_last_day", "Reminders given up or refused within 24 hours", figures.failed_in_24_h),
    ):
        Gauge(f"luohu_reminders_{name}", meaning, registry=registry).set(value)
    labels = ["channel", "state"]
    standing = Gauge("luohu_reminders", "Reminders by channel and state", labels, registry=registry)
    perhaps = Gauge("luohu_reminders_maybe_duplicate", "Those perhaps sent twice", labels, registry=registry)
    for channel, state, number, twice in reminders_by_state():
        standing.labels(channel, state).set(number)
        perhaps.labels(channel, state).set(twice)
