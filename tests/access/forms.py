"""The forms that the access matrix posts, each filled in as it should be."""

from __future__ import annotations

from typing import Any

from commands.models import Unit
from tasks.models import Report, Task
from tests.factories import PASSWORD

CALENDAR_YEAR = {"year": "2027", "text": "2027-01-01,off\n2027-10-01,off", "action": "preview"}
LADDER = {
    "form-TOTAL_FORMS": "1",
    "form-INITIAL_FORMS": "0",
    "form-0-days": "3",
    "form-0-side": "before",
    "form-0-audience": "reporters",
    "form-0-channels": "inbox",
    "action": "preview",
}
BOOK = {
    "year": "2027",
    "name": "2027年攻坚行动任务书",
    "due_day": "25",
    "due_time": "18:00",
    "due_month": "this",
    "roll": "back",
    "grace_workdays": "5",
}
TASK = {
    "code": "2026-9-99",
    "title": "新增攻坚任务",
    "weight": "1",
    "starts_on": "2026-01-01",
    "due_on": "2026-12-31",
}
KEPT = {
    "calendar": {"action": "set", "day": "2027-01-01", "kind": "off", "name": "元旦"},
    "calendar_year": CALENDAR_YEAR,
    "light": {"light": "green", "reason": "汛期停工", "last_day": "2026-12-31"},
    "light_rules": {
        "yellow_points": "5",
        "red_points": "20",
        "key_milestone_days": "30",
        "leader_obstacle_days": "30",
        "starts_on": "2026-11-23",
        "reason": "从严要求",
        "action": "preview",
    },
}
CHANNELS: dict[str, dict[str, Any]] = {
    "disable": {"action": "disable"},
    "snooze": {"until": "2026-11-25"},
    "choice": {"action": "choose", "email": "on"},
    "revoke": {"action": "revoke"},
    "robot": {"kind": "log", "name": "演示群"},
}


def forms_of(due: Report, submitted: Report, task: Task, unit: Unit) -> dict[str, dict[str, Any]]:
    """Return a form for every route that takes one, filled in as it should be."""
    return {
        "": {},
        "language": {"language": "en", "next": "/"},
        "password": {"oldpassword": PASSWORD, "password1": "a-new-secret-7", "password2": "a-new-secret-7"},
        "reset": {"email": "{role}@nowhere.example"},
        "filing": {
            "action": "submit",
            "version": due.version,
            "actual_percent": "85",
            "progress": "完成主体施工。",
            "own_light": "green",
        },
        "decision": {"decision": "accept", "number": submitted.submissions.get().number, "words": ""},
        "close": {"action": "close"},
        "ticks": {"report": f"{submitted.pk}:1"},
        "reason": {"reason": "数据有误"},
        "objection": {"words": "人手不足"},
        "reassignment": {
            "task": task.pk,
            "unit": unit.pk,
            "starts_on": "2026-11-23",
            "reason": "职能调整",
            "action": "preview",
        },
        "files": {"uploads": "{file}"},
        "change": {"new_day": "2027-03-31", "reason": "征地延后"},
        "closing": {"statement": "全部完成。", "evidence": str(submitted.evidence.get().pk)},
        "close_out": {"words": "", "action": "close"},
        "answer": {"words": "同意。", "action": "accept"},
        "obstacle": {"what": "地块权属不清", "needs": "请规划部门确认", "wanted_by": "2026-12-04"},
        **_directives(task, unit),
        "words": {"words": "已协调", "action": "comment"},
        **KEPT,
        "ladder": LADDER,
        "user": {"username": "new.clerk", "display_name": "演示科员", "role": "leader"},
        **CHANNELS,
        **_of_books(unit),
    }


def _of_books(unit: Unit) -> dict[str, dict[str, Any]]:
    """Return the forms of task books and what is entered into them."""
    return {
        "book": BOOK,
        "campaign": {"number": "77", "name": "新增攻坚行动"},
        "task": {**TASK, "lead": unit.pk},
        "task_edit": TASK,
        "plan": {
            "plan-2026-11-30": "90",
            "plan-2026-12-31": "100",
            "starts_on": "2026-11-23",
            "reason": "调整",
        },
        "milestones": {
            "m-TOTAL_FORMS": "1",
            "m-INITIAL_FORMS": "0",
            "m-0-title": "竣工验收",
            "m-0-due_on": "2026-12-20",
        },
    }


def _directives(task: Task, unit: Unit) -> dict[str, dict[str, Any]]:
    """Return the forms around directives."""
    return {
        "directive": {
            "task": task.pk,
            "issued_for": "区长",
            "text": "请加快推进。",
            "points": "1. 说明原因",
            "units": [str(unit.pk)],
            "due_on": "2026-12-04",
        },
        "directive_words": {"words": "已落实", "action": "close"},
        "directive_answer": {"version": 1, "point_1": "甲", "point_2": "乙", "action": "answer"},
    }
