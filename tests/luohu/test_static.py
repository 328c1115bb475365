"""Static files: complete under hashed names, nothing from elsewhere, nothing a five-year-old browser cannot read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from pytest_django import Settings

STATIC = Path(settings.BASE_DIR) / "static"
TEMPLATES = Path(settings.BASE_DIR) / "templates"
CSS = sorted((STATIC / "css").glob("*.css"))
JS = sorted((STATIC / "js").glob("*.js"))
TOO_NEW = re.compile(r":has\(|@layer|@container|color-mix\(|@scope|&[ .:]|\bdvh\b|@property")


def test_every_file_collects_under_a_hashed_name(tmp_path: Path, settings: Settings) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    call_command("collectstatic", verbosity=0, interactive=False)
    assert (tmp_path / "staticfiles.json").exists()
    forms = next(path for path in (tmp_path / "css").glob("forms.*.css")).read_text()
    assert re.search(r"img/chevron\.[0-9a-f]{12}\.svg", forms)


@pytest.mark.parametrize("path", CSS, ids=lambda path: path.name)
def test_styles_keep_to_what_old_browsers_know(path: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    assert not TOO_NEW.search(text)
    assert "@import" not in text


@pytest.mark.parametrize(
    "path",
    [path for path in CSS if path.name not in {"tokens.css", "wall-tokens.css", "print.css"}],
    ids=lambda path: path.name,
)
def test_colours_come_from_the_tokens(path: Path) -> None:
    own = set(re.findall(r"#[0-9a-f]{3,8}\b", path.read_text())) - {"#fff"}
    assert not own


@pytest.mark.parametrize("path", JS, ids=lambda path: path.name)
def test_scripts_import_nothing_and_stay_short(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"^\s*import\b|\bimport\(", text, re.MULTILINE)
    assert len(text.splitlines()) < 150


def test_nothing_is_fetched_from_elsewhere_and_nothing_is_inline() -> None:
    for path in [*CSS, *JS, *TEMPLATES.rglob("*.html")]:
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"""(src|href)=["'](https?:)?//|url\(["']?(https?:)?//""", text), path
        if path.suffix == ".html" and "emails" not in path.parts:
            assert not re.search(r"\sstyle=|\son\w+=\"|<style", text), path
            assert not re.search(r"<script(?![^>]*\bsrc=)", text), path


# Contrast: WCAG 2.1, 1.4.3 and 1.4.11

TOKENS = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", (STATIC / "css" / "tokens.css").read_text()))
TEXT_ON = {
    "ink": ["paper", "ground", "wash", "yellow-soft", "red-soft", "green-soft", "accent-soft"],
    "ink-2": ["paper", "ground", "wash"],
    "ink-3": ["paper", "ground", "wash"],
    "accent": ["paper", "ground", "wash", "accent-soft"],
    "green": ["paper", "ground", "green-soft"],
    "yellow": ["paper", "ground", "yellow-soft"],
    "red": ["paper", "ground", "red-soft"],
    "blue": ["paper", "ground", "blue-soft"],
    "grey": ["paper", "ground"],
}


def _luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two tokens, from 1 to 21."""
    dark, light = sorted((_luminance(TOKENS[one]), _luminance(TOKENS[other])))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("ink", "ground"), [(ink, on) for ink, grounds in TEXT_ON.items() for on in grounds])
def test_text_can_be_read_on_its_ground(ink: str, ground: str) -> None:
    assert contrast(ink, ground) >= 4.5


@pytest.mark.parametrize("shape", ["edge", "bar", "green", "yellow", "red", "blue", "grey", "seal"])
def test_shapes_and_edges_can_be_told_from_paper(shape: str) -> None:
    assert contrast(shape, "paper") >= 3
