"""Filters of lists: one class for the page and its export."""
