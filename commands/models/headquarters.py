"""Command headquarters, the nameplates they hang out, and the work teams under them."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from commands.models.ranges import NoOverlap, ends_after_start, in_force


class HeadquartersQuerySet(models.QuerySet["Headquarters"]):
    """Reads of headquarters."""

    def standing_on(self, day: dt.date) -> HeadquartersQuerySet:
        """Return the headquarters that work on ``day``: set up by then, and not yet dissolved.

        One of which no nameplate is recorded is taken to have worked always.
        """
        plates = Nameplate.objects.filter(headquarters=models.OuterRef("pk"))
        begun = models.Exists(plates.filter(in_force(day))) | ~models.Exists(plates)
        return self.filter(begun).filter(Q(dissolved_on__isnull=True) | Q(dissolved_on__gt=day))

    def with_nameplates(self) -> HeadquartersQuerySet:
        """Load every nameplate, oldest first, in one further query."""
        return self.prefetch_related("nameplates")

    def with_teams(self, day: dt.date) -> HeadquartersQuerySet:
        """Load the work teams that exist today, and so on ``day``, as ``current_teams``.

        Which of them worked under which headquarters on a past day is told by ``WorkTeam.objects.on``.
        """
        return self.prefetch_related(
            models.Prefetch("work_teams", WorkTeam.objects.filter(in_force(day)), to_attr="current_teams")
        )


class Headquarters(models.Model):
    """A command headquarters (指挥部): one staff, under one nameplate or several.

    ``name`` and ``name_en`` are those of today's principal nameplate; any other day's are in ``Nameplate``.
    """

    code = models.SlugField(_("Code"), max_length=40, unique=True)
    number = models.PositiveSmallIntegerField(_("Number"), unique=True)
    name = models.CharField(_("Name"), max_length=100)
    name_en = models.CharField(_("English name"), max_length=160, blank=True)
    purpose = models.CharField(_("Purpose"), max_length=300, blank=True)
    purpose_en = models.CharField(_("Purpose in English"), max_length=400, blank=True)
    dissolved_on = models.DateField(_("Dissolved on"), null=True, blank=True)
    dissolved_reason = models.CharField(_("Reason for dissolving it"), max_length=300, blank=True)

    objects = HeadquartersQuerySet.as_manager()

    class Meta:
        ordering = ("number",)
        verbose_name = _("command headquarters")
        verbose_name_plural = _("command headquarters")

    def __str__(self) -> str:
        return self.name

    def plates_on(self, day: dt.date) -> list[Nameplate]:
        """Return the nameplates that hang on ``day``, the principal one first.

        Works on the loaded nameplates, so a list of headquarters costs one query for all of them.
        """
        plates = [plate for plate in self.nameplates.all() if plate.hangs_on(day)]
        return sorted(plates, key=lambda plate: not plate.is_principal)

    def called_on(self, day: dt.date) -> Headquarters:
        """Return itself under the name of ``day``, for showing only: it must not be saved so."""
        principal = next((plate for plate in self.plates_on(day) if plate.is_principal), None)
        if principal is not None:
            self.name, self.name_en = principal.name, principal.name_en
        return self

    def co_located_on(self, day: dt.date) -> list[Nameplate]:
        """Return the further nameplates of ``day``: "two nameplates, one staff" (两块牌子、一套人马)."""
        return self.plates_on(day)[1:]


class Nameplate(models.Model):
    """A sign (牌子) that a headquarters hangs out over a range. ``starts_on`` null: not publicly known."""

    headquarters = models.ForeignKey(Headquarters, on_delete=models.CASCADE, related_name="nameplates")
    name = models.CharField(_("Name"), max_length=100)
    name_en = models.CharField(_("English name"), max_length=160, blank=True)
    is_principal = models.BooleanField(_("Principal nameplate"), default=True)
    starts_on = models.DateField(_("From"), null=True, blank=True)
    ends_on = models.DateField(_("Until"), null=True, blank=True)
    renamed_from = models.OneToOneField(
        "self",
        verbose_name=_("Renamed from"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="renamed_to",
    )
    reason = models.CharField(_("Reason"), max_length=300, blank=True)
    reason_en = models.CharField(_("Reason in English"), max_length=400, blank=True)
    document_number = models.CharField(_("Document number"), max_length=60, blank=True)
    end_reason = models.CharField(_("Reason for taking it down"), max_length=300, blank=True)
    """Only of a nameplate taken down for good; one that was renamed says why in its successor."""

    class Meta:
        ordering = ("headquarters", F("starts_on").asc(nulls_first=True), "-is_principal")
        verbose_name = _("nameplate")
        verbose_name_plural = _("nameplates")
        constraints = (
            ends_after_start("nameplate_range"),
            NoOverlap(
                fields=["headquarters"],
                condition="is_principal",
                name="nameplate_one_principal_a_day",
                violation_error_message=_("Another principal nameplate hangs at the same time."),
            ),
            models.CheckConstraint(
                condition=Q(renamed_from__isnull=True) | ~Q(renamed_from=F("id")),
                name="nameplate_not_renamed_from_itself",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def hangs_on(self, day: dt.date) -> bool:
        """Say whether the nameplate hangs on ``day``."""
        started = self.starts_on is None or self.starts_on <= day
        return started and (self.ends_on is None or day < self.ends_on)


class TeamKind(models.TextChoices):
    """What sort of team works under a headquarters."""

    WORK_TEAM = "work_team", _("Work team")
    DEDICATED_GROUP = "dedicated_group", _("Dedicated group")


class WorkTeamQuerySet(models.QuerySet["WorkTeam"]):
    """Reads of work teams."""

    def on(self, day: dt.date) -> list[WorkTeam]:
        """Return the teams that exist on ``day`` by their number, called and placed as they were then.

        They are for showing only: a team that carries a past name must not be saved.
        """
        history = TeamHistory.objects.filter(in_force(day)).order_by()
        of_day = {then.team_id: then for then in history}  # few: only of teams that ever changed
        teams = list(self.filter(in_force(day)).order_by("number", "pk"))
        for team in teams:
            if then := of_day.get(team.pk):
                team.name, team.name_en, team.headquarters_id = then.name, then.name_en, then.headquarters_id
        return teams


class WorkTeam(models.Model):
    """A work team (工作专班) or dedicated group (专责组) under a headquarters, over a range.

    ``headquarters``, ``name`` and ``name_en`` are today's; where a team was renamed or moved, any other day's
    are in ``TeamHistory``.
    """

    headquarters = models.ForeignKey(Headquarters, on_delete=models.PROTECT, related_name="work_teams")
    kind = models.CharField(_("Kind"), max_length=20, choices=TeamKind.choices, default=TeamKind.WORK_TEAM)
    number = models.PositiveSmallIntegerField(_("Number"), default=1)
    name = models.CharField(_("Name"), max_length=100)
    name_en = models.CharField(_("English name"), max_length=160, blank=True)
    duties = models.TextField(_("Duties"), max_length=2000, blank=True)
    starts_on = models.DateField(_("From"), null=True, blank=True)
    ends_on = models.DateField(_("Until"), null=True, blank=True)
    reason = models.CharField(_("Reason"), max_length=300, blank=True)
    end_reason = models.CharField(_("Reason for dissolving it"), max_length=300, blank=True)

    objects = WorkTeamQuerySet.as_manager()

    class Meta:
        ordering = ("headquarters", "number", "id")
        verbose_name = _("work team")
        verbose_name_plural = _("work teams")
        constraints = (
            ends_after_start("work_team_range"),
            models.CheckConstraint(condition=Q(kind__in=TeamKind.values), name="work_team_kind_known"),
        )

    def __str__(self) -> str:
        return self.name


class TeamHistory(models.Model):
    """What a work team was called and under which headquarters it worked, over a range.

    Written from the first rename or move on; a team without rows was always what it is.
    """

    team = models.ForeignKey(WorkTeam, on_delete=models.CASCADE, related_name="history")
    headquarters = models.ForeignKey(Headquarters, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("Name"), max_length=100)
    name_en = models.CharField(_("English name"), max_length=160, blank=True)
    starts_on = models.DateField(_("From"), null=True, blank=True)
    ends_on = models.DateField(_("Until"), null=True, blank=True)
    reason = models.CharField(_("Reason"), max_length=300, blank=True)

    class Meta:
        ordering = ("team", F("starts_on").asc(nulls_first=True))
        verbose_name = _("history of a work team")
        verbose_name_plural = _("histories of work teams")
        constraints = (
            ends_after_start("team_history_range"),
            NoOverlap(fields=["team"], name="team_history_one_a_day"),
        )

    def __str__(self) -> str:
        return self.name
