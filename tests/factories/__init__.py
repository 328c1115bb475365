"""Rows for tests: plain functions, every value overridable by keyword, whatever is missing made on the way.

They write rows directly, as no service does, so that a test can begin in any situation. Every row they make
could have come about in real life: a submitted report has its submission, a led task its lead assignment.
"""

from tests.factories.base import NEW_YEAR, PASSWORD, at
from tests.factories.changes import change
from tests.factories.closings import closing
from tests.factories.commands import (
    event,
    headquarters,
    nameplate,
    post,
    team,
    team_history,
    unit,
    unit_name,
    unsaved_event,
    user,
    user_with,
)
from tests.factories.directives import answer, directive
from tests.factories.evidence import evidence
from tests.factories.many import many_lights, many_reports, many_tasks
from tests.factories.messages import channel_choice, notification, reminder, robot
from tests.factories.obstacles import obstacle
from tests.factories.reports import CONTENT, light, override, period, report, submission
from tests.factories.tasks import (
    baseline,
    book,
    calendar_day,
    campaign,
    even_plan,
    goal,
    lead,
    milestone,
    task,
)

__all__ = [
    "CONTENT",
    "NEW_YEAR",
    "PASSWORD",
    "answer",
    "at",
    "baseline",
    "book",
    "calendar_day",
    "campaign",
    "change",
    "channel_choice",
    "closing",
    "directive",
    "even_plan",
    "event",
    "evidence",
    "goal",
    "headquarters",
    "lead",
    "light",
    "many_lights",
    "many_reports",
    "many_tasks",
    "milestone",
    "nameplate",
    "notification",
    "obstacle",
    "override",
    "period",
    "post",
    "reminder",
    "report",
    "robot",
    "submission",
    "task",
    "team",
    "team_history",
    "unit",
    "unit_name",
    "unsaved_event",
    "user",
    "user_with",
]
