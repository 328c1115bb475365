"""The audit trail: one row for everything that was changed through the application."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class AppendOnlyError(RuntimeError):
    """Raised when code tries to change or delete a row of the audit trail."""


class EventQuerySet(models.QuerySet["Event"]):
    """Reads of the audit trail; bulk changes are refused."""

    def about(self, row: models.Model) -> EventQuerySet:
        """Return the events about one row, newest first."""
        return self.filter(subject_type=row._meta.label_lower, subject_id=row.pk)

    def update(self, **kwargs: Any) -> NoReturn:
        """Refuse: what happened is not rewritten."""
        raise AppendOnlyError("Events cannot be changed.")

    def delete(self) -> NoReturn:
        """Refuse: what happened is not forgotten."""
        raise AppendOnlyError("Events cannot be deleted.")

    def bulk_create(self, objs: Iterable[Event], *args: Any, **kwargs: Any) -> list[Event]:
        """Write new rows; refuse to write over old ones."""
        if args or kwargs.get("update_conflicts"):
            raise AppendOnlyError("Events cannot be changed.")
        return super().bulk_create(objs, **kwargs)


class Event(models.Model):
    """Who did what, when, from where, with what before and after. Append-only."""

    at = models.DateTimeField(_("At"), default=timezone.now, db_index=True)
    actor = models.ForeignKey(
        "commands.User", null=True, blank=True, on_delete=models.PROTECT, related_name="events"
    )
    """Null: a background job did it."""
    actor_name = models.CharField(_("By"), max_length=60, blank=True)
    source = models.CharField(_("Source"), max_length=60, blank=True)
    """Where it came from: an internet address, or the name of the job or command."""
    action = models.CharField(_("Action"), max_length=60)
    """Verb and noun: ``report.submit``, ``lead.reassign``."""
    subject_type = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    subject_label = models.CharField(_("About"), max_length=200, blank=True)
    before = models.JSONField(_("Before"), default=dict, blank=True, encoder=DjangoJSONEncoder)
    after = models.JSONField(_("After"), default=dict, blank=True, encoder=DjangoJSONEncoder)
    is_draft = models.BooleanField(default=False, db_default=False)
    """It moved nothing that anybody but its own unit sees: pages that are kept for others stay as they are."""

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "-id")
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = (
            models.Index(fields=["subject_type", "subject_id", "-at"], name="event_by_subject"),
            models.Index(fields=["-id"], condition=models.Q(is_draft=False), name="event_latest_but_drafts"),
        )

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action} {self.subject_label}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write the row once; a second write is refused."""
        if not self._state.adding:
            raise AppendOnlyError("Events cannot be changed.")
        # Forced: a row given the key of an old one would otherwise be written over it.
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: what happened is not forgotten."""
        raise AppendOnlyError("Events cannot be deleted.")
