"""Users, the posts they hold, and what those posts let them do today."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commands.models.headquarters import Headquarters
from commands.models.ranges import ends_after_start, in_force
from commands.models.units import Unit, UnitQuerySet
from commands.roles import FUNCTIONS, ROLES, Function, Power, RoleCode


class User(AbstractUser):
    """A person who signs in. What they may do comes from their posts, never from flags on the user."""

    # One display name, as Chinese names are written.
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    display_name = models.CharField(_("Full name"), max_length=60)
    title = models.CharField(_("Job title"), max_length=60, blank=True)
    office_phone = models.CharField(_("Office phone"), max_length=30, blank=True)
    language = models.CharField(
        _("Language"),
        max_length=10,
        choices=[("zh-hans", _("Chinese")), ("en", _("English"))],
        default="zh-hans",
    )
    must_change_password = models.BooleanField(_("Must change the password"), default=False)
    is_demo = models.BooleanField(_("Demo account"), default=False)

    REQUIRED_FIELDS: ClassVar[list[str]] = ["display_name"]

    class Meta:
        ordering = ("username",)
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = (
            models.CheckConstraint(condition=Q(language__in=["zh-hans", "en"]), name="user_language_known"),
        )

    def __str__(self) -> str:
        return self.display_name or self.username

    def get_full_name(self) -> str:
        """Return the display name."""
        return str(self)

    def get_short_name(self) -> str:
        """Return the display name."""
        return str(self)

    @cached_property
    def duties(self) -> Duties:
        """Return what today's posts let this person do: one query, once a request."""
        posts = self.posts.filter(in_force(timezone.localdate())).order_by("starts_on", "pk")
        return Duties.of(list(posts.select_related("unit", "headquarters")))


class PostQuerySet(models.QuerySet["Post"]):
    """Reads of posts."""

    def on(self, day: dt.date) -> PostQuerySet:
        """Return the posts held on ``day`` by people who can sign in."""
        return self.filter(in_force(day), user__is_active=True)

    def of_unit(self, unit: Unit | int) -> PostQuerySet:
        """Return the posts in ``unit``."""
        return self.filter(unit=unit)

    def units_without_reporter(self, day: dt.date) -> UnitQuerySet:
        """Return the units that had reporters, and on ``day`` have none who can sign in: nobody files for them."""
        reporters = self.filter(role=RoleCode.REPORTER, unit=models.OuterRef("pk"))
        had, have = reporters.filter(starts_on__lte=day), reporters.on(day)
        return Unit.objects.existing_on(day).active().filter(models.Exists(had), ~models.Exists(have))

    def reviewing(self, headquarters_id: int | None) -> PostQuerySet:
        """Return the office posts that answer for a headquarters: its own, and the district's."""
        return self.filter(role=RoleCode.OFFICE).filter(
            Q(headquarters__isnull=True) | Q(headquarters=headquarters_id)
        )


class Post(models.Model):
    """A post: a user holds a role in a unit, in a headquarters or for the whole district, over a range."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="posts")
    role = models.CharField(_("Role"), max_length=20, choices=RoleCode.choices)
    unit = models.ForeignKey(Unit, null=True, blank=True, on_delete=models.PROTECT, related_name="posts")
    headquarters = models.ForeignKey(
        Headquarters, null=True, blank=True, on_delete=models.PROTECT, related_name="posts"
    )
    function = models.CharField(
        _("Function in the headquarters"), max_length=20, choices=Function.choices, blank=True
    )
    starts_on = models.DateField(_("From"))
    ends_on = models.DateField(_("Until"), null=True, blank=True)

    objects = PostQuerySet.as_manager()

    class Meta:
        ordering = ("user", "starts_on", "id")
        verbose_name = _("post")
        verbose_name_plural = _("posts")
        constraints = (
            ends_after_start("post_range"),
            models.CheckConstraint(
                # Reporters and heads belong to a unit, offices and leaders to a headquarters or the district.
                condition=(
                    Q(
                        role__in=[RoleCode.REPORTER, RoleCode.HEAD],
                        unit__isnull=False,
                        headquarters__isnull=True,
                    )
                    | Q(role__in=[RoleCode.OFFICE, RoleCode.LEADER], unit__isnull=True)
                    | Q(role=RoleCode.ADMINISTRATOR, unit__isnull=True, headquarters__isnull=True)
                ),
                name="post_role_fits_place",
                violation_error_message=_("This role does not exist there."),
            ),
            models.CheckConstraint(
                condition=Q(function="")
                | Q(
                    role=RoleCode.LEADER,
                    function__in=FUNCTIONS[RoleCode.LEADER],
                    headquarters__isnull=False,
                )
                | Q(
                    role=RoleCode.OFFICE,
                    function__in=FUNCTIONS[RoleCode.OFFICE],
                    headquarters__isnull=False,
                ),
                name="post_function_fits_role",
                violation_error_message=_("This function does not go with the role and the place."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}"

    @property
    def called(self) -> str:
        """Return what the post is called: its function in a headquarters, or else its role."""
        return str(self.get_function_display() if self.function else self.get_role_display())

    @property
    def place(self) -> Unit | Headquarters | None:
        """Return the unit or headquarters in which the post holds; None is the whole district."""
        return self.unit or self.headquarters


@dataclass(frozen=True)
class Duties:
    """What a person's posts of one day add up to."""

    posts: tuple[Post, ...] = ()
    unit_ids: frozenset[int] = field(default_factory=frozenset)
    """Units for which the person files."""
    headquarters_ids: frozenset[int] = field(default_factory=frozenset)
    """Headquarters whose reports the person reviews."""

    @classmethod
    def of(cls, posts: list[Post]) -> Duties:
        """Read the duties off ``posts``, which must all hold on the day in question."""
        order = list(ROLES)
        return cls(
            posts=tuple(sorted(posts, key=lambda post: order.index(post.role))),
            unit_ids=frozenset(post.unit_id for post in posts if post.unit_id),
            headquarters_ids=frozenset(
                post.headquarters_id
                for post in posts
                if post.headquarters_id and post.role == RoleCode.OFFICE
            ),
        )

    def holds(self, role: str) -> bool:
        """Say whether one of the posts carries ``role``."""
        return any(post.role == role for post in self.posts)

    def may(self, power: Power) -> bool:
        """Say whether any post gives ``power`` somewhere; where it holds is for the getters to ask."""
        return any(power in ROLES[post.role].powers for post in self.posts)

    @property
    def sees_all(self) -> bool:
        """Say whether the person sees the whole district: leaders, administrators, the district office."""
        return self.may(Power.SEE_ALL) or self.reviews_all

    @property
    def reviews_all(self) -> bool:
        """Say whether the person reviews for the whole district."""
        return any(post.role == RoleCode.OFFICE and post.headquarters_id is None for post in self.posts)

    def reviews(self, headquarters_id: int | None) -> bool:
        """Say whether the person reviews the reports under ``headquarters_id``."""
        return self.reviews_all or headquarters_id in self.headquarters_ids

    @property
    def is_administrator(self) -> bool:
        """Say whether an administrator's post is held."""
        return self.holds(RoleCode.ADMINISTRATOR)

    @property
    def keeps_periods(self) -> bool:
        """Say whether the person opens and closes reporting periods: the district's office, administrators."""
        return self.reviews_all or self.is_administrator

    @property
    def is_leader(self) -> bool:
        """Say whether a district leader's post is held."""
        return self.holds(RoleCode.LEADER)

    @property
    def is_office(self) -> bool:
        """Say whether a supervision office's post is held."""
        return self.holds(RoleCode.OFFICE)

    @property
    def is_head(self) -> bool:
        """Say whether a unit head's post is held."""
        return self.holds(RoleCode.HEAD)

    @property
    def is_reporter(self) -> bool:
        """Say whether a reporter's post is held."""
        return self.holds(RoleCode.REPORTER)

    @property
    def main_post(self) -> Post | None:
        """Return the post that decides where the day starts."""
        return self.posts[0] if self.posts else None

    @property
    def home_url_name(self) -> str:
        """Return the name of the start page."""
        return ROLES[self.main_post.role].home if self.main_post else "tasks:inbox"

    @property
    def label(self) -> str:
        """Return the main post in words of the active language, for the head of every page."""
        from django.utils.translation import get_language

        post = self.main_post
        if post is None:
            return ""
        place: Any = post.place
        role = str(post.get_role_display())
        if place is None:
            return role
        english = (get_language() or "").startswith("en") and place.name_en
        return f"{role} · {english or place.name}"
