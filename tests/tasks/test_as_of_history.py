"""Any past day opens as it was: two years at random, pages read at the end of days, and read again later."""

from __future__ import annotations

import datetime as dt
import os
import re
from random import Random

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.urls import resolve
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from commands.models import Unit
from tasks.models import Campaign, Task
from tests import factories
from tests.conftest import signed_in
from tests.tasks.boards import TAKE_A_DAY, text
from tests.tasks.chronicle import FIRST, LAST, LEADERS, ONE_DAY, Chronicle

EXAMPLES = int(os.environ.get("AS_OF_EXAMPLES", "1"))
CHANGES = int(os.environ.get("AS_OF_CHANGES", "200"))
LOOKS = int(os.environ.get("AS_OF_LOOKS", "5"))
"""One fixed story by default. More of them are not made smaller when they fail: a seed has nothing to shrink."""

DAYS = int(os.environ.get("AS_OF_DAYS", "45"))
"""On how many days the changes fall: turning to the next one costs more than changing something."""

OF_TODAY = {"names", "nameplates", "reminders", "posts"}
"""Sections of what is to be done today, and of what is known today of all days."""
SAID_TODAY = {
    "Tasks it leads": "Tasks it led",
    "It leads no task": "It led no task",
    "No team works under it today.": "No team worked under it on that day.",
    " Raise an obstacle": "",
    " Issue a directive": "",
}
"""What a page says of today, and what the same says of a past day; nothing is offered there."""

Told = dict[str, str]


class _Part:
    """A piece of a page, to be read as one."""

    def __init__(self, html: str) -> None:
        self.content = html.encode()


def told(client: Client, address: str) -> Told:
    """Return what a page tells: each of its sections, tables and figures, in words and lights."""
    response = client.get(address)
    assert response.status_code == 200, address
    page = response.content.decode()
    parts = re.findall(r'<section[^>]*aria-label(?:ledby)?="([^"]+)"[^>]*>(.*?)</section>', page, re.DOTALL)
    parts += [(f"{tag} {n}", part) for tag in ("h1", "table", "aside") for n, part in _elements(page, tag)]
    parts += [("tally", part) for part in re.findall(r'<ul class="tally">.*?</ul>', page, re.DOTALL)]
    words = {name: text(_Part(part)) for name, part in parts if name not in OF_TODAY}
    if "csv" in address:
        words["csv"] = page
    for now, then in SAID_TODAY.items():
        words = {name: said.replace(now, then) for name, said in words.items()}
    # That one may be raised or issued where there is none is of today alone.
    alone = ("Obstacles Nothing stands in the way.", "Directives None has been issued.")
    return {name: said for name, said in words.items() if not said.startswith(alone)}


def _elements(page: str, tag: str) -> list[tuple[int, str]]:
    if tag == "aside" and 'class="wall-aside"' not in page:
        return []
    return list(enumerate(re.findall(rf"<{tag}[ >].*?</{tag}>", page, re.DOTALL)))


def addresses(chronicle: Chronicle) -> list[str]:
    """Return every page that takes a day, some of them narrowed."""
    rng, year = chronicle.rng, chronicle.today.year
    lists = ["/dashboard/", "/dashboard/wall/", "/campaigns/", "/tasks/", "/tasks/?export=csv", "/units/"]
    commanded = [f"headquarters={chronicle.headquarters[0].pk}", f"supervisor={rng.choice(LEADERS)}"]
    lists += ["/headquarters/", f"/dashboard/?{rng.choice(commanded)}"]
    narrowed = [*commanded, "attention=on", "light=red", "report=on_time", "report=waiting", "report=missed"]
    narrowed += ["milestone=overdue", "milestone=soon", "state=closed", f"unit={chronicle.units[0].pk}"]
    lists += [f"/tasks/?{asked}&sort=deviation" for asked in rng.sample(narrowed, 3)]
    task = rng.choice(list(Task.objects.filter(campaign__book__year=year).order_by("pk")))
    campaign = rng.choice(list(Campaign.objects.filter(book__year__lte=year).order_by("pk")))
    pages = [f"/tasks/{task.pk}/", f"/campaigns/{campaign.pk}/"]
    pages += [f"/headquarters/{rng.choice(chronicle.headquarters).pk}/"]
    return [*lists, *pages, f"/units/{rng.choice(list(Unit.objects.order_by('pk'))).pk}/"]


def as_of(address: str, day: dt.date) -> str:
    """Return the same page as of ``day``."""
    return f"{address}{'&' if '?' in address else '?'}as_of={day}"


def live(chronicle: Chronicle) -> dict[tuple[dt.date, str], Told]:
    """Let two years pass, and return what the pages told at the end of some days while they were today."""
    rng = chronicle.rng
    busy = rng.sample(range((LAST - FIRST).days), min(DAYS, CHANGES))
    days = sorted(rng.choices(busy, k=CHANGES))
    looks = set(rng.sample(sorted(set(days)), LOOKS))
    seen: dict[tuple[dt.date, str], Told] = {}
    for n, offset in enumerate(days):
        day = FIRST + offset * ONE_DAY
        if n == 0 or offset != days[n - 1]:
            chronicle.go_to(day)
            chronicle.turn()
        for _try in range(30):
            if chronicle.change():
                break
        if offset in looks and (n + 1 == len(days) or days[n + 1] != offset):
            chronicle.go_to(day, 23)
            client, pages = signed_in(chronicle.leader), addresses(chronicle)
            assert {resolve(address.split("?")[0]).view_name for address in pages} == TAKE_A_DAY
            seen |= {(day, address): told(client, address) for address in pages}
    return seen


@pytest.mark.django_db
@settings(max_examples=EXAMPLES, phases=[Phase.generate])
@given(seed=st.integers(min_value=1, max_value=2**32))
def test_every_page_of_a_past_day_is_as_it_was_at_its_end(seed: int) -> None:
    with transaction.atomic(), time_machine.travel(factories.at(FIRST), tick=False) as clock:
        chronicle = Chronicle(Random(seed), clock)  # noqa: S311  the same story for the same seed
        seen = live(chronicle)
        assert len({str(page) for page in seen.values()}) > LOOKS * 8  # there was something to tell
        chronicle.go_to(LAST + 40 * ONE_DAY)
        chronicle.turn()
        client = signed_in(chronicle.leader)
        different = {}
        for (day, address), then in seen.items():
            later = told(client, as_of(address, day))
            for name in sorted({*then, *later}):
                if then.get(name) != later.get(name):
                    different[f"{address} as of {day}: {name}"] = (then.get(name), later.get(name))
        transaction.set_rollback(True)
    assert not different, "\n\n".join(f"{where}\n{was}\n{now}" for where, (was, now) in different.items())
