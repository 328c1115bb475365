"""The people of the demo: a reporter and a head for every unit, an office for every headquarters, titles only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.contrib.auth.hashers import make_password

from commands.models import Headquarters, Post, Unit, User
from commands.roles import Function, RoleCode

PASSWORD = "luohu-demo"  # noqa: S105  printed by `make demo`; a deployment with such an account fails its check
ACCOUNTS = ("reporter", "head", "office", "leader", "administrator")


@dataclass
class People:
    """Who holds which post."""

    administrator: User
    leader: User
    office: User
    reporters: dict[int, User] = field(default_factory=dict)
    """By unit."""
    heads: dict[int, User] = field(default_factory=dict)
    offices: dict[int, User] = field(default_factory=dict)
    """By headquarters."""

    def reviewer(self, headquarters_id: int | None) -> User:
        """Return who decides on the reports under a headquarters; the district's office where there is none."""
        return self.office if headquarters_id is None else self.offices[headquarters_id]


def _user(username: str, display_name: str, title: str) -> User:
    return User(username=username, display_name=display_name, title=title, email=f"{username}@demo.invalid")


def create_people(
    *, units: Iterable[Unit], headquarters: Iterable[Headquarters], desk_unit: str, since: dt.date
) -> People:
    """Write the demo accounts and their posts; the named ones belong to ``desk_unit``."""
    people = People(
        administrator=_user("administrator", "系统管理员", "系统管理员"),
        leader=_user("leader", "区领导", "区领导"),
        office=_user("office", "区督查室", "督查室工作人员"),
    )
    posts = [
        Post(user=people.administrator, role=RoleCode.ADMINISTRATOR),
        Post(user=people.leader, role=RoleCode.LEADER),
        Post(user=people.office, role=RoleCode.OFFICE),
    ]
    for unit in units:
        prefix = "" if unit.code == desk_unit else f"{unit.code}-"
        name = unit.name if unit.kind == "subdistrict" else unit.short_name
        people.reporters[unit.pk] = _user(f"{prefix}reporter", f"{name}填报人", "填报人")
        people.heads[unit.pk] = _user(f"{prefix}head", f"{name}负责人", "主要负责人")
        posts.append(Post(user=people.reporters[unit.pk], role=RoleCode.REPORTER, unit=unit))
        posts.append(Post(user=people.heads[unit.pk], role=RoleCode.HEAD, unit=unit))
    for row in headquarters:
        people.offices[row.pk] = _user(f"{row.code}-office", f"{row.name}办公室", "指挥部办公室")
        office = Post(user=people.offices[row.pk], role=RoleCode.OFFICE, headquarters=row)
        office.function = Function.OFFICE
        commander = Post(user=people.leader, role=RoleCode.LEADER, headquarters=row)
        commander.function = Function.COMMANDER
        posts += [office, commander]
    password = make_password(
        PASSWORD
    )  # once: the slow hash that a real account needs would take seconds here
    users = list({id(post.user): post.user for post in posts}.values())  # not yet saved: no keys to go by
    for user in users:
        user.is_demo, user.password = True, password
    User.objects.bulk_create(users)
    for post in posts:
        post.starts_on = since
    Post.objects.bulk_create(posts)
    return people
