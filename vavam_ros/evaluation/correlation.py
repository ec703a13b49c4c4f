"""Correlation of two figures over windows: Pearson's, and Spearman's of ranks."""

from __future__ import annotations

import numpy as np

from vavam_ros.evaluation.figure import Floats

LEAST = 3  # pairs: two always lie on a line


def pearson(one: Floats, other: Floats) -> float | None:
    """Of pairs [N] without NaN; None for fewer than three, or where one side is constant."""
    known = ~(np.isnan(one) | np.isnan(other))
    if known.sum() < LEAST or np.ptp(one[known]) == 0 or np.ptp(other[known]) == 0:
        return None
    first, second = one[known] - one[known].mean(), other[known] - other[known].mean()
    found = float(first @ second / np.sqrt((first @ first) * (second @ second)))
    return max(-1.0, min(1.0, found))


def spearman(one: Floats, other: Floats) -> float | None:
    """Pearson's correlation of the ranks; equal values share the mean of their ranks."""
    known = ~(np.isnan(one) | np.isnan(other))
    return pearson(ranks(one[known]), ranks(other[known]))


def ranks(values: Floats) -> Floats:
    """[N] from 1 for the least to N; equal values share the mean of their ranks."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[places], np.float64)
