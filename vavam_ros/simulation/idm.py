"""The intelligent driver model: how hard to accelerate, given what is ahead.

Treiber, Hennecke, Helbing: Congested traffic states in empirical observations and microscopic
simulations, Physical Review E 62 (2000).
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Idm:
    """A driver's habits."""

    headway_s: float = 1.4
    standing_gap_m: float = 2.5
    acceleration_mps2: float = 1.5
    braking_mps2: float = 2.0
    hardest_mps2: float = 7.0

    def acceleration(
        self, speed: float, wanted: float, leaders: list[tuple[float, float]]
    ) -> float:
        """m/s^2 at `speed`; leaders are (free metres to it, its speed), none within reach: []."""
        free = self.acceleration_mps2 * (1 - (speed / max(wanted, 0.1)) ** 4)
        least = max(free, -self.braking_mps2)
        for gap, leader in leaders:
            closing = speed * (speed - leader) / (2 * self._root())
            desired = self.standing_gap_m + max(0.0, speed * self.headway_s + closing)
            kept = self.acceleration_mps2 * (1 - (desired / max(gap, 0.1)) ** 2)
            least = min(least, free + kept - self.acceleration_mps2 if free > 0 else kept)
        return max(least, -self.hardest_mps2)

    def _root(self) -> float:
        return math.sqrt(self.acceleration_mps2 * self.braking_mps2)
