"""What the trail tells of the services around reports: evidence, obstacles and lights."""

from __future__ import annotations

import datetime as dt
from typing import Any
from unittest.mock import ANY

from django.core.files.uploadedfile import SimpleUploadedFile

from tasks.services.changes import accept_change, ask_change, refuse_change
from tasks.services.closings import apply_for_closing, close_out, return_closing
from tasks.services.evidence import add_evidence, delete_evidence
from tasks.services.obstacles import comment_obstacle, escalate_obstacle, raise_obstacle, resolve_obstacle
from tests import factories
from tests.tasks.around_lights import AROUND_LIGHTS

DAY = dt.date(2026, 11, 28)
ASKED: dict[str, Any] = {
    "kind": "due",
    "milestone": None,
    "new_day": "2027-03-31",
    "new_value": None,
    "plan": [],
    "reason": "征地延后",
}

AROUND_REPORTS: dict[str, tuple[str, str, Any, dict[str, Any], dict[str, Any]]] = {
    **AROUND_LIGHTS,
    "add_evidence": (
        "evidence.add",
        "reporter",
        lambda w, by: add_evidence(report=w.report, upload=SimpleUploadedFile("证据.txt", b"1"), by=by),
        {},
        {
            "report": ANY,
            "milestone": None,
            "name": "证据.txt",
            "kind": "text",
            "size": 1,
            "sha256": "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b",
        },
    ),
    "delete_evidence": (
        "evidence.delete",
        "reporter",
        lambda w, by: delete_evidence(evidence=factories.evidence(report=w.report, name="证据.txt"), by=by),
        {"report": ANY, "milestone": None, "name": "证据.txt", "kind": "text", "size": ANY, "sha256": ANY},
        {},
    ),
    "ask_change": (
        "change.ask",
        "reporter",
        lambda w, by: ask_change(
            task=w.task, kind="due", new_day=dt.date(2027, 3, 31), reason="征地延后", by=by
        ),
        {},
        {**ASKED, "words": ""},
    ),
    "accept_change": (
        "change.accept",
        "office",
        lambda w, by: accept_change(change=factories.change(task=w.task), words="同意。", by=by),
        {"old_day": "2026-12-31", "old_value": None},
        {**ASKED, "words": "同意。"},
    ),
    "refuse_change": (
        "change.refuse",
        "office",
        lambda w, by: refuse_change(change=factories.change(task=w.task), words="不同意。", by=by),
        {},
        {"words": "不同意。"},
    ),
    "apply_for_closing": (
        "closing.apply",
        "reporter",
        lambda w, by: apply_for_closing(
            task=w.task, statement="全部完成。", evidence=[factories.evidence(report=w.filed())], by=by
        ),
        {},
        {"statement": "全部完成。", "evidence": ANY},
    ),
    "close_out": (
        "closing.close",
        "office",
        lambda w, by: close_out(closing=factories.closing(task=w.task), words="属实。", by=by),
        {"lifecycle": "closing"},
        {"lifecycle": "closed", "closed_on": "2026-11-23", "words": "属实。", "exempt": 1},
    ),
    "return_closing": (
        "closing.return",
        "office",
        lambda w, by: return_closing(closing=factories.closing(task=w.task), words="缺验收单。", by=by),
        {"lifecycle": "closing"},
        {"lifecycle": "active", "words": "缺验收单。"},
    ),
    "raise_obstacle": (
        "obstacle.raise",
        "reporter",
        lambda w, by: raise_obstacle(task=w.task, what="缺地", needs="请协调", wanted_by=DAY, by=by),
        {},
        {
            "task": ANY,
            "what": "缺地",
            "needs": "请协调",
            "needed_unit": None,
            "wanted_by": "2026-11-28",
            "level": "team",
        },
    ),
    "comment_obstacle": (
        "obstacle.comment",
        "reporter",
        lambda w, by: comment_obstacle(obstacle=factories.obstacle(task=w.task), words="在办", by=by),
        {},
        {"words": "在办"},
    ),
    "escalate_obstacle": (
        "obstacle.escalate",
        "reporter",
        lambda w, by: escalate_obstacle(obstacle=factories.obstacle(task=w.task), words="急", by=by),
        {"level": "team"},
        {"level": "office", "words": "急"},
    ),
    "resolve_obstacle": (
        "obstacle.resolve",
        "office",
        lambda w, by: resolve_obstacle(obstacle=factories.obstacle(task=w.task), resolution="已办", by=by),
        {},
        {"level": "team", "resolution": "已办"},
    ),
}
"""By service: the action, who does it, how, and what its event says of before and after."""
