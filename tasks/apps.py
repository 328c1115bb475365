"""Application configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TasksConfig(AppConfig):
    """The work: it imports the command structure, never the other way round."""

    name = "tasks"
    verbose_name = _("Tasks")
