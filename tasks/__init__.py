"""The work: task book, campaigns, tasks, leads, periods, reports, lights and reminders."""
