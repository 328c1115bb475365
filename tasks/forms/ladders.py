"""Setting up a ladder of reminders: one small form for each stage."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms import BaseFormSet
from django.forms.renderers import get_default_renderer
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tasks.boards.ladders import AUDIENCES, label, sorts_of
from tasks.models import LadderStage
from tasks.rules.reminders import MOST_WORKDAYS, Audience, Kind, Stage, Stages
from tasks.services.ladders import REASON_LIMIT

BEFORE, AFTER = "before", "after"
MORE_STAGES = 3
"""How many empty rows wait below the stages that there are."""


class ReasonForm(forms.Form):
    """Why the ladder changes, which is asked for when it is saved; a preview needs none."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=REASON_LIMIT,
        help_text=gettext_lazy(
            "It is kept with the change, for all who ask later why reminders came as they did."
        ),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, is_saved: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = is_saved


class StageForm(forms.Form):
    """When, who, and how. A row without days says nothing, and a stage whose days are taken out is gone."""

    use_required_attribute = False

    days = forms.IntegerField(
        label=gettext_lazy("Working days"),
        required=False,
        min_value=0,
        max_value=MOST_WORKDAYS,
        error_messages={
            "invalid": gettext_lazy("Enter a whole number of working days."),
            "min_value": gettext_lazy("Enter no negative number: choose before or after beside it."),
            "max_value": gettext_lazy("At most %(limit_value)s working days before or after."),
        },
    )
    side = forms.ChoiceField(
        label=gettext_lazy("Before or after"),
        choices=[(BEFORE, gettext_lazy("before")), (AFTER, gettext_lazy("after"))],
        initial=BEFORE,
    )
    audience = forms.MultipleChoiceField(
        label=gettext_lazy("Who is told"), required=False, widget=forms.CheckboxSelectMultiple
    )
    channels = forms.MultipleChoiceField(
        label=gettext_lazy("By which channels"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, kind: Kind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        who = [(audience.value, label(audience)) for audience in AUDIENCES[kind]]
        self.fields["audience"].choices = who  # type: ignore[attr-defined]
        how = [(name, label(name)) for name in LadderStage.CHANNELS]
        self.fields["channels"].choices = how  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Ask for people and a channel of theirs where there is a day, and for a day where there are people."""
        said = self.cleaned_data
        has_days, has_people = said.get("days") is not None, bool(said.get("audience"))
        if has_people and not has_days and "days" not in self.errors:
            self.add_error("days", _("Say how many working days; 0 is the due day itself."))
        if has_days and not has_people:
            self.add_error("audience", _("Choose who is told."))
        if has_days and not {"inbox", "personal"} & set(said.get("channels", ())):
            self.add_error(
                "channels", _("Choose the inbox or each person's own channels: a group is not enough.")
            )
        return said

    @property
    def stage(self) -> Stage | None:
        """Return the stage that was typed; None for an empty row."""
        said = self.cleaned_data
        if said.get("days") is None:
            return None
        offset = said["days"] if said["side"] == AFTER else -said["days"]
        channels = [
            one
            for name in LadderStage.CHANNELS
            if name in said["channels"]
            for one in LadderStage.CHANNELS[name]
        ]
        return Stage(offset, frozenset(Audience(name) for name in said["audience"]), tuple(channels))


class StageForms(BaseFormSet):  # type: ignore[type-arg]  # not subscriptable when it runs
    """The stages of one ladder, with some empty rows below."""

    form = StageForm
    renderer = get_default_renderer()
    extra = MORE_STAGES
    min_num, max_num, absolute_max = 0, 20, 40
    validate_min, validate_max = False, True
    can_order = can_delete = can_delete_extra = edit_only = False

    def clean(self) -> None:
        """Refuse two stages on one day, beside the second one, and a ladder without any."""
        days: set[int] = set()
        if any(self.errors):
            return
        for form in self.forms:
            if (stage := form.stage) is None:
                continue
            if stage.offset in days:
                form.add_error("days", _("Another stage lies on this day already."))
            days.add(stage.offset)
        if not days:
            raise forms.ValidationError(_("A ladder has at least one stage."))

    @property
    def stages(self) -> Stages:
        """Return the ladder that was typed, the earliest stage first."""
        typed = [stage for form in self.forms if (stage := form.stage) is not None]
        return tuple(sorted(typed, key=lambda stage: stage.offset))


def typed_as(stages: Stages) -> list[dict[str, Any]]:
    """Return the rows of the form in which ``stages`` stand."""
    return [
        {
            "days": abs(stage.offset),
            "side": AFTER if stage.offset > 0 else BEFORE,
            "audience": sorted(stage.audience),
            "channels": sorts_of(stage.channels),
        }
        for stage in stages
    ]
