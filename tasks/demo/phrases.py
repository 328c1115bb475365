"""The words of the demo's reports: the script's sentences, filled with the task's own nouns and figures."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Sequence
from decimal import ROUND_DOWN, Decimal
from typing import Any

from tasks.demo.script import read
from tasks.demo.world import Story, World

MEASURED_FINELY = frozenset({"公顷", "公里", "万平方米", "亿元", "%"})
FINAL_CHECK = "年度目标自查"
"""What is left to do when all milestones are reached."""


def metric_value(story: Story, percent: Decimal) -> Decimal:
    """Return what the metric stands at when the task has come to ``percent``."""
    target = Decimal(str(story.script.metric_target))
    step = Decimal("0.1") if story.script.metric_unit in MEASURED_FINELY else Decimal(1)
    return (target * percent / 100).quantize(step, ROUND_DOWN)


class Phrases:
    """Puts a month of a task into words; tasks that stand next to each other never sound alike."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.texts: dict[str, Any] = read("texts")

    def report(
        self, story: Story, month: int, day: dt.date, *, percent: Decimal, before: Decimal, behind: bool
    ) -> dict[str, str]:
        """Return progress, problems and next steps as the lead unit would write them on ``day``."""
        slots = {**self._steps(story, day), **self._figures(story, percent, before), **self._chance()}
        slots["day"], slots["support"] = _date(day), self._support(story, month)
        stage = self._stage(story, slots, percent, behind=behind)
        turn = story.number + month

        def say(options: Sequence[str], shift: int = 0) -> str:
            return options[(turn + shift) % len(options)].format(**slots)

        opening = say(self.texts["progress"][stage])
        work = "" if stage == "finished" else say(self.texts["work"][story.script.kind], 1)
        kind_of_next = {"stuck": "stuck", "finished": "finished", "late": "last"}.get(stage, "moving")
        if kind_of_next == "moving" and not slots["next"]:
            kind_of_next = "last"
        return {
            "progress": opening + work + say(self._measures(slots), 2),
            "problems": self._problems(story, turn, stage).format(**slots),
            "next_steps": say(self.texts["next"][kind_of_next], 3),
        }

    def words(self, name: str) -> str:
        """Return one of the office's phrases."""
        chosen: str = self.world.rng.choice(self.texts[name])
        return chosen

    def _steps(self, story: Story, day: dt.date) -> dict[str, str]:
        """Return the step last done, the one under way, the one after it, and until when."""
        reached = [row for row in story.milestones if row.completed_on and row.completed_on <= day]
        ahead = [row for row in story.milestones if row not in reached]
        due = ahead[0].due_on if ahead else story.task.due_on
        if due <= day:  # late already: caught up by the end of next month
            month = day.month % 12 + 1
            year = day.year + (day.month == 12)
            due = dt.date(year, month, calendar.monthrange(year, month)[1])
        return {
            "done": reached[-1].title if reached else "",
            "now": ahead[0].title if ahead else FINAL_CHECK,
            "next": ahead[1].title if len(ahead) > 1 else "",
            "due": _date(due),
        }

    def _figures(self, story: Story, percent: Decimal, before: Decimal) -> dict[str, str]:
        script = story.script
        value, earlier = metric_value(story, percent), metric_value(story, before)
        target = Decimal(str(script.metric_target)).normalize()
        return {
            "metric": script.metric,
            "unit": script.metric_unit,
            "value": f"{value:f}",
            "target": f"{target:f}",
            "rate": f"{(100 * value / target).quantize(Decimal(1)):f}",
            "gain": f"{value - earlier:f}" if value > earlier else "",
            "left": f"{target - value:f}" if target > value else "",
        }

    def _chance(self) -> dict[str, str]:
        return {"n": str(self.world.rng.randint(12, 58)), "m": str(self.world.rng.randint(2, 8))}

    def _support(self, story: Story, month: int) -> str:
        codes = story.script.supporting
        unit = self.world.units[codes[month % len(codes)]]
        return unit.name if unit.kind == "subdistrict" else unit.short_name

    def _stage(self, story: Story, slots: dict[str, str], percent: Decimal, *, behind: bool) -> str:
        if percent >= 100:
            return "finished"
        if behind:
            return "stuck"
        if not slots["done"]:
            return "start"
        return "middle" if slots["next"] else "late"

    def _measures(self, slots: dict[str, str]) -> list[str]:
        """Return the sentences about the metric that fit: none about a gain or a rest of nought."""
        sentences: list[str] = self.texts["measure"]
        empty = [f"{{{name}}}" for name in ("gain", "left") if not slots[name]]
        return [text for text in sentences if not any(slot in text for slot in empty)]

    def _problems(self, story: Story, turn: int, stage: str) -> str:
        """Return what stands in the way; most months nothing does."""
        if stage == "finished" or (stage != "stuck" and turn % 5 > 1):
            return ""
        options: list[str] = self.texts["trouble" if stage == "stuck" else "problems"][story.script.kind]
        return options[turn // 2 % len(options)]


def own_light(story: Story, deviation: Decimal) -> str:
    """Return how the unit rates itself: mostly as the rules do."""
    if deviation >= -10 or "own-green" in story.script.course:
        return "green"
    return "red" if deviation < -30 else "yellow"


def _date(day: dt.date) -> str:
    return f"{day.month}月{day.day}日"
