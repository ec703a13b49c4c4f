"""What goes wrong: collisions, leaving the road, the wrong lane, red lights."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vavam_ros.control.vehicle import VehicleParameters
from vavam_ros.geometry.curves import box_corners, boxes_overlap
from vavam_ros.simulation.ego import EgoMotion
from vavam_ros.simulation.scene import Actor
from vavam_ros.simulation.town import LANE_WIDTH_M, PARKING_WIDTH_M, Town

Corners = tuple[tuple[float, float], ...]

COLLISION, OFF_ROAD, WRONG_LANE, RED_LIGHT = 'collision', 'off_road', 'wrong_lane', 'red_light'

ROAD_HALF_M = LANE_WIDTH_M + PARKING_WIDTH_M - 0.7  # of the body's middle from the road's middle
OVER_LINE_M = 0.3  # of the body's middle beyond the centre line, to be in the wrong lane
WRONG_FOR_S = 0.5
TREE_TRUNK_M = 0.5
APART_S = 1.0  # after which touching the same thing is another collision


@dataclass(frozen=True)
class Event:
    """One thing that went wrong."""

    time_s: float
    kind: str  # COLLISION, OFF_ROAD, WRONG_LANE or RED_LIGHT
    x_m: float  # of the ego vehicle's rear axle in `map`
    y_m: float
    speed_mps: float
    with_what: str = ''  # of a collision: car, pedestrian, parked car, building, tree
    impact_mps: float = 0.0  # of a collision: relative speed


@dataclass(frozen=True)
class Placement:
    """Where on the carriageway the vehicle's middle is."""

    on_road: bool
    wrong_lane: bool


class Carriageway:
    """The roads' surface, to be asked where something is on it."""

    def __init__(self, town: Town) -> None:
        points = np.concatenate([road.centre_m for road in town.roads])
        self._x, self._y = np.ascontiguousarray(points.T)
        self._headings = np.concatenate(
            [np.arctan2(*np.gradient(road.centre_m, axis=0).T[::-1]) for road in town.roads]
        )
        self._middles = np.array([junction.centre_m for junction in town.junctions])
        self._outlines = [junction.outline_m for junction in town.junctions]

    def placement(self, x: float, y: float, yaw: float) -> Placement:
        """Of a vehicle whose middle is at (x, y) and that heads for `yaw`."""
        middle = int(((self._middles - (x, y)) ** 2).sum(axis=1).argmin())
        if contains(self._outlines[middle], x, y):
            return Placement(True, False)
        east, north = x - self._x, y - self._y
        nearest = int((east**2 + north**2).argmin())
        heading, offset = self._headings[nearest], (east[nearest], north[nearest])
        aside = -offset[0] * math.sin(heading) + offset[1] * math.cos(heading)
        left = aside if math.cos(heading - yaw) >= 0 else -aside
        on_road = math.hypot(*offset) < ROAD_HALF_M
        return Placement(on_road, on_road and left > OVER_LINE_M)


def contains(polygon: NDArray[np.float64], x: float, y: float) -> bool:
    """Whether a point is within a polygon [N, 2] (crossing number)."""
    ends = np.roll(polygon, -1, axis=0)
    spans = (polygon[:, 1] > y) != (ends[:, 1] > y)
    rise = np.where(spans, ends[:, 1] - polygon[:, 1], 1.0)
    at = polygon[:, 0] + (y - polygon[:, 1]) / rise * (ends[:, 0] - polygon[:, 0])
    return bool((spans & (x < at)).sum() % 2)


class StandingThings:
    """What stands in the town and can be run into."""

    def __init__(self, town: Town) -> None:
        self._corners: list[Corners] = []
        self._names: list[str] = []
        for name, boxes in (('parked car', town.parked), ('building', town.buildings)):
            for box in boxes:
                shape = (box.x_m, box.y_m, box.yaw_rad, box.length_m, box.width_m)
                self._corners.append(box_corners(*shape))
                self._names.append(name)
        for tree in town.trees:
            self._corners.append(box_corners(tree.x_m, tree.y_m, 0, TREE_TRUNK_M, TREE_TRUNK_M))
            self._names.append('tree')
        corners = np.array(self._corners).reshape(-1, 4, 2)
        self._middles = corners.mean(axis=1)
        self._reach = np.hypot(*(corners[:, 0] - self._middles).T)

    def touched(self, corners: Corners) -> list[tuple[int, str]]:
        """(number, what) of everything that the box overlaps."""
        middle = np.mean(corners, axis=0)
        reach = math.dist(corners[0], middle)
        gaps = np.hypot(*(self._middles - middle).T) - self._reach
        return [
            (int(i), self._names[i])
            for i in np.flatnonzero(gaps < reach)
            if boxes_overlap(corners, self._corners[i])
        ]


class Referee:
    """Watches the ego vehicle and says when something goes wrong, once for each time."""

    def __init__(self, town: Town, vehicle: VehicleParameters) -> None:
        self.carriageway = Carriageway(town)
        self._standing = StandingThings(town)
        self._vehicle = vehicle
        self._touched_s: dict[tuple[str, int], float] = {}
        self._off_road = False
        self._wrong_since_s: float | None = None
        self._wrong_said = False

    def forget(self) -> None:
        """The vehicle was put elsewhere."""
        self._touched_s.clear()
        self._off_road, self._wrong_since_s, self._wrong_said = False, None, False

    def judge(self, time_s: float, ego: EgoMotion, actors: tuple[Actor, ...]) -> list[Event]:
        """What began to go wrong since the last look."""
        events = self._collisions(time_s, ego, actors)
        placement = self.placement(ego)
        if not placement.on_road and not self._off_road:
            events.append(_event(time_s, OFF_ROAD, ego))
        self._off_road = not placement.on_road
        if not placement.wrong_lane:
            self._wrong_since_s, self._wrong_said = None, False
        elif self._wrong_since_s is None:
            self._wrong_since_s = time_s
        elif time_s - self._wrong_since_s >= WRONG_FOR_S and not self._wrong_said:
            self._wrong_said = True
            events.append(_event(time_s, WRONG_LANE, ego))
        return events

    def placement(self, ego: EgoMotion) -> Placement:
        """Where on the carriageway the body's middle is."""
        return self.carriageway.placement(*middle_of(ego, self._vehicle), ego.yaw_rad)

    def _collisions(self, time_s: float, ego: EgoMotion, actors: tuple[Actor, ...]) -> list[Event]:
        vehicle = self._vehicle
        x, y = middle_of(ego, vehicle)
        corners = box_corners(x, y, ego.yaw_rad, vehicle.length_m, vehicle.width_m)
        events = []
        for number, what in self._standing.touched(corners):
            if self._is_new(time_s, (what, number)):
                events.append(_event(time_s, COLLISION, ego, what, ego.speed_mps))
        for actor in actors:
            if math.hypot(actor.x_m - x, actor.y_m - y) > 8.0:
                continue
            shape = (actor.x_m, actor.y_m, actor.yaw_rad, actor.length_m, actor.width_m)
            if boxes_overlap(corners, box_corners(*shape)) and self._is_new(
                time_s, (actor.kind, actor.name)
            ):
                impact = relative_speed(ego, actor)
                events.append(_event(time_s, COLLISION, ego, actor.kind, impact))
        return events

    def _is_new(self, time_s: float, thing: tuple[str, int]) -> bool:
        last_s = self._touched_s.get(thing)
        self._touched_s[thing] = time_s
        return last_s is None or time_s - last_s > APART_S


def middle_of(ego: EgoMotion, vehicle: VehicleParameters) -> tuple[float, float]:
    """x, y of the body's middle, ahead of the rear axle."""
    ahead = vehicle.rear_axle_to_centre_m
    return ego.x_m + ahead * math.cos(ego.yaw_rad), ego.y_m + ahead * math.sin(ego.yaw_rad)


def relative_speed(ego: EgoMotion, actor: Actor) -> float:
    """Size of the difference of their velocities."""
    return math.hypot(
        ego.speed_mps * math.cos(ego.yaw_rad) - actor.speed_mps * math.cos(actor.yaw_rad),
        ego.speed_mps * math.sin(ego.yaw_rad) - actor.speed_mps * math.sin(actor.yaw_rad),
    )


def _event(
    time_s: float, kind: str, ego: EgoMotion, with_what: str = '', impact_mps: float = 0.0
) -> Event:
    place = (ego.x_m, ego.y_m, ego.speed_mps)
    return Event(time_s, kind, *place, with_what, impact_mps)
