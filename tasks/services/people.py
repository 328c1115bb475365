"""Who is told: the people behind units and offices, by their posts of the day."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from commands.models import Post, User


def people_of(unit_ids: Iterable[int]) -> list[User]:
    """Return the reporters and heads of some units today, each once."""
    posts = Post.objects.on(timezone.localdate()).filter(unit__in=list(unit_ids)).select_related("user")
    return list({post.user_id: post.user for post in posts}.values())
