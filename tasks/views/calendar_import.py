"""Entering a whole year of the working calendar: pasted, previewed, saved."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from commands.roles import Power
from tasks.forms.calendar import CalendarYearForm
from tasks.rules.notices import Day
from tasks.services.calendar import working_calendar
from tasks.services.calendar_years import enter_calendar_year, missing_year
from tasks.services.moving_periods import calendar_with, moves
from tasks.views.access import SignedInRequest, require_power


@require_http_methods(["GET", "HEAD", "POST"])
@require_power(Power.ADMINISTER)
def calendar_import(request: SignedInRequest) -> HttpResponse:
    """Show what was pasted for a year as it was understood, and enter it on a second press."""
    today = timezone.localdate()
    year = missing_year(today) or today.year
    asked = request.GET.get("year", "")
    form = CalendarYearForm(request.POST or None, initial={"year": asked if asked.isdecimal() else year})
    action = request.POST.get("action", "preview")
    if action not in {"preview", "save"}:
        raise BadRequest("unknown action")
    preview: dict[str, object] = {}
    if request.method == "POST" and form.is_valid():
        days, year = form.cleaned_data["days"], form.cleaned_data["year"]
        if action == "save":
            enter_calendar_year(year=year, days=days, by=request.user)
            messages.success(request, _("The working calendar of %(year)s is entered.") % {"year": year})
            return redirect(f"{reverse('tasks:calendar')}?year={year}")
        preview = _preview(days, year)
    return render(request, "tasks/calendar/import.html", {"form": form, **preview})


def _preview(days: Mapping[dt.date, Day], year: int) -> dict[str, object]:
    """Return the days as they were understood, and the periods that would move with them."""
    old, new = working_calendar(), calendar_with(days, year)
    moving = moves(old=old, new=new, now=timezone.now())
    return {
        "preview": [
            (day, said, old.is_workday(day) != said.is_workday) for day, said in sorted(days.items())
        ],
        "moves": [move for move in moving if move.is_told],
    }
