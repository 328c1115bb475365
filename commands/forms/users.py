"""Forms of users and their posts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commands.forms.fields import DayField, HeadquartersField, UnitField
from commands.models import Post, User
from commands.roles import Function, RoleCode


class PlaceForm(forms.Form):
    """A role and where it holds: in a unit, in a headquarters, or in the whole district."""

    role = forms.ChoiceField(label=_("Role"), choices=[("", _("Choose a role")), *RoleCode.choices])
    unit = UnitField(
        required=False,
        empty_label=_("None"),
        help_text=_("For reporters and unit heads"),
    )
    headquarters = HeadquartersField(
        required=False,
        empty_label=_("None: the whole district"),
        help_text=_("For supervision offices"),
    )
    function = forms.ChoiceField(
        label=_("Function in the headquarters"),
        choices=[("", _("None")), *Function.choices],
        required=False,
        help_text=_("Leaders command it; its office has a head and liaisons"),
    )


class UserForm(PlaceForm):
    """A new account with its first post."""

    username = forms.CharField(
        label=_("User name"),
        max_length=150,
        validators=[User.username_validator],
        help_text=_("Letters, digits and @ . + - _ only"),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    display_name = forms.CharField(label=_("Full name"), max_length=60)
    title = forms.CharField(label=_("Job title"), max_length=60, required=False)
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        required=False,
        help_text=_("Reminders go there. Without it they reach the inbox only."),
    )
    office_phone = forms.CharField(
        label=_("Office phone"), max_length=30, required=False, widget=forms.TextInput(attrs={"type": "tel"})
    )
    field_order = (
        "username",
        "display_name",
        "title",
        "email",
        "office_phone",
        "role",
        "unit",
        "headquarters",
        "function",
    )


class PostForm(PlaceForm):
    """A further post for somebody."""

    starts_on = DayField(label=_("From"), initial=timezone.localdate)


class EndPostForm(forms.Form):
    """The end of one post."""

    ends_on = DayField(
        label=_("First day without the post"),
        initial=timezone.localdate,
        help_text=_("Today ends it at once."),
    )

    def __init__(self, *args: Any, post: Post, **kwargs: Any) -> None:
        # Several of these stand on one page, so each field needs an id of its own.
        super().__init__(*args, **{**kwargs, "auto_id": f"post{post.pk}_%s"})
        self.post = post
