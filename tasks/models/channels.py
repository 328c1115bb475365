"""Where people can be reached besides their inbox: robots of groups, own apps, what each person chose."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from commands.models import Headquarters, Unit, User
from luohu.sealing import SealedField, Unreadable


class Channel(models.TextChoices):
    """How a reminder reaches somebody; how each one delivers stands in ``tasks/channels/``."""

    INBOX = "inbox", _("Inbox")
    EMAIL = "email", _("E-mail")
    APP = "app", _("Own app")
    GROUP = "group", _("Group robot")


class RobotKind(models.TextChoices):
    """What answers at a robot's address."""

    WECOM = "wecom", _("WeCom")
    DINGTALK = "dingtalk", _("DingTalk")
    FEISHU = "feishu", _("Feishu")
    WEBHOOK = "webhook", _("Webhook")
    LOG = "log", _("Log only")


class RobotQuerySet(models.QuerySet["Robot"]):
    """Reads of robots."""

    def active(self) -> RobotQuerySet:
        """Return the robots that messages go to."""
        return self.filter(is_active=True)

    def of_groups(self) -> RobotQuerySet:
        """Return the robots of units, headquarters and the district, which administrators keep."""
        return self.filter(owner__isnull=True)

    def of(self, user: User) -> RobotQuerySet:
        """Return the robots that ``user`` set up for themselves."""
        return self.filter(owner=user)


class Robot(models.Model):
    """A robot (群机器人) of a unit's, a headquarters' or the district's group, or a person's own app.

    Its address is a secret: who knows it can write into the group. It is sealed in the database, shown masked only,
    and stands in no log and no event. A robot that went astray is disabled, never deleted: reminders name it.
    """

    kind = models.CharField(_("Kind"), max_length=10, choices=RobotKind.choices)
    name = models.CharField(_("Name"), max_length=60)
    owner = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="robots")
    unit = models.ForeignKey(Unit, null=True, blank=True, on_delete=models.PROTECT, related_name="robots")
    headquarters = models.ForeignKey(
        Headquarters, null=True, blank=True, on_delete=models.PROTECT, related_name="robots"
    )
    address = SealedField(_("Address"), blank=True, validators=[MaxLengthValidator(500)])
    secret = SealedField(_("Signing secret"), blank=True, validators=[MaxLengthValidator(200)])
    """With which DingTalk wants each message signed, where its robot was set up so."""
    is_active = models.BooleanField(_("In use"), default=True)
    outcome = models.CharField(_("Outcome"), max_length=300, blank=True)
    """What became of the last message, as in ``Reminder.outcome``."""
    used_at = models.DateTimeField(_("Last used"), null=True, blank=True)

    objects = RobotQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        verbose_name = _("robot")
        verbose_name_plural = _("robots")
        constraints = (
            models.CheckConstraint(condition=Q(kind__in=RobotKind.values), name="robot_kind_known"),
            models.CheckConstraint(
                # None of the three is the district.
                condition=Q(unit__isnull=True, headquarters__isnull=True)
                | Q(owner__isnull=True, headquarters__isnull=True)
                | Q(owner__isnull=True, unit__isnull=True),
                name="robot_one_place",
            ),
            models.CheckConstraint(
                condition=Q(kind=RobotKind.LOG) | ~Q(address=""), name="robot_has_address"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.name}"

    @property
    def is_unreadable(self) -> bool:
        """Say whether it was sealed with a key that this system has no more: nothing can go out by it."""
        return isinstance(self.address, Unreadable) or isinstance(self.secret, Unreadable)

    @property
    def masked_address(self) -> str:
        """Return as much of the address as tells robots apart, and lets nobody write."""
        if not self.address:
            return ""
        return f"{urlsplit(self.address).hostname or ''}/…{self.address[-4:]}"


class ChannelChoice(models.Model):
    """What a person chose (通知方式): e-mail or not. The inbox is always on; without a row all is on."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="channel_choice")
    email = models.BooleanField(_("E-mail"), default=True)
    weekly_digest = models.BooleanField(_("Weekly digest by e-mail"), default=True)
    """No duty is in it, so that it may be refused, also by the link in each mail (List-Unsubscribe)."""

    class Meta:
        verbose_name = _("choice of channels")
        verbose_name_plural = _("choices of channels")

    def __str__(self) -> str:
        return str(self.user)


class CalendarFeed(models.Model):
    """A person's private calendar address (日历订阅): whoever knows it reads their deadlines, so only its hash is kept.

    It is shown once, when it is made; making another or revoking takes the old one out of use at once.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="calendar_feed")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(_("Last fetched"), null=True, blank=True)

    class Meta:
        verbose_name = _("calendar feed")
        verbose_name_plural = _("calendar feeds")

    def __str__(self) -> str:
        return str(self.user)
