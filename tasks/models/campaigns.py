"""Campaigns: the ten tough-task campaigns of a year."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from commands.models import Headquarters, Unit, User
from tasks.models.books import StrategicGoal, TaskBook


class CampaignQuerySet(models.QuerySet["Campaign"]):
    """Reads of campaigns."""

    def visible_to(self, user: User) -> CampaignQuerySet:
        """Return the campaigns that ``user`` leads, commands, or has a visible task in."""
        duties = user.duties
        if duties.sees_all:
            return self
        led = Campaign.objects.filter(tasks__leads__unit__in=duties.unit_ids)
        supported = Campaign.objects.filter(tasks__supporting_units__in=duties.unit_ids)
        return self.filter(
            Q(pk__in=led.values("pk"))
            | Q(pk__in=supported.values("pk"))
            | Q(lead_unit__in=duties.unit_ids)
            | Q(headquarters__in=duties.headquarters_ids)
        )

    def with_names(self) -> CampaignQuerySet:
        """Load what a row of a list shows."""
        return self.select_related("headquarters", "lead_unit")


class Campaign(models.Model):
    """A tough-task campaign (攻坚行动) of one task book.

    ``lead_unit`` and ``flag_presented_on`` are today's, kept by the services that change leads; any other
    day's are in ``LeadAssignment``. A campaign without headquarters answers to the district directly.
    """

    book = models.ForeignKey(TaskBook, on_delete=models.PROTECT, related_name="campaigns")
    number = models.PositiveSmallIntegerField(_("Number"))
    name = models.CharField(_("Name"), max_length=100)
    name_en = models.CharField(_("English name"), max_length=200, blank=True)
    headquarters = models.ForeignKey(
        Headquarters,
        verbose_name=_("Command headquarters"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="campaigns",
    )
    supervisor_title = models.CharField(_("Supervising leader"), max_length=60, blank=True)
    supervisor_title_en = models.CharField(_("Supervising leader in English"), max_length=100, blank=True)
    goals = models.ManyToManyField(
        StrategicGoal, verbose_name=_("Strategic goals"), blank=True, related_name="campaigns"
    )
    lead_unit = models.ForeignKey(
        Unit,
        verbose_name=_("Lead unit"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="led_campaigns",
    )
    flag_presented_on = models.DateField(_("Flag presented on"), null=True, blank=True, editable=False)
    carried_from = models.OneToOneField(
        "self",
        verbose_name=_("Carried over from"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="carried_to",
    )
    """The campaign of last year's book that this one continues."""

    objects = CampaignQuerySet.as_manager()

    class Meta:
        ordering = ("book", "number")
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        constraints = (
            models.UniqueConstraint(fields=["book", "number"], name="campaign_number_once_a_book"),
            models.CheckConstraint(condition=Q(number__gte=1), name="campaign_number_from_one"),
        )

    def __str__(self) -> str:
        return self.name
