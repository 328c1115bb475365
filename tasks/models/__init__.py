"""Rows of the work."""

from tasks.models.answers import DirectiveStep, PointAnswer
from tasks.models.books import DueMonth, Roll, StrategicGoal, TaskBook
from tasks.models.calendar import CalendarDay
from tasks.models.campaigns import Campaign
from tasks.models.changes import ChangeRequest
from tasks.models.channels import CalendarFeed, Channel, ChannelChoice, Robot, RobotKind
from tasks.models.closings import Closing
from tasks.models.directives import Addressee, Directive, DirectivePoint
from tasks.models.evidence import Evidence
from tasks.models.inbox import Notification
from tasks.models.ladders import KindChoices, Ladder, LadderStage, Vacancy
from tasks.models.leads import LeadAssignment
from tasks.models.lights import Light, LightOverride, LightRule, LightSum
from tasks.models.milestones import Milestone
from tasks.models.obstacles import Obstacle, ObstacleStep
from tasks.models.past import PastCampaign, PastMilestone, PastPeriod, PastReport, PastSupport, PastTask
from tasks.models.periods import Period
from tasks.models.plans import Baseline, PlanPoint
from tasks.models.reminders import Heartbeat, Reminder, ReminderState
from tasks.models.reports import Decision, Report, StateChoices, Submission, Timeliness
from tasks.models.tasks import Lifecycle, LightChoices, Task

__all__ = [
    "Addressee",
    "Baseline",
    "CalendarDay",
    "CalendarFeed",
    "Campaign",
    "ChangeRequest",
    "Channel",
    "ChannelChoice",
    "Closing",
    "Decision",
    "Directive",
    "DirectivePoint",
    "DirectiveStep",
    "DueMonth",
    "Evidence",
    "Heartbeat",
    "KindChoices",
    "Ladder",
    "LadderStage",
    "LeadAssignment",
    "Lifecycle",
    "Light",
    "LightChoices",
    "LightOverride",
    "LightRule",
    "LightSum",
    "Milestone",
    "Notification",
    "Obstacle",
    "ObstacleStep",
    "PastCampaign",
    "PastMilestone",
    "PastPeriod",
    "PastReport",
    "PastSupport",
    "PastTask",
    "Period",
    "PlanPoint",
    "PointAnswer",
    "Reminder",
    "ReminderState",
    "Report",
    "Robot",
    "RobotKind",
    "Roll",
    "StateChoices",
    "StrategicGoal",
    "Submission",
    "Task",
    "TaskBook",
    "Timeliness",
    "Vacancy",
]
