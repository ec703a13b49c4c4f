"""Plans that need no camera: what a model has to beat."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from vavam_ros.evaluation.ego_motion import EgoMotion
from vavam_ros.evaluation.figure import Floats
from vavam_ros.geometry.ego_track import HORIZON, STEP_S

_TIMES_S = STEP_S * np.arange(1, HORIZON + 1)


def standing_still(motion: EgoMotion) -> Floats:
    """[N, H, 2] m: stays where it is."""
    return np.zeros((len(motion.speeds_mps), HORIZON, 2))


def constant_velocity(motion: EgoMotion) -> Floats:
    """[N, H, 2] m: straight ahead as the rig heads, at the speed it has."""
    ahead_m = motion.speeds_mps[:, None] * _TIMES_S
    return np.stack([ahead_m, np.zeros_like(ahead_m)], axis=-1)


def constant_turn(motion: EgoMotion) -> Floats:
    """[N, H, 2] m: on with the speed and the yaw rate that it has, so on a circle."""
    way_m = motion.speeds_mps[:, None] * _TIMES_S
    half_turn = motion.yaw_rates_radps[:, None] * _TIMES_S / 2
    chord_m = way_m * np.sinc(half_turn / np.pi)
    return np.stack([chord_m * np.cos(half_turn), chord_m * np.sin(half_turn)], axis=-1)


BASELINES: Mapping[str, Callable[[EgoMotion], Floats]] = MappingProxyType(
    {
        'constant velocity': constant_velocity,
        'constant turn rate and velocity': constant_turn,
        'standing still': standing_still,
    }
)
