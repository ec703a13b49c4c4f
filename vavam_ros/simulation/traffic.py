"""Cars that drive on the lanes, keep their distance and take turns at junctions."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from vavam_ros.simulation.crossings import Crossings
from vavam_ros.simulation.idm import Idm
from vavam_ros.simulation.scene import CAR, Actor
from vavam_ros.simulation.scenery import CAR_COLOURS
from vavam_ros.simulation.speed_limits import lane_limits
from vavam_ros.simulation.town import Colour, Lane, Town

SIGHT_M = 45.0
STOP_LINE_M = 1.5  # before a lane's end
ROOM_M = 9.0  # at the beginning of a lane, for who wants to leave a junction into it
SPACING_M = 16.0  # between cars that are put on the roads


@dataclass
class Car:
    """One car of the traffic; its place is its middle, along a lane."""

    name: int
    lane: int
    at_m: float
    onward: list[int]  # the next lanes: two or more
    speed_mps: float
    eagerness: float  # of the speed limits
    length_m: float
    width_m: float
    height_m: float
    colour: Colour
    acceleration_mps2: float = 0.0


@dataclass(frozen=True)
class Obstacle:
    """Something else on a lane that cars keep their distance from."""

    at_m: float  # its nearest edge, along the lane
    speed_mps: float = 0.0


@dataclass
class Occupancy:
    """What is on each lane: (rear edge along it, speed, name), by lane."""

    on_lane: dict[int, list[tuple[float, float, int]]] = field(default_factory=dict)

    def add(self, lane: int, rear_m: float, speed_mps: float, name: int) -> None:
        """One more thing."""
        self.on_lane.setdefault(lane, []).append((rear_m, speed_mps, name))


class Traffic:
    """All cars but the ego vehicle."""

    def __init__(
        self, town: Town, crossings: Crossings, count: int, rng: np.random.Generator
    ) -> None:
        self._town = town
        self._crossings = crossings
        self._rng = rng
        self._limits = [limits.tolist() for limits in lane_limits(town)]
        self._places = [_LanePlaces(lane) for lane in town.lanes]
        self._lengths = [lane.length_m for lane in town.lanes]
        self._roads = [lane.index for lane in town.lanes if lane.road >= 0]
        self._idm = Idm()
        self.cars: list[Car] = []
        for name in range(count):
            place = self._free_place((0.0, 0.0), 0.0)
            if place is not None:
                self.cars.append(self._new_car(name, *place))

    def step(self, dt_s: float, time_s: float, obstacles: dict[int, list[Obstacle]]) -> None:
        """Move every car on; obstacles by lane are the ego vehicle, pedestrians and the like."""
        occupancy = self._occupancy(obstacles)
        for car in self.cars:
            limits = self._limits[car.lane]
            wanted = car.eagerness * limits[min(int(car.at_m + 1.0), len(limits) - 1)]
            leaders = self._leaders(car, occupancy, time_s)
            car.acceleration_mps2 = self._idm.acceleration(car.speed_mps, wanted, leaders)
        for car in self.cars:
            self._move(car, dt_s)

    def keep_clear(self, middle_m: tuple[float, float], radius_m: float) -> None:
        """Take the cars around a place elsewhere, as after an accident."""
        for car in self.cars:
            x, y, _ = self.pose(car)
            if math.dist((x, y), middle_m) < radius_m:
                place = self._free_place(middle_m, radius_m + 60.0)
                if place is not None:
                    self._crossings.keep_only(car.name, frozenset())
                    car.lane, car.at_m = place
                    car.onward = self._draw_onward(car.lane)
                    car.speed_mps = 0.0

    def pose(self, car: Car) -> tuple[float, float, float]:
        """x, y and yaw of its middle in `map`."""
        return self._places[car.lane].pose(car.at_m)

    def actors(self) -> list[Actor]:
        """As a camera sees them."""
        actors = []
        for car in self.cars:
            x, y, yaw = self.pose(car)
            size = (car.length_m, car.width_m, car.height_m)
            braking = car.acceleration_mps2 < -0.5 or car.speed_mps < 0.1
            actors.append(
                Actor(car.name, CAR, x, y, yaw, car.speed_mps, *size, car.colour, braking)
            )
        return actors

    def _occupancy(self, obstacles: dict[int, list[Obstacle]]) -> Occupancy:
        occupancy = Occupancy()
        for car in self.cars:
            occupancy.add(car.lane, car.at_m - car.length_m / 2, car.speed_mps, car.name)
        for lane, things in obstacles.items():
            for thing in things:
                occupancy.add(lane, thing.at_m, thing.speed_mps, -1)
        return occupancy

    def _leaders(self, car: Car, occupancy: Occupancy, time_s: float) -> list[tuple[float, float]]:
        """(free metres, speed) of what it must not run into, its stop line included."""
        front = car.at_m + car.length_m / 2
        leaders = []
        before = 0.0  # of the lane looked at, from the beginning of the car's own
        for lane in (car.lane, *car.onward):
            for rear, speed, name in occupancy.on_lane.get(lane, ()):
                if name != car.name and car.at_m < before + rear < front + SIGHT_M:
                    leaders.append((before + rear - front, speed))
            before += self._lengths[lane]
            if before - front > SIGHT_M:
                break
        stop = self._stop_line(car, front, occupancy, time_s)
        return leaders if stop is None else [*leaders, (stop, 0.0)]

    def _stop_line(
        self, car: Car, front: float, occupancy: Occupancy, time_s: float
    ) -> float | None:
        """Metres to the line that it has to wait at; None where it may go on."""
        lane = self._town.lanes[car.lane]
        if lane.junction >= 0:
            return None
        left = self._lengths[car.lane] - STOP_LINE_M - front
        if left > car.speed_mps**2 / (2 * self._idm.braking_mps2) + 10.0:
            return None
        connector, beyond = car.onward[:2]
        if left < -2.0 or self._crossings.has(car.name, connector):
            return None
        first = not any(rear > car.at_m for rear, _, _ in occupancy.on_lane.get(car.lane, ()))
        crowded = any(
            rear < ROOM_M and speed < 2.0 for rear, speed, _ in occupancy.on_lane.get(beyond, ())
        )
        if first and not crowded and self._crossings.claim(car.name, connector, time_s):
            return None
        return left

    def _move(self, car: Car, dt_s: float) -> None:
        speed = max(0.0, car.speed_mps + car.acceleration_mps2 * dt_s)
        car.at_m += (car.speed_mps + speed) / 2 * dt_s
        car.speed_mps = speed
        length = self._lengths[car.lane]
        if car.at_m >= length:
            car.at_m -= length
            car.lane = car.onward.pop(0)
            last = self._town.lanes[car.onward[-1]]
            car.onward.append(int(self._rng.choice(last.successors)))
        clear_of_junction = car.at_m > car.length_m / 2 + 1.0
        if clear_of_junction and self._town.lanes[car.lane].junction < 0:
            self._crossings.keep_only(car.name, frozenset(car.onward[:1]))

    def _free_place(
        self, away_from: tuple[float, float], distance_m: float
    ) -> tuple[int, float] | None:
        """A lane and a place on it with no car near and far from a point; None: all is full."""
        for _ in range(200):
            lane = int(self._rng.choice(self._roads))
            at_m = float(self._rng.uniform(5.0, self._lengths[lane] - 12.0))
            x, y, _ = self._places[lane].pose(at_m)
            far = math.dist((x, y), away_from) > distance_m
            if far and all(math.dist((x, y), self.pose(car)[:2]) > SPACING_M for car in self.cars):
                return lane, at_m
        return None

    def _new_car(self, name: int, lane: int, at_m: float) -> Car:
        rng = self._rng
        return Car(
            name=name,
            lane=lane,
            at_m=at_m,
            onward=self._draw_onward(lane),
            speed_mps=4.0,
            eagerness=float(rng.uniform(0.65, 1.0)),
            length_m=float(rng.uniform(4.0, 4.9)),
            width_m=float(rng.uniform(1.7, 1.9)),
            height_m=float(rng.uniform(1.4, 1.75)),
            colour=CAR_COLOURS[rng.integers(len(CAR_COLOURS))],
        )

    def _draw_onward(self, lane: int) -> list[int]:
        onward = [int(self._rng.choice(self._town.lanes[lane].successors))]
        for _ in range(2):
            onward.append(int(self._rng.choice(self._town.lanes[onward[-1]].successors)))
        return onward


class _LanePlaces:
    """Quick poses along a lane: plain numbers, looked up by index."""

    def __init__(self, lane: Lane) -> None:
        self._points = lane.points_m.tolist()
        self._spacing = lane.length_m / (len(self._points) - 1)

    def pose(self, at_m: float) -> tuple[float, float, float]:
        place = min(max(at_m / self._spacing, 0.0), len(self._points) - 1.001)
        index = int(place)
        (x, y), (next_x, next_y) = self._points[index : index + 2]
        share = at_m / self._spacing - index
        yaw = math.atan2(next_y - y, next_x - x)
        return x + share * (next_x - x), y + share * (next_y - y), yaw
