"""The in-app inbox."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commands.models import User


class NotificationQuerySet(models.QuerySet["Notification"]):
    """Reads of the inbox."""

    def of(self, user: User) -> NotificationQuerySet:
        """Return what was sent to ``user``."""
        return self.filter(recipient=user)

    def awake(self, day: dt.date) -> NotificationQuerySet:
        """Return what lies in the inbox on ``day``: all but what was put off to a later one."""
        return self.filter(Q(snoozed_until__isnull=True) | Q(snoozed_until__lte=day))

    def snoozed(self, day: dt.date) -> NotificationQuerySet:
        """Return what has left the inbox until some day after ``day``."""
        return self.filter(snoozed_until__gt=day)

    def unread_for(self, user: User) -> NotificationQuerySet:
        """Return what ``user`` has not read and not put off."""
        return self.of(user).awake(timezone.localdate()).filter(read_at__isnull=True)


class Notification(models.Model):
    """A message in a person's inbox (消息).

    It is kept as a kind and its values, and put into words when shown (``tasks/notices.py``), so that it reads
    in whichever language its reader has chosen.
    """

    recipient = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=40)
    values = models.JSONField(default=dict)
    link = models.CharField(max_length=200, blank=True)
    """A path of this site, or empty."""
    created_at = models.DateTimeField(_("At"), auto_now_add=True)
    read_at = models.DateTimeField(_("Read"), null=True, blank=True)

    snoozed_until = models.DateField(_("Put off until"), null=True, blank=True)
    """A working day, on whose morning the message is back by itself."""

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        indexes = (
            models.Index(fields=["recipient", "read_at", "-created_at"], name="notification_by_reader"),
        )

    def __str__(self) -> str:
        return f"{self.kind} → {self.recipient}"
