"""Carrying over (结转): what last year's book left unfinished goes on in this year's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Prefetch
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from commands.models import Unit, User
from commands.services.events import Entry, record_events
from commands.services.refusals import Refused
from tasks.models import Baseline, Campaign, LeadAssignment, Lifecycle, Milestone, PlanPoint, Task, TaskBook
from tasks.rules.books import carried_code, carried_due, carried_start, carried_step, even_plan
from tasks.services.book_tasks import begin_tasks
from tasks.services.books import lock_open_book
from tasks.services.first_leads import write_first_leads
from tasks.services.handovers import BATCH
from tasks.services.passing_on import pass_on
from tasks.services.past import keep, keep_support
from tasks.services.standings import refresh_standings

CARRIED = (Lifecycle.PLANNED, Lifecycle.ACTIVE)
"""What may be carried over; a task that waits for its close-out is decided on first."""


@dataclass(frozen=True)
class TaskOffer:
    """A task of last year as it would come over; ``lead`` None where its unit works no more."""

    task: Task
    code: str
    due_on: dt.date
    lead: Unit | None
    milestones: list[Milestone]


@dataclass(frozen=True)
class CampaignOffer:
    """A campaign of last year as it would come over, or has; ``number`` is the one it gets."""

    campaign: Campaign
    number: int
    carried_to: Campaign | None
    lead: Unit | None
    keeps_headquarters: bool
    tasks: list[TaskOffer] = field(default_factory=list)
    waiting: list[Task] = field(default_factory=list)
    """Its tasks that wait for their close-out."""


@dataclass(frozen=True)
class Offer:
    """All that may come over from ``source`` into ``book``, to start on ``starts_on``."""

    book: TaskBook
    source: TaskBook
    starts_on: dt.date
    campaigns: list[CampaignOffer]


def offered(book: TaskBook) -> Offer | None:
    """Return what last year's book has to carry over: five queries. None where there is no earlier book.

    A campaign that has come over is offered still while tasks of it are left; what came over is not offered twice.
    """
    source = TaskBook.objects.before(book)
    if source is None:
        return None
    starts_on = carried_start(book.year, timezone.localdate())
    left = Task.objects.unfinished().filter(carried_to__isnull=True).order_by("code")
    steps = Milestone.objects.filter(completed_on__isnull=True)
    left = left.select_related("lead_unit", "work_team").prefetch_related(
        Prefetch("milestones", steps, to_attr="steps_left"), "supporting_units"
    )
    campaigns = source.campaigns.select_related("headquarters", "lead_unit", "carried_to")
    found = list(campaigns.prefetch_related(Prefetch("tasks", left, to_attr="tasks_left"), "goals"))
    numbers = set(book.campaigns.values_list("number", flat=True))
    codes = set(Task.objects.values_list("code", flat=True))
    offers = [_campaign_offer(row, starts_on, numbers, codes, (source, book)) for row in found]
    kept = [offer for offer in offers if offer.carried_to is None or offer.tasks or offer.waiting]
    return Offer(book, source, starts_on, kept)


def _campaign_offer(
    campaign: Campaign,
    starts_on: dt.date,
    numbers: set[int],
    codes: set[str],
    books: tuple[TaskBook, TaskBook],
) -> CampaignOffer:
    source, book = books
    carried_to: Campaign | None = getattr(campaign, "carried_to", None)
    number = carried_to.number if carried_to else campaign.number
    if carried_to is None and number in numbers:
        number = max(numbers) + 1
    numbers.add(number)
    offer = CampaignOffer(
        campaign=campaign,
        number=number,
        carried_to=carried_to,
        lead=_lasting(campaign.lead_unit, starts_on),
        keeps_headquarters=campaign.headquarters is None or campaign.headquarters.dissolved_on is None,
    )
    tasks: list[Task] = campaign.tasks_left  # type: ignore[attr-defined]  # prefetched by ``offered``
    for task in tasks:
        if task.lifecycle not in CARRIED:
            offer.waiting.append(task)
            continue
        code = carried_code(task.code, source.year, book.year, codes)
        codes.add(code)
        due_on = carried_due(task.due_on, starts_on)
        steps: list[Milestone] = task.steps_left  # type: ignore[attr-defined]  # prefetched by ``offered``
        offer.tasks.append(TaskOffer(task, code, due_on, _lasting(task.lead_unit, starts_on), steps))
    return offer


def _lasting(unit: Unit | None, day: dt.date) -> Unit | None:
    return unit if unit is not None and unit.works_on(day) else None


@dataclass(frozen=True)
class Carried:
    """What came over."""

    campaigns: int
    tasks: int


@transaction.atomic
def carry_over(*, book: TaskBook, campaigns: Collection[int], tasks: Collection[int], by: User) -> Carried:
    """Carry over the chosen campaigns and tasks of last year's book, all or none.

    A campaign keeps its name, headquarters, supervising leader and goals; a task its words, target, team and
    supporting units, its milestones not yet reached, and its unit as the first lead from the new start on. Its
    plan starts from nought again. The tasks of last year stay where they are until their book closes; where it is
    closed already, what is open on a campaign goes on at once. The number of queries grows by the hundred.
    Raises Refused ``book_closed``, ``nothing``, ``campaign_missing``, ``changed``.
    """
    book = lock_open_book(book.pk)
    # Locked as well, so that last year's is closed either before or after.
    TaskBook.objects.select_for_update(no_key=True).before(book)
    offer = offered(book)
    if offer is None or not (campaigns or tasks):
        raise Refused(_("Tick what is to be carried over."), code="nothing")
    # Locked, so that a chosen task is not closed out while it is copied.
    list(Task.objects.filter(pk__in=tasks).select_for_update(of=("self",), no_key=True).order_by("pk"))
    pairs = [(each, one) for each in offer.campaigns for one in each.tasks if one.task.pk in tasks]
    wanted = [each for each in offer.campaigns if each.campaign.pk in campaigns and not each.carried_to]
    if len(pairs) < len(set(tasks)) or {each.campaign.pk for each in wanted} != set(campaigns):
        raise Refused(_("Things have changed since you looked. Please look again."), code="changed")
    placed = {each.campaign.pk: each.carried_to for each in offer.campaigns if each.carried_to}
    for each in wanted:
        placed[each.campaign.pk] = _carry_campaign(each, book)
    if missing := {each.campaign.number for each, _one in pairs if each.campaign.pk not in placed}:
        text = _("Carry over the campaign with its tasks: no. %(numbers)s.")
        raise Refused(text % {"numbers": ", ".join(map(str, sorted(missing)))}, code="campaign_missing")
    made = _carry_tasks([(one, placed[each.campaign.pk]) for each, one in pairs], offer)
    _write_leads(offer, [(each, placed[each.campaign.pk]) for each in wanted], made, by)
    _record(offer, [placed[each.campaign.pk] for each in wanted], [task for _one, task in made], by)
    begin_tasks(day=timezone.localdate())
    if offer.source.closed_at:
        pass_on(tasks=[], campaigns=[each.campaign for each in wanted], by=by)
    refresh_standings(tasks=Task.objects.filter(pk__in=[task.pk for _one, task in made]), now=timezone.now())
    return Carried(len(wanted), len(made))


def _carry_campaign(offer: CampaignOffer, book: TaskBook) -> Campaign:
    old = offer.campaign
    new = Campaign.objects.create(
        book=book,
        number=offer.number,
        name=old.name,
        name_en=old.name_en,
        headquarters=old.headquarters if offer.keeps_headquarters else None,
        supervisor_title=old.supervisor_title,
        supervisor_title_en=old.supervisor_title_en,
        carried_from=old,
    )
    new.goals.set(old.goals.all())
    keep([new], now=timezone.now())
    return new


def _carry_tasks(chosen: Iterable[tuple[TaskOffer, Campaign]], offer: Offer) -> list[tuple[TaskOffer, Task]]:
    """Write the new tasks with plans, milestones and supporting units, a few hundred to a query."""
    made = [(one, _new_task(one, campaign, offer.starts_on)) for one, campaign in chosen]
    Task.objects.bulk_create([task for _one, task in made], batch_size=BATCH)
    now = timezone.now()
    plans = [
        Baseline(task=task, version=1, starts_on=offer.starts_on, approved_at=now) for _one, task in made
    ]
    Baseline.objects.bulk_create(plans, batch_size=BATCH)
    points = [
        PlanPoint(baseline=plan, day=day, percent=percent)
        for plan in plans
        for day, percent in even_plan(offer.starts_on, plan.task.due_on).items()
    ]
    PlanPoint.objects.bulk_create(points, batch_size=500)
    steps = [
        Milestone(
            task=task,
            title=step.title,
            due_on=carried_step(step.due_on, offer.starts_on, task.due_on),
            is_key=step.is_key,
        )
        for one, task in made
        for step in one.milestones
    ]
    keep(Milestone.objects.bulk_create(steps, batch_size=500), now=now)
    through = Task.supporting_units.through
    rows = [
        through(task_id=task.pk, unit_id=unit.pk)
        for one, task in made
        for unit in one.task.supporting_units.all()
        if unit.works_on(offer.starts_on)
    ]
    through.objects.bulk_create(rows, batch_size=500)
    keep_support(Task.objects.filter(pk__in=[task.pk for _one, task in made]), now=now)
    return made


def _new_task(offer: TaskOffer, campaign: Campaign, starts_on: dt.date) -> Task:
    old = offer.task
    team = old.work_team
    stays = team is not None and team.ends_on is None and team.headquarters_id == campaign.headquarters_id
    return Task(
        campaign=campaign,
        work_team=team if stays else None,
        code=offer.code,
        title=old.title,
        annual_target=old.annual_target,
        metric=old.metric,
        metric_unit=old.metric_unit,
        metric_target=old.metric_target,
        weight=old.weight,
        starts_on=starts_on,
        due_on=offer.due_on,
        carried_from=old,
    )


def _write_leads(
    offer: Offer,
    campaigns: Iterable[tuple[CampaignOffer, Campaign]],
    tasks: Iterable[tuple[TaskOffer, Task]],
    by: User,
) -> None:
    """Give what came over to the units that lead it, from the new start on. They know it: nothing is asked."""
    with translation.override("zh-hans"):  # it stands in the history, which is kept in Chinese
        reason = gettext("Carried over from %(book)s") % {"book": offer.source.name}
    values = {"starts_on": offer.starts_on, "reason": reason[:300], "decided_by": by}
    leads = [LeadAssignment(campaign=new, unit=each.lead, **values) for each, new in campaigns if each.lead]
    leads += [LeadAssignment(task=new, unit=one.lead, **values) for one, new in tasks if one.lead]
    write_first_leads(leads)


def _record(offer: Offer, campaigns: list[Campaign], tasks: list[Task], by: User) -> None:
    entries = [
        Entry("campaign.carry", row, after={"number": row.number, "book": offer.source.name})
        for row in campaigns
    ]
    entries += [
        Entry(
            "task.carry_over",
            row,
            after={"code": row.code, "book": offer.source.name, "due_on": row.due_on},
        )
        for row in tasks
    ]
    record_events(entries=entries, by=by)
