"""A reminder in words: what it asked for, why this person got it, and what became of every try."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from commands.models import Event, Post
from luohu.templatetags.ui import name_in_language
from tasks.models import KindChoices, Reminder, ReminderState
from tasks.wording import reminder_outcome, reminder_stage, roles_in_words

TONES = {
    ReminderState.PLANNED: "badge-blue",
    ReminderState.SENT: "badge-green",
    ReminderState.FAILED: "badge-red",
    ReminderState.SENDING: "badge-yellow",
}


def reminder_row(reminder: Reminder) -> dict[str, Any]:
    """Return what a line of a list says about a reminder."""
    return {
        "reminder": reminder,
        "about": asked(reminder),
        "subject": _subject(reminder),
        "stage": reminder_stage(reminder.stage),
        "outcome": reminder_outcome(reminder.outcome),
        "tone": TONES.get(ReminderState(reminder.state), ""),
    }


def _subject(reminder: Reminder) -> str:
    """Return the title of the task or campaign; a weekly digest is about neither, and has its own name."""
    about = reminder.task.title if reminder.task else name_in_language(reminder.campaign)
    return about or str(reminder.get_kind_display())


def asked(reminder: Reminder) -> str:
    """Return what was asked of the recipient."""
    if reminder.report:
        month = date_format(reminder.report.period.month, "YEAR_MONTH_FORMAT")
        returned = reminder.kind == KindChoices.RETURNED
        text = _("Correct the report for %(month)s") if returned else _("File the report for %(month)s")
        return text % {"month": month}
    if reminder.milestone:
        return _("Reach the milestone “%(milestone)s”") % {"milestone": reminder.milestone.title}
    if reminder.directive:
        return _("Answer %(code)s") % {"code": reminder.directive.directive.code}
    if reminder.obstacle_id:
        return _("Clear the obstacle")
    return _("Acknowledge the new lead") if reminder.lead_id else str(reminder.get_kind_display())


def post_words(post: Post) -> str:
    """Return a post with its place: the reporter of a unit, the office of a headquarters."""
    role = str(post.get_role_display())
    return (
        _("%(role)s of %(place)s") % {"role": role, "place": name_in_language(post.place)}
        if post.place
        else role
    )


def why_got(reminder: Reminder) -> list[str]:
    """Return in sentences why this addressee got, or is to get, this reminder by this channel."""
    due = date_format(timezone.localtime(reminder.due_at), "Y-m-d H:i")
    said = [
        _("What it asks for: %(asked)s. It falls due on %(due)s.") % {"asked": asked(reminder), "due": due},
        _("The stage: %(stage)s, counted in working days.") % {"stage": reminder_stage(reminder.stage)},
    ]
    if reminder.robot:
        said.append(_("The group's robot stands for the people of that place who are told of this stage."))
    if reminder.recipient:
        said += _why_this_person(reminder)
    if reminder.fallback_of:
        values = {
            "channel": reminder.fallback_of.get_channel_display(),
            "outcome": reminder_outcome(reminder.fallback_of.outcome),
        }
        said.append(_("It stands in for the channel %(channel)s, which failed: %(outcome)s") % values)
    return said


def _why_this_person(reminder: Reminder) -> list[str]:
    day = timezone.localdate(reminder.created_at)
    held = Post.objects.filter(user=reminder.recipient).on(day).select_related("unit", "headquarters")
    posts = "; ".join(post_words(post) for post in held)
    values = {"person": reminder.recipient, "day": date_format(day, "Y-m-d"), "posts": posts}
    if not posts:
        return [
            _("When it was planned, on %(day)s, %(person)s held a post that is no longer recorded.") % values
        ]
    said = [_("When it was planned, on %(day)s, %(person)s held: %(posts)s.") % values]
    if reminder.in_place_of:
        vacant = {"roles": roles_in_words(reminder.in_place_of), "person": reminder.recipient}
        said.append(
            _("Nobody held this post: %(roles)s. %(person)s stands above it and was told instead.") % vacant
        )
    return said


@dataclass(frozen=True)
class EarlierSending:
    """What had become of a reminder before it was sent again by hand."""

    event: Event
    state: str
    sent_at: Any
    outcome: str
    attempts: int


def earlier_sendings(reminder: Reminder) -> list[EarlierSending]:
    """Return what became of a reminder each time before somebody sent it again, the latest first."""
    events = Event.objects.filter(
        subject_type="tasks.reminder", subject_id=reminder.pk, action="reminder.resend"
    ).select_related("actor")
    return [
        EarlierSending(
            event,
            str(ReminderState(event.before["reminder_state"]).label),
            parse_datetime(event.before["sent_at"]) if event.before["sent_at"] else None,
            reminder_outcome(event.before["outcome"]),
            event.before["attempts"],
        )
        for event in events.order_by("-pk")
    ]


def same_stage(reminder: Reminder) -> list[Reminder]:
    """Return the same stage for the same person through the other channels, or to the same group."""
    same = {"recipient": reminder.recipient_id, "robot": reminder.robot_id}
    rows = Reminder.objects.filter(**reminder.about, **same).exclude(pk=reminder.pk)
    return list(rows.order_by("channel"))
