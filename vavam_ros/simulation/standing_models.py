"""Shapes of what stays where it is: buildings, trees, traffic lights."""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import NDArray

from vavam_ros.simulation.patches import (
    Patches,
    box,
    flat,
    joined,
    of_one_colour,
    placed,
    tinted,
    upright,
)
from vavam_ros.simulation.town import Box, Colour, TrafficLight, Tree

Array = NDArray[np.float64]

WINDOW = (0.17, 0.21, 0.26)
ROOF = (0.30, 0.28, 0.27)
BARK = (0.33, 0.24, 0.16)
POLE = (0.35, 0.36, 0.37)
CASE = (0.05, 0.05, 0.05)
LAMP_COLOURS = {'red': (3.0, 0.15, 0.1), 'yellow': (3.0, 1.9, 0.15), 'green': (0.15, 2.6, 0.7)}
UNLIT_LAMP = (0.12, 0.12, 0.12)

FLOOR_M = 3.1
WINDOW_SPACING_M = 3.4
WINDOW_M = (1.5, 1.5)  # wide, high
_PROUD_M = 0.05  # how far flat details stand off the surface behind them


def building(shape: Box) -> Patches:
    """A house with rows of windows and a roof of another colour."""
    length, width, height = shape.length_m, shape.width_m, shape.height_m
    walls = box((-length / 2, -width / 2, 0), (length / 2, width / 2, height), shape.colour)
    colours = walls.colours.copy()
    colours[0] = ROOF
    walls = Patches(walls.corners_m, colours)
    sides = [
        placed(_windows(span, height), 0, 0, turn)
        for span, turn in (
            ((length, width), 0.0),
            ((width, length), math.pi / 2),
            ((length, width), math.pi),
            ((width, length), -math.pi / 2),
        )
    ]
    return placed(joined([walls, *sides]), shape.x_m, shape.y_m, shape.yaw_rad)


def _windows(size_m: tuple[float, float], height_m: float) -> Patches:
    """On the side that looks along -y of a house `size_m` (along it, across it)."""
    along, across = size_m
    columns, floors = int((along - 1.0) / WINDOW_SPACING_M), int((height_m - 0.4) / FLOOR_M)
    if columns < 1 or floors < 1:
        return joined([])
    x, floor = np.meshgrid(
        (np.arange(columns) - (columns - 1) / 2) * WINDOW_SPACING_M, np.arange(floors)
    )
    low = np.stack([x.ravel(), floor.ravel() * FLOOR_M + 1.0], axis=1)
    wide, high = WINDOW_M
    corners = low[:, None] + [(-wide / 2, 0), (wide / 2, 0), (wide / 2, high), (-wide / 2, high)]
    y = np.full((*corners.shape[:2], 1), -across / 2 - _PROUD_M)
    return of_one_colour(np.concatenate([corners[..., :1], y, corners[..., 1:]], 2), WINDOW)


def tree(shape: Tree) -> Patches:
    """A square trunk and a crown that bulges."""
    crown_from = 0.35 * shape.height_m
    trunk = box((-0.14, -0.14, 0), (0.14, 0.14, crown_from + 0.4), BARK)
    rings = [
        (crown_from, 0.45, 0.78),
        (crown_from + 0.30 * (shape.height_m - crown_from), 1.0, 0.95),
        (crown_from + 0.72 * (shape.height_m - crown_from), 0.75, 1.1),
        (shape.height_m, 0.12, 1.2),
    ]
    angles = np.arange(6) * math.pi / 3
    round_ = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    parts = [trunk]
    for (low, wide, shade), (high, next_wide, _) in itertools.pairwise(rings):
        bottom = np.column_stack([wide * shape.crown_m * round_, np.full(6, low)])
        top = np.column_stack([next_wide * shape.crown_m * round_, np.full(6, high)])
        corners = np.stack([bottom, np.roll(bottom, -1, 0), np.roll(top, -1, 0), top], axis=1)
        parts.append(of_one_colour(corners, tinted(shape.colour, shade)))
    yaw = (shape.x_m * 7.1 + shape.y_m * 3.7) % math.pi
    return placed(joined(parts), shape.x_m, shape.y_m, yaw)


def light_pole(light: TrafficLight) -> Patches:
    """A pole with a case, its lamps dark."""
    pole = box((-0.07, -0.07, 0), (0.07, 0.07, 2.5), POLE)
    case = box((-0.16, -0.18, 2.5), (0.14, 0.18, 3.55), CASE)
    return placed(joined([pole, case]), light.x_m, light.y_m, light.yaw_rad)


def light_lamps(light: TrafficLight, state: str) -> Patches:
    """Three lamps, of which the one of `state` is lit."""
    parts = []
    for middle, name in ((3.35, 'red'), (3.02, 'yellow'), (2.69, 'green')):
        colour = LAMP_COLOURS[name] if name == state else UNLIT_LAMP
        size = (0.13, middle - 0.13, middle + 0.13)
        parts.append(upright(0.17, 0.0, size, colour, ahead=True))
    return placed(joined(parts), light.x_m, light.y_m, light.yaw_rad)


def shadow(length_m: float, width_m: float, ground: Colour) -> Patches:
    """The darker ground below something around (0, 0)."""
    ahead, aside = length_m / 2 + 0.1, width_m / 2 + 0.1
    corners = [(-ahead, -aside), (ahead, -aside), (ahead, aside), (-ahead, aside)]
    return flat(np.array([corners]), tinted(ground, 0.45))
