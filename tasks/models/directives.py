"""Directives: what a leader instructs, whom it is addressed to, and what each unit answers, point by point."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Case, Count, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from commands.models import Unit, User
from tasks.models.campaigns import Campaign
from tasks.models.obstacles import Obstacle, ObstacleStep, elsewhere_than
from tasks.models.tasks import Task

CAMPAIGN_PATHS = ("campaign", "task__campaign", "obstacle__task__campaign")
"""The ways from a directive to the campaign that it belongs to."""


def _under(headquarters_ids: frozenset[int]) -> Q:
    """Return the condition that a directive is about what one of these headquarters commands."""
    under = Q()
    for path in CAMPAIGN_PATHS:
        under |= Q(**{f"{path}__headquarters__in": headquarters_ids})
    return under


class DirectiveQuerySet(models.QuerySet["Directive"]):
    """Reads of directives."""

    def visible_to(self, user: User) -> DirectiveQuerySet:
        """Return the directives that concern ``user``; who merely sees the task does not see them.

        Those are: whoever issued it, the leaders, the offices in charge, and the people of the units addressed.
        An administrator who is none of these sees nothing.
        """
        duties = user.duties
        if duties.is_leader or duties.reviews_all:
            return self
        addressed = Addressee.objects.filter(unit__in=duties.unit_ids).values("directive")
        return self.filter(Q(issued_by=user) | Q(pk__in=addressed) | _under(duties.headquarters_ids))

    def of_campaign(self, campaign: Campaign, at: dt.datetime | None = None) -> DirectiveQuerySet:
        """Return the directives on a campaign, on its tasks, and on their obstacles."""
        return self._of([campaign.pk], Task.objects.filter(campaign=campaign).keys(), at)

    def of_task(self, task: Task, at: dt.datetime | None = None) -> DirectiveQuerySet:
        """Return the directives on a task and on its obstacles."""
        return self._of([], [task.pk], at)

    def of_obstacle(self, obstacle: Obstacle, at: dt.datetime | None = None) -> DirectiveQuerySet:
        """Return the directives on an obstacle, wherever it lay."""
        return self.filter(obstacle=obstacle)

    def _of(self, campaigns: list[int], tasks: Any, at: dt.datetime | None) -> DirectiveQuerySet:
        """Return the directives on ``campaigns``, ``tasks`` and their obstacles, now or at a past moment.

        With them those that had gone on from there with next year's by then: their ``went_on`` says so.
        """
        from tasks.models.answers import DirectiveStep  # which knows directives

        from_here = Q(from_campaign__in=campaigns) | Q(from_task__in=tasks)
        left = Q(pk__in=DirectiveStep.objects.filter(from_here).values("directive"))
        here = Q(campaign__in=campaigns) | Q(task__in=tasks)
        if at is None:
            here |= Q(obstacle__task__in=tasks)
            gone_with = ObstacleStep.objects.filter(from_task__in=tasks).values("obstacle")
            return self.filter(here | left | Q(obstacle__in=gone_with)).annotate(went_on=elsewhere_than(here))
        own = DirectiveStep.objects.filter(directive=OuterRef("pk"), kind="carried")
        later = own.filter(at__gt=at).order_by("at", "pk")
        lying = Obstacle.objects.of_tasks(tasks, at)
        gone = ObstacleStep.objects.filter(obstacle=OuterRef("obstacle"), from_task__in=tasks, at__lte=at)
        placed = {
            f"{name}_then": Coalesce(
                Subquery(later.values(f"from_{name}")[:1]), F(name), output_field=models.BigIntegerField()
            )
            for name in ("campaign", "task")
        }
        went_on = Exists(own.filter(from_here, at__lte=at)) | Exists(gone)
        ever = self.filter(here | left | Q(obstacle__in=lying.values("pk")))
        then = Q(campaign_then__in=campaigns) | Q(task_then__in=tasks)
        return ever.annotate(**placed, went_on=went_on).filter(
            then | Q(went_on=True) | Q(obstacle__isnull=False)
        )

    def open(self) -> DirectiveQuerySet:
        """Return the directives neither closed nor withdrawn."""
        return self.filter(closed_at__isnull=True, withdrawn_at__isnull=True)

    def open_at(self, at: dt.datetime) -> DirectiveQuerySet:
        """Return the directives that were open at a moment, or are yet to be issued."""
        over = Q(closed_at__lte=at) | Q(withdrawn_at__lte=at)
        return self.exclude(over)

    def unanswered(self) -> DirectiveQuerySet:
        """Return the open directives to which some unit has yet to answer."""
        return self.open().filter(Exists(_owing()))

    def answered(self) -> DirectiveQuerySet:
        """Return the open directives that every unit has answered: they wait to be closed."""
        return self.open().filter(~Exists(_owing()))

    def overdue(self, day: dt.date) -> DirectiveQuerySet:
        """Return the unanswered directives whose due day has passed on ``day``."""
        return self.unanswered().filter(due_on__lt=day)

    def counts(self, day: dt.date) -> dict[str, int]:
        """Return how many are overdue on ``day``, unanswered (those included), and answered: one query."""
        owed = Q(owes=True)
        counted = self.open().order_by().annotate(owes=Exists(_owing()))
        return counted.aggregate(
            overdue=Count("pk", filter=owed & Q(due_on__lt=day)),
            unanswered=Count("pk", filter=owed),
            answered=Count("pk", filter=~owed),
        )

    def exceptions_first(self, day: dt.date) -> DirectiveQuerySet:
        """Put overdue ones before unanswered ones, before those to be closed, before what is done."""
        is_open = Q(closed_at__isnull=True, withdrawn_at__isnull=True)
        rank = Case(
            When(is_open & Q(Exists(_owing())) & Q(due_on__lt=day), then=Value(0)),
            When(is_open & Q(Exists(_owing())), then=Value(1)),
            When(is_open, then=Value(2)),
            default=Value(3),
        )
        return self.order_by(rank, "due_on", "-year", "-number")

    def with_names(self) -> DirectiveQuerySet:
        """Load what a line of a list shows; the units come in one query more."""
        subjects = ("campaign__book", "task__campaign", "obstacle__task__campaign")
        rows = self.select_related(*subjects, "issued_by")
        return rows.prefetch_related(
            models.Prefetch("addressees", Addressee.objects.select_related("unit").order_by("unit__position"))
        )


def _owing() -> models.QuerySet[Addressee]:
    """Return the units that owe the outer directive an answer."""
    return Addressee.objects.filter(directive=OuterRef("pk"), answered_at__isnull=True)


class Directive(models.Model):
    """A leader's directive (领导批示) on a campaign, a task or an obstacle, for some units to answer by a day.

    ``number`` runs within the task book's year. ``issued_for`` is the title of the leader for whom the office
    recorded it, never a name; empty where a leader issued it. ``due_on`` is the last day for an answer. It is over
    once ``closed_at`` or ``withdrawn_at`` is set; what each unit owes is in its ``Addressee``. Nobody is given any
    credit for being the subject of one: a leader's words are no merit.
    """

    year = models.PositiveSmallIntegerField(_("Year"))
    number = models.PositiveIntegerField(_("Number"))
    campaign = models.ForeignKey(
        Campaign, null=True, blank=True, on_delete=models.PROTECT, related_name="directives"
    )
    task = models.ForeignKey(Task, null=True, blank=True, on_delete=models.PROTECT, related_name="directives")
    obstacle = models.ForeignKey(
        Obstacle, null=True, blank=True, on_delete=models.PROTECT, related_name="directives"
    )
    text = models.TextField(_("Directive"), max_length=2000)
    due_on = models.DateField(_("Answer by"))
    issued_at = models.DateTimeField(_("Issued"))
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    issued_for = models.CharField(_("On behalf of"), max_length=60, blank=True)
    closed_at = models.DateTimeField(_("Closed"), null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    closing_words = models.TextField(_("Words on closing"), max_length=1000, blank=True)
    withdrawn_at = models.DateTimeField(_("Withdrawn"), null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    withdrawal_reason = models.TextField(_("Reason for withdrawing"), max_length=1000, blank=True)

    objects = DirectiveQuerySet.as_manager()

    class Meta:
        ordering = ("-year", "-number")
        verbose_name = _("directive")
        verbose_name_plural = _("directives")
        constraints = (
            models.UniqueConstraint(fields=["year", "number"], name="directive_number_once_a_year"),
            models.CheckConstraint(condition=Q(number__gte=1), name="directive_number_from_one"),
            models.CheckConstraint(
                condition=Q(campaign__isnull=False, task__isnull=True, obstacle__isnull=True)
                | Q(campaign__isnull=True, task__isnull=False, obstacle__isnull=True)
                | Q(campaign__isnull=True, task__isnull=True, obstacle__isnull=False),
                name="directive_on_one_subject",
            ),
            models.CheckConstraint(condition=~Q(text=""), name="directive_has_text"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, closed_by__isnull=True, closing_words="")
                | (Q(closed_at__isnull=False, closed_by__isnull=False) & ~Q(closing_words="")),
                name="directive_closed_at_by_and_words",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True, withdrawal_reason="")
                | (Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False) & ~Q(withdrawal_reason="")),
                name="directive_withdrawn_at_by_and_why",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(withdrawn_at__isnull=True),
                name="directive_closed_or_withdrawn",
            ),
        )
        indexes = (models.Index(fields=["due_on"], name="directive_by_due"),)

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        """Return its number as documents quote it: 批示〔2026〕12号."""
        return self.code_of(self.year, self.number)

    @staticmethod
    def code_of(year: int, number: int) -> str:
        """Return the same of a directive of which no more is known."""
        return f"批示〔{year}〕{number}号"

    @property
    def subject(self) -> Campaign | Task | Obstacle:
        """Return what it is about."""
        subject = self.campaign or self.task or self.obstacle
        assert subject is not None  # noqa: S101  the check constraint directive_on_one_subject
        return subject

    @property
    def subject_task(self) -> Task | None:
        """Return the task that it is about, itself or by an obstacle; None on a campaign."""
        return self.obstacle.task if self.obstacle else self.task

    @property
    def commanded_campaign(self) -> Campaign:
        """Return the campaign to which it belongs, whose headquarters' office is in charge of it."""
        subject = self.subject_task or self.subject
        return subject if isinstance(subject, Campaign) else subject.campaign  # type: ignore[union-attr]  # a task where it is no campaign

    @property
    def is_open(self) -> bool:
        """Say whether it still waits for anything."""
        return self.closed_at is None and self.withdrawn_at is None

    @property
    def is_unanswered(self) -> bool:
        """Say whether a unit has yet to answer; reads the units, which lists have loaded."""
        return self.is_open and any(each.answered_at is None for each in self.addressees.all())

    def is_overdue(self, day: dt.date) -> bool:
        """Say whether an answer is owed and its day has passed on ``day``."""
        return self.due_on < day and self.is_unanswered


class DirectivePoint(models.Model):
    """One numbered point of a directive, answered on its own. Fixed when it is issued."""

    directive = models.ForeignKey(Directive, on_delete=models.CASCADE, related_name="points")
    number = models.PositiveSmallIntegerField(_("Number"))
    text = models.TextField(_("Point"), max_length=2000)

    class Meta:
        ordering = ("directive", "number")
        verbose_name = _("point of a directive")
        verbose_name_plural = _("points of a directive")
        constraints = (
            models.UniqueConstraint(fields=["directive", "number"], name="directive_point_once"),
            models.CheckConstraint(condition=Q(number__gte=1) & ~Q(text=""), name="directive_point_has_text"),
        )

    def __str__(self) -> str:
        return f"{self.directive} · {self.number}"


class AddresseeQuerySet(models.QuerySet["Addressee"]):
    """Reads of the units addressed."""

    def owing(self) -> AddresseeQuerySet:
        """Return those that owe an open directive an answer: the ones to chase."""
        is_open = Q(directive__closed_at__isnull=True, directive__withdrawn_at__isnull=True)
        return self.filter(is_open, answered_at__isnull=True)

    def of(self, user: User) -> AddresseeQuerySet:
        """Return those that are units of ``user``'s."""
        return self.filter(unit__in=user.duties.unit_ids)

    def with_names(self) -> AddresseeQuerySet:
        """Load what a line of a desk shows."""
        subjects = ("campaign", "task__campaign", "obstacle__task__campaign", "issued_by")
        return self.select_related("unit", *(f"directive__{name}" for name in subjects))


class Addressee(models.Model):
    """A unit to which a directive is addressed, and where its answer stands.

    To be reminded: ``Addressee.objects.owing()``, by ``directive.due_on``, the people of ``unit``; done once
    ``answered_at`` is set or the directive is over. ``acknowledged_at`` ends the wait for the acknowledgement.
    ``answered_at`` is null again while a returned answer waits to be given anew, in the next ``round``.
    """

    directive = models.ForeignKey(Directive, on_delete=models.CASCADE, related_name="addressees")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="directives")
    acknowledged_at = models.DateTimeField(_("Acknowledged"), null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    round = models.PositiveSmallIntegerField(_("Round"), default=1)
    version = models.PositiveIntegerField(default=1)
    """Counts the savings of the draft, so that two who type notice each other."""
    saved_at = models.DateTimeField(_("Saved"), null=True, blank=True)
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(_("Answered"), null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    returned_at = models.DateTimeField(_("Returned"), null=True, blank=True)
    """The last time; the words are the step's."""

    objects = AddresseeQuerySet.as_manager()

    class Meta:
        ordering = ("directive", "unit")
        verbose_name = _("unit addressed")
        verbose_name_plural = _("units addressed")
        constraints = (
            models.UniqueConstraint(fields=["directive", "unit"], name="addressee_once"),
            models.CheckConstraint(
                condition=Q(acknowledged_at__isnull=True, acknowledged_by__isnull=True)
                | Q(acknowledged_at__isnull=False, acknowledged_by__isnull=False),
                name="addressee_acknowledged_at_and_by",
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answered_by__isnull=True)
                | Q(answered_at__isnull=False, answered_by__isnull=False, acknowledged_at__isnull=False),
                name="addressee_answered_at_by_and_acknowledged",
            ),
            models.CheckConstraint(
                condition=Q(round=1, returned_at__isnull=True) | Q(round__gt=1, returned_at__isnull=False),
                name="addressee_round_counts_returns",
            ),
        )
        indexes = (models.Index(fields=["unit", "answered_at"], name="addressee_by_unit"),)

    def __str__(self) -> str:
        return f"{self.directive} → {self.unit}"

    @property
    def state(self) -> str:
        """Return where it stands: asked, acknowledged, answered, returned."""
        if self.answered_at:
            return "answered"
        if self.returned_at:
            return "returned"
        return "acknowledged" if self.acknowledged_at else "asked"
