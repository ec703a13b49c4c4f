"""How fast a careful driver goes where: bends, junctions, and braking in time for either."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from vavam_ros.simulation.town import Lane, Town

Array = NDArray[np.float64]

TOWN_MPS = 8.3  # 30 km/h
JUNCTION_MPS = 5.0
SIDEWAYS_MPS2 = 2.0
BRAKING_MPS2 = 1.4  # in good time


@lru_cache(maxsize=4)  # of a town, which does not change
def lane_limits(town: Town) -> tuple[Array, ...]:
    """[N] m/s at each point of each lane, low enough at a lane's end for every way on."""
    alone = [_by_shape(lane, town) for lane in town.lanes]
    for lane in town.lanes:
        onward = [alone[i][0] for i in lane.successors]
        if lane.road >= 0 and onward:
            alone[lane.index][-1] = min(alone[lane.index][-1], *onward)
    return tuple(braked(alone[lane.index], lane.lengths_m) for lane in town.lanes)


def braked(limits: Array, lengths_m: Array) -> Array:
    """The same limits, lowered ahead of lower ones so that BRAKING_MPS2 suffices."""
    lowered, lengths = limits.tolist(), lengths_m.tolist()  # plain numbers are quicker one by one
    for i in range(len(lowered) - 2, -1, -1):
        step = lengths[i + 1] - lengths[i]
        lowered[i] = min(lowered[i], math.sqrt(lowered[i + 1] ** 2 + 2 * BRAKING_MPS2 * step))
    return np.array(lowered)


def _by_shape(lane: Lane, town: Town) -> Array:
    most = TOWN_MPS
    if lane.junction >= 0 and town.junctions[lane.junction].arms > 2:
        most = JUNCTION_MPS
    return np.asarray(
        np.minimum(most, np.sqrt(SIDEWAYS_MPS2 / np.maximum(_curvatures(lane), 1e-3)))
    )


def _curvatures(lane: Lane) -> Array:
    """Absolute, 1/m, over about 4 m, at each point."""
    headings = np.unwrap(np.arctan2(*np.gradient(lane.points_m, axis=0).T[::-1]))
    reach = min(2, len(headings) // 3)
    padded = np.pad(headings, reach, mode='edge')
    turned = np.abs(padded[2 * reach :] - padded[: -2 * reach])
    return np.asarray(turned / (2 * reach * lane.length_m / (len(headings) - 1)))
