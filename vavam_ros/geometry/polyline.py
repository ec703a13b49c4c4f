"""Lengths, headings and curvature of a trajectory given as points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32] | NDArray[np.float64]


def from_origin(waypoints: Points) -> NDArray[np.float64]:
    """[H, 2] waypoints -> [H + 1, 2], with the rig's own place (0, 0) before them."""
    return np.concatenate([np.zeros((1, 2)), np.asarray(waypoints, np.float64)])


def segment_lengths(points: Points) -> NDArray[np.float64]:
    """[N, 2] -> [N - 1], in the points' unit."""
    steps = np.diff(np.asarray(points, np.float64), axis=0)
    return np.hypot(steps[:, 0], steps[:, 1])


def turning_curvatures(points: Points, shortest: float) -> NDArray[np.float64]:
    """Curvature at each inner point [N - 2]: turned angle over the mean length beside it.

    Counter-clockwise is positive. Where a neighbouring segment is shorter than `shortest`, its
    direction is mostly noise and the curvature counts as 0.
    """
    steps = np.diff(np.asarray(points, np.float64), axis=0)
    headings = np.arctan2(steps[:, 1], steps[:, 0])
    turned = (np.diff(headings) + np.pi) % (2 * np.pi) - np.pi
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    long_enough = np.minimum(lengths[:-1], lengths[1:]) >= shortest
    mean = (lengths[:-1] + lengths[1:]) / 2
    return np.where(long_enough, turned / np.where(long_enough, mean, 1.0), 0.0)
