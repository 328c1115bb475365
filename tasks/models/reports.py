"""Monthly reports, and the submissions frozen at each filing."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Case, F, OuterRef, Q, Subquery, Value, When
from django.utils.translation import gettext_lazy as _

from commands.models import Unit, User
from tasks.models.periods import Period
from tasks.models.tasks import PERCENT, LightChoices, Task
from tasks.rules.reports import FILEABLE, ReportState

OWN_LIGHTS = (LightChoices.GREEN, LightChoices.YELLOW, LightChoices.RED)


class StateChoices(models.TextChoices):
    """Where a report stands."""

    DUE = ReportState.DUE, _("To be filed")
    DRAFT = ReportState.DRAFT, _("Draft")
    SUBMITTED = ReportState.SUBMITTED, _("Submitted")
    RETURNED = ReportState.RETURNED, _("Returned")
    ACCEPTED = ReportState.ACCEPTED, _("Accepted")
    MISSED = ReportState.MISSED, _("Missed")
    EXEMPT = ReportState.EXEMPT, _("Exempt")


class Timeliness(models.TextChoices):
    """When a report was first filed, against its due time."""

    ON_TIME = "on_time", _("On time")
    LATE = "late", _("Late")
    MISSED = "missed", _("Missed")


class Quality(models.TextChoices):
    """How good the office found a filing: what an assessment may count."""

    A = "A", _("A: complete and exact")
    B = "B", _("B: sufficient")
    C = "C", _("C: thin, accepted all the same")


class Content(models.Model):
    """What a unit says about a month: the same fields in the report being written and in each submission.

    ``no_progress_reason`` stands in for ``progress`` in a month without any. ``cause``, ``measure`` and
    ``recovery_on`` explain a task that is behind; ``correction_reason`` a figure below the one last accepted.
    """

    actual_percent = models.DecimalField(
        _("Cumulative progress"), max_digits=4, decimal_places=1, null=True, blank=True, validators=PERCENT
    )
    metric_value = models.DecimalField(
        _("Metric value"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    progress = models.TextField(_("Progress this month"), max_length=2000, blank=True)
    no_progress_reason = models.TextField(_("No progress this month, because"), max_length=500, blank=True)
    problems = models.TextField(_("Problems"), max_length=2000, blank=True)
    next_steps = models.TextField(_("Next steps"), max_length=2000, blank=True)
    own_light = models.CharField(
        _("Own light"),
        max_length=10,
        blank=True,
        choices=[(light.value, light.label) for light in OWN_LIGHTS],
    )
    cause = models.TextField(_("Why it is behind"), max_length=1000, blank=True)
    measure = models.TextField(_("What is being done about it"), max_length=1000, blank=True)
    recovery_on = models.DateField(_("Made up by"), null=True, blank=True)
    correction_reason = models.TextField(_("Why the figure fell"), max_length=500, blank=True)

    CONTENT_FIELDS = (
        "actual_percent",
        "metric_value",
        "correction_reason",
        "progress",
        "no_progress_reason",
        "problems",
        "next_steps",
        "own_light",
        "cause",
        "measure",
        "recovery_on",
    )
    TEXT_FIELDS = (
        "correction_reason",
        "progress",
        "no_progress_reason",
        "problems",
        "next_steps",
        "cause",
        "measure",
    )

    class Meta:
        abstract = True

    def content(self) -> dict[str, Any]:
        """Return the typed fields by name."""
        return {name: getattr(self, name) for name in self.CONTENT_FIELDS}

    @classmethod
    def blank_content(cls) -> dict[str, Any]:
        """Return the fields of which nothing was typed."""
        fields = {field.name: field for field in cls._meta.fields}
        return {name: fields[name].get_default() for name in cls.CONTENT_FIELDS}


def _content_constraints(prefix: str) -> tuple[models.CheckConstraint, ...]:
    """Return what holds for typed content wherever it is kept."""
    return (
        models.CheckConstraint(
            condition=Q(actual_percent__isnull=True) | Q(actual_percent__gte=0, actual_percent__lte=100),
            name=f"{prefix}_actual_percent",
        ),
        models.CheckConstraint(
            condition=Q(own_light__in=["", *OWN_LIGHTS]),
            name=f"{prefix}_own_light_known",
        ),
    )


class ReportQuerySet(models.QuerySet["Report"]):
    """Reads of reports."""

    def visible_to(self, user: User) -> ReportQuerySet:
        """Return the reports of the tasks that ``user`` may see."""
        if user.duties.sees_all:
            return self
        return self.filter(task__in=Task.objects.visible_to(user))

    def fileable_by(self, user: User) -> ReportQuerySet:
        """Return the reports for which ``user``'s units answer."""
        return self.filter(unit__in=user.duties.unit_ids)

    def reviewable_by(self, user: User) -> ReportQuerySet:
        """Return the reports that ``user``'s office decides on: never those of their own units."""
        duties = user.duties
        if not duties.is_office:
            return self.none()
        reports = self.exclude(unit__in=duties.unit_ids)
        if duties.reviews_all:
            return reports
        return reports.filter(task__campaign__headquarters__in=duties.headquarters_ids)

    def in_open_period(self) -> ReportQuerySet:
        """Return the reports whose period is open."""
        return self.filter(period__opened_at__isnull=False, period__closed_at__isnull=True)

    def to_file(self) -> ReportQuerySet:
        """Return the reports that the unit still has to file, in periods still open."""
        return self.in_open_period().filter(state__in=FILEABLE)

    def to_review(self) -> ReportQuerySet:
        """Return the reports that wait for the office, oldest first."""
        return self.filter(state=ReportState.SUBMITTED).order_by("submitted_at", "id")

    def overdue(self, now: dt.datetime) -> ReportQuerySet:
        """Return the reports still to be filed whose due time has passed."""
        return self.to_file().filter(period__due_at__lt=now)

    def by_urgency(self, now: dt.datetime) -> ReportQuerySet:
        """Put the reports still to be filed in the order of a desk: never filed and late, returned, due."""
        hurts = Case(
            When(period__due_at__lt=now, first_submitted_at__isnull=True, then=Value(0)),
            When(state=ReportState.RETURNED, then=Value(1)),
            default=Value(2),
        )
        return self.order_by(hurts, "period__due_at", "task__campaign__number", "task__code", "pk")

    def with_last_accepted(self) -> ReportQuerySet:
        """Load the cumulative percent and month of the task's last accepted report before each one.

        They are ``before_percent`` and ``before_month``, null where nothing was accepted.
        """
        accepted = Report.objects.filter(
            task=OuterRef("task"), state=ReportState.ACCEPTED, period__month__lt=OuterRef("period__month")
        ).order_by("-period__month")
        return self.annotate(
            before_percent=Subquery(accepted.values("actual_percent")[:1]),
            before_month=Subquery(accepted.values("period__month")[:1]),
        )

    def with_pending_number(self) -> ReportQuerySet:
        """Load the number of the submission that waits for a decision, as ``pending_number``."""
        waiting = Submission.objects.filter(report=OuterRef("pk"), decision="")
        return self.annotate(pending_number=Subquery(waiting.values("number")[:1]))

    def with_names(self) -> ReportQuerySet:
        """Load what a row of a list shows."""
        return self.select_related("task__campaign", "period", "unit")


class Report(Content):
    """A monthly report (月报): one row per task and period, from the day the period opens.

    ``unit`` is responsible for it now; who filed each submission stands on the submission. ``version`` counts
    every write, so that two people typing at once are noticed.
    """

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="reports")
    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="reports")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="reports")
    state = models.CharField(
        _("State"), max_length=10, choices=StateChoices.choices, default=StateChoices.DUE
    )
    timeliness = models.CharField(_("Timeliness"), max_length=10, choices=Timeliness.choices, blank=True)
    version = models.PositiveIntegerField(default=1)
    saved_at = models.DateTimeField(_("Saved"), null=True, blank=True)
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    first_submitted_at = models.DateTimeField(_("First filed"), null=True, blank=True)
    submitted_at = models.DateTimeField(_("Filed"), null=True, blank=True)
    accepted_at = models.DateTimeField(_("Accepted"), null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    return_words = models.TextField(_("Returned with the words"), max_length=1000, blank=True)
    exempt_reason = models.CharField(_("Exempt because"), max_length=300, blank=True)
    exempted_at = models.DateTimeField(_("Exempted"), null=True, blank=True)
    exempted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    """Both null too where it was exempted before that was kept."""

    objects = ReportQuerySet.as_manager()

    class Meta:
        ordering = ("-period__month", "task__code")
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        constraints = (
            models.UniqueConstraint(fields=["task", "period"], name="report_once_a_task_and_period"),
            models.CheckConstraint(condition=Q(state__in=StateChoices.values), name="report_state_known"),
            models.CheckConstraint(
                condition=Q(timeliness__in=["", *Timeliness.values]), name="report_timeliness_known"
            ),
            models.CheckConstraint(
                condition=Q(state="accepted", accepted_at__isnull=False, accepted_by__isnull=False)
                | (~Q(state="accepted") & Q(accepted_at__isnull=True, accepted_by__isnull=True)),
                name="report_accepted_at_and_by",
            ),
            models.CheckConstraint(
                condition=Q(saved_at__isnull=True, saved_by__isnull=True)
                | Q(saved_at__isnull=False, saved_by__isnull=False),
                name="report_saved_at_and_by",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["submitted", "accepted"])
                | Q(
                    first_submitted_at__isnull=False,
                    submitted_at__isnull=False,
                    actual_percent__isnull=False,
                ),
                name="report_filed_is_complete",
            ),
            models.CheckConstraint(
                condition=~Q(state="exempt") | ~Q(exempt_reason=""), name="report_exempt_has_reason"
            ),
            models.CheckConstraint(
                condition=Q(exempted_at__isnull=True, exempted_by__isnull=True)
                | Q(state="exempt", exempted_at__isnull=False, exempted_by__isnull=False),
                name="report_exempted_at_and_by",
            ),
            models.CheckConstraint(
                condition=~Q(state="returned") | ~Q(return_words=""), name="report_returned_has_words"
            ),
            *_content_constraints("report"),
        )
        indexes = (
            models.Index(fields=["unit", "state"], name="report_by_unit_state"),
            models.Index(fields=["state", "submitted_at"], name="report_by_state"),
            models.Index(fields=["period", "state", "timeliness", "unit", "task"], name="report_by_filing"),
        )

    def __str__(self) -> str:
        return f"{self.task} {self.period}"


class Decision(models.TextChoices):
    """What the office decided on a submission."""

    ACCEPTED = "accepted", _("Accepted")
    RETURNED = "returned", _("Returned")


class SubmissionQuerySet(models.QuerySet["Submission"]):
    """Reads of submissions."""

    def with_people(self) -> SubmissionQuerySet:
        """Load who filed and who decided, and the files that were filed."""
        people = self.select_related("unit", "submitted_by", "decided_by")
        return people.prefetch_related("evidence__milestone")

    def before(self, report: Report) -> SubmissionQuerySet:
        """Return what was filed on the same task for earlier months, the latest first."""
        earlier = self.filter(report__task=report.task_id, report__period__month__lt=report.period.month)
        return earlier.select_related("report__period").order_by("-report__period__month", "-number")

    def accepted(self) -> SubmissionQuerySet:
        """Return the submissions that the office accepted, and did not reopen afterwards."""
        return self.filter(decision=Decision.ACCEPTED, reopened_at__isnull=True)

    def undecided(self) -> SubmissionQuerySet:
        """Return the submissions that wait for a decision: at most one for each report."""
        return self.filter(decision="")


class Submission(Content):
    """One filing of a report, frozen as it was filed, with the reviewer's decision and words.

    ``field_words`` are words on single fields, by field name. An acceptance that was taken back stays written,
    with who reopened the report, when and why.
    """

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="submissions")
    number = models.PositiveSmallIntegerField(_("Number"))
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(_("Filed"))
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decision = models.CharField(_("Decision"), max_length=10, choices=Decision.choices, blank=True)
    decided_at = models.DateTimeField(_("Decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    words = models.TextField(_("Words"), max_length=1000, blank=True)
    field_words = models.JSONField(_("Words on single fields"), default=dict, blank=True)
    quality = models.CharField(_("Quality"), max_length=1, choices=Quality.choices, blank=True)
    reopened_at = models.DateTimeField(_("Reopened"), null=True, blank=True)
    reopened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reopen_reason = models.TextField(_("Reopened because"), max_length=1000, blank=True)

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        ordering = ("report", "number")
        verbose_name = _("submission")
        verbose_name_plural = _("submissions")
        constraints = (
            models.UniqueConstraint(fields=["report", "number"], name="submission_number_once_a_report"),
            models.UniqueConstraint(
                fields=["report"], condition=Q(decision=""), name="submission_one_undecided"
            ),
            models.CheckConstraint(
                condition=Q(decision="", decided_at__isnull=True, decided_by__isnull=True)
                | Q(decision__in=Decision.values, decided_at__isnull=False, decided_by__isnull=False),
                name="submission_decided_at_and_by",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("submitted_by")),
                name="submission_not_decided_by_author",
                violation_error_message=_("Nobody reviews a report of their own."),
            ),
            models.CheckConstraint(
                condition=~Q(decision=Decision.RETURNED) | ~Q(words=""), name="submission_returned_has_words"
            ),
            models.CheckConstraint(
                condition=Q(actual_percent__isnull=False), name="submission_has_actual_percent"
            ),
            models.CheckConstraint(
                condition=Q(quality="") | Q(quality__in=Quality.values, decision=Decision.ACCEPTED),
                name="submission_quality_of_accepted",
            ),
            models.CheckConstraint(
                condition=Q(reopened_at__isnull=True, reopened_by__isnull=True, reopen_reason="")
                | (
                    Q(decision=Decision.ACCEPTED, reopened_at__isnull=False, reopened_by__isnull=False)
                    & ~Q(reopen_reason="")
                ),
                name="submission_reopened_at_by_and_why",
            ),
            *_content_constraints("submission"),
        )

    def __str__(self) -> str:
        return f"{self.report} #{self.number}"
