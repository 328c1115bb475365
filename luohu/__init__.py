"""The project: settings, addresses, background jobs, health."""

from luohu.celery import app as celery_app

__all__ = ["celery_app"]
