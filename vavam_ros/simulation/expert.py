"""A driver who knows the whole world: pure pursuit on the route, IDM speed."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vavam_ros.control.vehicle import VehicleParameters
from vavam_ros.records import Actuation
from vavam_ros.simulation.awareness import Hazard
from vavam_ros.simulation.ego import EgoMotion
from vavam_ros.simulation.idm import Idm
from vavam_ros.simulation.route import Route
from vavam_ros.simulation.world import STEP_S, World

HORIZON = 6  # waypoints of a plan
WAYPOINT_STEPS = 10  # of the world, between two of them: 0.5 s
LOOK_AHEAD_M = (3.5, 9.0)
LOOK_AHEAD_S = 0.7
PREVIEW_S = 0.5  # of the speed limit
AS_FAST_AS_ALLOWED = 0.97
IDM = Idm(headway_s=1.5, standing_gap_m=3.0, acceleration_mps2=1.6, braking_mps2=2.0)


@dataclass(frozen=True)
class Following:
    """Where on the route the vehicle is and what is ahead: all that the driver looks at."""

    ego: EgoMotion
    progress_m: float
    hazards: tuple[Hazard, ...]


class Expert:
    """Drives a world's ego vehicle along its route, and can say where it will be."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._track = _Track(world.route)

    def actuation(self) -> Actuation:
        """What to do now."""
        world = self._world
        now = Following(world.ego, world.progress_m, world.hazards())
        steer, acceleration = self._law(now)
        return Actuation(world.stamp_ns, steer, acceleration, self._limit(now))

    def plan(self) -> NDArray[np.float32]:
        """[6, 2] m in the rig frame of now, at +0.5 ... +3.0 s: how it would drive from here.

        What is ahead is taken to keep its speed.
        """
        world = self._world
        now = Following(world.ego, world.progress_m, world.hazards())
        places = []
        for _ in range(HORIZON):
            for _ in range(WAYPOINT_STEPS):
                now = self._moved(now)
            places.append((now.ego.x_m, now.ego.y_m))
        return world.ego.pose.to_rig(np.array(places)).astype(np.float32)

    def _moved(self, now: Following) -> Following:
        ego = now.ego.moved(*self._law(now), STEP_S, self._world.vehicle)
        hazards = tuple(
            replace(hazard, at_m=hazard.at_m + hazard.speed_mps * STEP_S) for hazard in now.hazards
        )
        return Following(ego, self._track.progress(ego, now.progress_m), hazards)

    def _law(self, now: Following) -> tuple[float, float]:
        """Steering (rad, left positive) and acceleration (m/s^2)."""
        vehicle, ego = self._world.vehicle, now.ego
        front_m = now.progress_m + front_overhang_m(vehicle)
        leaders = [(hazard.at_m - front_m, hazard.speed_mps) for hazard in now.hazards]
        acceleration = IDM.acceleration(ego.speed_mps, self._limit(now), leaders)
        return self._steering(now), acceleration

    def _limit(self, now: Following) -> float:
        preview_m = now.ego.speed_mps * PREVIEW_S
        return AS_FAST_AS_ALLOWED * self._track.limit(now.progress_m + preview_m)

    def _steering(self, now: Following) -> float:
        ego = now.ego
        least, most = LOOK_AHEAD_M
        ahead_m = min(max(least + LOOK_AHEAD_S * ego.speed_mps - 1.0, least), most)
        x, y = self._track.place(now.progress_m + ahead_m)
        dx, dy = x - ego.x_m, y - ego.y_m
        left = -dx * math.sin(ego.yaw_rad) + dy * math.cos(ego.yaw_rad)
        curvature = 2 * left / max(dx * dx + dy * dy, 1.0)
        return math.atan(curvature * self._world.vehicle.wheelbase_m)


def front_overhang_m(vehicle: VehicleParameters) -> float:
    """From the rear axle to the front bumper."""
    return vehicle.rear_axle_to_centre_m + vehicle.length_m / 2


class _Track:
    """The route in plain numbers, for the many look-ups of a plan."""

    def __init__(self, route: Route) -> None:
        self._points = route.points_m.tolist()
        self._lengths = route.lengths_m.tolist()
        self._limits = route.limits_mps.tolist()
        self._spacing = route.length_m / (len(self._points) - 1)

    def _index(self, at_m: float) -> int:
        last = len(self._points) - 2
        index = min(max(int(at_m / self._spacing), 0), last)
        while index < last and self._lengths[index + 1] < at_m:
            index += 1
        while index > 0 and self._lengths[index] > at_m:
            index -= 1
        return index

    def place(self, at_m: float) -> tuple[float, float]:
        index = self._index(at_m)
        (x, y), (next_x, next_y) = self._points[index : index + 2]
        step = self._lengths[index + 1] - self._lengths[index]
        share = (at_m - self._lengths[index]) / step
        return x + share * (next_x - x), y + share * (next_y - y)

    def limit(self, at_m: float) -> float:
        return float(self._limits[self._index(at_m)])

    def progress(self, ego: EgoMotion, last_m: float) -> float:
        """The nearest place near the last one, a step ago."""
        x, y = self.place(last_m)
        next_x, next_y = self.place(last_m + 0.5)
        ahead = ((ego.x_m - x) * (next_x - x) + (ego.y_m - y) * (next_y - y)) / 0.25 * 0.5
        return last_m + min(max(ahead, -1.0), 2.0)
