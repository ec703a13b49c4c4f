"""Whether the spread of the samples says how far off they are.

A model is calibrated where the truth is as one more sample: then spread and error agree as below.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from vavam_ros.evaluation.correlation import spearman
from vavam_ros.evaluation.figure import HIGHER, LOWER, NEITHER, Floats, about
from vavam_ros.evaluation.kinematics import Plans, checked, waypoints_until

LEAST_SAMPLES = 3  # for an ellipse in the plane
FLOOR_M = 0.01  # no ellipse is thinner
BINS = 5


@dataclass(frozen=True, eq=False)
class SampleSpread:
    """At 3 s; arrays [N]."""

    spread_m: Floats = field(
        metadata=about('m', NEITHER, 'rms distance of the samples from their mean')
    )
    mean_error_m: Floats = field(
        metadata=about('m', LOWER, 'distance of their mean from the truth')
    )
    inside_50: Floats = field(
        metadata=about('', NEITHER, 'share of truths in the 50 % ellipse; calibrated 0.5')
    )
    inside_90: Floats = field(
        metadata=about('', NEITHER, 'share of truths in the 90 % ellipse; calibrated 0.9')
    )


@dataclass(frozen=True)
class SpreadBin:
    """Windows of like spread, at 3 s; calibrated: both are equal."""

    windows: int
    spread_m: float  # rms, and as the error of a calibrated model would be
    error_m: float  # rms, of the samples' mean


@dataclass(frozen=True)
class Calibration:
    """Of all windows together."""

    rank_correlation: float | None = field(
        metadata=about('', HIGHER, "Spearman's, between spread and error of the mean at 3 s")
    )
    ratio_1s: float | None = field(
        metadata=about('', NEITHER, 'spread over error at 1 s; calibrated 1')
    )
    ratio_2s: float | None = field(
        metadata=about('', NEITHER, 'spread over error at 2 s; calibrated 1')
    )
    ratio_3s: float | None = field(
        metadata=about('', NEITHER, 'spread over error at 3 s; calibrated 1')
    )
    bins: tuple[SpreadBin, ...]  # at 3 s, from the least spread on


def sample_spread(samples: Plans, truths: Plans) -> SampleSpread:
    """Samples [N, K, H, 2], K at least 3, around truths [N, H, 2]."""
    spread_m, error_m = spread_and_error_m(samples, truths)
    share = ellipse_share(np.asarray(samples)[:, :, -1], np.asarray(truths)[:, -1])
    inside = [(share <= level).astype(np.float64) for level in (0.5, 0.9)]
    return SampleSpread(spread_m[:, -1], error_m[:, -1], *inside)


def calibration(samples: Plans, truths: Plans, bins: int = BINS) -> Calibration:
    """Samples [N, K, H, 2], K at least 3, around truths [N, H, 2]; see Calibration."""
    spread_m, error_m = spread_and_error_m(samples, truths)
    expected_m = spread_m * np.sqrt(1 + 1 / np.shape(samples)[1])
    ratios = [
        _ratio(expected_m[:, end - 1], error_m[:, end - 1])
        for end in map(waypoints_until, (1, 2, 3))
    ]
    return Calibration(
        rank_correlation=spearman(spread_m[:, -1], error_m[:, -1]),
        ratio_1s=ratios[0],
        ratio_2s=ratios[1],
        ratio_3s=ratios[2],
        bins=_bins(expected_m[:, -1], error_m[:, -1], bins),
    )


def spread_and_error_m(samples: Plans, truths: Plans) -> tuple[Floats, Floats]:
    """[N, H] spread of the samples, [N, H] distance of their mean from the truth.

    The spread's square is divided by K - 1. Of a calibrated model the mean square error is
    (1 + 1/K) times the mean square spread (Fortin et al., Why Should Ensemble Spread Match the
    RMSE of the Ensemble Mean?, 2014).
    """
    samples, truths = checked(samples, 'samples'), checked(truths, 'truths')
    count = samples.shape[1]
    if count < LEAST_SAMPLES:
        raise ValueError(f'{count} samples a window: a spread needs {LEAST_SAMPLES} or more')
    mean = samples.mean(axis=1)
    squares = ((samples - mean[:, None]) ** 2).sum(axis=(1, 3)) / (count - 1)
    return np.sqrt(squares), np.asarray(np.linalg.norm(mean - truths, axis=-1))


def ellipse_share(samples: Plans, truths: Plans) -> Floats:
    """Probability [N] of the samples' ellipse on whose rim the truth lies, at one horizon.

    Samples [N, K, 2], truths [N, 2]. For normal samples and a truth as one more of them, the
    squared Mahalanobis distance times K / (K + 1) is Hotelling's T^2 with K - 1 degrees of
    freedom; its distribution in the plane has a closed form, and the share is uniform in 0..1.
    """
    samples, truths = np.asarray(samples, np.float64), np.asarray(truths, np.float64)
    count = samples.shape[1]
    mean = samples.mean(axis=1)
    around, off = samples - mean[:, None], truths - mean
    covariance = np.einsum('nki,nkj->nij', around, around) / (count - 1)
    covariance += FLOOR_M**2 * np.eye(2)
    squares = (off * np.linalg.solve(covariance, off[..., None])[..., 0]).sum(axis=-1)
    return np.asarray(
        1 - (1 + squares * count / ((count + 1) * (count - 1))) ** (-(count - 2) / 2)
    )


def _ratio(expected_m: Floats, error_m: Floats) -> float | None:
    error = _rms(error_m) if len(error_m) else 0.0
    return _rms(expected_m) / error if error > 0 else None


def _bins(expected_m: Floats, error_m: Floats, count: int) -> tuple[SpreadBin, ...]:
    order = np.argsort(expected_m, kind='stable')
    return tuple(
        SpreadBin(len(rows), _rms(expected_m[rows]), _rms(error_m[rows]))
        for rows in np.array_split(order, count)
        if len(rows)
    )


def _rms(values: Floats) -> float:
    return float(np.sqrt((values**2).mean()))
