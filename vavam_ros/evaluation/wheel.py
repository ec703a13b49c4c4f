"""What a run says of recordings that tell nothing of their drive but the steering wheel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vavam_ros.evaluation.bootstrap import Interval, mean_interval, statistic_interval
from vavam_ros.evaluation.figure import figures_of
from vavam_ros.evaluation.independence import Independent, independent
from vavam_ros.evaluation.steering import steering_agreement, steering_correlation
from vavam_ros.evaluation.window import Window

CORRELATIONS = ('correlation', 'rank_correlation')
AGREEMENTS = ('side_agrees', 'turn_agrees')


@dataclass(frozen=True, eq=False)
class WheelReadings:
    """Figures of `SteeringCorrelation` and the shares of `SteeringAgreement`, by name."""

    windows: int
    independent: Independent
    intervals: Mapping[str, Interval | None]  # None: nothing to measure it on


def wheel_readings(windows: Sequence[Window]) -> WheelReadings | None:
    """Of the windows whose only truth the wheel is; None where there are none."""
    own = [one for one in windows if one.steering is not None]
    if not own:
        return None
    plans = np.stack([one.plan for one in own])
    wheel_rad = np.array([one.steering for one in own], np.float64)
    names = sorted({one.recording for one in own})
    apart = independent(
        np.array([names.index(one.recording) for one in own], np.int64),
        np.array([one.stamp_ns for one in own], np.int64),
    )
    found: dict[str, Interval | None] = {}
    for name in CORRELATIONS:
        interval = statistic_interval(
            lambda rows, name=name: getattr(  # type: ignore[misc]
                steering_correlation(plans[rows], wheel_rad[rows]), name
            ),
            apart.groups,
        )
        found[name] = None if interval is None else interval.within(-1.0, 1.0)
    for figure in figures_of(steering_agreement(plans, wheel_rad)):
        if figure.name in AGREEMENTS and figure.by_window is not None:
            interval = mean_interval(figure.by_window, apart.groups)
            found[figure.name] = None if interval is None else interval.within(*figure.bounds)
    return WheelReadings(len(own), apart, found)
