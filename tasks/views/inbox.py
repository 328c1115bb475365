"""The inbox: what a person was told. Reading is a write, so it is done by buttons."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from commands.services.refusals import Refused
from tasks.forms.inbox import SnoozeForm
from tasks.models import Notification
from tasks.notices import body_of, title_of
from tasks.services.inbox import mark_all_read, mark_read, snooze, snooze_days, wake
from tasks.views.access import SignedInRequest

MESSAGES_A_PAGE = 30


@require_safe
def inbox(request: SignedInRequest) -> HttpResponse:
    """List the messages of the person signed in: unread first, then newest first; or those that were put off."""
    today, snoozed = timezone.localdate(), bool(request.GET.get("snoozed"))
    is_read = ExpressionWrapper(Q(read_at__isnull=False), output_field=BooleanField())
    mine = Notification.objects.of(request.user).alias(is_read=is_read)
    shown = mine.snoozed(today) if snoozed else mine.awake(today)
    order = ("snoozed_until", "-pk") if snoozed else ("is_read", "-created_at", "-pk")
    page = Paginator(shown.order_by(*order), MESSAGES_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "rows": [{"notification": row, "title": title_of(row), "body": body_of(row)} for row in page],
        "unread_count": Notification.objects.unread_for(request.user).count(),
        "snoozed": snoozed,
        "snoozed_count": mine.snoozed(today).count(),
        "days": [] if snoozed else snooze_days(today),
    }
    return render(request, "tasks/inbox/inbox.html", context)


@require_POST
def notification_snooze(request: SignedInRequest, pk: int) -> HttpResponse:
    """Put a message off until a working day; without a day, take it back."""
    notification = get_object_or_404(Notification.objects.of(request.user), pk=pk)
    form = SnoozeForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(map(str, form.errors["until"])))
    elif until := form.cleaned_data["until"]:
        try:
            day = snooze(notification=notification, until=until, by=request.user)
        except Refused as refusal:
            messages.error(request, refusal.message)
        else:
            text = _("The message is back in your inbox on %(day)s.")
            messages.success(request, text % {"day": date_format(day, "Y-m-d")})
    else:
        wake(notification=notification, by=request.user)
    return redirect("tasks:inbox")


@require_POST
def notification_open(request: SignedInRequest, pk: int) -> HttpResponse:
    """Mark a message as read, and lead to what it is about."""
    notification = get_object_or_404(Notification.objects.of(request.user), pk=pk)
    mark_read(notification=notification, by=request.user)
    if notification.link and url_has_allowed_host_and_scheme(notification.link, allowed_hosts=None):
        return redirect(notification.link)
    return redirect("tasks:inbox")


@require_POST
def inbox_read_all(request: SignedInRequest) -> HttpResponse:
    """Mark every message as read."""
    count = mark_all_read(user=request.user)
    text = ngettext("%(count)s message marked as read.", "%(count)s messages marked as read.", count)
    messages.success(request, text % {"count": count})
    return redirect("tasks:inbox")
