"""Days entered with the whole notice of their year."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tasks", "0016_task_books")]

    operations = [
        migrations.AddField(
            model_name="calendarday",
            name="of_notice",
            field=models.BooleanField(default=False, verbose_name="Of the year's notice"),
        ),
    ]
