"""What is kept of one drive in closed loop: the way, what went wrong, the junctions passed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class DriveEvent:
    """One thing that went wrong."""

    time_s: float
    kind: str  # such as collision, off_road, wrong_lane, wrong_turn, lost_route, stuck
    x_m: float  # of the rear axle in `map`
    y_m: float
    speed_mps: float
    with_what: str = ''  # of a collision: car, pedestrian, parked car, building, tree
    impact_mps: float = 0.0  # of a collision: relative speed


@dataclass(frozen=True)
class JunctionPassage:
    """One junction of three or more arms that the vehicle came to."""

    time_s: float  # when its front bumper came there
    turn: str  # what the route asked for: left, straight or right
    obeyed: bool  # passed on the route's lane, with no take-over


@dataclass(frozen=True, eq=False)
class DriveRecord:
    """The vehicle after each step of a drive; row for row, all of the same length."""

    step_s: float
    places_m: Floats  # [N, 2] of the rear axle in `map`
    yaws_rad: Floats  # [N]
    speeds_mps: Floats  # [N]
    gains_m: Floats  # [N] how much farther along the route than a step before
    aside_m: Floats  # [N] left of the middle of the route's lane
    off_road: Flags  # [N]
    wrong_lane: Flags  # [N]
    legs: NDArray[np.int64]  # [N] counts the take-overs before
    events: tuple[DriveEvent, ...] = ()
    junctions: tuple[JunctionPassage, ...] = ()

    def __post_init__(self) -> None:
        rows = {
            one.name: len(getattr(self, one.name))
            for one in fields(self)
            if one.name not in ('step_s', 'events', 'junctions')
        }
        if len(set(rows.values())) != 1:
            raise ValueError(f'the columns of a drive differ in length: {rows}')

    @property
    def seconds(self) -> float:
        """How long the drive was."""
        return len(self.speeds_mps) * self.step_s

    @property
    def steps_m(self) -> Floats:
        """[N] metres driven in each step."""
        return self.speeds_mps * self.step_s

    def each_leg(self) -> Iterator[slice]:
        """The rows between two take-overs, in order."""
        starts = [0, *(np.flatnonzero(np.diff(self.legs)) + 1).tolist(), len(self.legs)]
        for first, last in itertools.pairwise(starts):
            yield slice(first, last)
