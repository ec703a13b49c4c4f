"""A safety driver: sees that the vehicle is lost or stuck, and when it has to be put back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vavam_ros.simulation.events import COLLISION, OFF_ROAD, Event
from vavam_ros.simulation.expert import front_overhang_m
from vavam_ros.simulation.world import STEP_S, World

WRONG_TURN, LOST_ROUTE, STUCK = 'wrong_turn', 'lost_route', 'stuck'
ENDING = frozenset({COLLISION, OFF_ROAD, WRONG_TURN, LOST_ROUTE, STUCK})

LOST_M = 4.0  # from the route: the middle of the lane beside is 3.5 m away
AFTER_JUNCTION_M = 15.0  # within which a turn still shows to have been the wrong one
ON_OTHER_LANE_M = 2.5
STUCK_S = 15.0
STANDS_MPS = 0.1
HAZARD_NEAR_M = 12.0  # ahead of the bumper: then one may stand


@dataclass(frozen=True)
class Passage:
    """A junction of three or more arms on the route."""

    lane_at: int  # its lane's place in the route's lanes
    starts_m: float
    ends_m: float
    turn: str


@dataclass(frozen=True)
class PassageJudged:
    """How it went there."""

    time_s: float  # of reaching it
    turn: str
    obeyed: bool


class SafetyDriver:
    """Watches a world after each of its steps, and takes over where a drive has ended."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._to_come = _passages(world)[::-1]
        self._reached: tuple[Passage, float] | None = None
        self._standing_s = 0.0
        self.judged: list[PassageJudged] = []  # junctions, once it is known how it went

    def noticed(self, events: list[Event]) -> list[Event]:
        """The step's events, and those that only show over time or against the route."""
        self._follow_junctions()
        found = list(events)
        if not must_take_over(found):
            found += self._lost() or self._stuck()
        return found

    def take_over(self) -> None:
        """Put the vehicle back onto its route; a junction that it was in counts as failed."""
        self._judge_reached(False)
        self._standing_s = 0.0
        self._world.put_back()

    def _follow_junctions(self) -> None:
        world = self._world
        if self._reached and world.progress_m >= self._reached[0].ends_m + AFTER_JUNCTION_M:
            self._judge_reached(True)
        front_m = world.progress_m + front_overhang_m(world.vehicle)
        if self._reached is None and self._to_come and front_m >= self._to_come[-1].starts_m:
            self._reached = self._to_come.pop(), world.time_s

    def _judge_reached(self, obeyed: bool) -> None:
        if self._reached:
            passage, time_s = self._reached
            self.judged.append(PassageJudged(time_s, passage.turn, obeyed))
            self._reached = None

    def _lost(self) -> list[Event]:
        if abs(self._world.aside_m) <= LOST_M:
            return []
        wrong = self._reached is not None and self._on_another_lane(self._reached[0])
        return [self._event(WRONG_TURN if wrong else LOST_ROUTE)]

    def _on_another_lane(self, passage: Passage) -> bool:
        """Whether the vehicle goes another way on from where the route entered the junction."""
        lanes, route = self._world.town.lanes, self._world.route
        own = route.lanes[passage.lane_at]
        place = (self._world.ego.x_m, self._world.ego.y_m)
        for lane in lanes[route.lanes[passage.lane_at - 1]].successors:
            if lane == own:
                continue
            onward = [lanes[one].points_m for one in (lane, *lanes[lane].successors)]
            gaps = np.concatenate(onward) - place
            if float(np.hypot(*gaps.T).min()) < ON_OTHER_LANE_M:
                return True
        return False

    def _stuck(self) -> list[Event]:
        world = self._world
        if world.ego.speed_mps >= STANDS_MPS or self._hazard_near():
            self._standing_s = 0.0
            return []
        self._standing_s += STEP_S
        return [self._event(STUCK)] if self._standing_s > STUCK_S else []

    def _hazard_near(self) -> bool:
        world = self._world
        reach_m = world.progress_m + front_overhang_m(world.vehicle) + HAZARD_NEAR_M
        return any(hazard.at_m < reach_m for hazard in world.hazards())

    def _event(self, kind: str) -> Event:
        ego = self._world.ego
        return Event(self._world.time_s, kind, ego.x_m, ego.y_m, ego.speed_mps)


def must_take_over(events: list[Event]) -> bool:
    """Whether one of them ends a drive: the vehicle cannot go on by itself."""
    return any(event.kind in ENDING for event in events)


def _passages(world: World) -> list[Passage]:
    """Of the route, those that the vehicle has not reached yet."""
    town, route = world.town, world.route
    front_m = world.progress_m + front_overhang_m(world.vehicle)
    found = []
    for place, (index, starts_m) in enumerate(zip(route.lanes, route.starts_m, strict=True)):
        lane = town.lanes[index]
        at_choice = lane.junction >= 0 and town.junctions[lane.junction].arms >= 3
        if at_choice and starts_m > front_m:
            found.append(Passage(place, starts_m, starts_m + lane.length_m, lane.turn))
    return found
