"""Planned bends against the driven steering wheel, where nothing else is known of the drive.

Curvature, since a steering angle means a curvature at any speed. A plan's is that of the arc
through its waypoint at 2 s; the wheel's angle is the mean over those same 2 s.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vavam_ros.evaluation.correlation import pearson, spearman
from vavam_ros.evaluation.deviation import agreement
from vavam_ros.evaluation.figure import HIGHER, NEITHER, Floats, about
from vavam_ros.evaluation.kinematics import ARC_S, Plans, arc_curvatures_per_m, checked, side
from vavam_ros.geometry.stretches import Stretches, interpolated
from vavam_ros.records import NS_PER_S

# As planned bends: 0.005 /m is 0.21 rad of a wheel that turns 14.8 times as far as the road
# wheels of a car with 2.85 m between its axles.
STRAIGHT_WHEEL_RAD = 0.21
MOST_HOLE_S = 0.5  # between two readings
GRID = 41  # times that a mean over 2 s is taken of


@dataclass(frozen=True, eq=False)
class SteeringAgreement:
    """By window; arrays [N]."""

    side_agrees: Floats = field(
        metadata=about(
            '', HIGHER, 'share with the bend of the wheel: left, straight (< 0.21 rad) or right'
        )
    )
    turn_agrees: Floats = field(
        metadata=about('', HIGHER, 'the same, of windows whose wheel is not straight')
    )
    wheel_rad: Floats = field(
        metadata=about('rad', NEITHER, 'mean wheel angle over 2 s, left positive')
    )
    curvature_per_m: Floats = field(metadata=about('1/m', NEITHER, 'planned curvature over 2 s'))


@dataclass(frozen=True)
class SteeringCorrelation:
    """Of all windows together; indifferent to the wheel's ratio and to its zero."""

    correlation: float | None = field(
        metadata=about('', HIGHER, 'of planned curvature with wheel angle')
    )
    rank_correlation: float | None = field(metadata=about('', HIGHER, "the same, Spearman's"))


def steering_agreement(
    plans: Plans, wheel_rad: Floats, straight_rad: float = STRAIGHT_WHEEL_RAD
) -> SteeringAgreement:
    """Plans [N, H, 2] against wheel angles [N] (see `mean_ahead`); NaN where none is known."""
    curvatures = arc_curvatures_per_m(checked(plans))
    agrees = agreement(side(curvatures), side(wheel_rad, straight_rad))
    return SteeringAgreement(*agrees, wheel_rad, curvatures)


def steering_correlation(plans: Plans, wheel_rad: Floats) -> SteeringCorrelation:
    """Plans [N, H, 2] with wheel angles [N]; plans that stand and unknown angles do not count."""
    curvatures = arc_curvatures_per_m(checked(plans))
    return SteeringCorrelation(pearson(curvatures, wheel_rad), spearman(curvatures, wheel_rad))


def mean_ahead(
    stamps_ns: NDArray[np.int64],
    readings: Floats,
    at_ns: NDArray[np.int64],
    span_s: float = ARC_S,
) -> Floats:
    """Mean [N] of readings [M], at rising stamps [M], over `span_s` from each time [N] on.

    Between readings the line through them counts. NaN where they do not cover the span, or have
    a hole of more than 0.5 s in it.
    """
    if len(stamps_ns) != len(readings) or not len(readings) or (np.diff(stamps_ns) <= 0).any():
        raise ValueError('readings need as many stamps, which rise')
    offsets_ns = np.round(np.linspace(0.0, span_s, GRID) * NS_PER_S).astype(np.int64)
    times_ns = at_ns[:, None] + offsets_ns
    values = interpolated(stamps_ns, readings[:, None], times_ns.reshape(-1)).reshape(-1, GRID)
    means = (values[:, 1:] + values[:, :-1]).mean(axis=1) / 2
    stretches = Stretches(stamps_ns, MOST_HOLE_S)
    first, last = stretches.of(times_ns[:, 0]), stretches.of(times_ns[:, -1])
    return np.where((first >= 0) & (first == last), means, np.nan)
