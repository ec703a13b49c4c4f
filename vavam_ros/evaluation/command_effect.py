"""What a command changes: plans for left, straight and right from the same window and noise."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from vavam_ros.evaluation.figure import HIGHER, NEITHER, Floats, about
from vavam_ros.evaluation.kinematics import Plans, checked, lengths_m


@dataclass(frozen=True, eq=False)
class CommandEffect:
    """At 3 s, in the rig frame; arrays [N]."""

    left_aside_m: Floats = field(
        metadata=about('m', NEITHER, 'how far left of straight the left plan ends')
    )
    right_aside_m: Floats = field(
        metadata=about('m', NEITHER, 'how far left of straight the right plan ends')
    )
    left_to_right_m: Floats = field(
        metadata=about('m', NEITHER, 'how far left of the right plan the left is')
    )
    left_way_m: Floats = field(
        metadata=about('m', NEITHER, 'how much longer the left plan is than straight')
    )
    right_way_m: Floats = field(
        metadata=about('m', NEITHER, 'how much longer the right plan is than straight')
    )
    ordered: Floats = field(
        metadata=about('', HIGHER, 'share with left left of straight left of right')
    )


def command_effect(left: Plans, straight: Plans, right: Plans) -> CommandEffect:
    """Plans [N, H, 2] of each command."""
    plans = np.stack([checked(left), checked(straight), checked(right)])
    left_y, straight_y, right_y = plans[..., -1, 1]
    left_way, straight_way, right_way = lengths_m(plans).sum(axis=-1)
    return CommandEffect(
        left_aside_m=left_y - straight_y,
        right_aside_m=right_y - straight_y,
        left_to_right_m=left_y - right_y,
        left_way_m=left_way - straight_way,
        right_way_m=right_way - straight_way,
        ordered=((left_y > straight_y) & (straight_y > right_y)).astype(np.float64),
    )
