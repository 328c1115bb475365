"""Evidence: the files that show what a report says."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from commands.models import User
from tasks.models.milestones import Milestone
from tasks.models.reports import Report, Submission
from tasks.rules.evidence import FORMATS, LONGEST_NAME, MAX_FILE, Kind, download_name


class KindChoices(models.TextChoices):
    """What a file is."""

    PDF = Kind.PDF, _("PDF")
    DOCX = Kind.DOCX, _("Word document")
    XLSX = Kind.XLSX, _("Excel workbook")
    PPTX = Kind.PPTX, _("PowerPoint presentation")
    DOC = Kind.DOC, _("Word document (97–2003)")
    XLS = Kind.XLS, _("Excel workbook (97–2003)")
    PPT = Kind.PPT, _("PowerPoint presentation (97–2003)")
    PNG = Kind.PNG, _("PNG image")
    JPEG = Kind.JPEG, _("JPEG image")
    GIF = Kind.GIF, _("GIF image")
    WEBP = Kind.WEBP, _("WebP image")
    TEXT = Kind.TEXT, _("Text")


def random_path(evidence: Evidence, name: str) -> str:
    """Return where a file is kept: a name that nobody can guess, without a word of its own."""
    token = uuid4().hex
    return f"{token[:2]}/{token}"


class EvidenceQuerySet(models.QuerySet["Evidence"]):
    """Reads of evidence."""

    def visible_to(self, user: User) -> EvidenceQuerySet:
        """Return what ``user`` may open: what was filed, to the report's readers; the rest, to its unit."""
        filed = Submission.objects.filter(evidence=OuterRef("pk"))
        readable = Q(report__in=Report.objects.visible_to(user).values("pk"))
        return self.filter(readable & (Q(Exists(filed)) | Q(report__unit__in=user.duties.unit_ids)))

    def with_names(self) -> EvidenceQuerySet:
        """Load what a line of a list shows: ``is_frozen`` says that a submission holds the file."""
        frozen = Exists(Submission.objects.filter(evidence=OuterRef("pk")))
        return self.select_related("added_by", "milestone").annotate(is_frozen=frozen)


class Evidence(models.Model):
    """A file (佐证材料) on a report, perhaps for one milestone; kept as long as any submission holds it.

    The file lies outside the web root under a random name, and is handed out by one view alone.
    """

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="evidence")
    milestone = models.ForeignKey(
        Milestone,
        verbose_name=_("For the milestone"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="evidence",
    )
    submissions = models.ManyToManyField(Submission, related_name="evidence")
    """The filings of which it was a part: from the first on it is frozen."""
    name = models.CharField(_("Name"), max_length=LONGEST_NAME)
    kind = models.CharField(_("Kind"), max_length=5, choices=KindChoices.choices)
    size = models.PositiveIntegerField(_("Size"))
    sha256 = models.CharField(max_length=64)
    file = models.FileField(upload_to=random_path, max_length=100)
    added_at = models.DateTimeField(_("Added"))
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        ordering = ("added_at", "id")
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        constraints = (
            models.UniqueConstraint(fields=["report", "sha256"], name="evidence_once_a_report"),
            models.CheckConstraint(condition=Q(kind__in=KindChoices.values), name="evidence_kind_known"),
            models.CheckConstraint(condition=Q(size__gte=1, size__lte=MAX_FILE), name="evidence_size"),
            models.CheckConstraint(condition=~Q(name=""), name="evidence_has_name"),
            models.CheckConstraint(condition=~Q(sha256=""), name="evidence_has_hash"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_image(self) -> bool:
        """Say whether a browser may show it."""
        return FORMATS[Kind(self.kind)].family == "image"

    @property
    def mime(self) -> str:
        """Return what it is, as a browser is told."""
        return FORMATS[Kind(self.kind)].mime

    @property
    def download_name(self) -> str:
        """Return the name under which it is handed out."""
        return download_name(self.name, self.kind)
