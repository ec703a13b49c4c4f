"""Times pieces of work by name."""

from __future__ import annotations

import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from typing import TypeVar

import torch

from vavam_ros.commands.machine import finish

Result = TypeVar('Result')


class Stopwatch:
    """Times named pieces of work, and says what is going on while it takes long."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.seconds: dict[str, list[float]] = defaultdict(list)

    def time(self, name: str, work: Callable[[], Result]) -> Result:
        """Run it once and note how long it took."""
        print(f'  {name} ...', end='', file=sys.stderr, flush=True)
        finish(self.device)
        start = time.perf_counter()
        result = work()
        finish(self.device)
        self.seconds[name].append(time.perf_counter() - start)
        print(f' {self.seconds[name][-1]:.3f} s', file=sys.stderr, flush=True)
        return result

    def medians(self) -> dict[str, float]:
        """Median seconds by name."""
        return {name: statistics.median(each) for name, each in self.seconds.items()}
