"""The ladders of reminders as administrators see them, and what a change would do."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from tasks.models import KindChoices, Ladder, LadderStage, Vacancy
from tasks.rules.reminders import DEFAULT_LADDERS, Audience, Kind, Stage, Stages
from tasks.services.forecasts import DayForecast, forecast
from tasks.wording import reminder_stage

CHAIN = (Audience.REPORTERS, Audience.HEADS, Audience.OFFICE, Audience.DISTRICT, Audience.LEADERS)
AUDIENCES: dict[Kind, tuple[Audience, ...]] = {
    **dict.fromkeys(DEFAULT_LADDERS, CHAIN),
    Kind.OBSTACLE: (Audience.ASKED, Audience.OFFICE, Audience.DISTRICT, Audience.LEADERS),
}
"""Who may be told of each kind."""


def label(name: str) -> str:
    """Return an audience or a sort of channel in words."""
    return str({field.name: field.verbose_name for field in LadderStage._meta.fields}[name])


def sorts_of(channels: tuple[str, ...]) -> list[str]:
    """Return the sorts of channel that a stage takes."""
    return [name for name, of in LadderStage.CHANNELS.items() if of[0] in channels]


@dataclass(frozen=True)
class StageRow:
    """A stage in words."""

    when: str
    who: str
    how: str


@dataclass(frozen=True)
class LadderBoard:
    """A kind's ladder in words, and who set it up."""

    kind: str
    name: str
    stages: list[StageRow]
    row: Ladder | None
    """None: the default."""


def ladder_boards() -> list[LadderBoard]:
    """Return every kind's ladder: two queries."""
    rows = {row.kind: row for row in Ladder.objects.select_related("changed_by")}
    in_force = Ladder.objects.in_force()
    return [
        LadderBoard(
            kind=kind.value,
            name=str(KindChoices(kind).label),
            stages=[stage_row(stage) for stage in in_force[kind]],
            row=None if in_force[kind] == DEFAULT_LADDERS[kind] else rows.get(kind),
        )
        for kind in DEFAULT_LADDERS
    ]


def stage_row(stage: Stage) -> StageRow:
    """Return a stage in words."""
    who = [label(audience) for audience in Audience if audience in stage.audience]
    how = [label(name) for name in sorts_of(stage.channels)]
    comma = pgettext("list", ", ")
    return StageRow(reminder_stage(stage.code), comma.join(who), comma.join(how))


def open_vacancies() -> list[Vacancy]:
    """Return the posts that reminders found vacant and that are vacant still."""
    return list(Vacancy.objects.open().select_related("unit", "headquarters"))


@dataclass(frozen=True)
class PreviewRow:
    """A coming day: what it would bring by the ladder in force and by the new one."""

    day: dt.date
    before: DayForecast
    after: DayForecast

    @property
    def differs(self) -> bool:
        """Say whether the new ladder makes a difference that day."""
        return (self.before.people, self.before.reminders) != (self.after.people, self.after.reminders)


@dataclass(frozen=True)
class Preview:
    """What a change would do."""

    rows: list[PreviewRow]
    seen: str
    """A mark of both ladders, so that nothing else can be confirmed by it."""

    @property
    def first(self) -> PreviewRow | None:
        """Return the first day that would be another; of a change that makes none so, the first with reminders."""
        others = (row for row in self.rows if row.differs)
        return next(others, next((row for row in self.rows if row.after.reminders), None))

    @property
    def sentence(self) -> str:
        """Return in words what that day brings: "On Tuesday, 1 December, 14 people get 31 reminders."."""
        if self.first is None:
            return _("Nobody is reminded in the next ten working days.")
        told = self.first.after
        people = ngettext("%(count)d person gets", "%(count)d people get", told.people)
        reminders = ngettext("%(count)d reminder", "%(count)d reminders", told.reminders)
        return _("On %(day)s, %(people)s %(reminders)s.") % {
            "day": date_format(told.day, _("l, j F")),
            "people": people % {"count": told.people},
            "reminders": reminders % {"count": told.reminders},
        }

    @property
    def changes(self) -> bool:
        """Say whether any of these days would be another."""
        return any(row.differs for row in self.rows)


def preview(*, kind: Kind, old: Stages, new: Stages, now: dt.datetime) -> Preview:
    """Return what setting up ``new`` in place of ``old`` would do on the next working days."""
    before, after = forecast(kind=kind, ladders=(old, new), now=now)
    rows = [PreviewRow(then.day, then, later) for then, later in zip(before, after, strict=True)]
    return Preview(rows, seen_mark(kind, old, new))


def mark_of(kind: Kind, ladder: Stages) -> str:
    """Return the mark of the ladder in force, by which a form knows that it is still the one it was opened on."""
    return seen_mark(kind, ladder, ladder)


def seen_mark(kind: Kind, old: Stages, new: Stages) -> str:
    """Return the mark of a change from ``old`` to ``new``."""
    said = [[(stage.code, sorted(stage.audience), stage.channels) for stage in each] for each in (old, new)]
    return hashlib.sha256(f"{kind} {said}".encode()).hexdigest()
