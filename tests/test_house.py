"""The rules of the house that a reader can see in the text of the program, each with its reason."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = ("luohu", "commands", "tasks")


def python_files(*folders: str) -> list[Path]:
    """Return the Python files of these folders, without migrations, which are written by a program."""
    return sorted(
        path for folder in folders for path in (ROOT / folder).rglob("*.py") if "migrations" not in path.parts
    )


def files(pattern: str, *folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob(pattern))


OURS = [ROOT / "manage.py", *python_files(*APPS, "scripts", "tests")]
VIEWS = [path for path in python_files(*APPS) if "views" in path.parts or path.name == "views.py"]
RULES = [path for app in APPS for path in python_files(f"{app}/rules")]
TEMPLATES = files("*.html", "templates") + files("*.txt", "templates")


def where(path: Path, line: int | None = None) -> str:
    name = str(path.relative_to(ROOT))
    return name if line is None else f"{name}:{line}"


def told(offences: list[str], why: str) -> str:
    """Return what the failing test says: why the rule exists, and where it is broken."""
    return "\n  ".join([why, *offences])


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=str(path))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Yield every name that a file imports, with its line: ``django.db.models``, ``tasks.models.Task``."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, (
                f"{where(path, node.lineno)}: imports are absolute, so that they can be searched for"
            )
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def importing(paths: list[Path], *forbidden: str) -> list[str]:
    return [
        f"{where(path, line)} imports {name}"
        for path in paths
        for name, line in imports(path)
        if any(name == module or name.startswith(f"{module}.") for module in forbidden)
    ]


# How long things are


@pytest.mark.parametrize(
    ("paths", "limit"),
    [
        pytest.param(OURS, 400, id="python"),
        pytest.param(TEMPLATES, 150, id="templates"),
        pytest.param(files("*.js", "static"), 150, id="scripts"),
        pytest.param(files("*.css", "static"), 400, id="styles"),
    ],
)
def test_no_file_is_too_long(paths: list[Path], limit: int) -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in paths}
    long = [f"{where(path)} has {lines} lines" for path, lines in lengths.items() if lines > limit]
    assert not long, told(
        long,
        f"A file of more than {limit} lines holds more than one thing, and nobody reads it whole. Split it by noun.",
    )


@pytest.mark.parametrize(
    ("paths", "limit", "why"),
    [
        pytest.param(
            OURS, 40, "What does not fit on a screen is not understood at a glance. Split it.", id="any"
        ),
        pytest.param(
            VIEWS,
            25,
            "A view gets, calls a form or filter and a service, and answers. What is longer has a rule, a query or "
            "a write in it that belongs to a lower layer.",
            id="views",
        ),
    ],
)
def test_no_function_is_too_long(paths: list[Path], limit: int, why: str) -> None:
    lengths = [
        (path, each, (each.end_lineno or 0) - each.lineno + 1) for path in paths for each in functions(path)
    ]
    long = [
        f"{where(path, each.lineno)} {each.name} has {lines} lines, not {limit}"
        for path, each, lines in lengths
        if lines > limit
    ]
    assert not long, told(long, why)


# Arrows go down only


def test_commands_know_nothing_of_tasks() -> None:
    upward = importing(python_files("commands"), "tasks")
    assert not upward, told(
        upward,
        "commands must never import tasks: who commands must stay usable whatever the work is. Pages that show "
        "both belong to tasks.",
    )


@pytest.mark.parametrize(
    ("layer", "above"),
    [
        ("rules", ("models", "services", "views", "jobs")),
        ("models", ("services", "views", "forms", "filters", "jobs")),
        ("services", ("views", "forms", "filters", "jobs")),
    ],
)
def test_a_layer_imports_nothing_from_above(layer: str, above: tuple[str, ...]) -> None:
    forbidden = [f"{app}.{upper}" for app in ("commands", "tasks") for upper in above]
    upward = importing(python_files(f"commands/{layer}", f"tasks/{layer}"), *forbidden)
    assert not upward, told(
        upward,
        "Views and jobs call services, services call rules and models: an arrow upwards makes a circle, and a "
        "layer that cannot be read or tested on its own.",
    )


CLOCKS = {"now", "today", "utcnow", "localdate", "localtime"}


def test_rules_know_no_database_and_no_clock() -> None:
    offences = importing(
        RULES,
        "django.db",
        "django.utils.timezone",
        "django.conf",
        "django.core",
        "django.http",
        "time",
        "random",
    )
    offences += [
        f"{where(path, node.lineno)} reads the clock"
        for path in RULES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS
    ]
    assert not offences, told(
        offences,
        "A rule is given values and a day and returns a decision with its reasons. Only so can it be tested as a "
        "table, replayed for a past day, and trusted.",
    )


WRITES = {
    "save",
    "create",
    "delete",
    "update",
    "get_or_create",
    "update_or_create",
    "bulk_create",
    "bulk_update",
    "add",
    "remove",
    "set",
    "clear",
}
# Not rows: what a view may fill on its way to the answer.
NOT_ROWS = {"messages", "headers", "cookies", "session", "cache"}


def writes_of(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        owner = node.func.value
        name = (
            owner.attr
            if isinstance(owner, ast.Attribute)
            else owner.id
            if isinstance(owner, ast.Name)
            else ""
        )
        if node.func.attr in WRITES and name not in NOT_ROWS:
            yield f"{where(path, node.lineno)} calls {ast.unparse(node.func)}()"


def test_views_write_no_rows() -> None:
    writes = [write for path in VIEWS for write in writes_of(path)]
    assert not writes, told(
        writes,
        "Every write is a service: one transaction, the rules checked, one event in the audit trail. A row written "
        "in a view has none of these, and a job or command that needs the same write cannot call it.",
    )


def test_every_view_says_which_methods_it_answers() -> None:
    naked = [
        f"{where(path, each.lineno)} {each.name}"
        for path in VIEWS
        for each in functions(path)
        if each.args.args
        and each.args.args[0].arg == "request"
        and not each.name.startswith("_")
        and not any(
            re.search("require_|methods", ast.unparse(decorator)) for decorator in each.decorator_list
        )
    ]
    assert not naked, told(
        naked,
        "A view without @require_safe, @require_POST or @require_http_methods answers DELETE with a page.",
    )


# Templates

INLINE = {
    r"<style\b": "a <style> element",
    r"\sstyle\s*=": "a style attribute",
    r"<script\b(?![^>]*\bsrc=)": "a script with a body",
    r"\son[a-z]+\s*=\s*[\"']": "an event handler attribute",
    r"javascript:": "a javascript: address",
}
# Mail programs read no style sheets; the policy of our pages does not reach them.
PAGES = [path for path in TEMPLATES if "emails" not in path.parts]


@pytest.mark.parametrize(("pattern", "what"), INLINE.items(), ids=INLINE.values())
def test_templates_carry_no_inline_code_or_style(pattern: str, what: str) -> None:
    offences = [
        f"{where(path, number)} has {what}"
        for path in PAGES
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if re.search(pattern, line, re.IGNORECASE)
    ]
    assert not offences, told(
        offences,
        "The Content-Security-Policy refuses everything inline, which is what makes injected markup harmless: it "
        "would simply not work. Use a class of static/css or a module of static/js.",
    )


def test_templates_ask_for_nothing_from_elsewhere() -> None:
    offences = [
        f"{where(path, number)} {found.group(0)}"
        for path in PAGES
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if (found := re.search(r"""(src|href|action)\s*=\s*["'](https?:)?//[^"']*""", line))
    ]
    assert not offences, told(offences, "No request leaves the site: it runs where there is no internet.")


def test_every_page_opens_with_what_it_shows() -> None:
    silent = [
        where(path)
        for path in PAGES
        if path.suffix == ".html" and not path.read_text().lstrip().startswith(("{#", "{% comment"))
    ]
    assert not silent, told(
        silent,
        "A template opens with a comment: what it shows, its context, its blocks. Without it one has to read the "
        "view to change a word.",
    )


def test_no_module_is_named_tasks_tasks() -> None:
    assert not (ROOT / "tasks/tasks.py").exists(), (
        "Task is a word of the domain here; Celery's entry points are in jobs.py."
    )
