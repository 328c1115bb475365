"""Pages of the lights: setting one task's light, and the numbers of the rules."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from commands.forms.fields import put_beside
from commands.roles import Power
from commands.services.refusals import Refused
from tasks.boards.lights import ChangeRow, fingerprint, lights_of, rule_lines
from tasks.boards.moments import moment_of
from tasks.forms.lights import LightForm, LightRuleForm
from tasks.models import LightRule
from tasks.services.light_rules import preview_light_rule, set_light_rule
from tasks.services.overrides import set_light, withdraw_light
from tasks.views.access import SignedInRequest, get_override_to_withdraw, get_task_to_rate, require_power

page_methods = require_http_methods(["GET", "HEAD", "POST"])


@page_methods
def light_set(request: SignedInRequest, pk: int) -> HttpResponse:
    """Let the office set a task's light in place of the rules', with a reason and a last day."""
    task = get_task_to_rate(request.user, pk)
    form = LightForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            set_light(task=task, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            put_beside(form, refusal)
        else:
            messages.success(request, _("The light is set. What the rules find stands beside it."))
            return redirect("tasks:task_detail", pk)
    context = {
        "task": task,
        "form": form,
        "lights": lights_of(task, request.user, moment_of(timezone.localdate())),
    }
    return render(request, "tasks/lights/light_set.html", context)


@require_POST
def light_withdraw(request: SignedInRequest, pk: int) -> HttpResponse:
    """Let the rules' light hold again."""
    override = get_override_to_withdraw(request.user, pk)
    withdraw_light(override=override, by=request.user)
    messages.success(request, _("Withdrawn: the light follows the rules again."))
    return redirect("tasks:task_detail", override.task_id)


@page_methods
@require_power(Power.ADMINISTER)
def light_rules(request: SignedInRequest) -> HttpResponse:
    """Show the versions of the rules; take a new one in two steps: what it would change, and the confirmation."""
    today = timezone.localdate()
    if request.method != "POST":
        return _rules_page(request, LightRuleForm.of(LightRule.objects.thresholds_on(today)))
    form = LightRuleForm(request.POST)
    if not form.is_valid() or request.POST.get("action") == "change":
        return _rules_page(request, form)
    changes = preview_light_rule(thresholds=form.thresholds, now=timezone.now())
    seen = fingerprint(changes, form.cleaned_data)
    confirming = request.POST.get("action") == "confirm"
    if confirming and constant_time_compare(seen, request.POST.get("fingerprint", "")):
        return _set_rule(request, form)
    rows = [ChangeRow(change) for change in changes]
    context = {"form": form, "rows": rows, "fingerprint": seen, "is_stale": confirming, "today": today}
    status = 409 if confirming else 200
    return render(request, "tasks/lights/rules_preview.html", context, status=status)


def _set_rule(request: SignedInRequest, form: LightRuleForm) -> HttpResponse:
    typed = form.cleaned_data
    try:
        set_light_rule(
            thresholds=form.thresholds,
            starts_on=typed["starts_on"],
            reason=typed["reason"],
            by=request.user,
        )
    except Refused as refusal:
        put_beside(form, refusal)
        return _rules_page(request, form)
    if typed["starts_on"] > timezone.localdate():
        messages.success(request, _("The new numbers will hold from their day on."))
    else:
        messages.success(request, _("The new numbers hold, and every light was judged by them."))
    return redirect("tasks:light_rules")


def _rules_page(request: SignedInRequest, form: LightRuleForm) -> HttpResponse:
    context = {"form": form, "lines": rule_lines(timezone.localdate())}
    return render(request, "tasks/lights/rules.html", context)
