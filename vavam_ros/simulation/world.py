"""A town in time: the ego vehicle on its route, traffic and pedestrians around it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from vavam_ros.control.route_command import COMMAND_RULES
from vavam_ros.control.vehicle import VehicleParameters
from vavam_ros.errors import InputError
from vavam_ros.geometry.line import Line
from vavam_ros.records import NS_PER_S, Actuation, DriveCommand, EgoState
from vavam_ros.simulation.awareness import SIGHT_M, Hazard, actor_hazards, foreseen_hazards
from vavam_ros.simulation.crossings import EGO, Crossings
from vavam_ros.simulation.ego import EgoMotion
from vavam_ros.simulation.events import RED_LIGHT, Event, Placement, Referee, middle_of
from vavam_ros.simulation.lane_map import LaneMap
from vavam_ros.simulation.pedestrians import Pedestrians
from vavam_ros.simulation.route import make_route
from vavam_ros.simulation.scene import Actor, Scene
from vavam_ros.simulation.scripted import ScriptedCar
from vavam_ros.simulation.town_builder import make_town
from vavam_ros.simulation.traffic import Obstacle, Traffic

STEP_S = 0.05
STEP_NS = round(STEP_S * NS_PER_S)
WANTED_AHEAD_M = 60.0  # from here on traffic leaves a junction to the ego vehicle
CLAIMED_AHEAD_M = 35.0
STOP_LINE_M = 1.5
HARD_BRAKING_MPS2 = 3.0  # more is not braked for a light that turns yellow
PUT_BACK_CLEAR_M = 22.0
MOVING, STANDING = 'moving', 'standing'
STARTS = (MOVING, STANDING)  # how a drive begins


@dataclass(frozen=True)
class WorldSettings:
    """What a world holds; the town follows from the seed alone."""

    variant: int = 0  # another route and other traffic in the same town
    cars: int = 14
    pedestrians: float = 1.0  # share of the places where one could cross
    lights: bool = False
    route_m: float = 2500.0
    command_rule: str = 'route-20m'

    def __post_init__(self) -> None:
        if self.command_rule not in COMMAND_RULES:
            known = ', '.join(COMMAND_RULES)
            raise InputError(f'command rule {self.command_rule!r}: it is one of {known}')
        if self.variant < 0 or self.cars < 0 or self.pedestrians < 0 or self.route_m <= 0:
            raise InputError(f'world settings {self}: none may be negative, no route be empty')


class World:
    """Everything that moves, in steps of 0.05 s; the same for the same seed and settings."""

    def __init__(
        self,
        seed: int,
        settings: WorldSettings | None = None,
        vehicle: VehicleParameters | None = None,
        scripted: tuple[ScriptedCar, ...] = (),
    ) -> None:
        self.settings = settings or WorldSettings()
        self.vehicle = vehicle or VehicleParameters()
        self.scripted = scripted
        self.town = make_town(seed)
        rng = np.random.default_rng([seed, 1, self.settings.variant])
        self.route = make_route(self.town, self.settings.route_m, rng)
        self._line = Line(self.route.points_m)
        self._crossings = Crossings(self.town, self.settings.lights)
        self.progress_m = float(rng.uniform(8.0, 25.0))
        self.aside_m = 0.0  # left of the route
        start = self.route.pose_at(self.progress_m)
        self.ego = EgoMotion(start.x_m, start.y_m, start.yaw_rad)
        self._traffic = Traffic(self.town, self._crossings, self.settings.cars, rng)
        self._traffic.keep_clear((start.x_m, start.y_m), PUT_BACK_CLEAR_M)
        self._pedestrians = Pedestrians(self.town, rng, self.settings.pedestrians)
        self._referee = Referee(self.town, self.vehicle)
        self._lanes = LaneMap(self.town)
        self._steps = 0
        self._hazards: tuple[Hazard, ...] | None = None
        self._actors = self._all_actors()

    @property
    def time_s(self) -> float:
        """Seconds since the beginning."""
        return self._steps * STEP_S

    @property
    def stamp_ns(self) -> int:
        """The same in whole nanoseconds."""
        return self._steps * STEP_NS

    def ego_state(self) -> EgoState:
        """The rear axle's centre in `map`."""
        ego = self.ego
        return EgoState(self.stamp_ns, ego.x_m, ego.y_m, ego.yaw_rad, ego.speed_mps)

    def command(self, rule: str | None = None) -> DriveCommand:
        """What the route asks for now, by the settings' rule or another."""
        follow = COMMAND_RULES[rule or self.settings.command_rule]
        return follow(self._line, self.ego.pose, self.progress_m, self.ego.speed_mps)

    def step(self, actuation: Actuation) -> list[Event]:
        """0.05 s on under this actuation; what went wrong in them."""
        front_before = self._front_m()
        self.ego = self.ego.moved(
            actuation.steer_rad, actuation.acceleration_mps2, STEP_S, self.vehicle
        )
        self._steps += 1
        self._track_progress()
        self._claim_junctions()
        self._traffic.step(STEP_S, self.time_s, self._in_the_way())
        self._pedestrians.step(STEP_S, self.ego.pose, self.ego.speed_mps)
        self._actors = self._all_actors()
        self._hazards = None
        events = self._referee.judge(self.time_s, self.ego, self._actors)
        return events + self._red_lights(front_before)

    def scene(self) -> Scene:
        """What a camera sees now."""
        lights = self.town.lights if self.settings.lights else ()
        states = tuple(self._crossings.light(light.lane, self.time_s) for light in lights)
        return Scene(self.time_s, self.ego.pose, self._actors, states)

    def placement(self) -> Placement:
        """Whether the ego vehicle is on the road, and in its lane."""
        return self._referee.placement(self.ego)

    def hazards(self) -> tuple[Hazard, ...]:
        """What the ego vehicle has to keep its distance from, its stop line included."""
        if self._hazards is None:
            # Traffic keeps to the rules of the junctions; who follows a script does not.
            cars = [car.actor(self.time_s) for car in self.scripted]
            place = (self.route, self.progress_m, self.ego, self.vehicle)
            foreseen = foreseen_hazards(*place, cars)
            found = [*self._actors_ahead(), *foreseen, *self._stop_lines()]
            self._hazards = tuple(sorted(found, key=lambda hazard: hazard.at_m))
        return self._hazards

    def start(self, how: str) -> None:
        """Begin a drive: one of STARTS, moving is at the place's limit speed. Nothing is near."""
        self.put_back(0.0 if how == STANDING else None)

    def put_back(self, speed_mps: float | None = None) -> None:
        """Back to the route's middle with nothing near, as after an accident or a lost way.

        The speed is at most the place's limit: that, unless another is given.
        """
        at = self.route.pose_at(self.progress_m)
        limit = self.route.limit_at(self.progress_m)
        speed = limit if speed_mps is None else min(speed_mps, limit)
        self.ego = EgoMotion(at.x_m, at.y_m, at.yaw_rad, speed)
        self.aside_m = 0.0
        self._traffic.keep_clear((at.x_m, at.y_m), PUT_BACK_CLEAR_M)
        self._pedestrians.keep_clear((at.x_m, at.y_m), PUT_BACK_CLEAR_M)
        self._referee.forget()
        self._crossings.keep_only(EGO, frozenset())
        self._claim_junctions()
        self._actors = self._all_actors()
        self._hazards = None

    def _all_actors(self) -> tuple[Actor, ...]:
        scripted = [car.actor(self.time_s) for car in self.scripted]
        return (*self._traffic.actors(), *self._pedestrians.actors(), *scripted)

    def _track_progress(self) -> None:
        ego = self.ego
        self.progress_m, self.aside_m = self.route.project(ego.x_m, ego.y_m, self.progress_m)

    def _front_m(self) -> float:
        return self.progress_m + self.vehicle.rear_axle_to_centre_m + self.vehicle.length_m / 2

    def _claim_junctions(self) -> None:
        """The ego vehicle takes the junction that it is in or comes to, if it is free.

        Not past a car that is on the way there: that one goes first.
        """
        first_m = min((hazard.at_m for hazard in self._actors_ahead()), default=math.inf)
        connectors = [
            (lane, starts_m)
            for lane, starts_m in self._lanes_ahead(WANTED_AHEAD_M)
            if self.town.lanes[lane].junction >= 0
            and (starts_m < self._front_m() or (starts_m < first_m and self._may_go(starts_m)))
        ]
        wanted = frozenset(lane for lane, _ in connectors)
        self._crossings.want(wanted)
        self._crossings.keep_only(EGO, wanted)
        for lane, starts_m in connectors:
            if starts_m - self._front_m() < CLAIMED_AHEAD_M:
                self._crossings.claim(EGO, lane, self.time_s)

    def _may_go(self, starts_m: float) -> bool:
        """Whether the light before a junction is green, or it is too late to stop for it."""
        lane = self.route.lanes[self.route.lane_at(starts_m - 1.0)]
        gap_m = max(starts_m - STOP_LINE_M - self._front_m(), 0.1)
        too_late = self.ego.speed_mps**2 / (2 * gap_m) > HARD_BRAKING_MPS2
        return too_late or self._crossings.light(lane, self.time_s) == 'green'

    def _lanes_ahead(self, reach_m: float) -> list[tuple[int, float]]:
        """(lane, where on the route it starts) from that under the rear bumper on."""
        rear_m = self.progress_m - self.vehicle.length_m / 2 + self.vehicle.rear_axle_to_centre_m
        first = self.route.lane_at(rear_m)
        last = self.route.lane_at(self.progress_m + reach_m)
        return [(self.route.lanes[i], self.route.starts_m[i]) for i in range(first, last + 1)]

    def _stop_lines(self) -> list[Hazard]:
        """The line before the next junction, unless the ego vehicle has it or is over it."""
        for lane, starts_m in self._lanes_ahead(SIGHT_M):
            over = self._front_m() > starts_m
            if self.town.lanes[lane].junction >= 0 and not over:
                if self._crossings.has(EGO, lane):
                    return []
                near = starts_m - self._front_m() < CLAIMED_AHEAD_M
                return [Hazard(starts_m - STOP_LINE_M, 0.0)] if near else []
        return []

    def _actors_ahead(self) -> list[Hazard]:
        return actor_hazards(self.route, self.progress_m, self.ego, self.vehicle, self._actors)

    def _in_the_way(self) -> dict[int, list[Obstacle]]:
        """What traffic has to keep its distance from, by lane."""
        vehicle, lanes = self.vehicle, self._lanes
        middle = middle_of(self.ego, vehicle)
        found = list(lanes.under(middle, vehicle.length_m / 2, self.ego.speed_mps))
        for person in self._pedestrians.people:
            if person.walking_mps:
                found += lanes.under(person.place_m, 0.5, 0.0)
        for car in self.scripted:
            actor = car.actor(self.time_s)
            found += lanes.under((actor.x_m, actor.y_m), actor.length_m / 2, 0.0)
        by_lane: dict[int, list[Obstacle]] = {}
        for lane, obstacle in found:
            by_lane.setdefault(lane, []).append(obstacle)
        return by_lane

    def _red_lights(self, front_before_m: float) -> list[Event]:
        if not self.settings.lights:
            return []
        events = []
        for i in range(1, len(self.route.lanes)):
            crossed = front_before_m <= self.route.starts_m[i] < self._front_m()
            if crossed and self._crossings.light(self.route.lanes[i - 1], self.time_s) == 'red':
                ego = self.ego
                events.append(Event(self.time_s, RED_LIGHT, ego.x_m, ego.y_m, ego.speed_mps))
        return events
