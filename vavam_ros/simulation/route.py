"""The way that the ego vehicle is asked to take: lanes, one after the other."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vavam_ros.geometry.curves import arc_lengths
from vavam_ros.geometry.pose import Pose2
from vavam_ros.simulation.speed_limits import braked, lane_limits
from vavam_ros.simulation.town import Town

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Route:
    """Points along the centre of the lanes, about 1 m apart."""

    lanes: tuple[int, ...]
    starts_m: tuple[float, ...]  # where on the route each of the lanes begins
    points_m: Array  # [N, 2]
    lengths_m: Array  # [N] from the route's beginning
    yaws_rad: Array  # [N], unwrapped
    limits_mps: Array  # [N] how fast a careful driver goes

    @property
    def length_m(self) -> float:
        """From its first point to its last."""
        return float(self.lengths_m[-1])

    def pose_at(self, at_m: float) -> Pose2:
        """Where one is after `at_m` of it, and which way one looks."""
        x = float(np.interp(at_m, self.lengths_m, self.points_m[:, 0]))
        y = float(np.interp(at_m, self.lengths_m, self.points_m[:, 1]))
        return Pose2(x, y, float(np.interp(at_m, self.lengths_m, self.yaws_rad)))

    def limit_at(self, at_m: float) -> float:
        """Speed of a careful driver there, m/s."""
        return float(np.interp(at_m, self.lengths_m, self.limits_mps))

    def lane_at(self, at_m: float) -> int:
        """Which of `lanes` (its place in the route) holds that point."""
        place = int(np.searchsorted(self.starts_m, at_m, side='right')) - 1
        return min(max(place, 0), len(self.lanes) - 1)

    def project(self, x_m: float, y_m: float, near_m: float) -> tuple[float, float]:
        """The route's nearest point as (metres along it, metres that (x, y) is left of it).

        Looks only from 10 m before `near_m` to 20 m after: a route may cross itself.
        """
        ends = np.searchsorted(self.lengths_m, (near_m - 10.0, near_m + 20.0))
        first = min(max(int(ends[0]) - 1, 0), len(self.points_m) - 2)
        last = max(int(ends[1]) + 1, first + 2)
        points = self.points_m[first:last]
        steps = points[1:] - points[:-1]
        offsets = np.array((x_m, y_m)) - points[:-1]
        squares = np.maximum((steps**2).sum(axis=1), 1e-12)
        shares = np.clip((offsets * steps).sum(axis=1) / squares, 0.0, 1.0)
        missed = offsets - shares[:, None] * steps
        best = int((missed**2).sum(axis=1).argmin())
        lengths = self.lengths_m[first + best], self.lengths_m[first + best + 1]
        along = float(lengths[0] + shares[best] * (lengths[1] - lengths[0]))
        cross = steps[best, 0] * offsets[best, 1] - steps[best, 1] * offsets[best, 0]
        aside = math.copysign(float(np.hypot(*missed[best])), cross)
        return along, aside


def make_route(town: Town, length_m: float, rng: np.random.Generator) -> Route:
    """A random way of at least `length_m`; at junctions each turn that there is is as likely.

    It begins on a road and never turns back.
    """
    lanes = [int(rng.choice([lane.index for lane in town.lanes if lane.road >= 0]))]
    driven = town.lanes[lanes[0]].length_m
    while driven < length_m or town.lanes[lanes[-1]].road < 0:
        lanes.append(int(rng.choice(town.lanes[lanes[-1]].successors)))
        driven += town.lanes[lanes[-1]].length_m
    return route_along(town, lanes)


def route_along(town: Town, lanes: list[int]) -> Route:
    """The route of these lanes, each of them a successor of the one before."""
    limits = lane_limits(town)
    points, limit, starts = [], [], [0.0]
    for lane in lanes:
        points.append(town.lanes[lane].points_m[:-1])
        limit.append(limits[lane][:-1])
        starts.append(starts[-1] + town.lanes[lane].length_m)
    points.append(town.lanes[lanes[-1]].points_m[-1:])
    limit.append(limits[lanes[-1]][-1:])
    joined = np.concatenate(points)
    lengths = arc_lengths(joined)
    yaws = np.unwrap(np.arctan2(*np.gradient(joined, axis=0).T[::-1]))
    return Route(
        tuple(lanes),
        tuple(starts[:-1]),
        joined,
        lengths,
        yaws,
        braked(np.concatenate(limit), lengths),
    )
