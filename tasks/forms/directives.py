"""The forms of directives: issuing one, words on it, and a unit's answer point by point."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from commands.forms.fields import DayField
from commands.models import Unit
from luohu.templatetags.ui import name_in_language
from tasks.forms.reports import TypedInput, TypedTextarea, TypedTextField
from tasks.models import Addressee, DirectivePoint
from tasks.rules.directives import points_in

MOST_POINTS = 20
POINT_LIMIT = 500
ANSWER_LIMIT = 2000


class UnitChoices(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Units by their names in the reader's language."""

    def label_from_instance(self, obj: Any) -> str:
        """Return a unit's name in the reader's language."""
        return name_in_language(obj)


class DirectiveForm(forms.Form):
    """What a leader instructs, the points to be answered, by whom and by when."""

    use_required_attribute = False

    issued_for = TypedTextField(
        label=_("Leader for whom it is recorded"),
        limit=60,
        widget=TypedInput,
        help_text=_("The title only, no name."),
        error_messages={"required": _("Give the title of the leader for whom it is recorded.")},
    )
    text = TypedTextField(
        label=_("Directive"),
        limit=2000,
        widget=TypedTextarea({"rows": 4}),
        error_messages={"required": _("Write the directive.")},
    )
    points = TypedTextField(
        label=_("Points to be answered"),
        limit=4000,
        required=False,
        widget=TypedTextarea({"rows": 4}),
        help_text=_("One to a line; each is answered on its own. Left empty, it is answered as a whole."),
    )
    units = UnitChoices(
        label=_("Units addressed"),
        queryset=Unit.objects.active(),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Their reporters and heads are told at once."),
        error_messages={
            "required": _("Choose at least one unit."),
            "invalid_choice": _("This unit no longer exists; choose another."),
            "invalid_pk_value": _("This unit no longer exists; choose another."),
        },
    )
    due_on = DayField(label=_("Answer by"))

    def __init__(self, *args: Any, is_leader: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_leader:
            del self.fields["issued_for"]

    def clean_points(self) -> list[str]:
        """Return the points, one of each line."""
        points = points_in(self.cleaned_data["points"])
        if len(points) > MOST_POINTS:
            raise forms.ValidationError(
                _("At most %(most)s points; there are %(count)s now.")
                % {"most": MOST_POINTS, "count": len(points)}
            )
        if long := [number for number, point in enumerate(points, 1) if len(point) > POINT_LIMIT]:
            message = _("Point %(number)s is longer than %(limit)s characters.")
            raise forms.ValidationError(message % {"number": long[0], "limit": POINT_LIMIT})
        return points


class DirectiveWordsForm(forms.Form):
    """Words on a directive: a reply, the words on closing it, why it is withdrawn or an answer returned."""

    use_required_attribute = False

    words = TypedTextField(
        label=_("Words"), limit=1000, error_messages={"required": _("Please write a few words.")}
    )


class AnswerForm(forms.Form):
    """A unit's answer: one field to a point, and the version of the draft that it goes on from."""

    use_required_attribute = False

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)

    def __init__(self, *args: Any, addressee: Addressee, points: list[DirectivePoint], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.points = points
        for point in points:
            self.fields[f"point_{point.number}"] = TypedTextField(
                label=_("Answer to point %(number)s") % {"number": point.number}
                if len(points) > 1
                else _("Answer"),
                limit=ANSWER_LIMIT,
                required=False,
                widget=TypedTextarea({"rows": 4}),
            )

    def words(self) -> dict[int, str]:
        """Return what was typed to each point, by its number."""
        return {point.number: self.cleaned_data[f"point_{point.number}"] for point in self.points}

    @property
    def rows(self) -> list[tuple[DirectivePoint, forms.BoundField]]:
        """Return each point with its field."""
        return [(point, self[f"point_{point.number}"]) for point in self.points]
