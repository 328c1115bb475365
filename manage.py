#!/usr/bin/env python3
"""Entry point for management commands."""

import os
import sys


def main() -> None:
    """Run the management command named on the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "luohu.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:  # a value is missing or wrong: say so in a sentence
        sys.exit(f"The settings are not complete. {error}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:  # Ctrl-C is no error worth a traceback, also while modules are still loading
        sys.exit(130)
