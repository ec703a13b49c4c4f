"""How far a long read or write is."""

from __future__ import annotations

import sys
import time

_PROGRESS_S = 2.0  # between two lines


class ByteProgress:
    """Prints a line on stderr every few seconds; short work stays silent."""

    def __init__(self, what: str, total_bytes: int) -> None:
        self._what = what
        self._total_bytes = total_bytes
        self._due = time.monotonic() + _PROGRESS_S

    def __call__(self, done_bytes: int) -> None:
        """Take note that so many bytes are done."""
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + _PROGRESS_S
        done, total = done_bytes / 1e9, self._total_bytes / 1e9
        print(f'{self._what}: {done:.2f} of {total:.2f} GB', file=sys.stderr, flush=True)
