"""The noise floor: how much a figure moves when only the seed of the sampling changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vavam_ros.evaluation.figure import Floats, mean_of


@dataclass(frozen=True)
class SeedNoise:
    """Of a run's figure over seeds."""

    mean: float
    deviation: float | None  # standard, of one seed's figure; None: a single seed
    least: float
    most: float
    seeds: int

    @property
    def of_difference(self) -> float | None:
        """Standard deviation of the difference of two runs that differ only in their seed."""
        return None if self.deviation is None else self.deviation * float(np.sqrt(2))


def seed_noise(values: Floats) -> SeedNoise | None:
    """Of values [S, N], one row for each seed, the same windows in each; None: no value.

    Seeds say how sure a figure of these windows is, and nothing of how other windows would do.
    """
    means = [mean_of(row) for row in values]
    found = np.array([mean for mean in means if mean is not None])
    if not len(found):
        return None
    deviation = float(found.std(ddof=1)) if len(found) > 1 else None
    return SeedNoise(
        float(found.mean()), deviation, float(found.min()), float(found.max()), len(found)
    )
