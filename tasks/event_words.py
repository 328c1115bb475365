"""The audit trail put into words: what was done, to what, and what was different before and after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.utils.translation import gettext_lazy as _

from commands.models import TeamKind, UnitKind
from commands.roles import Function, RoleCode
from tasks.models import DueMonth, Lifecycle, LightChoices, ReminderState, RobotKind, Roll, StateChoices

ACTIONS = {
    "book.close": _("Task book closed"),
    "book.create": _("Task book opened"),
    "book.edit": _("Task book changed"),
    "calendar.clear": _("Calendar day cleared"),
    "calendar.import": _("Working calendar of a year entered"),
    "calendar.set": _("Calendar day set"),
    "campaign.add": _("Campaign added"),
    "campaign.carry": _("Campaign carried over"),
    "campaign.change": _("Campaign changed"),
    "change.accept": _("Change request accepted"),
    "change.ask": _("Change request made"),
    "change.refuse": _("Change request refused"),
    "closing.apply": _("Close-out applied for"),
    "closing.close": _("Task closed out"),
    "closing.return": _("Close-out returned"),
    "demo.load": _("Demo data loaded"),
    "directive.acknowledge": _("Directive acknowledged"),
    "directive.answer": _("Directive answered"),
    "directive.carry": _("Directive carried over"),
    "directive.close": _("Directive closed"),
    "directive.issue": _("Directive issued"),
    "directive.pass": _("Directive passed on to the unit’s heir"),
    "directive.reply": _("Reply to a directive"),
    "directive.return": _("Answer to a directive returned"),
    "directive.save": _("Answer to a directive saved"),
    "directive.withdraw": _("Directive withdrawn"),
    "evidence.add": _("Evidence added"),
    "evidence.delete": _("Evidence deleted"),
    "facts.load": _("Facts loaded"),
    "feed.make": _("Calendar address made"),
    "feed.renew": _("Calendar address made anew"),
    "feed.revoke": _("Calendar address revoked"),
    "flag.present": _("Flag presented"),
    "headquarters.co_locate": _("Further nameplate hung out"),
    "headquarters.dissolve": _("Headquarters dissolved"),
    "headquarters.part": _("Further nameplate taken down"),
    "headquarters.rename": _("Headquarters renamed"),
    "headquarters.set_up": _("Headquarters set up"),
    "ladder.change": _("Ladder of reminders changed"),
    "lead.acknowledge": _("Lead acknowledged"),
    "lead.change": _("Planned change of lead decided anew"),
    "lead.object": _("Objection to a lead"),
    "lead.reassign": _("Lead unit reassigned"),
    "lead.withdraw": _("Planned change of lead withdrawn"),
    "milestone.add": _("Milestone added"),
    "light.expire": _("Light set by the office has run out"),
    "light.set": _("Light set by the office"),
    "light.withdraw": _("Light set by the office withdrawn"),
    "milestone.complete": _("Milestone reached"),
    "milestone.edit": _("Milestone changed"),
    "milestone.remove": _("Milestone taken out"),
    "obstacle.carry": _("Obstacle carried over"),
    "obstacle.comment": _("Obstacle commented on"),
    "obstacle.escalate": _("Obstacle escalated"),
    "obstacle.raise": _("Obstacle raised"),
    "obstacle.resolve": _("Obstacle resolved"),
    "period.close": _("Reporting period closed"),
    "period.create": _("Reporting periods created"),
    "period.move": _("Reporting period moved by the working calendar"),
    "period.open": _("Reporting period opened"),
    "period.reopen": _("Reporting period reopened"),
    "plan.enter": _("Plan entered"),
    "post.end": _("Post ended"),
    "post.give": _("Post given"),
    "post.withdraw": _("Post taken back"),
    "reminder.resend": _("Reminder sent again by hand"),
    "report.accept": _("Report accepted"),
    "report.autosave": _("Report saved while it was typed"),
    "report.exempt": _("Report exempted"),
    "report.keep": _("Typed words kept"),
    "report.move": _("Open report passed on"),
    "report.reopen": _("Report reopened"),
    "report.return": _("Report returned"),
    "report.save": _("Report saved"),
    "report.submit": _("Report submitted"),
    "report.unexempt": _("Exemption taken back"),
    "task.add": _("Task added"),
    "task.begin": _("Task begun"),
    "task.cancel": _("Task cancelled"),
    "task.carry": _("Task ended, to go on in the next book"),
    "task.carry_over": _("Task carried over"),
    "task.edit": _("Task changed"),
    "rule.set": _("Light rules changed"),
    "robot.add": _("Robot set up"),
    "robot.disable": _("Robot taken out of use"),
    "robot.enable": _("Robot used again"),
    "robot.try": _("Robot tried"),
    "task.leave_team": _("Task no longer under a team"),
    "task.support": _("Supporting unit replaced"),
    "team.dissolve": _("Team dissolved"),
    "team.move": _("Team moved"),
    "team.rename": _("Team renamed"),
    "team.set_up": _("Team set up"),
    "unit.close": _("Unit closed"),
    "unit.merge": _("Unit merged"),
    "unit.rename": _("Unit renamed"),
    "unit.set_up": _("Unit set up"),
    "user.change_password": _("Password changed"),
    "user.choose_channels": _("Channels chosen"),
    "user.create": _("User created"),
    "user.disable": _("Account disabled"),
    "user.enable": _("Account enabled"),
    "user.reset_password": _("Password reset"),
    "user.set_language": _("Language chosen"),
}

FIELDS = {
    "actual_percent": _("Actual progress"),
    "attempts": _("Attempts"),
    "annual_target": _("Annual target"),
    "book": _("Task book"),
    "carried": _("Carried over"),
    "code": _("Code"),
    "closes_on": _("Last day for late filing"),
    "conference": _("Conference"),
    "conference_en": _("Conference in English"),
    "automatic_light": _("Light by the rules"),
    "by_email": _("Reminders by e-mail"),
    "by_weekly_digest": _("Weekly digest by e-mail"),
    "count": _("Number"),
    "day": _("Day"),
    "display_name": _("Full name"),
    "document_number": _("Document number"),
    "due_at": _("Reports due"),
    "due_day": _("Reports are due on day"),
    "due_month": _("Reports are due in"),
    "due_on": _("Answer by"),
    "due_time": _("Reports are due at"),
    "email": _("E-mail"),
    "ends_on": _("First day without it"),
    "exempt": _("Reports exempted"),
    "function": _("Function in the headquarters"),
    "goals": _("Strategic goals"),
    "grace_workdays": _("Working days for late filing"),
    "handover_note": _("Handover note"),
    "headquarters": _("Command headquarters"),
    "is_active": _("Can sign in"),
    "is_key": _("Key milestone"),
    "is_provisional": _("Provisional"),
    "is_workday": _("Working day"),
    "kind": _("Kind"),
    "key_milestone_days": _("Days late that make a key milestone red"),
    "language": _("Language"),
    "launched_on": _("Launched on"),
    "lifecycle": _("State"),
    "last_day": _("Last day"),
    "leader_obstacle_days": _("Days that an obstacle may wait for a district leader"),
    "light": _("Light"),
    "merged_into": _("Merged into"),
    "metric": _("Metric"),
    "metric_target": _("Target value"),
    "metric_unit": _("Unit of measure"),
    "metric_value": _("Metric value"),
    "missed": _("Missed reports"),
    "months": _("Months"),
    "must_change_password": _("Must change the password"),
    "name": _("Name"),
    "name_en": _("English name"),
    "next_steps": _("Next steps"),
    "number": _("Number"),
    "occasion": _("Occasion"),
    "office_phone": _("Office phone"),
    "off": _("Days off"),
    "outcome": _("Outcome"),
    "own_light": _("Own rating"),
    "plan": _("Plan"),
    "points": _("Points"),
    "problems": _("Problems"),
    "progress": _("Progress this month"),
    "reason": _("Reason"),
    "reminder_state": _("State"),
    "red_below": _("Red below"),
    "role": _("Role"),
    "sent_at": _("Sent"),
    "roll": _("A due day that is not worked moves"),
    "short_name": _("Short name"),
    "starts_on": _("Effective day"),
    "state": _("State"),
    "supervisor_title": _("Supervising leader"),
    "supervisor_title_en": _("Supervising leader in English"),
    "supporting": _("Supporting units"),
    "team": _("Work team"),
    "title": _("Title"),
    "unit": _("Unit"),
    "units": _("Units addressed"),
    "user": _("User"),
    "username": _("User name"),
    "version": _("Version"),
    "weight": _("Weight"),
    "words": _("Words"),
    "year": _("Year"),
    "yellow_below": _("Yellow below"),
}

OF_TASKS = {"due_on": _("Due"), "starts_on": _("Start")}  # elsewhere of answers and decisions

CODES: dict[str, Mapping[str, Any]] = {
    "outcome": {"delivered": _("Delivered")},
    "automatic_light": dict(LightChoices.choices),
    "light": dict(LightChoices.choices),
    "kind": {**dict(TeamKind.choices), **dict(UnitKind.choices), **dict(RobotKind.choices)},
    "own_light": dict(LightChoices.choices),
    "reminder_state": dict(ReminderState.choices),
    "role": dict(RoleCode.choices),
    "state": dict(StateChoices.choices),
    "function": dict(Function.choices),
    "lifecycle": dict(Lifecycle.choices),
    "due_month": dict(DueMonth.choices),
    "roll": dict(Roll.choices),
}
COUNTING = ("facts.load", "demo.load")
"""Events that tell how many rows of each sort were written: there a number is no key."""

KINDS = (
    ("tasks.task", _("Task")),
    ("tasks.campaign", _("Campaign")),
    ("tasks.report", _("Report")),
    ("commands.headquarters", _("Command headquarters")),
    ("commands.workteam", _("Work team")),
    ("commands.unit", _("Unit")),
    ("commands.user", _("User")),
    ("commands.post", _("Post")),
    ("tasks.obstacle", _("Obstacle")),
    ("tasks.directive", _("Directive")),
    ("tasks.period", _("Reporting period")),
    ("tasks.ladder", _("Ladder of reminders")),
    ("tasks.reminder", _("Reminder")),
    ("tasks.calendarday", _("Calendar day")),
    ("tasks.lightrule", _("Light rules")),
    ("tasks.robot", _("Robot")),
    ("tasks.taskbook", _("Task book")),
)
"""What events are about."""

SOURCES = {"web": _("Page"), "job": _("Background job"), "command": _("Command line")}
"""Where an event came from; what follows is an address or the name of a job or command."""


def action_words(action: str) -> str:
    """Return what was done."""
    return str(ACTIONS.get(action, action))


def kind_words(subject_type: str) -> str:
    """Return what sort of thing an event is about."""
    try:
        return str(apps.get_model(subject_type)._meta.verbose_name)
    except (LookupError, ValueError):
        return subject_type


def source_words(source: str) -> str:
    """Return where an event came from."""
    sort, _space, name = source.partition(" ")
    return f"{SOURCES.get(sort, sort)} {name}".rstrip()


def counted_words(name: str) -> str:
    """Return the sort of rows that ``facts.load`` and ``demo.load`` count by the name of its model."""
    singular = name.removesuffix("s")
    for model in apps.get_models():
        if model._meta.model_name in {name, singular}:
            return str(model._meta.verbose_name_plural)
    return name
