"""The floor: what a page of Django costs that asks five simple questions and shows a hundred rows."""

from django.http import HttpRequest, HttpResponse
from django.template import engines

from commands.models import Headquarters, Unit
from tasks.models import Task

PAGE = engines["django"].from_string(
    """<!doctype html><html lang="en"><title>Floor</title><body><h1>{{ units|length }} {{ plates|length }} {{ open }}</h1>
    <table>{% for task in tasks %}<tr><td>{{ task.code }}</td><td><a href="/tasks/{{ task.pk }}/">{{ task.title }}</a></td>
    <td>{{ task.due_on|date:"Y-m-d" }}</td><td>{{ task.actual_percent }}</td></tr>{% endfor %}</table></body></html>"""
)


def floor(request: HttpRequest) -> HttpResponse:
    """Ask five questions, the session's among them, and show a hundred tasks."""
    context = {
        "units": list(Unit.objects.all()),
        "plates": list(Headquarters.objects.all()),
        "open": Task.objects.open().count(),
        "tasks": list(Task.objects.order_by("code")[:100]),
    }
    return HttpResponse(PAGE.render(context, request))
