"""The dashboard: what one minute should tell."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from commands.models import Headquarters
from tasks.boards.areas import Area
from tasks.boards.dashboard import Dashboard, dashboard_of
from tasks.boards.headquarters import dressed
from tasks.boards.moments import moment_of
from tasks.boards.wall import wall_of
from tasks.filters.areas import AreaForm
from tasks.filters.fields import supervisor_choices
from tasks.models import Campaign, LightChoices, StrategicGoal, TaskBook
from tasks.views.access import SignedInRequest
from tasks.views.as_of import about_the_day, day_asked
from tasks.views.kept import keep_page


@require_safe
@keep_page
def dashboard(request: SignedInRequest) -> HttpResponse:
    """Show everybody the area they see, exceptions first."""
    day = day_asked(request.GET)
    book = TaskBook.objects.current(day)
    if book is None:
        return render(request, "tasks/dashboard/no_book.html")
    headquarters = dressed(Headquarters.objects.standing_on(day).with_nameplates(), day)
    form = AreaForm(
        request.GET,
        goals=list(StrategicGoal.objects.all()),
        headquarters=headquarters,
        supervisors=supervisor_choices(
            Campaign.objects.visible_to(request.user).filter(book=book), moment_of(day)
        ),
    )
    area = form.area(request.user, book, day)
    board = dashboard_of(area, [area.headquarters] if area.headquarters else headquarters)
    context = {"form": form, "board": board, "area": area, "cells": _cells(board), "now": area.moment.at}
    context |= about_the_day(request.user, day)
    return render(request, "tasks/dashboard/dashboard.html", context)


def _cells(board: Dashboard) -> list[dict[str, Any]]:
    """Return the tally strip: each figure with the address of the list that it counts."""
    ledger = board.area.ledger
    cells = [{"label": _("Tasks"), "figure": board.tally.total, "href": ledger}]
    for light in LightChoices:
        count = board.tally.lights[light]
        # Grey is the exception later in the year: its cell would stand empty.
        if count or light != LightChoices.GREY:
            href = f"{ledger}&light={light}"
            cells.append({"label": light.label, "figure": count, "href": href, "tone": light.value})
    if board.filing and board.filing.rate is not None:
        month = date_format(board.filing.period.month, "F")
        label = _("Filed for %(month)s") % {"month": month}
        cells.append({"label": label, "figure": f"{board.filing.rate}%", "href": f"{ledger}&report=filed"})
    return cells


@require_safe
@keep_page
def wall(request: SignedInRequest) -> HttpResponse:
    """Show the wall chart: for a screen that hangs in a room, and for A3 paper."""
    day = day_asked(request.GET)
    book = TaskBook.objects.current(day)
    if book is None:
        return render(request, "tasks/dashboard/no_book.html")
    area = Area(request.user, book, day)
    context = {"board": wall_of(area), "now": area.moment.at, **about_the_day(request.user, day)}
    return render(request, "tasks/dashboard/wall.html", context)
