"""From a place to the lanes that it is on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from vavam_ros.simulation.town import Town
from vavam_ros.simulation.traffic import Obstacle

ON_LANE_M = 2.0  # from a lane's middle: so near, one is in the way of who drives there


class LaneMap:
    """All points of all lanes, to be searched."""

    def __init__(self, town: Town) -> None:
        points = np.concatenate([lane.points_m for lane in town.lanes])
        self._x, self._y = np.ascontiguousarray(points.T)  # a column each is quick to search
        self._lanes = np.repeat(
            [lane.index for lane in town.lanes], [len(lane.points_m) for lane in town.lanes]
        )
        self._lengths = np.concatenate([lane.lengths_m for lane in town.lanes])

    def under(
        self, place_m: tuple[float, float], behind_m: float, speed_mps: float
    ) -> Iterator[tuple[int, Obstacle]]:
        """(lane, obstacle) for each lane that a thing is on; it reaches `behind_m` backwards."""
        squares = (self._x - place_m[0]) ** 2 + (self._y - place_m[1]) ** 2
        near = np.flatnonzero(squares < ON_LANE_M**2)
        for lane in sorted(set(self._lanes[near].tolist())):
            own = near[self._lanes[near] == lane]
            at_m = float(self._lengths[own[squares[own].argmin()]])
            yield lane, Obstacle(at_m - behind_m, speed_mps)
