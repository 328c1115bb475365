"""Application configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CommandsConfig(AppConfig):
    """The command structure: it knows nothing of tasks."""

    name = "commands"
    verbose_name = _("Command structure")
