"""Units: departments, sub-districts and others that may lead or support tasks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db import models
from django.utils.translation import gettext_lazy as _

from commands.models.ranges import NoOverlap, ends_after_start, in_force


class UnitKind(models.TextChoices):
    """What sort of body a unit is."""

    DEPARTMENT = "department", _("Department")
    SUBDISTRICT = "subdistrict", _("Sub-district")
    COMPANY = "company", _("Company")
    OTHER = "other", _("Other body")


class UnitQuerySet(models.QuerySet["Unit"]):
    """Reads of units."""

    def active(self) -> UnitQuerySet:
        """Return the units that may be given new work."""
        return self.filter(active=True)

    def existing_on(self, day: dt.date) -> UnitQuerySet:
        """Return the units that exist on ``day``: set up by then, and not closed before."""
        begun = models.Q(starts_on__isnull=True) | models.Q(starts_on__lte=day)
        return self.filter(begun).filter(models.Q(closed_on__isnull=True) | models.Q(closed_on__gt=day))

    def lasting(self) -> UnitQuerySet:
        """Return the units that are not to be closed, those still to be set up included."""
        begun = models.Q(active=True) | models.Q(starts_on__isnull=False)
        return self.filter(begun, closed_on__isnull=True)


class Unit(models.Model):
    """A unit (单位): a body that can lead or support tasks.

    ``name``, ``short_name`` and ``name_en`` are today's; the name on any other day is in ``UnitName``.
    """

    code = models.SlugField(_("Code"), max_length=40, unique=True)
    kind = models.CharField(_("Kind"), max_length=20, choices=UnitKind.choices)
    name = models.CharField(_("Name"), max_length=100)
    short_name = models.CharField(_("Short name"), max_length=40, blank=True)
    name_en = models.CharField(_("English name"), max_length=160, blank=True)
    active = models.BooleanField(_("Active"), default=True)
    position = models.PositiveSmallIntegerField(_("Order"), default=0)
    starts_on = models.DateField(_("From"), null=True, blank=True)
    closed_on = models.DateField(_("Closed on"), null=True, blank=True)
    """The first day without it; ``active`` follows when that day has come."""
    closed_reason = models.CharField(_("Reason for closing it"), max_length=300, blank=True)
    merged_into = models.ForeignKey(
        "self",
        verbose_name=_("Merged into"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="merged_units",
    )

    objects = UnitQuerySet.as_manager()

    class Meta:
        ordering = ("position", "code")
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        constraints = (
            models.CheckConstraint(condition=models.Q(kind__in=UnitKind.values), name="unit_kind_known"),
            models.CheckConstraint(
                condition=models.Q(merged_into__isnull=True)
                | (models.Q(closed_on__isnull=False) & ~models.Q(merged_into=models.F("id"))),
                name="unit_merged_is_closed",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def works_on(self, day: dt.date) -> bool:
        """Say whether the unit may hold work and posts on ``day``, which may lie ahead."""
        begun = self.active if self.starts_on is None else self.starts_on <= day
        return begun and (self.closed_on is None or day < self.closed_on)


class UnitNameQuerySet(models.QuerySet["UnitName"]):
    """Reads of unit names over time."""

    def on(self, day: dt.date) -> UnitNameQuerySet:
        """Return the names in force on ``day``, at most one a unit."""
        return self.filter(in_force(day))

    def call(self, units: Iterable[Unit], day: dt.date) -> None:
        """Put the names of ``day`` on ``units``, for showing only: they must not be saved so. One query."""
        units = list(units)
        names = {name.unit_id: name for name in self.on(day).filter(unit__in=units)}
        for unit in units:
            if then := names.get(unit.pk):
                unit.name, unit.short_name, unit.name_en = then.name, then.short_name, then.name_en


class UnitName(models.Model):
    """What a unit was called over a range. ``starts_on`` null: the first day is not known."""

    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="names")
    name = models.CharField(_("Name"), max_length=100)
    short_name = models.CharField(_("Short name"), max_length=40, blank=True)
    name_en = models.CharField(_("English name"), max_length=160, blank=True)
    starts_on = models.DateField(_("From"), null=True, blank=True)
    ends_on = models.DateField(_("Until"), null=True, blank=True)
    reason = models.CharField(_("Reason"), max_length=300, blank=True)
    document_number = models.CharField(_("Document number"), max_length=60, blank=True)

    objects = UnitNameQuerySet.as_manager()

    class Meta:
        ordering = ("unit", models.F("starts_on").asc(nulls_first=True))
        verbose_name = _("unit name")
        verbose_name_plural = _("unit names")
        constraints = (
            ends_after_start("unit_name_range"),
            NoOverlap(fields=["unit"], name="unit_name_one_a_day"),
        )

    def __str__(self) -> str:
        return self.name
