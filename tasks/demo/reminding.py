"""How the demo reminds: a ladder that was set up by hand, a group's robot, and a post that became vacant today."""

from __future__ import annotations

from commands.models import Post
from tasks.demo.world import World
from tasks.models import Ladder, LadderStage, Robot, RobotKind
from tasks.rules.chain import Seat
from tasks.rules.reminders import DEFAULT_LADDERS, Kind, Stage, Stages
from tasks.services.vacancies import note_vacancies

LEFT = "finance"
"""The unit whose head has left."""


def _sooner(stages: Stages) -> Stages:
    """Return a ladder whose later stages come a working day sooner."""
    return tuple(Stage(max(stage.offset - 1, 0), stage.audience, stage.channels) for stage in stages)


def create_ladder_and_robot(world: World) -> None:
    """Let returned reports be chased a day sooner since the conference, and the offices' group read along.

    The robot is of the sort that speaks to the system's own log, so that no demo calls anybody.
    """
    decided_at = min(world.clock.at(world.launched_on, 11), world.clock.now)
    ladder = Ladder.objects.create(
        kind=Kind.RETURNED, changed_at=decided_at, changed_by=world.people.administrator
    )
    LadderStage.objects.bulk_create(
        LadderStage.of(ladder, stage) for stage in _sooner(DEFAULT_LADDERS[Kind.RETURNED])
    )
    Robot.objects.create(kind=RobotKind.LOG, name="督查工作群")


def create_vacancy(world: World) -> None:
    """Let a unit's head have left today: reminders pass to the next above, and the administrator is told."""
    unit = world.units[LEFT]
    post = Post.objects.get(user=world.people.heads[unit.pk], unit=unit)
    if post.starts_on == world.clock.today:
        return  # on New Year's Day everybody has only come
    post.ends_on = world.clock.today
    post.save(update_fields=["ends_on"])
    note_vacancies(vacant={Seat("head", unit.pk)}, now=world.clock.now)
