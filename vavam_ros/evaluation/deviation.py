"""How plans differ from where the vehicle went: ahead, aside, heading, speed, bend."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from vavam_ros.evaluation.figure import HIGHER, LOWER, NEITHER, Floats, about
from vavam_ros.evaluation.kinematics import (
    Plans,
    arc_curvatures_per_m,
    checked,
    side,
    speeds_mps,
    tangents_rad,
    wrapped,
)


@dataclass(frozen=True, eq=False)
class Deviation:
    """Means over the six waypoints of each window; arrays [N]."""

    ahead_m: Floats = field(metadata=about('m', NEITHER, 'farther along the way than the truth'))
    ahead_abs_m: Floats = field(
        metadata=about('m', LOWER, 'too far or not far enough along the way')
    )
    aside_m: Floats = field(metadata=about('m', NEITHER, 'left of the truth'))
    aside_abs_m: Floats = field(metadata=about('m', LOWER, 'left or right of the truth'))
    heading_abs_rad: Floats = field(
        metadata=about('rad', LOWER, 'between the directions of travel')
    )
    speed_mps: Floats = field(metadata=about('m/s', NEITHER, 'faster than the truth'))
    speed_abs_mps: Floats = field(metadata=about('m/s', LOWER, 'faster or slower than the truth'))
    side_agrees: Floats = field(
        metadata=about(
            '', HIGHER, 'share with the bend of the truth: left, straight (< 0.005 /m) or right'
        )
    )
    turn_agrees: Floats = field(
        metadata=about('', HIGHER, 'the same, of windows whose truth is not straight')
    )


def deviation(plans: Plans, truths: Plans) -> Deviation:
    """Plans [N, H, 2] against truths [N, H, 2]."""
    plans, truths = checked(plans), checked(truths, 'truths')
    ahead_m, aside_m = along_and_across_m(plans, truths)
    faster_mps = speeds_mps(plans) - speeds_mps(truths)
    turned_rad = wrapped(tangents_rad(plans) - tangents_rad(truths))
    agrees, turn_agrees = agreement(
        side(arc_curvatures_per_m(plans)), side(arc_curvatures_per_m(truths))
    )
    return Deviation(
        ahead_m=ahead_m.mean(axis=1),
        ahead_abs_m=np.abs(ahead_m).mean(axis=1),
        aside_m=aside_m.mean(axis=1),
        aside_abs_m=np.abs(aside_m).mean(axis=1),
        heading_abs_rad=np.abs(turned_rad).mean(axis=1),
        speed_mps=faster_mps.mean(axis=1),
        speed_abs_mps=np.abs(faster_mps).mean(axis=1),
        side_agrees=agrees,
        turn_agrees=turn_agrees,
    )


def along_and_across_m(plans: Plans, truths: Plans) -> tuple[Floats, Floats]:
    """Errors [..., H] forward and left, in the truth's direction of travel at each waypoint.

    Not in the rig frame: at the end of a bend that would call being late being aside. Where the
    truth stands, its direction is the last that it had.
    """
    off = np.asarray(plans, np.float64) - np.asarray(truths, np.float64)
    directions = tangents_rad(truths)
    cos, sin = np.cos(directions), np.sin(directions)
    return cos * off[..., 0] + sin * off[..., 1], cos * off[..., 1] - sin * off[..., 0]


def agreement(planned: Floats, driven: Floats) -> tuple[Floats, Floats]:
    """Sides [N] (1 left, 0 straight, -1 right) -> 1 where they agree, else 0 [N]; only of turns.

    NaN where the driven side is not known; in the second, also where it is straight. A planned
    side that is not known (the plan stands) agrees with none.
    """
    known = ~np.isnan(driven)
    agrees = np.where(known, (planned == driven).astype(np.float64), np.nan)
    return agrees, np.where(known & (driven != 0), agrees, np.nan)
