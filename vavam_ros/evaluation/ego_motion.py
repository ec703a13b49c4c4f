"""Rig frames of many moments.

Poses [N, 3] are x m, y m, yaw rad (counter-clockwise) in a fixed frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vavam_ros.evaluation.figure import Floats
from vavam_ros.evaluation.kinematics import wrapped
from vavam_ros.geometry.ego_track import STEP_S


@dataclass(frozen=True, eq=False)
class EgoMotion:
    """How the vehicle moves now, as its last moments show; arrays [N]."""

    speeds_mps: Floats  # negative backwards
    yaw_rates_radps: Floats  # left positive


def past_motion(before: Floats, now: Floats, span_s: float = STEP_S) -> EgoMotion:
    """From poses `span_s` ago and now: the way between them and the turn, over that time."""
    came_m = -to_rig(before[:, None, :2], now)[:, 0]
    ways_m = np.copysign(np.linalg.norm(came_m, axis=-1), came_m[:, 0])
    return EgoMotion(ways_m / span_s, wrapped(now[:, 2] - before[:, 2]) / span_s)


def to_rig(places_m: Floats, poses: Floats) -> Floats:
    """Places [N, H, 2] in the fixed frame -> [N, H, 2] in the rig's frame at each pose."""
    off = np.asarray(places_m, np.float64) - poses[:, None, :2]
    return _turned(off, -poses[:, 2])


def to_fixed(places_m: Floats, poses: Floats) -> Floats:
    """Places [N, H, 2] in the rig's frame at each pose -> [N, H, 2] in the fixed frame."""
    return _turned(np.asarray(places_m, np.float64), poses[:, 2]) + poses[:, None, :2]


def _turned(vectors: Floats, angles_rad: Floats) -> Floats:
    cos, sin = np.cos(angles_rad)[:, None], np.sin(angles_rad)[:, None]
    x, y = vectors[..., 0], vectors[..., 1]
    return np.stack([cos * x - sin * y, sin * x + cos * y], axis=-1)
