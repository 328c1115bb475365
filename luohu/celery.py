"""The Celery application and the whole schedule of background jobs."""

import os

from celery import Celery
from celery.schedules import crontab
from celery.signals import worker_process_init, worker_ready

from luohu import broker
from luohu.memory import settle

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "luohu.settings")

broker.install()
app = Celery("luohu")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["tasks"], related_name="jobs")
worker_ready.connect(settle)
worker_process_init.connect(settle)
app.conf.beat_schedule = {
    # Opens and closes periods, lets dated leads take effect, lights every task for the new day.
    "turn-the-day": {"task": "tasks.turn_the_day", "schedule": crontab(minute="5")},
    "plan-reminders": {"task": "tasks.plan_reminders", "schedule": crontab(minute="*/10")},
    "plan-weekly-digests": {"task": "tasks.plan_weekly_digests", "schedule": crontab(minute="20")},
    "send-reminders": {"task": "tasks.send_reminders", "schedule": crontab()},
    "beat": {"task": "tasks.record_beat", "schedule": crontab()},
}
