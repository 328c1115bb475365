"""Units as rows, and one on its page: names over time, what it leads and led, people, and its filing record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q

from commands.models import Post, Unit, UnitKind, UnitName
from tasks.boards.areas import Area
from tasks.boards.filing import FILING
from tasks.boards.headquarters import posts_by_role
from tasks.boards.tallies import Tally, tallies, together
from tasks.models import Campaign, LeadAssignment, Report
from tasks.models.tasks import TaskQuerySet

LED_BEFORE_SHOWN = 50


@dataclass(frozen=True)
class UnitRow:
    """A unit, the campaigns whose flag it carries, and the tasks it leads by light."""

    unit: Unit
    campaigns: list[Campaign]
    tally: Tally


@dataclass(frozen=True)
class UnitGroup:
    """The units of one kind."""

    kind: str
    rows: list[UnitRow]


def unit_groups(units: Iterable[Unit], area: Area) -> list[UnitGroup]:
    """Return ``units`` by kind, in the order of kinds: two queries besides their own."""
    by_unit = tallies(area.tasks(), "lead_unit", area.day, area.thresholds)
    led: dict[int | None, list[Campaign]] = {}
    for campaign in area.moment.dress(area.campaigns().order_by("number")):
        led.setdefault(campaign.lead_unit_id, []).append(campaign)
    rows, units = [], list(units)
    area.moment.call(units=units)
    for unit in units:
        tally = by_unit.get(unit.pk, Tally())
        rows.append(UnitRow(unit, led.get(unit.pk, []), tally))
    return _by_kind(rows)


def _by_kind(rows: list[UnitRow]) -> list[UnitGroup]:
    groups = [
        UnitGroup(str(kind.label), [row for row in rows if row.unit.kind == kind.value]) for kind in UnitKind
    ]
    return [group for group in groups if group.rows]


@dataclass(frozen=True)
class FilingRecord:
    """How a unit filed in the book's year, with the reports that were late or missed."""

    counts: Counter[str]
    late: list[Report]
    missed: list[Report]


@dataclass(frozen=True)
class UnitBoard:
    """The page of a unit; tasks, campaigns and reports are those that the reader sees."""

    names: list[UnitName]
    campaigns: list[Campaign]
    tasks: TaskQuerySet
    tally: Tally
    before: list[LeadAssignment]
    posts: list[Post]
    record: FilingRecord
    ledger: str


def unit_board(unit: Unit, area: Area) -> UnitBoard:
    """Return the page of ``unit``: the same number of queries for any number of tasks and reports."""
    tasks = area.tasks().filter(lead_unit=unit)
    campaigns = area.moment.dress(area.campaigns().with_names())
    return UnitBoard(
        names=list(unit.names.all())[::-1],
        campaigns=[campaign for campaign in campaigns if campaign.lead_unit_id == unit.pk],
        tasks=tasks.most_urgent_first().with_names(),
        tally=together(tallies(tasks, "campaign", area.day, area.thresholds).values()),
        before=_led_before(unit, area),
        posts=posts_by_role(Post.objects.on(area.day).of_unit(unit).select_related("user")),
        record=_record(unit, area),
        ledger=f"{area.ledger}&unit={unit.pk}",
    )


def _led_before(unit: Unit, area: Area) -> list[LeadAssignment]:
    """Return the latest leads of the unit that have ended, of whatever year, as far as the reader sees them."""
    seen = Q(task__in=area.all_tasks()) | Q(campaign__in=area.all_campaigns())
    ended = LeadAssignment.objects.filter(unit=unit, ends_on__lte=area.day).filter(seen)
    if area.moment.is_past:
        # That it would end was decided with the lead that follows.
        same = Q(task=OuterRef("task")) | Q(campaign=OuterRef("campaign"))
        later = LeadAssignment.objects.filter(same, starts_on=OuterRef("ends_on"))
        ended = ended.exclude(Exists(later.filter(decided_at__gt=area.moment.at)))
    return list(ended.select_related("task", "campaign").order_by("-ends_on", "-id")[:LED_BEFORE_SHOWN])


def _record(unit: Unit, area: Area) -> FilingRecord:
    reports = area.moment.reports().filter(unit=unit, period__book=area.book, task__in=area.tasks().keys())
    conditions = {code: FILING[code][1] for code in ("on_time", "late", "missed")}
    counts: dict[str, int] = reports.aggregate(
        **{code: Count("pk", filter=condition) for code, condition in conditions.items()}
    )
    named = reports.select_related("task", "period").order_by("-period__month", "task__code")
    blamed = list(named.filter(conditions["late"] | conditions["missed"]))
    return FilingRecord(
        counts=Counter(counts),
        late=[report for report in blamed if report.timeliness == "late" and report.state != "missed"],
        missed=[report for report in blamed if report.state == "missed"],
    )
