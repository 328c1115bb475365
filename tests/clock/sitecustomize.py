"""Starts every Python process that finds this folder on its PYTHONPATH at another time: CLOCK_SHIFT seconds from now.

Time goes on as ever, and all these processes agree on it. So a story about deadlines is the same on any day.
"""

import os
import sys
import time

shift = os.environ.get("CLOCK_SHIFT")
if shift:
    sys.modules["pytest"] = None  # type: ignore[assignment]  # time_machine would import it, which takes a while
    import time_machine

    del sys.modules["pytest"]
    time_machine.travel(time.time() + float(shift), tick=True).start()
