"""People who wait beside the roads and now and then cross in front of the ego vehicle."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from vavam_ros.geometry.pose import Pose2
from vavam_ros.simulation.scene import PEDESTRIAN, Actor
from vavam_ros.simulation.town import LANE_WIDTH_M, PARKING_WIDTH_M, Colour, Road, Town

WAITING_M = LANE_WIDTH_M + PARKING_WIDTH_M + 0.8  # from the road's middle
CLEAR_M = 25.0  # of a road's ends
SHARE_OF_ROADS = 0.6
SOONEST_S, LATEST_S = 4.0, 6.5  # before the ego vehicle would be there, when one sets off
WILLING = 0.6
SIGHT_M = 70.0
FIRST_NAME = 1000
CLOTHES: tuple[Colour, ...] = (
    (0.8, 0.2, 0.2), (0.2, 0.3, 0.8), (0.9, 0.8, 0.2), (0.15, 0.15, 0.2), (0.9, 0.9, 0.9),
    (0.3, 0.6, 0.35),
)  # fmt: skip


@dataclass
class Pedestrian:
    """One person at a place where one crosses."""

    name: int
    foot_m: tuple[float, float]  # the road's middle there
    across_yaw: float  # the road's left side, seen along it
    aside_m: float  # left of the road's middle
    walking_mps: float  # signed, to the left; 0 waits
    pace_mps: float
    colour: Colour
    considered: bool = False  # the ego vehicle's present approach has been thought about

    @property
    def place_m(self) -> tuple[float, float]:
        """x, y in `map`."""
        return (
            self.foot_m[0] + self.aside_m * math.cos(self.across_yaw),
            self.foot_m[1] + self.aside_m * math.sin(self.across_yaw),
        )


class Pedestrians:
    """All people of a town."""

    def __init__(self, town: Town, rng: np.random.Generator, share: float) -> None:
        self._rng = rng
        chosen = [road for road in town.roads if rng.random() < SHARE_OF_ROADS * share]
        self.people = [self._person(FIRST_NAME + i, road) for i, road in enumerate(chosen)]

    def step(self, dt_s: float, ego: Pose2, speed_mps: float) -> None:
        """Walk on; who waits may set off when the ego vehicle is some seconds away."""
        for person in self.people:
            if person.walking_mps:
                self._walk(person, dt_s)
            else:
                self._consider(person, ego, speed_mps)

    def keep_clear(self, middle_m: tuple[float, float], radius_m: float) -> None:
        """Whoever is near goes back to the pavement at once, as after an accident."""
        for person in self.people:
            if person.walking_mps and math.dist(person.place_m, middle_m) < radius_m:
                person.aside_m = math.copysign(WAITING_M, person.aside_m)
                person.walking_mps = 0.0

    def actors(self) -> list[Actor]:
        """As a camera sees them."""
        actors = []
        for person in self.people:
            x, y = person.place_m
            yaw = person.across_yaw + (0.0 if person.walking_mps > 0 else math.pi)
            size = (0.4, 0.5, 1.75)
            speed = abs(person.walking_mps)
            actors.append(Actor(person.name, PEDESTRIAN, x, y, yaw, speed, *size, person.colour))
        return actors

    def _person(self, name: int, road: Road) -> Pedestrian:
        rng = self._rng
        at = int(rng.uniform(CLEAR_M, len(road.centre_m) - CLEAR_M))
        (x, y), along = road.centre_m[at], road.centre_m[at + 1] - road.centre_m[at - 1]
        side = float(rng.choice((-1.0, 1.0)))
        return Pedestrian(
            name=name,
            foot_m=(float(x), float(y)),
            across_yaw=math.atan2(along[1], along[0]) + math.pi / 2,
            aside_m=side * WAITING_M,
            walking_mps=0.0,
            pace_mps=float(rng.uniform(1.3, 1.9)),
            colour=CLOTHES[rng.integers(len(CLOTHES))],
        )

    def _walk(self, person: Pedestrian, dt_s: float) -> None:
        person.aside_m += person.walking_mps * dt_s
        if abs(person.aside_m) >= WAITING_M and person.aside_m * person.walking_mps > 0:
            person.aside_m = math.copysign(WAITING_M, person.aside_m)
            person.walking_mps = 0.0

    def _consider(self, person: Pedestrian, ego: Pose2, speed_mps: float) -> None:
        east, north = person.foot_m[0] - ego.x_m, person.foot_m[1] - ego.y_m
        cos, sin = math.cos(ego.yaw_rad), math.sin(ego.yaw_rad)
        ahead, aside = east * cos + north * sin, north * cos - east * sin
        near = 0 < ahead < SIGHT_M and abs(aside) < 12.0
        if not near:
            person.considered = False
        elif not person.considered and speed_mps > 2.0:
            arrival_s = ahead / speed_mps
            if SOONEST_S < arrival_s < LATEST_S:
                person.considered = True
                if self._rng.random() < WILLING:
                    person.walking_mps = -math.copysign(person.pace_mps, person.aside_m)
