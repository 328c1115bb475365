"""The list of users, narrowed down."""

from __future__ import annotations

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commands.forms.fields import UnitField
from commands.models import Post, Unit, User
from commands.models.ranges import in_force
from commands.roles import RoleCode

ACTIVE = [("yes", _("Can sign in")), ("no", _("Disabled"))]


class UnitFilter(django_filters.ModelChoiceFilter):
    """A unit, under its kind, in the reader's language."""

    field_class = UnitField


class UserFilter(django_filters.FilterSet):
    """Users by text, role, unit and whether they can sign in; role and unit are of the same post, held today."""

    q = django_filters.CharFilter(label=_("Name, user name, job title"), method="by_text", max_length=100)
    role = django_filters.ChoiceFilter(
        label=_("Role"), choices=RoleCode.choices, empty_label=_("All"), method="by_post"
    )
    unit = UnitFilter(label=_("Unit"), queryset=Unit.objects.all(), empty_label=_("All"), method="by_post")
    active = django_filters.ChoiceFilter(
        label=_("State"), choices=ACTIVE, empty_label=_("All"), method="by_active"
    )

    class Meta:
        model = User
        fields: list[str] = []

    def by_text(self, users: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        """Keep whose names, title or e-mail contain the text."""
        text = value.strip()
        return users.filter(
            Q(display_name__icontains=text)
            | Q(username__icontains=text)
            | Q(title__icontains=text)
            | Q(email__icontains=text)
        )

    def by_active(self, users: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        """Keep those who can, or can no longer, sign in."""
        return users.filter(is_active=value == "yes")

    def by_post(self, users: QuerySet[User], name: str, value: object) -> QuerySet[User]:
        """Leave it to ``filter_queryset``: role and unit must be those of one post."""
        return users

    def filter_queryset(self, queryset: QuerySet[User]) -> QuerySet[User]:
        """Apply all filters, role and unit together."""
        users: QuerySet[User] = super().filter_queryset(queryset)
        chosen = {name: self.form.cleaned_data.get(name) for name in ("role", "unit")}
        wanted = {name: value for name, value in chosen.items() if value}
        if not wanted:
            return users
        posts = Post.objects.filter(in_force(timezone.localdate()), user=OuterRef("pk"), **wanted)
        return users.filter(Exists(posts))
