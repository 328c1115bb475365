"""Tests against real workers, a real beat, a real broker and a real mail server."""
