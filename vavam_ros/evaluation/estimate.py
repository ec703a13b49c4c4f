"""A mean over samples that come in groups, and how far chance may have moved it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Estimate:
    """Of a figure that each sample has."""

    mean: float
    standard_error: float | None  # None: a single group tells nothing of others
    least: float  # of the groups' means
    most: float
    samples: int
    groups: int


def estimate(values: NDArray[np.float64], groups: NDArray[np.int64]) -> Estimate | None:
    """Mean of values [N], of which those of one group [N] may all be off alike; None for none.

    The standard error takes whole groups as the independent ones: windows of one drive show the
    same street, so there is much less to learn from them than from as many drives.
    """
    if not len(values):
        return None
    mean = float(values.mean())
    _, places = np.unique(groups, return_inverse=True)
    counts = np.bincount(places)
    means = np.bincount(places, values) / counts
    error = None
    if len(counts) > 1:
        off = counts * (means - mean)
        error = float(np.sqrt((off**2).sum() * len(counts) / (len(counts) - 1))) / len(values)
    return Estimate(mean, error, float(means.min()), float(means.max()), len(values), len(counts))
