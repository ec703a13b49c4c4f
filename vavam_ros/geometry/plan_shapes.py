"""A plan as timed poses and as coloured lines: what messages, live or in bags, are made from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vavam_ros.geometry.polyline import from_origin
from vavam_ros.records import NS_PER_S, DriveCommand, Plan

# Three of Okabe and Ito's colours, which stay apart with any colour vision.
COMMAND_COLOURS: dict[DriveCommand, tuple[int, int, int]] = {
    DriveCommand.RIGHT: (213, 94, 0),  # vermilion
    DriveCommand.LEFT: (0, 114, 178),  # blue
    DriveCommand.STRAIGHT: (0, 158, 115),  # bluish green
}
LINE_LIFETIME_NS = 2_000_000_000  # four plans at the model's rate, so that a stopped planner shows
_SAMPLE_WIDTH_M, _CHOSEN_WIDTH_M = 0.05, 0.2
_SAMPLE_ALPHA = 0.5
_SAME_PLACE_M = 1e-3  # closer than this, the direction between two points is noise


class TimedPose(NamedTuple):
    """Where to be, and when."""

    x_m: float  # in the rig frame at the plan's stamp
    y_m: float
    yaw_rad: float  # along the path
    time_ns: int


@dataclass(frozen=True, eq=False)
class PlanLine:
    """One of the lines that show a plan and its alternatives."""

    namespace: str  # `chosen`, or the command's name
    index: int  # of the sample
    points_m: NDArray[np.float64]  # [H + 1, 2] in the rig frame, from its origin
    width_m: float
    colour: tuple[int, int, int]  # RGB
    alpha: float


def timed_poses(plan: Plan) -> list[TimedPose]:
    """The chosen waypoints, each at its own future time."""
    positions = plan.waypoints_in_rig.astype(np.float64)
    step_ns = round(plan.step_s * NS_PER_S)
    return [
        TimedPose(x_m, y_m, yaw_rad, plan.stamp_ns + (index + 1) * step_ns)
        for index, ((x_m, y_m), yaw_rad) in enumerate(
            zip(positions.tolist(), headings_along(positions), strict=True)
        )
    ]


def headings_along(positions_m: NDArray[np.float64]) -> list[float]:
    """Return the yaw (rad, ccw from x) at each of [H, 2] points, the path starting at (0, 0).

    It is the direction from the point before to the point after, at the last point that of the
    last segment. Where the two coincide (standing still) it stays what it was, at first 0.
    """
    points = np.concatenate([np.zeros((1, 2)), positions_m])
    before = points[:-1]
    after = np.concatenate([points[2:], points[-1:]])
    headings = []
    heading = 0.0
    for step_x, step_y in (after - before).tolist():
        if math.hypot(step_x, step_y) > _SAME_PLACE_M:
            heading = math.atan2(step_y, step_x)
        headings.append(heading)
    return headings


def plan_lines(plan: Plan) -> list[PlanLine]:
    """The chosen path first, thick; then each sample, of the plan's command and of each what-if.

    Namespaces are `chosen`, `right`, `left`, `straight`, indices count the samples.
    """
    colour, waypoints = COMMAND_COLOURS[plan.command], from_origin(plan.waypoints_in_rig)
    lines = [PlanLine('chosen', 0, waypoints, _CHOSEN_WIDTH_M, colour, 1.0)]
    for command, samples in {plan.command: plan.samples_in_rig, **plan.what_ifs_in_rig}.items():
        name, colour = command.name.lower(), COMMAND_COLOURS[command]
        lines += [
            PlanLine(name, index, from_origin(one), _SAMPLE_WIDTH_M, colour, _SAMPLE_ALPHA)
            for index, one in enumerate(samples)
        ]
    return lines
