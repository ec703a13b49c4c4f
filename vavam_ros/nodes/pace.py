"""Bag time against wall time, and how late messages are."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field

import numpy as np

from vavam_ros.records import NS_PER_S


@dataclass(frozen=True)
class Pace:
    """Bag time that runs at `rate` from `start_ns` on, beginning when this is made."""

    start_ns: int
    rate: float = 1.0
    started_s: float = field(default_factory=time.monotonic)  # time.monotonic's seconds

    def seconds_until(self, bag_ns: int) -> float:
        """Return the wall seconds from now until `bag_ns` is due; negative when it is late."""
        due_s = self.started_s + (bag_ns - self.start_ns) / NS_PER_S / self.rate
        return due_s - time.monotonic()

    def now_ns(self) -> int:
        """Return the bag time now."""
        elapsed_s = time.monotonic() - self.started_s
        return self.start_ns + round(elapsed_s * self.rate * NS_PER_S)


class Lateness:
    """How late messages went out, of the latest hundred thousand."""

    def __init__(self) -> None:
        self.messages = 0
        self._late_s: deque[float] = deque(maxlen=100_000)  # a loop may run for days

    def add(self, late_s: float) -> None:
        """Count one message."""
        self.messages += 1
        self._late_s.append(late_s)

    def __str__(self) -> str:
        if not self._late_s:
            return 'nothing sent'
        late_ms = 1000 * np.array(self._late_s)
        return f'late p95 {np.percentile(late_ms, 95):.1f} ms, max {late_ms.max():.1f} ms'
