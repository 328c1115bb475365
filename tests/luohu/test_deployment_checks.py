"""What `check --deploy` says about a deployment that is none."""

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.core.checks import run_checks

from commands.models import User
from luohu import checks

REAL: dict[str, Any] = {
    "DEMO": False,
    "ENGINE": "django.db.backends.postgresql",
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
    "SITE_URL": "https://luohu.example",
    "CELERY_BROKER_URL": "redis://redis:6379/0",
    "DEFAULT_FROM_EMAIL": "luohu@luohu.example",
    "ROBOTS_ON_THIS_MACHINE": False,
}
STATIC_CHECKS = [
    checks.check_not_the_demo,
    checks.check_database_takes_many_writers,
    checks.check_mail_leaves_the_house,
    checks.check_site_address_is_https,
    checks.check_broker_is_shared,
    checks.check_sender_can_be_answered,
    checks.check_robots_stay_outside,
]


Found = Callable[[dict[str, Any]], list[str | None]]


@pytest.fixture
def found(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Found:
    def run(changed: dict[str, Any]) -> list[str | None]:
        values = {**REAL, **changed}
        monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", values.pop("ENGINE"))
        for name, value in values.items():
            setattr(settings, name, value)
        return [message.id for check in STATIC_CHECKS for message in check(app_configs=None, databases=None)]

    return run


def test_a_real_deployment_passes(found: Found) -> None:
    assert found({}) == []


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"DEMO": True}, "luohu.E001"),
        ({"ENGINE": "django.db.backends.sqlite3"}, "luohu.E002"),
        ({"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}, "luohu.E003"),
        ({"EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend"}, "luohu.E003"),
        ({"SITE_URL": "http://luohu.example"}, "luohu.E004"),
        ({"CELERY_BROKER_URL": "filesystem://localhost//"}, "luohu.E005"),
        ({"DEFAULT_FROM_EMAIL": "luohu@localhost"}, "luohu.W006"),
        ({"ROBOTS_ON_THIS_MACHINE": True}, "luohu.E009"),
    ],
)
def test_each_danger_is_named(found: Found, changed: dict[str, Any], expected: str) -> None:
    assert found(changed) == [expected]


def test_all_checks_are_registered_for_deployment() -> None:
    registered = run_checks(include_deployment_checks=True)
    ids = {message.id for message in registered}
    assert {"luohu.E003", "luohu.E004", "luohu.W006"} <= ids  # the tests themselves are no deployment


@pytest.mark.django_db
def test_a_demo_account_in_the_database_is_an_error() -> None:
    assert checks.check_no_demo_users(app_configs=None, databases=["default"]) == []
    User.objects.create_user("reporter", display_name="填报人", is_demo=True)
    [error] = checks.check_no_demo_users(app_configs=None, databases=["default"])
    assert error.id == "luohu.E007"
    assert "reporter" in error.msg
    assert checks.check_no_demo_users(app_configs=None, databases=None) == []


def test_the_whole_command_is_clean_in_a_real_environment_and_tells_before_migration(tmp_path: Any) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": "0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOP",
        "ALLOWED_HOSTS": "luohu.example",
        "SITE_URL": "https://luohu.example",
        "DATABASE_URL": "postgres://luohu@127.0.0.1:9/luohu",
        "REDIS_URL": "redis://127.0.0.1:9/0",
        "EMAIL_URL": "smtp+tls://127.0.0.1:9",
        "DEFAULT_FROM_EMAIL": "luohu@luohu.example",
        "VAR_DIR": str(tmp_path),
    }
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    clean = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert clean.returncode == 0, clean.stderr
    asked = subprocess.run(
        [*command, "--database", "default"],
        env={**environment, "DATABASE_URL": f"sqlite:///{tmp_path}/empty.sqlite3"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert "luohu.E002" in asked.stderr
    assert "luohu.E007" not in asked.stderr
    assert "Traceback" not in asked.stderr


def test_a_missing_setting_is_told_in_a_sentence() -> None:
    silent = subprocess.run(
        [sys.executable, "manage.py", "check"],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert silent.returncode != 0
    assert "SECRET_KEY" in silent.stderr
    assert "Traceback" not in silent.stderr


def test_secrets_are_read_from_files_with_or_without_a_last_line_break(tmp_path: Any) -> None:
    (tmp_path / "key").write_text("0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOP\n")
    (tmp_path / "database").write_text("postgres://luohu:geheim@postgres:5432/luohu\n")
    (tmp_path / "mail").write_text("smtp+tls://user:geheim@mail.invalid:587\n")
    (tmp_path / "redis").write_text("redis://redis:6379/3\n")
    environment = {
        "PATH": os.environ["PATH"],
        "SECRET_KEY_FILE": str(tmp_path / "key"),
        "DATABASE_URL_FILE": str(tmp_path / "database"),
        "EMAIL_URL_FILE": str(tmp_path / "mail"),
        "REDIS_URL_FILE": str(tmp_path / "redis"),
        "ALLOWED_HOSTS": "luohu.example",
        "SITE_URL": "https://luohu.example",
        "VAR_DIR": str(tmp_path),
    }
    script = (
        "from luohu import settings as s; d = s.DATABASES['default'];"
        "print([d['NAME'], d['PASSWORD'], d['PORT'], s.EMAIL_HOST, s.EMAIL_PORT, s.CELERY_BROKER_URL.strip(),"
        " s.SECRET_KEY.strip()[-1]])"
    )
    read = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert read.stdout.strip() == str(
        ["luohu", "geheim", 5432, "mail.invalid", 587, "redis://redis:6379/3", "P"]
    ), read.stderr


@pytest.mark.parametrize(
    ("entered", "used"),
    [("", ["signs"]), (" , ", ["signs"]), ("new, old\n", ["new", "old"]), (" ,old", ["old"])],
)
def test_nothing_is_ever_sealed_with_an_empty_key(tmp_path: Any, entered: str, used: list[str]) -> None:
    """An empty one opens everything for everybody; and none at all would stop all robots."""
    read = subprocess.run(
        [sys.executable, "-c", "from luohu import settings; print(settings.SEALING_KEYS)"],
        env={
            "PATH": os.environ["PATH"],
            "DEMO": "1",
            "SECRET_KEY": "signs",
            "SEALING_KEY": entered,
            "VAR_DIR": str(tmp_path),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert read.stdout.strip() == str(used), read.stderr
