"""The forms of a task as its book has it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commands.forms.fields import DayField, UnitField
from commands.models import Unit, WorkTeam
from luohu.templatetags.ui import name_in_language
from tasks.forms.books import NamedChoices, count_field
from tasks.forms.reports import TypedTextarea, TypedTextField, metric_field
from tasks.models import Campaign, Lifecycle, Task

TARGET_LIMIT, REASON_LIMIT = 2000, 300


class TeamField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A work team of the campaign's headquarters."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=WorkTeam.objects.none(), **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        """Return the team's name in the reader's language."""
        return name_in_language(obj)


class TaskForm(forms.Form):
    """What a task says. Its lead unit is asked once; its plan and milestones have pages of their own."""

    use_required_attribute = False

    code = forms.CharField(label=_("Code"), max_length=30)
    title = forms.CharField(label=_("Title"), max_length=120)
    annual_target = TypedTextField(label=_("Annual target"), limit=TARGET_LIMIT, required=False)
    metric = forms.CharField(label=_("Metric"), max_length=60, required=False)
    metric_unit = forms.CharField(label=_("Unit of measure"), max_length=20, required=False)
    metric_target = metric_field(label=_("Target value"), required=False)
    weight = count_field(
        _("Weight"), 1, 100, initial=1, help_text=_("how much it counts in the campaign's progress")
    )
    starts_on = DayField(label=_("Start"))
    due_on = DayField(label=_("Due"))
    lead = UnitField(label=_("Lead unit"), empty_label=_("Choose a unit"))
    work_team = TeamField(
        label=_("Work team"), required=False, empty_label=_("None: the headquarters directly")
    )
    supporting = NamedChoices(label=_("Supporting units"), queryset=Unit.objects.none(), required=False)
    reason = TypedTextField(
        label=_("Reason"),
        limit=REASON_LIMIT,
        required=False,
        widget=TypedTextarea({"rows": 2}),
        help_text=_("asked where the due day, the target or the weight of a task under way changes"),
    )

    def __init__(self, *args: Any, campaign: Campaign, task: Task | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        supported = Q(supported_tasks=task) if task else Q()
        units = Unit.objects.filter(Q(active=True) | supported) if task else Unit.objects.active()
        self.fields["supporting"].queryset = units.distinct()  # type: ignore[attr-defined]
        self.fields["work_team"].queryset = _teams(campaign, task)  # type: ignore[attr-defined]
        if task is None:
            del self.fields["reason"]
            return
        del self.fields["lead"]
        for name in self.fields:
            if name not in {"supporting", "reason"}:
                self.initial[name] = getattr(task, name)
        self.initial["supporting"] = list(task.supporting_units.all())
        if task.metric_target is not None:
            self.initial["metric_target"] = f"{task.metric_target.normalize():f}"
        if task.lifecycle == Lifecycle.PLANNED:
            del self.fields["reason"]
        else:
            self.fields["starts_on"].disabled = True

    def clean(self) -> dict[str, Any]:
        """Refuse a task that would end before it starts."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        starts_on, due_on = values.get("starts_on"), values.get("due_on")
        if starts_on and due_on and due_on < starts_on:
            self.add_error("due_on", ValidationError(_("The due date must not be before the start.")))
        return values


def _teams(campaign: Campaign, task: Task | None) -> Any:
    """Return the teams that work under the campaign's headquarters, and the one that has the task."""
    if campaign.headquarters_id is None:
        return WorkTeam.objects.none()
    lasting = Q(ends_on__isnull=True) | Q(ends_on__gt=timezone.localdate())
    teams = WorkTeam.objects.filter(lasting, headquarters=campaign.headquarters_id)
    if task is None or task.work_team_id is None:
        return teams
    return teams | WorkTeam.objects.filter(pk=task.work_team_id)


class CancelTaskForm(forms.Form):
    """Why a task is cancelled."""

    use_required_attribute = False

    reason = TypedTextField(
        label=_("Reason"),
        limit=REASON_LIMIT,
        widget=TypedTextarea({"rows": 2}),
        error_messages={"required": _("Say why.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # It stands beside another form that asks for a reason.
        super().__init__(*args, **{**kwargs, "auto_id": "cancel_%s"})
