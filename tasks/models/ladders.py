"""The ladders of reminders as administrators have set them up, and the posts that were found vacant."""

from __future__ import annotations

from collections import defaultdict
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from commands.models import Headquarters, Unit
from commands.roles import RoleCode
from tasks.rules.reminders import DEFAULT_LADDERS, MOST_WORKDAYS, Audience, Kind, Stage, Stages


class KindChoices(models.TextChoices):
    """What people are reminded of."""

    REPORT = Kind.REPORT, _("Report due")
    RETURNED = Kind.RETURNED, _("Report returned")
    MILESTONE = Kind.MILESTONE, _("Milestone due")
    LEAD = Kind.LEAD, _("Handover to acknowledge")
    DIRECTIVE = Kind.DIRECTIVE, _("Directive to answer")
    OBSTACLE = Kind.OBSTACLE, _("Obstacle's clock")
    WEEKLY = Kind.WEEKLY, _("Weekly digest")


class LadderQuerySet(models.QuerySet["Ladder"]):
    """Reads of ladders."""

    def in_force(self) -> dict[Kind, Stages]:
        """Return the ladder of every kind: one query."""
        set_up: dict[Kind, list[Stage]] = defaultdict(list)
        for row in LadderStage.objects.annotate(kind=F("ladder__kind")).order_by("offset"):
            set_up[Kind(row.kind)].append(row.as_stage())
        return {**DEFAULT_LADDERS, **{kind: tuple(stages) for kind, stages in set_up.items()}}


class Ladder(models.Model):
    """A kind's ladder (催办阶梯) that administrators have set up.

    A kind without one, or whose ladder has no stages, climbs by the default of ``tasks/rules/reminders.py``: a new
    kind needs no rows, and what nobody has touched follows the program.
    """

    kind = models.CharField(_("Kind"), max_length=10, choices=KindChoices.choices, unique=True)
    changed_at = models.DateTimeField(_("Changed"))
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = LadderQuerySet.as_manager()

    class Meta:
        ordering = ("kind",)
        verbose_name = _("ladder of reminders")
        verbose_name_plural = _("ladders of reminders")
        constraints = (
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in DEFAULT_LADDERS]), name="ladder_kind_known"
            ),
        )

    def __str__(self) -> str:
        return str(self.get_kind_display())


class LadderStage(models.Model):
    """A stage (催办节点) of a ladder: when, who is told, and by which sorts of channel."""

    AUDIENCES = tuple(audience.value for audience in Audience)
    CHANNELS: ClassVar[dict[str, tuple[str, ...]]] = {
        "inbox": ("inbox",),
        "personal": ("email", "app"),
        "group": ("group",),
    }
    """The sorts of channel; which of the personal ones it is, each person chooses."""

    ladder = models.ForeignKey(Ladder, on_delete=models.CASCADE, related_name="stages")
    offset = models.SmallIntegerField(_("Working days after the due day"))
    """Before it, where negative."""
    reporters = models.BooleanField(_("Reporters"), default=False)
    heads = models.BooleanField(_("Unit head"), default=False)
    office = models.BooleanField(_("Office of the headquarters"), default=False)
    district = models.BooleanField(_("District office"), default=False)
    leaders = models.BooleanField(_("District leaders"), default=False)
    asked = models.BooleanField(_("Those asked to clear the way"), default=False)
    inbox = models.BooleanField(_("Inbox"), default=True)
    personal = models.BooleanField(_("As each person chose"), default=True)
    group = models.BooleanField(_("Group robot"), default=True)

    class Meta:
        ordering = ("ladder", "offset")
        verbose_name = _("stage of a ladder")
        verbose_name_plural = _("stages of ladders")
        constraints = (
            models.UniqueConstraint(fields=["ladder", "offset"], name="ladder_stage_one_a_day"),
            models.CheckConstraint(
                condition=Q(offset__gte=-MOST_WORKDAYS, offset__lte=MOST_WORKDAYS), name="ladder_stage_near"
            ),
            models.CheckConstraint(
                condition=Q(reporters=True)
                | Q(heads=True)
                | Q(office=True)
                | Q(district=True)
                | Q(leaders=True)
                | Q(asked=True),
                name="ladder_stage_has_audience",
            ),
            models.CheckConstraint(
                # A group is no duty's address: whoever is told is told in person.
                condition=Q(inbox=True) | Q(personal=True),
                name="ladder_stage_has_channel",
            ),
        )

    def __str__(self) -> str:
        return f"{self.ladder} {self.as_stage().code}"

    @classmethod
    def of(cls, ladder: Ladder, stage: Stage) -> LadderStage:
        """Return the row, not yet written, that says what ``stage`` says."""
        audience = {name: name in stage.audience for name in cls.AUDIENCES}
        return cls(
            ladder=ladder,
            offset=stage.offset,
            **audience,
            **{name: channels[0] in stage.channels for name, channels in cls.CHANNELS.items()},
        )

    def as_stage(self) -> Stage:
        """Return the stage as the rules take it."""
        return Stage(
            self.offset,
            frozenset(audience for audience in Audience if getattr(self, audience)),
            tuple(
                channel
                for name, channels in self.CHANNELS.items()
                if getattr(self, name)
                for channel in channels
            ),
        )


class VacancyQuerySet(models.QuerySet["Vacancy"]):
    """Reads of vacant posts."""

    def open(self) -> VacancyQuerySet:
        """Return the posts still vacant."""
        return self.filter(filled_on__isnull=True)


class Vacancy(models.Model):
    """A vacant post (岗位空缺) in whose place somebody above was reminded. Administrators are told of it once."""

    role = models.CharField(_("Role"), max_length=20, choices=RoleCode.choices)
    unit = models.ForeignKey(Unit, null=True, blank=True, on_delete=models.CASCADE, related_name="vacancies")
    headquarters = models.ForeignKey(
        Headquarters, null=True, blank=True, on_delete=models.CASCADE, related_name="vacancies"
    )
    noticed_on = models.DateField(_("Noticed on"))
    filled_on = models.DateField(_("No longer on"), null=True, blank=True)

    objects = VacancyQuerySet.as_manager()

    class Meta:
        ordering = ("-noticed_on", "-id")
        verbose_name = _("vacant post")
        verbose_name_plural = _("vacant posts")
        constraints = (
            models.CheckConstraint(condition=Q(role__in=RoleCode.values), name="vacancy_role_known"),
            *(
                # Nulls are never equal: each sort of place is counted for itself.
                models.UniqueConstraint(
                    fields=["role", *places],
                    condition=Q(
                        filled_on__isnull=True,
                        unit__isnull="unit" not in places,
                        headquarters__isnull="headquarters" not in places,
                    ),
                    name=f"vacancy_once_{name}",
                )
                for name, places in (
                    ("a_unit", ("unit",)),
                    ("a_headquarters", ("headquarters",)),
                    ("district", ()),
                )
            ),
        )

    def __str__(self) -> str:
        place = self.unit or self.headquarters
        return f"{self.get_role_display()} · {place}" if place else str(self.get_role_display())

    @property
    def place(self) -> Unit | Headquarters | None:
        """Return the unit or headquarters; None is the whole district."""
        return self.unit or self.headquarters
