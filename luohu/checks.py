"""What must not be so where real work is kept: `manage.py check --deploy --database default`.

Each check names what is wrong and what to set instead. Django's own deployment checks run beside these.
"""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004  Django's own name
from django.db import connections
from django.db.utils import Error as DatabaseFailure


@register(Tags.security, deploy=True)
def check_not_the_demo(**_: Any) -> list[CheckMessage]:
    """Demo mode fills in values that everybody knows."""
    if not settings.DEMO:
        return []
    return [
        Error(
            "DEMO is on: keys and addresses are made up.", hint="Unset DEMO in a deployment.", id="luohu.E001"
        )
    ]


@register(Tags.security, deploy=True)
def check_database_takes_many_writers(**_: Any) -> list[CheckMessage]:
    """SQLite takes one writer at a time and cannot be shared between hosts."""
    if not settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        return []
    return [
        Error(
            "The database is SQLite, which is for the demo and for tests.",
            hint="Set DATABASE_URL to a PostgreSQL database: postgres://user@host:5432/name",
            id="luohu.E002",
        )
    ]


@register(Tags.security, deploy=True)
def check_mail_leaves_the_house(**_: Any) -> list[CheckMessage]:
    """Reminders written to a console or kept in memory reach nobody, yet would count as sent."""
    if settings.EMAIL_BACKEND.endswith(".smtp.EmailBackend"):
        return []
    return [
        Error(
            f"Mail goes to {settings.EMAIL_BACKEND}, which delivers to nobody.",
            hint="Set EMAIL_URL to a mail server: smtp+tls://user:password@host:587",
            id="luohu.E003",
        )
    ]


@register(Tags.security, deploy=True)
def check_site_address_is_https(**_: Any) -> list[CheckMessage]:
    """Without https:// in SITE_URL the session cookie would travel in the clear."""
    if settings.SITE_URL.startswith("https://"):
        return []
    return [
        Error(
            f"SITE_URL is {settings.SITE_URL}, which is not https.",
            hint="Set SITE_URL to the address people use: https://luohu.example",
            id="luohu.E004",
        )
    ]


@register(Tags.security, deploy=True)
def check_broker_is_shared(**_: Any) -> list[CheckMessage]:
    """The queue in a folder serves one worker on one machine."""
    if not settings.CELERY_BROKER_URL.startswith("filesystem:"):
        return []
    return [
        Error(
            "Jobs are queued in a folder, and sign-in failures are counted there.",
            hint="Set REDIS_URL to a Redis server: redis://host:6379/0",
            id="luohu.E005",
        )
    ]


@register(Tags.security, deploy=True)
def check_sender_can_be_answered(**_: Any) -> list[CheckMessage]:
    """Mail servers refuse or hide mail from an address at localhost."""
    if not settings.DEFAULT_FROM_EMAIL.endswith("@localhost"):
        return []
    return [
        Warning(
            f"Mail is sent from {settings.DEFAULT_FROM_EMAIL}.",
            hint="Set DEFAULT_FROM_EMAIL to an address of your own domain.",
            id="luohu.W006",
        )
    ]


@register(Tags.security, deploy=True)
def check_robots_stay_outside(**_: Any) -> list[CheckMessage]:
    """A webhook's address is typed by people: to this machine it would reach what listens here for us alone."""
    if not settings.ROBOTS_ON_THIS_MACHINE:
        return []
    return [
        Error(
            "Robots may be reached at 127.0.0.1, which is for the demo and for tests.",
            hint="Unset ROBOTS_ON_THIS_MACHINE in a deployment.",
            id="luohu.E009",
        )
    ]


@register(Tags.database, deploy=True)
def check_no_demo_users(*, databases: Sequence[str] | None, **_: Any) -> list[CheckMessage]:
    """Demo accounts have a password that is printed on the screen (演示账号)."""
    from commands.models import User  # checks are registered before models are loaded

    for alias in databases or []:
        try:
            if "commands_user" not in connections[alias].introspection.table_names():
                continue  # not migrated yet: nobody can be there
            demo_users = User.objects.using(alias).filter(is_demo=True)
            names = list(demo_users.values_list("username", flat=True)[:5])
        except DatabaseFailure as error:
            return [Error(f"The database {alias} did not answer: {error}", id="luohu.E008")]
        if names:
            return [
                Error(
                    f"Demo accounts exist: {', '.join(names)}. Their password is public.",
                    hint="Start a deployment with an empty database, not with the demo's.",
                    id="luohu.E007",
                )
            ]
    return []


@register(Tags.database, deploy=True)
def check_robots_can_be_read(*, databases: Sequence[str] | None, **_: Any) -> list[CheckMessage]:
    """An address that was sealed with a key that is missing here is as good as lost."""
    from tasks.models import Robot

    found: list[CheckMessage] = []
    for alias in databases or []:
        try:
            if "tasks_robot" not in connections[alias].introspection.table_names():
                continue
            names = [str(robot) for robot in Robot.objects.using(alias) if robot.is_unreadable]
        except DatabaseFailure:
            continue  # which the check above tells
        if names:
            found.append(
                Warning(
                    f"The addresses of these robots cannot be read: {', '.join(names[:5])}.",
                    hint="Add the key they were sealed with to SEALING_KEY, or set them up anew.",
                    id="luohu.W010",
                )
            )
    return found
