"""Reminders while everything around them fails: workers killed, the broker restarted, mail refused."""
