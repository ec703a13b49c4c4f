"""Who may cross a junction: ways that meet are not driven by two at a time."""

from __future__ import annotations

import numpy as np

from vavam_ros.simulation.town import Lane, Town

EGO = -1  # the ego vehicle's name among those that claim
CLOSE_M = 3.0  # ways that come nearer than this meet
LIGHT_CYCLE_S, LIGHT_GREEN_S, LIGHT_YELLOW_S = 20.0, 7.5, 2.5


class Crossings:
    """Claims of the lanes within junctions. The ego vehicle goes before all that has no claim."""

    def __init__(self, town: Town, lights: bool) -> None:
        self._meets = _meeting_lanes(town)
        self._claims: dict[int, set[int]] = {}  # lane: who has it; none is empty
        self._wanted_by_ego: frozenset[int] = frozenset()
        self._light_of_lane = {light.lane: light for light in town.lights} if lights else {}
        self._from = {
            connector: lane.index
            for lane in town.lanes
            if lane.road >= 0
            for connector in lane.successors
        }

    def light(self, lane: int, time_s: float) -> str:
        """What the light at a road lane's end shows; green where there is none."""
        light = self._light_of_lane.get(lane)
        if light is None:
            return 'green'
        phase_s = (time_s + light.phase_s) % LIGHT_CYCLE_S
        if phase_s < LIGHT_GREEN_S:
            return 'green'
        return 'yellow' if phase_s < LIGHT_GREEN_S + LIGHT_YELLOW_S else 'red'

    def has(self, who: int, lane: int) -> bool:
        """Whether that claim holds."""
        return who in self._claims.get(lane, ())

    def claim(self, who: int, lane: int, time_s: float) -> bool:
        """Take a junction's lane if no way that meets it is taken; True if one has it now.

        Its light has to be green; the ego vehicle looks at that itself.
        """
        if self.has(who, lane):
            return True
        if who != EGO and self.light(self._from[lane], time_s) != 'green':
            return False
        others = self._meets[lane]
        if any(self._claims.get(other, set()) - {who} for other in others):
            return False
        if who != EGO and self._wanted_by_ego & others:
            return False
        self._claims.setdefault(lane, set()).add(who)
        return True

    def want(self, lanes: frozenset[int]) -> None:
        """Say which lanes the ego vehicle is about to need: others do not take what meets them."""
        self._wanted_by_ego = lanes

    def keep_only(self, who: int, lanes: frozenset[int]) -> None:
        """Give up every claim but these."""
        lost = [lane for lane, own in self._claims.items() if who in own and lane not in lanes]
        for lane in lost:
            self._claims[lane].remove(who)
            if not self._claims[lane]:
                del self._claims[lane]


def _meeting_lanes(town: Town) -> dict[int, frozenset[int]]:
    """For each lane in a junction the others there that it crosses, joins or parts from."""
    meets: dict[int, set[int]] = {
        lane: set() for junction in town.junctions for lane in junction.lanes
    }
    for junction in town.junctions:
        for i, one in enumerate(junction.lanes):
            for other in junction.lanes[i + 1 :]:
                if _meet(town.lanes[one], town.lanes[other]):
                    meets[one].add(other)
                    meets[other].add(one)
    return {lane: frozenset(others) for lane, others in meets.items()}


def _meet(one: Lane, other: Lane) -> bool:
    gaps = one.points_m[:, None] - other.points_m[None]
    return bool(np.hypot(gaps[..., 0], gaps[..., 1]).min() < CLOSE_M)
