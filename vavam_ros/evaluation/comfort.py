"""How a drive feels: accelerations and jerks, along the vehicle and across."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vavam_ros.evaluation.drive_record import DriveRecord

OVER_S = 0.5  # changes are taken over this time: shorter ones are vibration, not comfort

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Felt:
    """Root mean square and 95th percentile of a quantity's size."""

    rms: float
    p95: float


@dataclass(frozen=True)
class Comfort:
    """Of drives, or of plans; all 0 where there is too little to tell."""

    acceleration_mps2: Felt  # along the vehicle, braking counts alike
    lateral_acceleration_mps2: Felt
    jerk_mps3: Felt
    lateral_jerk_mps3: Felt


def comfort(records: Sequence[DriveRecord]) -> Comfort:
    """Over all moments of all drives; a take-over itself is not felt."""
    along: list[Floats] = []
    across: list[Floats] = []
    along_jerk: list[Floats] = []
    across_jerk: list[Floats] = []
    for record in records:
        rows = max(round(OVER_S / record.step_s), 1)
        for leg in record.each_leg():
            speeds, yaws = record.speeds_mps[leg], np.unwrap(record.yaws_rad[leg])
            middle = speeds[rows // 2 :][: max(len(speeds) - rows, 0)]
            along.append(_rates(speeds, rows))
            across.append(_rates(yaws, rows) * middle)
            along_jerk.append(_rates(along[-1], rows))
            across_jerk.append(_rates(across[-1], rows))
    return Comfort(felt(along), felt(across), felt(along_jerk), felt(across_jerk))


def felt(pieces: Sequence[Floats]) -> Felt:
    """Of all values in arrays [N]; 0 where there is none."""
    sizes = np.abs(np.concatenate(pieces)) if pieces else np.zeros(0)
    if not len(sizes):
        return Felt(0.0, 0.0)
    return Felt(float(np.sqrt((sizes**2).mean())), float(np.percentile(sizes, 95)))


def _rates(values: Floats, rows: int) -> Floats:
    """Change per second over `rows` steps; empty where there are fewer."""
    return (values[rows:] - values[:-rows]) / OVER_S
