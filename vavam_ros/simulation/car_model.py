"""The shape of a car, whose front and back differ."""

from __future__ import annotations

import numpy as np

from vavam_ros.simulation.patches import (
    Patches,
    box,
    frustum,
    inset,
    joined,
    upright,
)
from vavam_ros.simulation.town import Colour

GLASS = (0.10, 0.13, 0.17)
TYRE = (0.05, 0.05, 0.05)
PLATE = (0.85, 0.85, 0.80)
HEAD_LIGHT = (1.1, 1.1, 1.0)
TAIL_LIGHT, BRAKE_LIGHT = (0.50, 0.02, 0.02), (2.5, 0.12, 0.08)

_SILL_M = 0.26
_WHEEL_M = 0.64  # diameter


def car(
    length_m: float, width_m: float, height_m: float, colour: Colour, braking: bool
) -> Patches:
    """A car around (0, 0) that looks along x."""
    half, side, waist = length_m / 2, width_m / 2, 0.58 * height_m
    body = frustum(
        (-half, -side, _SILL_M), (half, side, waist), colour, (0.10, 0.06), shift_m=-0.02
    )
    cabin = frustum(
        (-half + 0.22, -side + 0.07, waist),
        (half - 1.0, side - 0.07, height_m),
        colour,
        (0.52, 0.16),
        shift_m=-0.1,
    )
    glass = inset(Patches(cabin.corners_m[1:], cabin.colours[1:]), (0.07, 0.10), GLASS)
    return joined(
        [
            *_wheels(half, side),
            box((-half + 0.2, -side + 0.1, 0.12), (half - 0.2, side - 0.1, _SILL_M), TYRE),
            body,
            cabin,
            glass,
            *_lamps(half, side, waist, braking),
        ]
    )


def _wheels(half: float, side: float) -> list[Patches]:
    """At the four corners, a little outside of the body so that they are seen from beside."""
    radius = _WHEEL_M / 2
    return [
        box((x - radius, y - 0.11, 0), (x + radius, y + 0.11, _WHEEL_M), TYRE)
        for x in (-half + 0.85, half - 0.85)
        for y in (-side + 0.09, side - 0.09)
    ]


def _lamps(half: float, side: float, waist: float, braking: bool) -> list[Patches]:
    tail = BRAKE_LIGHT if braking else TAIL_LIGHT
    low, high = waist - 0.27, waist - 0.08
    parts = []
    for y in (-side + 0.27, side - 0.27):
        parts.append(upright(half + 0.02, y, (0.24, low, high), HEAD_LIGHT, ahead=True))
        parts.append(upright(-half - 0.04, y, (0.22, low, high), tail, ahead=False))
    grille = tuple(np.array(TYRE) * 1.5)
    parts.append(upright(half + 0.02, 0.0, (side - 0.55, low, high), grille, ahead=True))
    parts.append(upright(half + 0.02, 0.0, (0.26, 0.34, 0.45), PLATE, ahead=True))
    parts.append(upright(-half - 0.04, 0.0, (0.26, 0.40, 0.51), PLATE, ahead=False))
    return parts
