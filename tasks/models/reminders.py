"""Reminders: planned, claimed, sent; the row is the truth, the queue only wakes a worker."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import lru_cache

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from commands.models import User
from tasks.models.campaigns import Campaign
from tasks.models.channels import Channel, Robot
from tasks.models.directives import Addressee
from tasks.models.ladders import KindChoices
from tasks.models.leads import LeadAssignment
from tasks.models.milestones import Milestone
from tasks.models.obstacles import Obstacle
from tasks.models.reports import Report
from tasks.models.tasks import Task
from tasks.rules.reminders import Kind

COLUMNS: dict[Kind, str] = {
    Kind.REPORT: "report",
    Kind.RETURNED: "report",
    Kind.MILESTONE: "milestone",
    Kind.LEAD: "lead",
    Kind.DIRECTIVE: "directive",
    Kind.OBSTACLE: "obstacle",
}
"""The foreign key by which a reminder of each kind says what it is about; a weekly digest is about no one thing."""
SUBJECTS = tuple(dict.fromkeys(COLUMNS.values()))


def _about_one_thing() -> Q:
    """Return what holds of every reminder: it is about one thing, of the sort that its kind asks for."""
    condition = Q(
        kind=Kind.WEEKLY.value, task__isnull=True, **{f"{other}__isnull": True for other in SUBJECTS}
    )
    for column in SUBJECTS:
        kinds = [kind.value for kind, of in COLUMNS.items() if of == column]
        condition |= Q(kind__in=kinds, **{f"{other}__isnull": other != column for other in SUBJECTS})
    return condition


def _once_each() -> Iterator[models.UniqueConstraint]:
    """Yield, for every sort of subject, that no person and no group hears a stage about one due day twice."""
    for column in SUBJECTS:
        about = (column, "kind", "due_on", "stage")  # the subject first: they are its index as well
        yield models.UniqueConstraint(
            fields=[*about, "recipient", "channel"],
            condition=Q(**{f"{column}__isnull": False}),
            name=f"reminder_{column}_stage_once",
        )
        yield models.UniqueConstraint(
            fields=[*about, "robot"],
            condition=Q(**{f"{column}__isnull": False, "robot__isnull": False}),
            name=f"reminder_{column}_group_once",
        )
    yield models.UniqueConstraint(
        fields=["recipient", "due_on"], condition=Q(kind=Kind.WEEKLY.value), name="reminder_weekly_once"
    )


class ReminderState(models.TextChoices):
    """Where a reminder stands."""

    PLANNED = "planned", _("Planned")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    CANCELLED = "cancelled", _("Not needed")
    FAILED = "failed", _("Failed")


class ReminderQuerySet(models.QuerySet["Reminder"]):
    """Reads of reminders."""

    def visible_to(self, user: User) -> ReminderQuerySet:
        """Return the reminders that ``user`` may look up: all for overseers, otherwise their own area's."""
        duties = user.duties
        if duties.sees_all:
            return self
        if duties.is_office:
            tasks = Task.objects.filter(campaign__headquarters__in=duties.headquarters_ids)
            return self.filter(Q(recipient=user) | Q(task__in=tasks))
        return self.filter(Q(recipient=user) | Q(robot__unit__in=duties.unit_ids))

    def ready(self, now: dt.datetime) -> ReminderQuerySet:
        """Return the reminders to be sent by now, the most urgent first."""
        return self.filter(state=ReminderState.PLANNED, planned_for__lte=now).order_by("due_at", "id")

    def stuck(self, before: dt.datetime) -> ReminderQuerySet:
        """Return the claims of which nothing has moved since ``before``: their worker died, before or after handing over.

        A slow one notes each message as it begins: while it does, what stands behind is not taken from it.
        """
        moving = self.filter(state=ReminderState.SENDING, claim=OuterRef("claim"), claimed_at__gte=before)
        return self.filter(~Exists(moving), state=ReminderState.SENDING, claimed_at__lt=before)

    def to_handle(self, now: dt.datetime, before: dt.datetime) -> ReminderQuerySet:
        """Return what a worker has to do something about: what is ready by ``now``, and claims older than ``before``."""
        return self.filter(
            Q(state=ReminderState.PLANNED, planned_for__lte=now)
            | Q(state=ReminderState.SENDING, claimed_at__lt=before)
        )

    def unsent(self) -> ReminderQuerySet:
        """Return the reminders not yet handed over to anybody."""
        return self.filter(state=ReminderState.PLANNED)


class Reminder(models.Model):
    """A reminder (催办): one stage about one subject for one person through one channel, or for one group's robot.

    Its subjects have no index of their own: five would be written at every step of every reminder, each for one
    subject. The unique ones of ``_once_each`` begin with it, and hold the rows that have it.

    ``maybe_duplicate`` marks the one case in which a person can get a stage twice: the worker died between
    handing the message over and recording it.
    """

    kind = models.CharField(_("About"), max_length=10, choices=KindChoices.choices)
    task = models.ForeignKey(Task, null=True, blank=True, on_delete=models.CASCADE, related_name="reminders")
    report = models.ForeignKey(
        Report, null=True, blank=True, db_index=False, on_delete=models.CASCADE, related_name="reminders"
    )
    milestone = models.ForeignKey(
        Milestone, null=True, blank=True, db_index=False, on_delete=models.CASCADE, related_name="reminders"
    )
    lead = models.ForeignKey(
        LeadAssignment,
        null=True,
        blank=True,
        db_index=False,
        on_delete=models.CASCADE,
        related_name="reminders",
    )
    obstacle = models.ForeignKey(
        Obstacle, null=True, blank=True, db_index=False, on_delete=models.CASCADE, related_name="reminders"
    )
    directive = models.ForeignKey(
        Addressee, null=True, blank=True, db_index=False, on_delete=models.CASCADE, related_name="reminders"
    )
    """A directive as one unit has to answer it."""
    stage = models.CharField(_("Stage"), max_length=20)
    """Working days before or after the due day: ``D-3``, ``D+1``."""
    recipient = models.ForeignKey(
        User, null=True, blank=True, db_index=False, on_delete=models.PROTECT, related_name="reminders"
    )
    robot = models.ForeignKey(
        Robot, null=True, blank=True, db_index=False, on_delete=models.PROTECT, related_name="reminders"
    )
    """Of a group, in place of a recipient."""
    channel = models.CharField(_("Channel"), max_length=10, choices=Channel.choices)
    in_place_of = models.CharField(_("In place of a vacant post"), max_length=60, blank=True)
    """The roles, separated by commas, that nobody holds where the recipient stands in."""
    due_at = models.DateTimeField(_("Due"))
    due_on = models.DateField(_("Due day"))
    """The day of ``due_at``, from which stages are counted: a new due day begins a new climb."""
    planned_for = models.DateTimeField(_("Planned for"))
    state = models.CharField(
        _("State"), max_length=10, choices=ReminderState.choices, default=ReminderState.PLANNED
    )
    claim = models.UUIDField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    handed_at = models.DateTimeField(null=True, blank=True)
    """Set, on the first row of a message, just before it is handed over: what died without it was certainly not sent."""
    attempts = models.PositiveSmallIntegerField(_("Attempts"), default=0)
    deaths = models.PositiveSmallIntegerField(default=0)
    """How many of the attempts ended with their worker: no answer of the other side, and no fault of the message as yet."""
    sent_at = models.DateTimeField(_("Sent"), null=True, blank=True)
    outcome = models.CharField(_("Outcome"), max_length=300, blank=True)
    fallback_of = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        db_index=False,
        on_delete=models.SET_NULL,
        related_name="fallbacks",
    )
    """The reminder by another channel that failed, and in whose place this one was planned."""
    maybe_duplicate = models.BooleanField(_("Perhaps sent twice"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ReminderQuerySet.as_manager()

    class Meta:
        ordering = ("-planned_for", "-id")
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        constraints = (
            models.CheckConstraint(condition=_about_one_thing(), name="reminder_one_subject"),
            *_once_each(),
            models.CheckConstraint(
                condition=Q(channel=Channel.GROUP, robot__isnull=False, recipient__isnull=True)
                | (~Q(channel=Channel.GROUP) & Q(robot__isnull=True, recipient__isnull=False)),
                name="reminder_one_addressee",
            ),
            models.CheckConstraint(condition=Q(state__in=ReminderState.values), name="reminder_state_known"),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="reminder_channel_known"),
            models.CheckConstraint(
                condition=Q(state=ReminderState.SENT, sent_at__isnull=False)
                | (~Q(state=ReminderState.SENT) & Q(sent_at__isnull=True)),
                name="reminder_sent_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state=ReminderState.SENDING) | Q(claim__isnull=False, claimed_at__isnull=False),
                name="reminder_sending_is_claimed",
            ),
        )
        indexes = (
            models.Index(fields=["state", "planned_for"], name="reminder_by_state"),
            models.Index(fields=["recipient", "-planned_for"], name="reminder_by_recipient"),
            # Most have neither: an index of those that do costs the others nothing.
            *(
                models.Index(
                    fields=[name], condition=Q(**{f"{name}__isnull": False}), name=f"reminder_by_{name}"
                )
                for name in ("robot", "fallback_of")
            ),
        )

    def __str__(self) -> str:
        return f"{self.stage} → {self.addressee}"

    @property
    def addressee(self) -> User | Robot:
        """Return the person, or the group's robot."""
        addressee = self.recipient or self.robot
        assert addressee is not None, "reminder_one_addressee"  # noqa: S101
        return addressee

    @property
    def person(self) -> User:
        """Return the recipient of a reminder that is not a group's."""
        assert self.recipient is not None, "reminder_one_addressee"  # noqa: S101
        return self.recipient

    @property
    def about(self) -> dict[str, object]:
        """Return what the channels of one stage about one subject have in common, by field."""
        subjects = {f"{column}_id": getattr(self, f"{column}_id") for column in SUBJECTS}
        return {"kind": self.kind, **subjects, "due_on": self.due_on, "stage": self.stage}

    @property
    def campaign(self) -> Campaign | None:
        """Return the campaign that it is about, where it is about no task."""
        if self.lead:
            return self.lead.campaign
        return self.directive.directive.campaign if self.directive else None

    @property
    def is_under_way(self) -> bool:
        """Say whether it is still to go out, or going out now."""
        return self.state in {ReminderState.PLANNED, ReminderState.SENDING}

    @property
    def link(self) -> str:
        """Return the path of the page on which the thing is done."""
        return page_of(
            kind=self.kind,
            report=self.report_id,
            obstacle=self.obstacle_id,
            directive=self.directive.directive_id if self.directive else None,
            task=self.task_id,
        )


def page_of(
    *, kind: str, report: int | None, obstacle: int | None, directive: int | None, task: int | None
) -> str:
    """Return the path of the page on which the thing is done that a reminder of ``kind`` is about."""
    if report:
        return _page("tasks:report_detail", report)
    if obstacle:
        return _page("tasks:obstacle_detail", obstacle)
    if directive:
        return _page("tasks:directive_detail", directive)
    if kind == Kind.WEEKLY:
        return reverse("tasks:dashboard")
    return _page("tasks:task_detail", task) if task else reverse("tasks:reassignment_list")


@lru_cache(maxsize=2_048)
def _page(name: str, pk: int) -> str:
    """Return an address; one thing is named in several people's messages, and by several channels."""
    return reverse(name, args=[pk])


class Heartbeat(models.Model):
    """When beat last spoke, by way of the broker and a worker: one row, read by ``/readyz``."""

    at = models.DateTimeField()

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")
        constraints = (models.CheckConstraint(condition=Q(id=1), name="heartbeat_single_row"),)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S}"
