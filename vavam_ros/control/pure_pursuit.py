"""Steering towards a place ahead, along the circle that the rear axle would drive."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from vavam_ros.control.settings import FollowerSettings
from vavam_ros.control.vehicle import VehicleParameters

_NEAREST_M = 0.1  # nearer than this, a place has no direction


def lookahead_m(speed_mps: float, settings: FollowerSettings) -> float:
    """How far along the path from here to aim."""
    wanted_m = settings.lookahead_time_s * speed_mps
    return min(max(wanted_m, settings.lookahead_min_m), settings.lookahead_max_m)


def steer_towards(place_in_rig: NDArray[np.float64], vehicle: VehicleParameters) -> float:
    """Angle of the front wheels (rad, left positive) that leads to [x, y] m; within the limits.

    Full lock for a place beside or behind; straight ahead for the rear axle's own place.
    """
    ahead_m, left_m = float(place_in_rig[0]), float(place_in_rig[1])
    distance_m = math.hypot(ahead_m, left_m)
    if distance_m < _NEAREST_M:
        return 0.0
    if ahead_m <= 0:
        return math.copysign(vehicle.max_steer_rad, left_m)
    steer_rad = math.atan(vehicle.wheelbase_m * 2 * left_m / distance_m**2)
    return min(max(steer_rad, -vehicle.max_steer_rad), vehicle.max_steer_rad)
