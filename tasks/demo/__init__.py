"""Demo data (演示数据): a year of invented work around today, told from the script in ``fixtures/demo``.

The story of each task runs up to this very day, whatever day it is; the same day always tells the same story.
"""
