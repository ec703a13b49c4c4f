"""Counting what goes wrong, and measuring what goes right."""

from __future__ import annotations

import re
import time
from collections import deque
from dataclasses import dataclass

import numpy as np

_NUMBER = re.compile(r'[-+]?\d[\d.]*(e[-+]?\d+)?')
_MOST_CAUSES = 50  # of one tally; more kinds than that are counted together
_LOGGED_EVERY = 100  # troubles of one cause
_WINDOW = 100  # latest measurements
_RATE_S = 5.0  # what a rate looks back


@dataclass(frozen=True)
class Trouble:
    """One cause: how often, when last, and what was said then."""

    cause: str
    count: int
    last_s: float  # time.monotonic()
    text: str

    @property
    def worth_logging(self) -> bool:
        """The first one of its cause, and each hundredth."""
        return self.count % _LOGGED_EVERY == 1


class Tally:
    """Troubles by cause. Not thread-safe: its owner locks."""

    def __init__(self) -> None:
        self.by_cause: dict[str, Trouble] = {}

    def add(self, text: str, cause: str | None = None, count: int = 1) -> Trouble:
        """Count a trouble; without a `cause`, texts that differ in numbers only are one cause."""
        cause = _NUMBER.sub('#', text) if cause is None else cause
        if cause not in self.by_cause and len(self.by_cause) >= _MOST_CAUSES:
            cause = 'other'
        before = self.by_cause[cause].count if cause in self.by_cause else 0
        trouble = Trouble(cause, before + count, time.monotonic(), text)
        self.by_cause[cause] = trouble
        return trouble

    def count(self, cause: str) -> int:
        """How often this cause was counted."""
        return self.by_cause[cause].count if cause in self.by_cause else 0

    def total(self) -> int:
        """All causes together."""
        return sum(trouble.count for trouble in self.by_cause.values())

    def newest(self) -> Trouble | None:
        """What went wrong last."""
        return max(self.by_cause.values(), key=lambda trouble: trouble.last_s, default=None)

    def since(self, then_s: float) -> list[Trouble]:
        """The causes that came up at or after `then_s`."""
        return [trouble for trouble in self.by_cause.values() if trouble.last_s >= then_s]


class Latencies:
    """Durations of the latest runs of some stages. Not thread-safe."""

    def __init__(self) -> None:
        self._ms: dict[str, deque[float]] = {}

    def add(self, stage: str, seconds: float) -> None:
        """Note one run."""
        self._ms.setdefault(stage, deque(maxlen=_WINDOW)).append(1000 * seconds)

    def median_ms(self, stage: str, latest: int) -> float:
        """Of the `latest` runs; 0.0 before the first."""
        return float(np.median(list(self._ms[stage])[-latest:])) if stage in self._ms else 0.0

    def values(self) -> dict[str, float]:
        """Milliseconds by `<stage>_ms_p50`, `_p95` and `_max`."""
        values = {}
        for stage, window in self._ms.items():
            values[f'{stage}_ms_p50'] = float(np.percentile(window, 50))
            values[f'{stage}_ms_p95'] = float(np.percentile(window, 95))
            values[f'{stage}_ms_max'] = max(window)
        return values


class Rate:
    """How often something happens, over the last five seconds."""

    def __init__(self) -> None:
        self._times_s: deque[float] = deque(maxlen=_WINDOW * 5)

    def count(self) -> None:
        """It happened, now."""
        self._times_s.append(time.monotonic())

    def hz(self) -> float:
        """Per second; 0.0 from five seconds after the last time on."""
        now_s = time.monotonic()
        recent = [time_s for time_s in self._times_s if now_s - time_s <= _RATE_S]
        return (len(recent) - 1) / (recent[-1] - recent[0]) if len(recent) > 1 else 0.0
