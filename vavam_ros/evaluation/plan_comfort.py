"""How plans would feel if they were driven exactly.

From the waypoints alone, since the present speed is not part of a plan: the origin and the first
waypoint give the first speed, so that nothing is said of how the vehicle comes to it. Speeds are
of steps, accelerations of two steps, jerks of three.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from vavam_ros.evaluation.comfort import Comfort, felt
from vavam_ros.evaluation.figure import HIGHER, LOWER, Floats, about
from vavam_ros.evaluation.kinematics import (
    Plans,
    checked,
    headings_rad,
    speeds_mps,
    wrapped,
)
from vavam_ros.geometry.ego_track import STEP_S

# What nuPlan's closed-loop score calls comfortable.
BRAKES_MPS2, SPEEDS_UP_MPS2, LATERAL_MPS2, JERK_MPS3 = -4.05, 2.40, 4.89, 4.13


@dataclass(frozen=True, eq=False)
class PlanFelt:
    """Along the vehicle at 0.5 .. 2.5 s, across it at the same times, jerks at 0.75 .. 2.25 s."""

    acceleration_mps2: Floats  # [N, H - 1] braking is negative
    lateral_acceleration_mps2: Floats  # [N, H - 1] to the left is positive
    jerk_mps3: Floats  # [N, H - 2]
    lateral_jerk_mps3: Floats  # [N, H - 2]


@dataclass(frozen=True, eq=False)
class PlanComfort:
    """The worst within each plan; arrays [N]."""

    most_acceleration_mps2: Floats = field(metadata=about('m/s^2', LOWER, 'most of gaining speed'))
    most_braking_mps2: Floats = field(metadata=about('m/s^2', LOWER, 'most of losing speed'))
    most_lateral_mps2: Floats = field(
        metadata=about('m/s^2', LOWER, 'most acceleration to a side')
    )
    most_jerk_mps3: Floats = field(
        metadata=about('m/s^3', LOWER, 'most change of acceleration, either way')
    )
    comfortable: Floats = field(
        metadata=about('', HIGHER, "share of plans within nuPlan's bounds of comfort")
    )


def plan_comfort(plans: Plans) -> PlanComfort:
    """Of plans [N, H, 2]."""
    driven = plan_felt(plans)
    along, jerk = driven.acceleration_mps2, np.abs(driven.jerk_mps3).max(axis=1)
    lateral = np.abs(driven.lateral_acceleration_mps2).max(axis=1)
    gains, losses = along.max(axis=1).clip(0), (-along).max(axis=1).clip(0)
    comfortable = (
        (gains <= SPEEDS_UP_MPS2)
        & (losses <= -BRAKES_MPS2)
        & (lateral <= LATERAL_MPS2)
        & (jerk <= JERK_MPS3)
    )
    return PlanComfort(gains, losses, lateral, jerk, comfortable.astype(np.float64))


def comfort_of_plans(plans: Plans) -> Comfort:
    """The same figures as of drives, over all times of all plans [N, H, 2]."""
    driven = plan_felt(plans)
    return Comfort(
        felt([driven.acceleration_mps2.ravel()]),
        felt([driven.lateral_acceleration_mps2.ravel()]),
        felt([driven.jerk_mps3.ravel()]),
        felt([driven.lateral_jerk_mps3.ravel()]),
    )


def plan_felt(plans: Plans) -> PlanFelt:
    """Of plans [N, H, 2]; lateral is yaw rate times speed, as of drives."""
    speeds = speeds_mps(checked(plans))
    yaw_rates = wrapped(np.diff(headings_rad(plans), axis=-1)) / STEP_S
    along = np.diff(speeds, axis=-1) / STEP_S
    across = yaw_rates * (speeds[..., :-1] + speeds[..., 1:]) / 2
    return PlanFelt(
        along, across, np.diff(along, axis=-1) / STEP_S, np.diff(across, axis=-1) / STEP_S
    )
