"""What the tests of reports share: addresses, what the browser sends, what the page shows."""

from collections.abc import Callable
from typing import Any

from django.test import Client

from commands.models import User
from tasks.models import Report

ClientOf = Callable[[User], Client]


def page_of(report: Report) -> str:
    return f"/reports/{report.pk}/"


def typed(report: Report, action: str = "submit", **fields: str) -> dict[str, str]:
    """Return what the browser sends for a complete report."""
    values = {
        "action": action,
        "version": str(report.version),
        "actual_percent": "63.6%",
        "progress": "完成B2地块签约。",
        "problems": "",
        "next_steps": "12月完成剩余签约。",
        "own_light": "yellow",
        "cause": "两户未签约。",
        "measure": "每周专班上门。",
        "recovery_on": "2026-12-20",
    }
    return {**values, **fields}


def shown(response: Any) -> str:
    return str(response.content.decode())
