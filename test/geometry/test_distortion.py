"""Lenses bend rays as OpenCV's documentation writes it, and only as far as they are one-to-one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vavam_ros.geometry.distortion import BrownConrady, Equidistant

PLUMB_BOB = BrownConrady(-0.34, 0.11, 0.002, -0.001, -0.02)
RATIONAL = BrownConrady(0.9, -0.2, 0.0003, 0.0005, 0.01, 1.2, -0.1, 0.03)
FISHEYE = Equidistant(-0.02, 0.004, -0.003, 0.0005)


def ray(x: float, y: float, depth: float = 1.0) -> np.ndarray:
    return np.array([x * depth, y * depth, depth])


def textbook(lens: BrownConrady, x: float, y: float) -> tuple[float, float]:
    r = math.hypot(x, y)
    up = 1 + lens.k1 * r**2 + lens.k2 * r**4 + lens.k3 * r**6
    low = 1 + lens.k4 * r**2 + lens.k5 * r**4 + lens.k6 * r**6
    return (
        x * up / low + 2 * lens.p1 * x * y + lens.p2 * (r**2 + 2 * x**2),
        y * up / low + lens.p1 * (r**2 + 2 * y**2) + 2 * lens.p2 * x * y,
    )


@pytest.mark.parametrize('lens', [PLUMB_BOB, RATIONAL, BrownConrady()])
@settings(deadline=None)  # a busy machine is late
@given(st.floats(-0.6, 0.6), st.floats(-0.4, 0.4), st.floats(0.1, 100))
def test_brown_conrady_is_the_textbooks_whatever_the_distance(lens, x, y, depth):
    point, valid = lens.bend(ray(x, y, depth))
    assert valid
    np.testing.assert_allclose(point, textbook(lens, x, y), atol=1e-12)


@settings(deadline=None)
@given(st.floats(0, math.radians(100)), st.floats(-math.pi, math.pi), st.floats(0.1, 100))
def test_equidistant_puts_the_bent_angle_beside_the_middle(angle, around, distance):
    aside = distance * math.sin(angle)
    rays = [aside * math.cos(around), aside * math.sin(around), distance * math.cos(angle)]
    point, valid = FISHEYE.bend(np.array(rays))
    k1, k2, k3, k4 = -0.02, 0.004, -0.003, 0.0005
    radius = angle + k1 * angle**3 + k2 * angle**5 + k3 * angle**7 + k4 * angle**9
    assert valid
    np.testing.assert_allclose(
        point, [radius * math.cos(around), radius * math.sin(around)], atol=1e-7
    )


def test_barrel_distortion_ends_where_the_image_would_turn_back():
    """x (1 - x^2 / 3) grows up to x = 1; what is farther out would fall inside again."""
    lens = BrownConrady(-1 / 3)
    _, valid = lens.bend(np.stack([ray(x, 0) for x in (0.99, 1.01, 1.5, -0.99, -1.01)]))
    np.testing.assert_array_equal(valid, [True, False, False, True, False])


def test_a_pole_of_the_rational_model_ends_it():
    """1 / (1 - x^2) grows without end up to x = 1, and is negative after it."""
    _, valid = BrownConrady(k4=-1.0).bend(np.stack([ray(0.999, 0), ray(1.001, 0)]))
    np.testing.assert_array_equal(valid, [True, False])


def test_a_fisheye_ends_at_the_angle_where_its_radius_stops_growing():
    """a - a^3 / 3 grows up to one radian."""
    angles = np.array([0.99, 1.01])
    rays = np.stack([np.sin(angles), np.zeros(2), np.cos(angles)], axis=-1)
    _, valid = Equidistant(-1 / 3).bend(rays)
    np.testing.assert_array_equal(valid, [True, False])


def test_only_a_fisheye_sees_beside_and_behind_itself():
    rays = np.array([[1.0, 0, 0], [1.0, 0, -0.5], [0, 0, -1.0], [0, 0, 0]])
    for lens in (BrownConrady(), PLUMB_BOB):
        points, valid = lens.bend(rays)
        assert not valid.any()
        assert np.isfinite(points).all()
    points, valid = Equidistant().bend(rays)
    np.testing.assert_array_equal(valid[:3], [True, True, False])
    np.testing.assert_allclose(points[0], [math.pi / 2, 0])
