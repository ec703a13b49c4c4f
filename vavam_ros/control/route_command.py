"""From a route and where the vehicle is on it to the command: left, right or straight."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from vavam_ros.errors import InputError
from vavam_ros.geometry.line import Line
from vavam_ros.geometry.polyline import Points
from vavam_ros.geometry.pose import Pose2
from vavam_ros.records import DriveCommand

_POSE_AHEAD_S, _POSE_ASIDE_M = 3.0, 2.0  # as the training data was labelled
_ROUTE_AHEAD_M, _ROUTE_ASIDE_M = 20.0, 3.0  # as closed-loop simulators give it


Rule = Callable[[Line, Pose2, float, float], DriveCommand]


def command_by_pose(route: Line, pose: Pose2, progress_m: float, speed_mps: float) -> DriveCommand:
    """`pose-3s`: where the route is 3 s on at the present speed, beyond 2 m to a side."""
    ahead_m = progress_m + _POSE_AHEAD_S * max(speed_mps, 0.0)
    if ahead_m > route.lengths_m[-1]:
        return DriveCommand.STRAIGHT
    return _by_side(pose, route.place_at(ahead_m), _POSE_ASIDE_M)


def command_by_route(
    route: Line, pose: Pose2, progress_m: float, speed_mps: float
) -> DriveCommand:
    """`route-20m`: the route's first point at least 20 m on, beyond 3 m to a side."""
    first = int(np.searchsorted(route.lengths_m, progress_m + _ROUTE_AHEAD_M))
    if first == len(route.lengths_m):
        return DriveCommand.STRAIGHT
    return _by_side(pose, route.points_m[first], _ROUTE_ASIDE_M)


COMMAND_RULES: dict[str, Rule] = {'pose-3s': command_by_pose, 'route-20m': command_by_route}


def command_from_route(
    route: Line | Points,
    pose: Pose2,
    rule: str,
    speed_mps: float,
    progress_m: float | None = None,
) -> DriveCommand:
    """The command at `pose` (rear axle, in the route's frame) by one of COMMAND_RULES.

    `progress_m` is where on the route that is, if it is known (see `Line.progress_m`).
    Where the route ends before the rule's place it is STRAIGHT. InputError for another rule.
    """
    if rule not in COMMAND_RULES:
        raise InputError(f'command rule {rule!r}: it is one of {", ".join(COMMAND_RULES)}')
    line = route if isinstance(route, Line) else Line(np.asarray(route, np.float64))
    if progress_m is None:
        progress_m = line.progress_m(pose)
    return COMMAND_RULES[rule](line, pose, progress_m, speed_mps)


def _by_side(pose: Pose2, place_m: NDArray[np.float64], aside_m: float) -> DriveCommand:
    left_m = pose.to_rig(place_m[None])[0, 1]
    if left_m > aside_m:
        return DriveCommand.LEFT
    return DriveCommand.RIGHT if left_m < -aside_m else DriveCommand.STRAIGHT
