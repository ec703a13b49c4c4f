"""Lengths and turning of a trajectory given as points."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vavam_ros.geometry.polyline import from_origin, segment_lengths, turning_curvatures


def arc(radius: float, step_rad: float, points: int = 7) -> np.ndarray:
    """Points on a circle through the origin that starts along x; negative radius turns right."""
    angles = step_rad * np.arange(points)
    return np.stack([abs(radius) * np.sin(angles), radius * (1 - np.cos(angles))], axis=1)


def test_the_rigs_own_place_comes_first():
    points = from_origin(np.array([[1, 2], [3, 4]], np.float32))
    assert points.tolist() == [[0, 0], [1, 2], [3, 4]]
    assert points.dtype == np.float64


def test_lengths_are_between_neighbours():
    assert segment_lengths(np.array([[0, 0], [3, 4], [3, 4], [3, 5]])).tolist() == [5, 0, 1]


@given(st.floats(2, 200), st.sampled_from([1, -1]), st.floats(0.05, 0.5))
def test_on_a_circle_the_curvature_is_one_over_the_radius(radius, side, step_rad):
    """The turned angle over the chord's length: up to 1 % more than on the arc itself."""
    curvatures = turning_curvatures(arc(side * radius, step_rad), shortest=0.01)
    assert len(curvatures) == 5
    np.testing.assert_allclose(curvatures, side / radius, rtol=0.011)


def test_a_straight_line_does_not_turn_whichever_way_it_points():
    backwards = -np.stack([np.arange(5), np.zeros(5)], axis=1)
    assert not turning_curvatures(backwards, 0.01).any()
    assert not turning_curvatures(np.zeros((5, 2)), 0.01).any()


def test_turning_across_the_half_circle_takes_the_short_way_round():
    """Headings 170 and -170 degrees are 20 apart, not 340."""
    headings = np.deg2rad([170, -170])
    steps = np.stack([np.cos(headings), np.sin(headings)], axis=1)
    points = from_origin(np.cumsum(steps, axis=0))
    assert turning_curvatures(points, 0.0) == pytest.approx(np.deg2rad(20))


def test_beside_a_short_segment_the_curvature_counts_as_zero():
    points = np.array([[0, 0], [5, 0], [5, 0.1], [10, 0.1], [15, 5]])
    curvatures = turning_curvatures(points, shortest=1.0)
    assert curvatures[:2].tolist() == [0, 0]
    assert curvatures[2] > 0
    assert (np.abs(turning_curvatures(points, shortest=0.01)) > 0).all()
