"""docker-compose.yml and the Dockerfile say nothing that the project does not have."""

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

ROOT = Path(__file__).resolve().parent.parent
OURS = ["migrate", "web", "worker", "beat"]
SETTINGS = (ROOT / "luohu/settings.py").read_text()
KNOWN_VARIABLES = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', SETTINGS))


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


def words_of(service: dict[str, Any]) -> str:
    command = service.get("command", [])
    return command if isinstance(command, str) else " ".join(command)


def test_every_service_of_the_design_is_there(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {"postgres", "redis", "proxy", *OURS}


def test_services_wait_only_for_services_that_exist(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for service in services.values():
        for other, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert services[other]["healthcheck"]["test"]
            else:
                assert how["condition"] == "service_completed_successfully"
                assert services[other]["restart"] == "no"


def test_nothing_uses_the_database_before_it_is_migrated(compose: dict[str, Any]) -> None:
    for name in ("web", "worker", "beat"):
        assert (
            compose["services"][name]["depends_on"]["migrate"]["condition"]
            == "service_completed_successfully"
        )


@pytest.mark.parametrize("name", ["postgres", "redis", "web", "worker", "beat", "proxy"])
def test_every_lasting_service_has_a_health_check_and_comes_back(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}
    assert len(service["healthcheck"]["test"]) > 1


def test_every_volume_and_secret_used_is_declared_and_the_other_way_round(compose: dict[str, Any]) -> None:
    volumes, secrets = set(), set()
    for service in compose["services"].values():
        volumes |= {v.split(":")[0] for v in service.get("volumes", []) if not v.startswith(".")}
        secrets |= set(service.get("secrets", []))
    assert volumes == set(compose["volumes"])
    assert secrets == set(compose["secrets"])


def test_mounted_files_of_the_project_exist(compose: dict[str, Any]) -> None:
    mounted = [
        v.split(":")[0]
        for s in compose["services"].values()
        for v in s.get("volumes", [])
        if v.startswith(".")
    ]
    assert mounted
    for path in mounted:
        assert (ROOT / path).is_file(), path


@pytest.mark.parametrize("name", OURS)
def test_every_variable_is_one_that_the_settings_read(compose: dict[str, Any], name: str) -> None:
    environment = compose["services"][name]["environment"]
    assert {variable.removesuffix("_FILE") for variable in environment} <= KNOWN_VARIABLES


@pytest.mark.parametrize("name", OURS)
def test_every_variable_that_must_be_set_is_set(compose: dict[str, Any], name: str) -> None:
    environment = compose["services"][name]["environment"]
    given = {variable.removesuffix("_FILE") for variable in environment}
    required = set(re.findall(r'else\s+env\.\w+\(\s*"([A-Z_]+)"\s*\)', SETTINGS))
    assert {"DATABASE_URL", "REDIS_URL", "EMAIL_URL", "ALLOWED_HOSTS", "SITE_URL"} <= required
    assert required <= given


def test_secrets_are_files_and_no_value_stands_in_the_file(compose: dict[str, Any]) -> None:
    for secret in compose["secrets"].values():
        assert secret["file"].startswith("./secrets/")
    for name, service in compose["services"].items():
        for variable, value in service.get("environment", {}).items():
            if variable.endswith("_FILE"):
                assert value.removeprefix("/run/secrets/") in service["secrets"], name
            else:
                assert not re.search(r"SECRET|PASSWORD|TOKEN", variable), name
                assert not re.search(r"://[^/@]*:[^/@]*@", str(value)), name
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert "secrets/" in ignored
    for name in compose["secrets"]:
        assert f"keep {name} " in (ROOT / "scripts/secrets").read_text()


@pytest.mark.parametrize("name", OURS)
def test_every_command_names_something_that_exists(compose: dict[str, Any], name: str) -> None:
    words = words_of(compose["services"][name])
    programs = re.findall(r"(?:^|\n\s*)(gunicorn|celery|sh|python)\b", words)
    assert programs, words
    for command in re.findall(r"manage\.py (\w+)", words):
        assert command_exists(command), command
    if "celery" in words:
        assert "-A luohu " in words
        assert importlib.import_module("luohu.celery").app.main == "luohu"
    if words == "gunicorn":
        config: dict[str, Any] = {}
        exec((ROOT / "gunicorn.conf.py").read_text(), config)  # noqa: S102  as gunicorn itself does
        module, _, attribute = config["wsgi_app"].partition(":")
        assert callable(getattr(importlib.import_module(module), attribute))


def command_exists(name: str) -> bool:
    from django.core.management import get_commands

    return name in get_commands()


def test_web_and_worker_can_be_scaled(compose: dict[str, Any]) -> None:
    for name in ("web", "worker"):
        assert not {"container_name", "ports"} & set(compose["services"][name])
    caddyfile = (ROOT / "deploy/Caddyfile").read_text()
    assert "dynamic a web 8000" in caddyfile
    assert "WEB_BIND=0.0.0.0:8000" in (ROOT / "Dockerfile").read_text()


def test_the_proxy_lets_through_what_the_pages_accept() -> None:
    limit = re.search(r"max_size (\d+)MiB", (ROOT / "deploy/Caddyfile").read_text())
    assert limit
    assert int(limit[1]) * 1024 * 1024 > settings.UPLOAD_MAX_REQUEST


def test_the_image_holds_all_that_the_settings_point_at_and_runs_as_nobody_special() -> None:
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert {"luohu", "commands", "tasks", "templates", "static", "fixtures", "manage.py"} <= kept
    for path in kept:
        assert (ROOT / path).exists(), path
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert "--require-hashes" in dockerfile
    assert "HEALTHCHECK" in dockerfile
    users = re.findall(r"^USER (\w+)", dockerfile, re.MULTILINE)
    assert users == ["luohu"]


def test_static_files_collected_by_root_are_readable_by_the_user_who_serves_them(tmp_path: Path) -> None:
    # The very command of the Dockerfile, with the very values that it gives.
    given = re.search(
        r"RUN (DATABASE_URL=.+?)python manage\.py collectstatic", (ROOT / "Dockerfile").read_text(), re.DOTALL
    )
    assert given
    values = dict(word.split("=", 1) for word in given[1].replace("\\", " ").split())
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path), **values},
        check=True,
        capture_output=True,
        timeout=120,
    )
    collected = [path for path in (tmp_path / "static").rglob("*") if path.is_file()]
    assert tmp_path / "static/staticfiles.json" in collected
    assert [path for path in collected if path.stat().st_mode & 0o444 != 0o444] == []
