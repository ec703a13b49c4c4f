"""What of all that moves is in the ego vehicle's way."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vavam_ros.control.vehicle import VehicleParameters
from vavam_ros.geometry.curves import box_corners
from vavam_ros.simulation.ego import EgoMotion
from vavam_ros.simulation.route import Route
from vavam_ros.simulation.scene import PEDESTRIAN, Actor
from vavam_ros.simulation.town import LANE_WIDTH_M, PARKING_WIDTH_M

Array = NDArray[np.float64]

SIGHT_M = 55.0  # how far ahead hazards count
HALF_CORRIDOR_M = 1.25  # of the ego vehicle's body beside its route, with a little room
FORESEEN_S, FORESEEN_STEP_S = 4.0, 0.2  # how far a car's way is thought on
CLEARED_S = 0.5  # so long before it comes one may still pass before it
ABOUT_TO_CROSS_M = LANE_WIDTH_M + PARKING_WIDTH_M + 1.5  # beside the route, walking towards it


@dataclass(frozen=True)
class Hazard:
    """Something on the route that the ego vehicle must not run into."""

    at_m: float  # its near edge, along the route
    speed_mps: float  # along the route, not below 0


def actor_hazards(
    route: Route,
    progress_m: float,
    ego: EgoMotion,
    vehicle: VehicleParameters,
    actors: Sequence[Actor],
) -> list[Hazard]:
    """Cars on the route ahead, and pedestrians on it or on their way to it."""
    near = [
        actor for actor in actors if math.hypot(actor.x_m - ego.x_m, actor.y_m - ego.y_m) < SIGHT_M
    ]
    corridor = _Corridor(route, progress_m)
    middle_m = progress_m + vehicle.rear_axle_to_centre_m
    found = [_hazard(actor, corridor, middle_m) for actor in near]
    return [hazard for hazard in found if hazard is not None]


def foreseen_hazards(
    route: Route,
    progress_m: float,
    ego: EgoMotion,
    vehicle: VehicleParameters,
    cars: Sequence[Actor],
) -> list[Hazard]:
    """Where cars beside the route come onto it soon, if they drive straight on as they do now."""
    moving = [car for car in cars if car.speed_mps]
    if not moving:
        return []
    corridor = _Corridor(route, progress_m)
    front_m = progress_m + vehicle.rear_axle_to_centre_m + vehicle.length_m / 2
    found = []
    for car in moving:
        coming = _coming(car, corridor)
        if coming is None:
            continue
        comes_s, near_m, far_m = coming
        passed_m = far_m + vehicle.length_m - front_m
        passes_before = passed_m < ego.speed_mps * (comes_s - CLEARED_S)
        if near_m > front_m and not passes_before:
            found.append(Hazard(near_m, 0.0))
    return found


class _Corridor:
    """The part of the route that can be seen."""

    def __init__(self, route: Route, progress_m: float) -> None:
        first, last = np.searchsorted(
            route.lengths_m, (progress_m - 6.0, progress_m + SIGHT_M + 5.0)
        )
        self._x, self._y = np.ascontiguousarray(route.points_m[first:last].T)
        self._yaws, self._lengths = route.yaws_rad[first:last], route.lengths_m[first:last]

    def places(self, places: Array) -> tuple[Array, Array, float]:
        """[N] metres along the route and left of it; the route's yaw beside the last."""
        east, north = places[:, :1] - self._x, places[:, 1:] - self._y
        nearest = (east**2 + north**2).argmin(axis=1)
        each = np.arange(len(places))
        x, y = east[each, nearest], north[each, nearest]
        cos, sin = np.cos(self._yaws[nearest]), np.sin(self._yaws[nearest])
        along = self._lengths[nearest] + x * cos + y * sin
        return along, y * cos - x * sin, float(self._yaws[nearest[-1]])


def _coming(car: Actor, corridor: _Corridor) -> tuple[float, float, float] | None:
    """When a car comes into the corridor, and from where to where it then crosses the route."""
    comes_s, near_m, far_m = math.inf, math.inf, -math.inf
    for at_s in np.arange(0.0, FORESEEN_S, FORESEEN_STEP_S):
        way_m = car.speed_mps * at_s
        x = car.x_m + way_m * math.cos(car.yaw_rad)
        y = car.y_m + way_m * math.sin(car.yaw_rad)
        corners = np.array(box_corners(x, y, car.yaw_rad, car.length_m, car.width_m))
        along, aside, _ = corridor.places(corners)
        across = float(aside.min()) < 0 < float(aside.max())
        if across or float(np.abs(aside).min()) < HALF_CORRIDOR_M:
            comes_s = min(comes_s, float(at_s))
            near_m, far_m = min(near_m, float(along.min())), max(far_m, float(along.max()))
    return (comes_s, near_m, far_m) if comes_s < math.inf else None


def _hazard(actor: Actor, corridor: _Corridor, middle_m: float) -> Hazard | None:
    """Where an actor is in the way, if it is; what is behind the vehicle's middle is not."""
    shape = (actor.x_m, actor.y_m, actor.yaw_rad, actor.length_m, actor.width_m)
    corners = np.array([*box_corners(*shape), (actor.x_m, actor.y_m)])
    along, aside, yaw = corridor.places(corners)
    if along[-1] < middle_m:
        return None
    near_m, off_m = float(along.min()), float(np.abs(aside).min())
    if actor.kind == PEDESTRIAN:
        towards = actor.speed_mps * math.sin(actor.yaw_rad - yaw) * float(aside[-1]) < 0
        crossing = towards and off_m < ABOUT_TO_CROSS_M
        in_way = actor.speed_mps > 0 and (off_m < HALF_CORRIDOR_M + 0.5 or crossing)
        return Hazard(near_m, 0.0) if in_way else None
    across = float(aside.min()) < 0 < float(aside.max())
    if off_m > HALF_CORRIDOR_M and not across:
        return None
    return Hazard(near_m, max(actor.speed_mps * math.cos(actor.yaw_rad - yaw), 0.0))
