"""The first administrator is created from the command line."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from commands.models import Event, User

pytestmark = pytest.mark.django_db


def test_the_first_administrator_gets_a_post_and_a_first_password() -> None:
    out = io.StringIO()

    call_command(
        "create_administrator", "--username", "root-of-all", "--display-name", "系统管理员", stdout=out
    )

    user = User.objects.get(username="root-of-all")
    password = out.getvalue().split()[-1]
    assert user.check_password(password)
    assert user.must_change_password
    assert user.duties.is_administrator
    assert Event.objects.about(user).get().source == "command create_administrator"


def test_a_taken_name_is_refused_in_a_sentence(administrator: User) -> None:
    with pytest.raises(CommandError, match="user name already"):
        call_command("create_administrator", "--username", administrator.username, "--display-name", "x")

    assert User.objects.count() == 1
