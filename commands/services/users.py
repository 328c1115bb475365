"""User accounts: created by administrators, never deleted; first passwords are made here and told once."""

from __future__ import annotations

import secrets

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commands.models import Headquarters, Unit, User
from commands.services.events import record_event
from commands.services.posts import give_post, keep_an_administrator
from commands.services.refusals import Refused

# No 0/o, 1/l/i: a first password is read out over the telephone or copied from paper.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_DIGITS = "23456789"


def first_password() -> str:
    """Return a password of four groups, good for one sign-in: over 70 bits, and easy to type."""
    groups = ["".join(secrets.choice(_LETTERS) for _n in range(4)) for _g in range(3)]
    return "-".join([*groups, "".join(secrets.choice(_DIGITS) for _n in range(4))])


@transaction.atomic
def create_user(
    *,
    username: str,
    display_name: str,
    title: str,
    email: str,
    office_phone: str,
    role: str,
    unit: Unit | None,
    headquarters: Headquarters | None,
    function: str = "",
    by: User | None,
) -> tuple[User, str]:
    """Create an account with a first post from today on; return it with its first password.

    The password is kept nowhere, must be changed at the first sign-in, and so is to be told at once. Raises
    Refused beside ``username`` where somebody has it, in whatever case, and as ``give_post`` does.
    """
    if User.objects.filter(username__iexact=username).exists():
        raise Refused(_("Somebody has this user name already."), code="taken", field="username")
    user = User(
        username=username,
        display_name=display_name,
        title=title,
        email=email,
        office_phone=office_phone,
        must_change_password=True,
    )
    password = first_password()
    user.set_password(password)
    _check(user)
    user.save()
    record_event(action="user.create", about=user, after=_as_values(user), by=by)
    post = {"role": role, "unit": unit, "headquarters": headquarters, "function": function}
    give_post(user=user, **post, starts_on=timezone.localdate(), by=by)  # type: ignore[arg-type]  # as given
    return user, password


def _check(user: User) -> None:
    """Tell what the model refuses as a refusal beside its field."""
    try:
        user.full_clean()
    except ValidationError as error:
        field = next(iter(error.message_dict))
        raise Refused(error.message_dict[field][0], code="invalid", field=field) from error


@transaction.atomic
def reset_password(*, user: User, by: User) -> str:
    """Give ``user`` a new first password, ending all their sessions, and return it.

    Raises Refused for one's own account: one's own password is changed with the old one in hand.
    """
    if user == by:
        raise Refused(_("Change your own password on the page for that."), code="own_password")
    user = User.objects.select_for_update().get(pk=user.pk)
    password = first_password()
    user.set_password(password)
    user.must_change_password = True
    user.save(update_fields=["password", "must_change_password"])
    record_event(action="user.reset_password", about=user, by=by)
    return password


@transaction.atomic
def set_active(*, user: User, active: bool, by: User) -> User:
    """Let ``user`` sign in, or no longer. Nothing is written where it is so already.

    Raises Refused for one's own account, and for the last administrator's.
    """
    if not active:
        if user == by:
            raise Refused(_("You cannot disable your own account."), code="self")
        keep_an_administrator(without=user, day=timezone.localdate())
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.is_active == active:
        return user
    user.is_active = active
    user.save(update_fields=["is_active"])
    record_event(
        action="user.enable" if active else "user.disable",
        about=user,
        before={"is_active": not active},
        after={"is_active": active},
        by=by,
    )
    return user


@transaction.atomic
def record_password_change(*, user: User) -> None:
    """Record that ``user`` chose a password of their own; a first password is thereby used up."""
    before = {"must_change_password": user.must_change_password}
    user.must_change_password = False
    user.save(update_fields=["must_change_password"])
    record_event(
        action="user.change_password",
        about=user,
        before=before,
        after={"must_change_password": False},
        by=user,
    )


@transaction.atomic
def set_language(*, user: User, language: str) -> None:
    """Remember the language in which ``user`` reads pages and mail; an unknown one is left aside."""
    known = {code for code, _name in User._meta.get_field("language").choices or ()}
    if language not in known or language == user.language:
        return
    before, user.language = user.language, language
    user.save(update_fields=["language"])
    record_event(
        action="user.set_language",
        about=user,
        before={"language": before},
        after={"language": language},
        by=user,
    )


def _as_values(user: User) -> dict[str, object]:
    """Return what the audit trail keeps of an account; never its password."""
    return {
        "username": user.username,
        "display_name": user.display_name,
        "title": user.title,
        "email": user.email,
        "office_phone": user.office_phone,
    }
