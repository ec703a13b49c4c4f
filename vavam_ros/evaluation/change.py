"""Whether one run is worse than another, beyond what chance and another seed make.

A difference counts where two things hold. Its interval, by bootstrap over independent groups of
windows, does not contain zero: so the few windows at hand are not the reason. And it is larger
than the noise floor: so another seed of the same weights is not the reason. Then a figure of
error is worse where it grew. A bias is worse where it grew, too; where it shrank it is better only
if it is known that there was one (by its own interval, or because the error of that kind shrank):
else all plans have been moved by as much, and chance alone may have put the truth on that side.

A run is worse when it is so in any figure. That there are eleven of them, of which one may be
unlucky, is why the confidence of the intervals is 99.5 %.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vavam_ros.evaluation.bootstrap import Groups, Interval, mean_interval, paired_interval
from vavam_ros.evaluation.columns import FRAME_COLUMNS, Columns
from vavam_ros.evaluation.deviation import deviation
from vavam_ros.evaluation.displacement import best_of_samples, displacement
from vavam_ros.evaluation.figure import Floats
from vavam_ros.evaluation.student import two_sided

JUDGED_CONFIDENCE = 0.995  # of each figure's interval: 9 x 0.25 % + 2 x 0.5 % is below 5 %
FLOOR_CONFIDENCE = 0.95  # that two seeds differ less than the floor
RESAMPLES = 10_000  # the ends of so wide an interval are rare draws
LEAST_NATS = 0.01  # of surprise, which has no seed: bfloat16 for float32 moves it by less

SURPRISE, BEST = 'surprise_nats', 'min_ade_m'


@dataclass(frozen=True)
class Judged:
    """A figure that is compared."""

    name: str
    unit: str
    meaning: str
    bias_of: str = ''  # the error that this is the bias of: better is nearer to zero; '': lower is


FIGURES = (
    Judged('ade_1s_m', 'm', 'mean distance up to 1 s'),
    Judged('ade_2s_m', 'm', 'mean distance up to 2 s'),
    Judged('ade_3s_m', 'm', 'mean distance up to 3 s'),
    Judged('fde_3s_m', 'm', 'distance at 3 s'),
    Judged('missed', '', 'share of plans more than 2 m off at 3 s'),
    Judged('aside_abs_m', 'm', 'left or right of the truth'),
    Judged('ahead_abs_m', 'm', 'too far or not far enough'),
    Judged('aside_m', 'm', 'left of the truth, on average: a bias', 'aside_abs_m'),
    Judged('ahead_m', 'm', 'farther than the truth, on average: a bias', 'ahead_abs_m'),
    Judged(BEST, 'm', 'mean distance of the best sample'),
    Judged(SURPRISE, 'nats', 'per token of the newest frame'),
)


class Verdict(enum.Enum):
    """Of one figure."""

    WORSE = 'worse'
    MOVED = 'moved'  # all plans, and not shown to be nearer to the truth; a run is worse then
    BETTER = 'better'
    SAME = 'same'  # no difference beyond noise


@dataclass(frozen=True, eq=False)
class Change:
    """One figure of two runs on the same windows."""

    figure: Judged
    before: float
    after: float
    interval: Interval  # of after - before, at JUDGED_CONFIDENCE
    floor: float | None  # what another seed makes of it; None: no run has a second seed
    by_window: Floats  # [N] after - before, NaN where there is none
    verdict: Verdict

    @property
    def least_seen(self) -> float | None:
        """The smallest difference that would have counted; None: none would."""
        low, high = self.interval.low, self.interval.high
        if low is None or high is None:
            return None
        reach = max(self.interval.value - low, high - self.interval.value)
        return max(reach, self.floor or 0.0)


def changes(before: Columns, after: Columns, leave_out: Sequence[str] = ()) -> list[Change]:
    """Of the same windows, row by row, in all figures but those to leave out by name."""
    old, new = _by_seed(before), _by_seed(after)
    groups = before.independent.groups
    found: dict[str, Change] = {}
    for figure in FIGURES:
        if figure.name in leave_out:
            continue
        change = _change(figure, old[figure.name], new[figure.name], groups, found)
        if change is not None:
            found[figure.name] = change
    return list(found.values())


def _change(
    figure: Judged, before: Floats, after: Floats, groups: Groups, found: Mapping[str, Change]
) -> Change | None:
    """Of values [S, N]; None where no window has any. `found` are the changes before this one."""
    both = ~np.isnan(before[0]) & ~np.isnan(after[0])
    if not both.any():
        return None
    interval = paired_interval(
        before[0], after[0], groups, resamples=RESAMPLES, confidence=JUDGED_CONFIDENCE
    )
    assert interval is not None
    floor = LEAST_NATS if figure.name == SURPRISE else noise_floor(before, after)
    means = float(before[0][both].mean()), float(after[0][both].mean())
    if not interval.excludes_zero or abs(interval.value) <= (floor or 0.0):
        verdict = Verdict.SAME
    elif not figure.bias_of:
        verdict = Verdict.WORSE if interval.value > 0 else Verdict.BETTER
    else:
        error = found.get(figure.bias_of)
        nearer = error is not None and error.verdict is Verdict.BETTER
        verdict = _of_bias(means, nearer or _is_known(before[0], groups))
    return Change(figure, *means, interval, floor, after[0] - before[0], verdict)


def _of_bias(means: tuple[float, float], was_known: bool) -> Verdict:
    """Of one that changed beyond noise."""
    before, after = map(abs, means)
    if after > before:
        return Verdict.WORSE
    return Verdict.BETTER if was_known else Verdict.MOVED


def _is_known(values: Floats, groups: Groups) -> bool:
    """Whether a bias, of values [N], is more than chance."""
    interval = mean_interval(values, groups, resamples=RESAMPLES, confidence=JUDGED_CONFIDENCE)
    return interval is not None and interval.excludes_zero


def noise_floor(before: Floats, after: Floats) -> float | None:
    """What the mean of a figure [S, N] differs by, at most, between two seeds of the same weights.

    Noise is drawn for each window on its own, so that S seeds of N windows tell N (S - 1) times
    how far one is from another. A run of one seed has the noise of the other run.
    """
    variances, freedom = [], 0
    for values in (before, after):
        known = values[:, ~np.isnan(values).any(axis=0)]
        seeds, windows = known.shape
        if seeds > 1 and windows:
            variances.append(float(known.var(axis=0, ddof=1).mean()) / windows)
            freedom += windows * (seeds - 1)
    if not variances:
        return None
    deviation_of_both = float(np.sqrt(2 * np.mean(variances)))
    return two_sided(FLOOR_CONFIDENCE, freedom) * deviation_of_both


def is_worse(found: Sequence[Change]) -> bool:
    """Whether any figure is, or all plans have been moved."""
    return any(one.verdict in (Verdict.WORSE, Verdict.MOVED) for one in found)


def _by_seed(columns: Columns) -> dict[str, Floats]:
    """Figures [S, N] by name, the run's own plans first; of surprise there is one row."""
    plans = [columns.plans, *columns.repeat_plans]
    samples = [columns.samples, *columns.repeat_samples]
    off = [displacement(one, columns.truths) for one in plans]
    apart = [deviation(one, columns.truths) for one in plans]
    best = [best_of_samples(one, columns.truths) for one in samples]
    found = {
        one.name: np.stack([getattr(each, one.name) for each in group])
        for group in (off, apart, best)
        for one in FIGURES
        if hasattr(group[0], one.name)
    }
    found[SURPRISE] = columns.frames[FRAME_COLUMNS.index('nats')][None]
    return found
