"""Points of the ground appear in the image where a pinhole camera sees them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vavam_ros.geometry.mounted_camera import CameraMount, MountedCamera
from vavam_ros.geometry.pinhole import Pinhole

PINHOLE = Pinhole(1600, 900, 1266.0, 1200.0, 799.5, 449.5)
MOUNT = CameraMount(1.7, 0.0, 1.5)


def pixels(points, mount: CameraMount = MOUNT, pinhole: Pinhole = PINHOLE) -> np.ndarray:
    return MountedCamera(pinhole, mount).ground_segments(np.array(points, np.float64))


def textbook(x: float, y: float, mount: CameraMount = MOUNT) -> tuple[float, float]:
    """Rotate into the camera, divide by depth: by hand, for one point."""
    cos, sin = math.cos(mount.pitch_rad), math.sin(mount.pitch_rad)
    ahead, left, up = x - mount.x_m, y - mount.y_m, -mount.z_m
    depth, down = ahead * cos - up * sin, -up * cos - ahead * sin
    return (
        PINHOLE.cx_px - PINHOLE.fx_px * left / depth,
        PINHOLE.cy_px + PINHOLE.fy_px * down / depth,
    )


def test_straight_ahead_is_in_the_middle_and_farther_is_higher():
    ((near, far),) = pixels([(10, 0), (50, 0)])
    assert near[0] == far[0] == 799.5
    assert 449.5 < far[1] < near[1]
    assert far[1] == pytest.approx(449.5 + 1200 * 1.5 / (50 - 1.7))


def test_left_of_the_rig_is_left_in_the_image():
    ((left, right),) = pixels([(20, 2), (20, -2)])
    assert left[0] < 799.5 < right[0]


def test_a_camera_that_looks_down_sees_the_horizon_higher():
    level, down = (CameraMount(1.7, 0.0, 1.5, math.radians(deg)) for deg in (0, 5))
    ((_, level_far),) = pixels([(10, 0), (1000, 0)], level)
    ((_, down_far),) = pixels([(10, 0), (1000, 0)], down)
    assert down_far[1] < level_far[1]
    horizon_px = PINHOLE.cy_px - PINHOLE.fy_px * math.tan(math.radians(5))
    assert down_far[1] == pytest.approx(horizon_px, abs=2.5)


@given(
    st.floats(8, 80), st.floats(-3, 3), st.floats(-2, 2), st.floats(0.5, 3), st.floats(-0.1, 0.1)
)
def test_points_ahead_are_where_the_textbook_has_them(x, y, aside, height, pitch):
    mount = CameraMount(1.0, aside, height, pitch)
    ((start, end),) = pixels([(x, y), (x + 1, y)], mount)
    np.testing.assert_allclose(start, textbook(x, y, mount), atol=1e-6)
    np.testing.assert_allclose(end, textbook(x + 1, y, mount), atol=1e-6)


def test_a_line_of_many_points_is_as_many_segments_that_meet():
    segments = pixels([(10, 0), (12, 1), (15, 2), (20, 2)])
    assert segments.shape == (3, 2, 2)
    np.testing.assert_array_equal(segments[:-1, 1], segments[1:, 0])


def test_what_is_behind_the_camera_is_cut_where_the_line_comes_into_view():
    """From the rear axle, 1.7 m behind the lens: the visible part is on the same line."""
    ((start, end),) = pixels([(0, 0), (20, 0)])
    assert start[0] == end[0] == 799.5
    assert start[1] > 900  # below the image's lower edge, and finite
    assert end[1] == pytest.approx(textbook(20, 0)[1])


def test_a_line_that_stays_behind_gives_nothing():
    assert pixels([(-5, 0), (0, 3)]).shape == (0, 2, 2)


def test_what_is_far_beside_the_image_is_cut_off():
    assert pixels([(5, 100), (5, 200)]).shape == (0, 2, 2)
    ((start, end),) = pixels([(10, 0), (10, 1000)])
    assert start[0] == 799.5
    assert end[0] == pytest.approx(799.5 - 3 * 800)


@given(st.lists(st.tuples(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4)), min_size=2, max_size=8))
def test_pixels_are_finite_and_near_the_image_whatever_is_drawn(points):
    """Random weights plan for the moon: a canvas takes no such numbers."""
    segments = pixels(points)
    assert np.isfinite(segments).all()
    assert (np.abs(segments[..., 0] - PINHOLE.cx_px) <= 3 * 800 * (1 + 1e-6)).all()
    assert (np.abs(segments[..., 1] - PINHOLE.cy_px) <= 3 * 450 * (1 + 1e-6)).all()
