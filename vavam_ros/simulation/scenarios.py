"""Three situations that end in a collision unless the driver reacts, drawn by number.

A ghost, the expert on the empty road, drives the way first; the car is put where it hits the
ghost. So who drives as usual and does not react has the collision, at a speed that is known.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from vavam_ros.control.vehicle import VehicleParameters
from vavam_ros.errors import InputError
from vavam_ros.geometry.curves import box_corners, boxes_overlap
from vavam_ros.simulation.collection import Driver
from vavam_ros.simulation.ego import EgoMotion
from vavam_ros.simulation.events import COLLISION, middle_of, relative_speed
from vavam_ros.simulation.expert import Expert
from vavam_ros.simulation.safety_driver import SafetyDriver, must_take_over
from vavam_ros.simulation.scripted import ScriptedCar
from vavam_ros.simulation.seeds import HELD_OUT_SEEDS
from vavam_ros.simulation.supervised_drive import Camera, LockStep
from vavam_ros.simulation.town import Lane
from vavam_ros.simulation.world import STEP_S, World, WorldSettings

STATIONARY, FRONTAL, CROSSING = 'stationary', 'frontal', 'crossing'
KINDS = (STATIONARY, FRONTAL, CROSSING)

HIT_AFTER_S = (5.0, 6.5)  # of driving: the frames of a whole context, and time to react
GOES_ON_S = 4.0  # after the ghost's collision
STRAIGHT_M = 0.5  # so much a road part may bend aside over the car's way
_ROAD_M = 70.0  # from the start on there is no junction
_STRAIGHT_FROM_M = 25.0  # to _ROAD_M: there the car comes
_NAME = 2000
_TRIES = 200


@dataclass(frozen=True)
class Scenario:
    """One situation: the world, where the ego vehicle starts, and the car in its way."""

    kind: str
    number: int
    seed: int  # of the town, a held-out one
    variant: int  # of the route
    starts_m: float  # along the route, at the place's limit speed
    car: ScriptedCar
    seconds: float
    reference_mps: float  # speed of impact of who does not react

    def world(self) -> World:
        """The world at the start, with no one there but the ego vehicle and the car."""
        world = _empty_world(self.seed, self.variant)
        world.scripted = (self.car,)
        _place(world, self.starts_m)
        return world


@dataclass(frozen=True)
class ScenarioEnd:
    """How it ended."""

    time_s: float
    impact_mps: float | None  # None: no collision
    left_road: bool  # drove off the road, or away from the route
    least_mps: float  # the slowest that the vehicle was


@functools.lru_cache(maxsize=64)
def make_scenario(kind: str, number: int) -> Scenario:
    """The same for the same kind and number."""
    if kind not in KINDS:
        raise InputError(f'scenario {kind!r}: it is one of {", ".join(KINDS)}')
    rng = np.random.default_rng([KINDS.index(kind), number])
    for _ in range(_TRIES):
        seed, variant = int(rng.choice(HELD_OUT_SEEDS)), int(rng.integers(1000))
        world = _empty_world(seed, variant)
        found = _DRAW[kind](world, rng)
        if found is None:
            continue
        starts_m, car, ghost = found
        hit = _impact(ghost, car, world.vehicle)
        if hit is not None:
            time_s, impact_mps = hit
            return Scenario(
                kind, number, seed, variant, starts_m, car, time_s + GOES_ON_S, impact_mps
            )
    raise InputError(f'no place for scenario {kind} {number} was found in the held-out towns')


def drive_scenario(
    scenario: Scenario,
    world: World,
    camera: Camera,
    driver: Driver,
    at_frame: Callable[[], None] | None = None,
) -> ScenarioEnd:
    """Until a collision, or until the vehicle has left its way, or the time is over."""
    turns, safety = LockStep(world, camera, driver, at_frame), SafetyDriver(world)
    least_mps = world.ego.speed_mps
    while world.time_s < scenario.seconds:
        events = safety.noticed(turns.step())
        least_mps = min(least_mps, world.ego.speed_mps)
        impacts = [event.impact_mps for event in events if event.kind == COLLISION]
        if impacts:
            return ScenarioEnd(world.time_s, max(impacts), False, least_mps)
        if must_take_over(events):
            return ScenarioEnd(world.time_s, None, True, least_mps)
    return ScenarioEnd(world.time_s, None, False, least_mps)


Ghost = tuple[EgoMotion, ...]  # after each step
Drawn = tuple[float, ScriptedCar, Ghost]


def _stationary(world: World, rng: np.random.Generator) -> Drawn | None:
    """A car stands in the lane, a little aside and turned."""
    return _on_road(world, rng, ahead_m=2.0, turned_rad=0.0)


def _frontal(world: World, rng: np.random.Generator) -> Drawn | None:
    """A car stands in the lane, facing the ego vehicle, and then comes."""
    found = _on_road(world, rng, ahead_m=0.0, turned_rad=math.pi)
    if found is None:
        return None
    starts_m, car, ghost = found
    speed_mps, lasts_s = float(rng.uniform(4.0, 6.0)), float(rng.uniform(2.5, 3.5))
    return starts_m, _coming(car, speed_mps, lasts_s, len(ghost) * STEP_S), ghost


def _crossing(world: World, rng: np.random.Generator) -> Drawn | None:
    """A car stands at a crossroads, beside the way straight on, and then crosses it."""
    crossings = list(_crossings(world))
    if not crossings:
        return None
    at_m, lane = crossings[rng.integers(len(crossings))]
    starts_m = at_m - float(rng.uniform(35.0, 45.0))
    if starts_m < 2.0:
        return None
    ghost = _ghost(world, starts_m, lambda: world.progress_m >= at_m)
    x, y = middle_of(ghost[-1], world.vehicle)
    yaw = _yaw(lane, len(lane.points_m) // 2)
    car = ScriptedCar(_NAME, x, y, yaw + float(rng.uniform(-0.05, 0.05)))
    speed_mps, way_m = float(rng.uniform(4.0, 6.0)), float(rng.uniform(11.0, 15.0))
    late_s = float(rng.uniform(-0.2, 0.2))
    time_s = len(ghost) * STEP_S + late_s
    return starts_m, _coming(car, speed_mps, way_m / speed_mps, time_s), _longer(ghost, world)


_DRAW = {STATIONARY: _stationary, FRONTAL: _frontal, CROSSING: _crossing}


def _on_road(
    world: World, rng: np.random.Generator, ahead_m: float, turned_rad: float
) -> Drawn | None:
    """A car where the ghost is after some seconds, on a straight part of the road."""
    places = [place for place in np.arange(10.0, 1500.0, 5.0) if _straight(world, float(place))]
    if not places:
        return None
    starts_m = float(rng.choice(places))
    seconds = float(rng.uniform(*HIT_AFTER_S))
    ghost = _ghost(world, starts_m, lambda: world.time_s >= seconds)
    aside_m, turned = float(rng.uniform(-0.5, 0.5)), float(rng.uniform(-0.08, 0.08))
    at = world.route.pose_at(world.progress_m + world.vehicle.rear_axle_to_centre_m + ahead_m)
    x = at.x_m - aside_m * math.sin(at.yaw_rad)
    y = at.y_m + aside_m * math.cos(at.yaw_rad)
    car = ScriptedCar(_NAME, x, y, at.yaw_rad + turned_rad + turned)
    return starts_m, car, _longer(ghost, world)


def _straight(world: World, starts_m: float) -> bool:
    """Whether the way from there is a road whose farther part is straight."""
    route, town = world.route, world.town
    first, last = route.lane_at(starts_m - 5.0), route.lane_at(starts_m + _ROAD_M)
    if any(town.lanes[route.lanes[i]].junction >= 0 for i in range(first, last + 1)):
        return False
    here = np.arange(starts_m + _STRAIGHT_FROM_M, starts_m + _ROAD_M, 2.0)
    return _bend_m(np.array([(at.x_m, at.y_m) for at in map(route.pose_at, here)])) < STRAIGHT_M


def _crossings(world: World) -> Iterator[tuple[float, Lane]]:
    """Where the route goes straight on at a crossroads, and a lane that crosses it there.

    As (metres along the route with the body's middle on that lane, lane).
    """
    town, route = world.town, world.route
    for place, index in enumerate(route.lanes):
        own = town.lanes[index]
        if own.junction < 0 or own.turn != 'straight' or town.junctions[own.junction].arms < 4:
            continue
        for lane in (town.lanes[one] for one in town.junctions[own.junction].lanes):
            if lane.turn == 'straight' and _crosses(own, lane):
                gaps = np.hypot(*(own.points_m[:, None] - lane.points_m[None]).transpose(2, 0, 1))
                at = own.lengths_m[int(gaps.min(axis=1).argmin())]
                middle_m = world.vehicle.rear_axle_to_centre_m
                yield route.starts_m[place] + float(at) - middle_m, lane


def _crosses(own: Lane, lane: Lane) -> bool:
    """Whether their directions differ by 60 degrees or more."""
    turned = _yaw(lane, len(lane.points_m) // 2) - _yaw(own, len(own.points_m) // 2)
    return abs(math.sin(turned)) > math.sin(math.radians(60))


def _yaw(lane: Lane, near: int) -> float:
    """Where the lane leads at one of its points."""
    before, after = max(near - 2, 0), min(near + 2, len(lane.points_m) - 1)
    step = lane.points_m[after] - lane.points_m[before]
    return math.atan2(step[1], step[0])


def _bend_m(points: np.ndarray) -> float:
    """How far the points [N, 2] come aside of the line from the first to the last."""
    chord = points[-1] - points[0]
    offsets = points - points[0]
    across = chord[0] * offsets[:, 1] - chord[1] * offsets[:, 0]
    return float(np.abs(across).max() / np.hypot(*chord))


def _empty_world(seed: int, variant: int) -> World:
    return World(seed, WorldSettings(variant=variant, cars=0, pedestrians=0))


def _place(world: World, starts_m: float) -> None:
    world.progress_m = starts_m
    world.put_back()


def _ghost(world: World, starts_m: float, ended: Callable[[], bool]) -> Ghost:
    """The expert's motion from there until it has ended."""
    _place(world, starts_m)
    return _driven(world, ended)


def _longer(ghost: Ghost, world: World) -> Ghost:
    """And a while more, since the bodies may meet a little later."""
    until_s = world.time_s + 1.5
    return ghost + _driven(world, lambda: world.time_s >= until_s)


def _driven(world: World, ended: Callable[[], bool]) -> Ghost:
    expert, motions = Expert(world), []
    while not ended():
        world.step(expert.actuation())
        motions.append(world.ego)
    return tuple(motions)


def _coming(car: ScriptedCar, speed_mps: float, lasts_s: float, time_s: float) -> ScriptedCar:
    """The car so far back that it is where it was at `time_s`, after driving `lasts_s`."""
    way_m = speed_mps * lasts_s
    return replace(
        car,
        x_m=car.x_m - way_m * math.cos(car.yaw_rad),
        y_m=car.y_m - way_m * math.sin(car.yaw_rad),
        speed_mps=speed_mps,
        starts_s=time_s - lasts_s,
    )


def _impact(
    ghost: Ghost, car: ScriptedCar, vehicle: VehicleParameters
) -> tuple[float, float] | None:
    """When the ghost's body meets the car's, and how fast; None: never."""
    for step, ego in enumerate(ghost, start=1):
        x, y = middle_of(ego, vehicle)
        actor = car.actor(step * STEP_S)
        body = box_corners(x, y, ego.yaw_rad, vehicle.length_m, vehicle.width_m)
        other = (actor.x_m, actor.y_m, actor.yaw_rad, actor.length_m, actor.width_m)
        if boxes_overlap(body, box_corners(*other)):
            return step * STEP_S, relative_speed(ego, actor)
    return None
