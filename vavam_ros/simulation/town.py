"""What a town consists of; it does not change while cars drive in it.

All positions are metres in the frame `map`: x east, y north, z up, yaw counter-clockwise from x.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Colour = tuple[float, float, float]  # red, green, blue, each 0..1

LANE_WIDTH_M = 3.5
PARKING_WIDTH_M = 2.2  # a strip beside either lane of a road
PAVEMENT_WIDTH_M = 2.5  # outside of it, raised a little


@dataclass(frozen=True, eq=False)
class Lane:
    """The centre line of one driving lane, in its driving direction."""

    index: int  # its place in Town.lanes
    points_m: NDArray[np.float64]  # [N, 2], about 1 m apart
    road: int  # its road's place in Town.roads, or -1 within a junction
    junction: int  # the junction it crosses, or -1 on a road
    successors: tuple[int, ...]  # lanes that begin where it ends
    turn: str  # within a junction 'left', 'straight' or 'right'; on a road ''
    lengths_m: NDArray[np.float64]  # [N] arc length from its beginning

    @property
    def length_m(self) -> float:
        """From its first point to its last."""
        return float(self.lengths_m[-1])


@dataclass(frozen=True, eq=False)
class Road:
    """A two-way road between two junctions; one lane each way, on the right-hand side."""

    centre_m: NDArray[np.float64]  # [N, 2] about 1 m apart, from junction `start` to `end`
    start: int
    end: int
    lanes: tuple[int, int]  # along `centre_m`, and against it


@dataclass(frozen=True, eq=False)
class Junction:
    """Where three or four roads meet (two: a bend, without any marking of its own)."""

    centre_m: tuple[float, float]
    outline_m: NDArray[np.float64]  # [N, 2] polygon of its carriageway, counter-clockwise
    lanes: tuple[int, ...]  # that cross it
    arms: int  # roads that meet here


@dataclass(frozen=True)
class Box:
    """An upright box on the ground: a building or a parked car."""

    x_m: float
    y_m: float
    yaw_rad: float
    length_m: float
    width_m: float
    height_m: float
    colour: Colour


@dataclass(frozen=True)
class Tree:
    """A trunk with a crown."""

    x_m: float
    y_m: float
    height_m: float
    crown_m: float  # radius
    colour: Colour


@dataclass(frozen=True)
class TrafficLight:
    """A light beside the end of a road's lane, which it governs."""

    x_m: float
    y_m: float
    yaw_rad: float  # where its lamps look
    lane: int  # the road's lane that has to stop at its end
    phase_s: float  # its place in the cycle at time 0


@dataclass(frozen=True)
class Appearance:
    """Light and colours of a seed."""

    sky: Colour
    haze: Colour
    haze_from_m: float  # where it begins
    haze_to_m: float  # where nothing else is seen
    sun: Colour  # of the direct light
    ambient: Colour
    sun_yaw_rad: float
    sun_height_rad: float
    asphalt: Colour
    marking: Colour
    pavement: Colour
    grass: Colour
    camera_height_m: float  # about 1.51
    centre_line_yellow: bool
    centre_dash_m: float  # length of a dash; the gap is as long; 0: a solid line


@dataclass(frozen=True, eq=False)
class Town:
    """A whole town; the same for the same seed."""

    seed: int
    lanes: tuple[Lane, ...]
    roads: tuple[Road, ...]
    junctions: tuple[Junction, ...]
    buildings: tuple[Box, ...]
    parked: tuple[Box, ...]
    trees: tuple[Tree, ...]
    lights: tuple[TrafficLight, ...]  # drawn and obeyed only where a world turns them on
    appearance: Appearance
