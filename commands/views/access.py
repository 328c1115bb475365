"""Getters and guards of the command structure; ``tasks/views/access.py`` builds on them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404

from commands.models import Post, User
from commands.roles import Power

P = ParamSpec("P")


class SignedInRequest(HttpRequest):
    """A request behind the sign-in middleware."""

    user: User


def require_power(
    power: Power,
) -> Callable[
    [Callable[Concatenate[SignedInRequest, P], HttpResponseBase]],
    Callable[Concatenate[SignedInRequest, P], HttpResponseBase],
]:
    """Let in only people with ``power``; everybody else gets 403."""

    def decorate(
        view: Callable[Concatenate[SignedInRequest, P], HttpResponseBase],
    ) -> Callable[Concatenate[SignedInRequest, P], HttpResponseBase]:
        @wraps(view)
        def guarded(request: SignedInRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.duties.may(power):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def get_person(pk: int) -> User:
    """Return the account with ``pk``; administrators, who alone get here, may see every one."""
    return get_object_or_404(User, pk=pk)


def get_post(person: User, pk: int) -> Post:
    """Return a post of ``person``'s; another person's is not found here."""
    return get_object_or_404(person.posts.select_related("unit", "headquarters"), pk=pk)
