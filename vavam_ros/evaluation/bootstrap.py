"""How far chance may have moved a figure: intervals by bootstrap over sequences, not windows.

Windows of one drive overlap and show the same street, so whole sequences are drawn, with
replacement. Deterministic: the same values, groups and seed give the same interval.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from vavam_ros.evaluation.figure import Floats
from vavam_ros.evaluation.student import two_sided

RESAMPLES, CONFIDENCE = 2000, 0.95

Groups = NDArray[np.int64]
Statistic = Callable[[NDArray[np.int64]], 'float | None']


@dataclass(frozen=True)
class Interval:
    """A figure, and where that of all drives of this kind lies: 95 %, or as asked."""

    value: float
    low: float | None  # None, both: a single group tells nothing of others
    high: float | None
    windows: int
    groups: int

    def within(self, least: float, most: float) -> Interval:
        """The same, but not beyond what such a figure can be."""
        if self.low is None or self.high is None:
            return self
        return replace(self, low=max(self.low, least), high=min(self.high, most))

    @property
    def excludes_zero(self) -> bool:
        """Whether chance alone is an unlikely reason; False where there is no interval."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


def mean_interval(
    values: Floats,
    groups: Groups,
    seed: int = 0,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
) -> Interval | None:
    """Of the mean of values [N], of which those of one group [N] are not independent.

    Windows without a value (NaN) do not count; None where none has one.
    """
    _check(groups, values)
    known = ~np.isnan(values)
    if not known.any():
        return None
    _, places = np.unique(groups[known], return_inverse=True)
    counts = np.bincount(places).astype(np.float64)
    sums = np.bincount(places, values[known])
    mean = float(sums.sum() / counts.sum())
    drawn = _draws(len(counts), seed, resamples)
    means = (drawn @ sums) / (drawn @ counts)
    return _interval(mean, means, int(known.sum()), len(counts), confidence)


def paired_interval(
    before: Floats,
    after: Floats,
    groups: Groups,
    seed: int = 0,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
) -> Interval | None:
    """Of the mean of after - before, of two runs on the same windows [N], row by row.

    Only windows that both runs have count: what they share, such as hard windows, cancels.
    """
    _check(groups, before, after)
    return mean_interval(after - before, groups, seed, resamples, confidence)


def statistic_interval(
    statistic: Statistic, groups: Groups, seed: int = 0, resamples: int = RESAMPLES
) -> Interval | None:
    """Of a figure that only many windows have together, such as a correlation.

    `statistic` takes row numbers, some more than once, and gives the figure or None. None where
    all rows have none; draws that have none are left out.
    """
    value = statistic(np.arange(len(groups)))
    if value is None:
        return None
    _, places = np.unique(groups, return_inverse=True)
    count = int(places.max()) + 1
    if count == 1:
        return _interval(value, np.zeros(0), len(groups), count)
    rows_of = [np.flatnonzero(places == group) for group in range(count)]
    found: list[float] = []
    for drawn in _draws(count, seed, resamples):
        pieces = [np.tile(rows_of[group], int(drawn[group])) for group in np.flatnonzero(drawn)]
        one = statistic(np.concatenate(pieces))
        if one is not None:
            found.append(one)
    return _interval(value, np.array(found), len(groups), count)


@lru_cache(maxsize=2)
def _draws(groups: int, seed: int, resamples: int) -> Floats:
    """[resamples, groups] how often each group is drawn; the same for figure after figure."""
    generator = np.random.default_rng(seed)
    drawn = generator.multinomial(groups, np.full(groups, 1 / groups), resamples)
    return drawn.astype(np.float64)


def _interval(
    value: float, drawn: Floats, windows: int, groups: int, confidence: float = CONFIDENCE
) -> Interval:
    """Percentiles of the drawn values, moved away from the value for how few groups there are.

    With G groups a bootstrap is too narrow by sqrt((G - 1) / G), and once more by the normal
    percentile over Student's, since the spread of the groups is not known but estimated
    (Hesterberg, What Teachers Should Know About the Bootstrap, 2015). So an interval of few
    groups may pass the bounds of a figure: see `Interval.within`.
    """
    if groups < 2 or not len(drawn):
        return Interval(value, None, None, windows, groups)
    tail = (1 - confidence) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    normal = NormalDist().inv_cdf(1 - tail)
    wider = np.sqrt(groups / (groups - 1)) * two_sided(confidence, groups - 1) / normal
    low, high = (value + float(wider * (end - value)) for end in (low, high))
    return Interval(value, low, high, windows, groups)


def _check(groups: Groups, *columns: Floats) -> None:
    lengths = [len(groups), *map(len, columns)]
    if len(set(lengths)) > 1:
        raise ValueError(f'groups and values of different numbers of windows: {lengths}')
    if any(np.isinf(column).any() for column in columns):
        raise ValueError('a figure of a window is infinite')
