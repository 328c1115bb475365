"""The working calendar: the year at a glance, and the days that administrators enter."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from commands.roles import Power
from tasks.boards.calendar import YEARS, calendar_year
from tasks.forms.calendar import WORKED, CalendarDayForm, ClearDayForm
from tasks.services.calendar import working_calendar
from tasks.services.calendar_days import clear_calendar_day, set_calendar_day
from tasks.services.moving_periods import calendar_with_day, fingerprint, moves
from tasks.views.access import SignedInRequest

DayForm = CalendarDayForm | ClearDayForm
ACTIONS: dict[str, type[DayForm]] = {"set": CalendarDayForm, "change": CalendarDayForm, "clear": ClearDayForm}


@require_http_methods(["GET", "HEAD", "POST"])
def calendar(request: SignedInRequest) -> HttpResponse:
    """Show a year; let administrators enter a day or take it back, and see first which periods move with it."""
    may_edit = request.user.duties.may(Power.ADMINISTER)
    if request.method != "POST":
        return _draw(request, CalendarDayForm() if may_edit else None)
    if not may_edit:
        raise PermissionDenied
    action = request.POST.get("action", "")
    if action not in ACTIONS:
        raise BadRequest("unknown action")
    form = ACTIONS[action](request.POST)
    if not form.is_valid() and action == "clear":
        raise BadRequest("no such day")
    if not form.is_valid() or action == "change":
        return _draw(request, form)
    return _ask(request, action, form) or _enter(request, action, form.cleaned_data)


def _ask(request: SignedInRequest, action: str, form: DayForm) -> HttpResponse | None:
    """Show which periods would move, if any, until that is what was confirmed."""
    day, kind = form.cleaned_data["day"], form.cleaned_data.get("kind")
    new = calendar_with_day(day, is_workday=kind == WORKED if kind else None)
    moving = [each for each in moves(old=working_calendar(), new=new, now=timezone.now()) if each.is_told]
    seen, mark = request.POST.get("fingerprint", ""), fingerprint(moving)
    if not moving or constant_time_compare(seen, mark):
        return None
    context = {"action": action, "form": form, "day": day, "moves": moving, "fingerprint": mark}
    context |= {"is_stale": bool(seen), "is_workday": new.is_workday(day)}
    return render(request, "tasks/calendar/day_preview.html", context, status=409 if seen else 200)


def _enter(request: SignedInRequest, action: str, typed: dict[str, Any]) -> HttpResponse:
    day: dt.date = typed["day"]
    if action == "clear":
        clear_calendar_day(day=day, by=request.user)
        text = _("For %(day)s the published calendar holds again.")
    else:
        is_workday = typed["kind"] == WORKED
        set_calendar_day(day=day, is_workday=is_workday, name=typed["name"], by=request.user)
        text = _("%(day)s is a working day now.") if is_workday else _("%(day)s is a day off now.")
    messages.success(request, text % {"day": date_format(day, "Y-m-d")})
    return redirect(f"{reverse('tasks:calendar')}?year={day.year}")


def _draw(request: SignedInRequest, form: DayForm | None) -> HttpResponse:
    today = timezone.localdate()
    year = _year(request.GET.get("year", ""), today)
    return render(request, "tasks/calendar/calendar.html", {**calendar_year(year, today), "form": form})


def _year(asked: str, today: dt.date) -> int:
    """Return the year asked for; this one where it makes no sense."""
    if asked.isascii() and asked.isdigit() and len(asked) == 4 and int(asked) in YEARS:
        return int(asked)
    return today.year
