"""The day as of which a page is asked for: ``?as_of=2023-01-29`` shows what was so on that day."""

from __future__ import annotations

import datetime as dt
import re
from http import HTTPStatus
from typing import Any

from django.core.exceptions import BadRequest
from django.db.models import Model
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone

from commands.models import User
from commands.roles import Power
from tasks.views.access import SignedInRequest

PARAMETER = "as_of"
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def day_asked(query: QueryDict) -> dt.date:
    """Return the day that the page is to tell of: today unless an earlier one is asked for.

    What is no day, or has not come yet, is a bad request: nothing can be known of it.
    """
    today = timezone.localdate()
    asked = query.get(PARAMETER, "")
    if not asked:
        return today
    if not ISO_DAY.fullmatch(asked):
        raise BadRequest("as_of is not a day")
    try:
        day = dt.date.fromisoformat(asked)
    except ValueError as error:
        raise BadRequest("as_of is not a day") from error
    if day > today:
        raise BadRequest("as_of lies ahead")
    return day


def about_the_day(user: User, day: dt.date) -> dict[str, Any]:
    """Return what every such page says: of which day it tells, and whether its reader may reorganise."""
    is_past = day != timezone.localdate()
    may = user.duties.may(Power.ADMINISTER) and not is_past
    return {"day": day, "is_past": is_past, "may_reorganise": may}


def not_yet(row: Model, about: dict[str, Any], request: SignedInRequest) -> HttpResponse:
    """Say that nothing was known of ``row`` on the day asked for, with the way to today."""
    return render(request, "tasks/not_yet.html", {"row": row, **about}, status=HTTPStatus.NOT_FOUND)
