"""Two administrators at the same moment, in two connections."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable

import pytest
from django.db import connection

from commands.models import Post, User
from commands.roles import RoleCode
from commands.services.posts import end_post
from commands.services.refusals import Refused
from commands.services.users import set_active
from tests import factories

TODAY = dt.date(2026, 11, 23)


def both(*acts: Callable[[], object]) -> list[str]:
    """Let each act in a thread of its own start together; return what became of them."""
    start, outcomes = threading.Barrier(len(acts)), []

    def run(act: Callable[[], object]) -> None:
        start.wait(timeout=20)
        try:
            act()
            outcomes.append("done")
        except Refused as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return sorted(outcomes)


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets in one writer at a time")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ["disable", "end_post"])
def test_two_administrators_cannot_remove_each_other(way: str) -> None:
    one, other = (factories.user_with(RoleCode.ADMINISTRATOR) for _n in range(2))

    def remove(person: User, by: User) -> Callable[[], object]:
        if way == "disable":
            return lambda: set_active(user=person, active=False, by=by)
        return lambda: end_post(post=person.posts.get(), ends_on=TODAY, by=by)

    assert both(remove(one, other), remove(other, one)) == ["done", "last_administrator"]
    assert Post.objects.on(TODAY).filter(role=RoleCode.ADMINISTRATOR).count() == 1
