"""Plane curves as points: Bezier curves, equal spacing, offsets to the side, boxes."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_QUARTER_ARC = 0.39  # handle over chord with which a Bezier curve follows a quarter circle


def bezier(start: Array, start_yaw: float, end: Array, end_yaw: float, count: int = 64) -> Array:
    """[count, 2] from one place to another, leaving and arriving in the given directions (rad)."""
    handle = _QUARTER_ARC * math.dist(start, end)
    controls = np.array(
        [start, start + handle * direction(start_yaw), end - handle * direction(end_yaw), end]
    )
    return cubic(controls, count)


def cubic(controls: Array, count: int = 64) -> Array:
    """Points [count, 2] of the cubic Bezier curve with [4, 2] controls."""
    t = np.linspace(0.0, 1.0, count)[:, None]
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
    return np.asarray(sum(w * control for w, control in zip(weights, controls, strict=True)))


def direction(yaw_rad: float) -> Array:
    """Unit vector [2]."""
    return np.array([math.cos(yaw_rad), math.sin(yaw_rad)])


def arc_lengths(points: Array) -> Array:
    """[N, 2] -> [N], from the first point on, in the points' unit."""
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])


def evenly(points: Array, spacing: float) -> Array:
    """The same curve [M, 2] with points about `spacing` apart, both ends kept."""
    lengths = arc_lengths(points)
    count = max(2, round(lengths[-1] / spacing) + 1)
    at = np.linspace(0.0, lengths[-1], count)
    return np.stack([np.interp(at, lengths, points[:, axis]) for axis in (0, 1)], axis=1)


def normals(points: Array) -> Array:
    """Unit vectors [N, 2] to the left of the curve."""
    tangents = np.gradient(points, axis=0)
    tangents /= np.hypot(tangents[:, 0], tangents[:, 1])[:, None]
    return np.stack([-tangents[:, 1], tangents[:, 0]], axis=1)


def beside(points: Array, left: float) -> Array:
    """The curve [N, 2] moved `left` to its left side, to the right where negative."""
    return points + left * normals(points)


def box_corners(
    x: float, y: float, yaw_rad: float, length: float, width: float
) -> tuple[tuple[float, float], ...]:
    """The four corners of an oriented box around (x, y), counter-clockwise from front left."""
    cos, sin = math.cos(yaw_rad), math.sin(yaw_rad)
    ahead, aside = length / 2, width / 2
    signs = ((1, 1), (-1, 1), (-1, -1), (1, -1))
    return tuple(
        (x + a * ahead * cos - s * aside * sin, y + a * ahead * sin + s * aside * cos)
        for a, s in signs
    )


def boxes_overlap(
    one: tuple[tuple[float, float], ...], other: tuple[tuple[float, float], ...]
) -> bool:
    """Whether two convex polygons, as corners in order, share a point (separating axes)."""
    return not (_separated(one, other) or _separated(other, one))


def _separated(
    one: tuple[tuple[float, float], ...], other: tuple[tuple[float, float], ...]
) -> bool:
    """Whether the line along some edge of `one` has all of `other` on its outer side."""
    for i, (x, y) in enumerate(one):
        next_x, next_y = one[(i + 1) % len(one)]
        out_x, out_y = next_y - y, x - next_x
        if all((px - x) * out_x + (py - y) * out_y > 0 for px, py in other):
            return True
    return False
