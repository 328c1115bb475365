"""What a process that serves for long does with its memory."""

import gc
from typing import Any


def settle(**_signal: Any) -> None:
    """Let the collector leave alone what has been loaded for good: looking through it again took up to 0.08 s a time."""
    gc.collect()
    gc.freeze()
