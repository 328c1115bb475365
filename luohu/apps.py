"""The project as an app: its deployment checks and the demo command."""

from django.apps import AppConfig


class LuohuConfig(AppConfig):
    """Registers the checks that `manage.py check --deploy` makes besides Django's own."""

    name = "luohu"

    def ready(self) -> None:
        """Register the checks."""
        from luohu import checks  # noqa: F401  importing registers them
