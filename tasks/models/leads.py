"""Who leads what: a campaign's or a task's lead unit over time."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from commands.models import Unit, User
from commands.models.ranges import NoOverlap, ends_after_start, in_force
from tasks.models.campaigns import Campaign
from tasks.models.tasks import Task


class LeadQuerySet(models.QuerySet["LeadAssignment"]):
    """Reads of lead assignments."""

    def on(self, day: dt.date) -> LeadQuerySet:
        """Return the leads of ``day``: at most one for each task and campaign."""
        return self.filter(in_force(day))

    def known_at(self, at: dt.datetime) -> LeadQuerySet:
        """Return the leads that had been decided by a moment, those dated ahead included.

        Of a task or campaign the latest of them that has begun is the one in force: there are no gaps.
        """
        return self.filter(decided_at__lte=at)

    def to_acknowledge(self) -> LeadQuerySet:
        """Return the assignments whose new unit has not yet acknowledged them (待签收)."""
        return self.filter(
            acknowledged_at__isnull=True,
            objected_at__isnull=True,
            ends_on__isnull=True,
            needs_acknowledgement=True,
        )

    def changes(self) -> LeadQuerySet:
        """Return the changes of lead (调整牵头单位): those that follow another, named in ``old_unit_id``.

        The first lead of a task or campaign was assigned with it, and changed nothing.
        """
        followed = LeadAssignment.objects.filter(ends_on=OuterRef("starts_on"))
        return self.annotate(
            old_unit_id=Coalesce(
                Subquery(followed.filter(task=OuterRef("task")).values("unit")[:1]),
                Subquery(followed.filter(campaign=OuterRef("campaign")).values("unit")[:1]),
            )
        ).filter(old_unit_id__isnull=False)

    def changes_visible_to(self, user: User) -> LeadQuerySet:
        """Return the changes that ``user`` may look up: an office's area, otherwise to or from one's units."""
        changes, duties = self.changes(), user.duties
        if duties.sees_all:
            return changes
        return changes.filter(
            Q(unit__in=duties.unit_ids)
            | Q(old_unit_id__in=duties.unit_ids)
            | Q(campaign__headquarters__in=duties.headquarters_ids)
            | Q(task__campaign__headquarters__in=duties.headquarters_ids)
        )

    def with_names(self) -> LeadQuerySet:
        """Load what a row of a list shows, besides the unit that led before."""
        return self.select_related("task__campaign", "campaign", "unit", "decided_by", "acknowledged_by")


class LeadAssignment(models.Model):
    """A unit leads a campaign or a task (牵头) over a range, and the story of how it came to it."""

    campaign = models.ForeignKey(
        Campaign, null=True, blank=True, on_delete=models.CASCADE, related_name="leads"
    )
    task = models.ForeignKey(Task, null=True, blank=True, on_delete=models.CASCADE, related_name="leads")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="leads")
    starts_on = models.DateField(_("From"))
    ends_on = models.DateField(_("Until"), null=True, blank=True)
    reason = models.CharField(_("Reason"), max_length=300, blank=True)
    document_number = models.CharField(_("Document number"), max_length=60, blank=True)
    handover_note = models.TextField(_("Handover note"), max_length=2000, blank=True)
    flag_presented_on = models.DateField(_("Flag presented on"), null=True, blank=True)
    flag_occasion = models.CharField(_("Occasion of the flag"), max_length=160, blank=True)
    needs_acknowledgement = models.BooleanField(default=False)
    acknowledged_at = models.DateTimeField(_("Acknowledged"), null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    objected_at = models.DateTimeField(_("Objection raised"), null=True, blank=True)
    objected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    objection = models.TextField(_("Objection"), max_length=1000, blank=True)
    decided_at = models.DateTimeField(_("Decided"), auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = LeadQuerySet.as_manager()

    class Meta:
        ordering = ("-starts_on", "-id")
        verbose_name = _("lead assignment")
        verbose_name_plural = _("lead assignments")
        constraints = (
            ends_after_start("lead_range"),
            models.CheckConstraint(
                condition=Q(campaign__isnull=False, task__isnull=True)
                | Q(campaign__isnull=True, task__isnull=False),
                name="lead_of_campaign_or_task",
            ),
            NoOverlap(
                fields=["campaign", "task"],
                name="lead_one_a_day",
                violation_error_message=_("Another unit leads on those days."),
            ),
            models.CheckConstraint(
                condition=Q(acknowledged_at__isnull=True, acknowledged_by__isnull=True)
                | Q(acknowledged_at__isnull=False, acknowledged_by__isnull=False),
                name="lead_acknowledged_at_and_by",
            ),
            models.CheckConstraint(
                condition=Q(objected_at__isnull=True, objected_by__isnull=True)
                | Q(objected_at__isnull=False, objected_by__isnull=False),
                name="lead_objected_at_and_by",
            ),
            models.CheckConstraint(
                condition=Q(flag_presented_on__isnull=True) | Q(campaign__isnull=False),
                name="lead_flag_only_for_campaigns",
            ),
        )
        indexes = (models.Index(fields=["unit", "task"], name="lead_by_unit_task"),)

    def __str__(self) -> str:
        return f"{self.unit} · {self.subject}"

    @property
    def subject(self) -> Campaign | Task:
        """Return the campaign or task that is led."""
        subject = self.task or self.campaign
        assert subject is not None  # noqa: S101  the check constraint lead_of_campaign_or_task
        return subject

    @property
    def is_waiting(self) -> bool:
        """Say whether the new unit has yet to acknowledge that it leads."""
        open_still = self.acknowledged_at is None and self.ends_on is None
        return self.needs_acknowledgement and open_still

    @property
    def commanded_campaign(self) -> Campaign:
        """Return the campaign that is led, or to which the task that is led belongs."""
        subject = self.subject
        return subject if isinstance(subject, Campaign) else subject.campaign
