"""Asking why somebody was reminded, or not."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from commands.models import User
from tasks.models import Task


class WhyForm(forms.Form):
    """A person by name and a task by code. Overseers and offices ask about everybody, others about themselves."""

    use_required_attribute = False

    person = forms.CharField(
        label=_("Person"),
        max_length=100,
        help_text=_("The full name or the user name."),
        error_messages={"required": _("Say who.")},
    )
    task = forms.CharField(
        label=_("Task"),
        max_length=200,
        help_text=_("The code or the title."),
        error_messages={"required": _("Say which task.")},
    )

    def __init__(self, data: Any, *, user: User) -> None:
        super().__init__(data)
        self.user = user
        if not (user.duties.sees_all or user.duties.is_office):
            self.fields["person"].disabled = True
            self.fields["person"].initial = user.username
            self.fields["person"].help_text = _("Others' reminders are for the offices to look up.")

    def clean_person(self) -> User:
        """Return the one person of that name."""
        name = self.cleaned_data["person"].strip()
        found = list(User.objects.filter(Q(username=name) | Q(display_name=name)).order_by("pk")[:2])
        if not found:
            raise ValidationError(_("Nobody here has this name."))
        if len(found) > 1:
            raise ValidationError(_("Several people have this name: enter the user name."))
        return found[0]

    def clean_task(self) -> Task:
        """Return the one task, among those that the asker may see, of that code or title."""
        words = self.cleaned_data["task"].strip()
        tasks = Task.objects.visible_to(self.user).select_related("campaign")
        exact = list(tasks.filter(Q(code=words) | Q(title=words)).order_by("pk")[:2])
        found = exact or list(tasks.filter(title__icontains=words).order_by("pk")[:2])
        if not found:
            raise ValidationError(_("No task that you can see has this code or title."))
        if len(found) > 1:
            raise ValidationError(_("Several tasks are called so: enter the code."))
        return found[0]
