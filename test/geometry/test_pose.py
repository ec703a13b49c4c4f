import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vavam_ros.geometry.pose import (
    BODY_FROM_OPTICAL,
    Pose2,
    Quaternion,
    quaternion_from_yaw,
    yaw_from_quaternion,
)


def rotated(rotation: Quaternion, vector: tuple[float, float, float]) -> np.ndarray:
    """v + 2w (q x v) + 2 q x (q x v), the textbook's rotation by a unit quaternion."""
    axis = np.array(rotation[:3])
    turned = np.cross(axis, vector)
    return np.array(vector) + 2 * rotation.w * turned + 2 * np.cross(axis, turned)


@given(st.floats(-math.pi + 1e-6, math.pi - 1e-6))
def test_yaw_survives_the_quaternion(yaw_rad):
    assert yaw_from_quaternion(quaternion_from_yaw(yaw_rad)) == pytest.approx(yaw_rad, abs=1e-9)


def test_a_quarter_turn_left_points_x_to_y():
    left = rotated(quaternion_from_yaw(math.pi / 2), (1, 0, 0))
    np.testing.assert_allclose(left, [0, 1, 0], atol=1e-15)


def test_yaw_beyond_a_turn_is_the_same_heading():
    assert yaw_from_quaternion(quaternion_from_yaw(0.3 + 4 * math.pi)) == pytest.approx(0.3)


def test_roll_does_not_enter_the_yaw():
    rolled = Quaternion(math.sin(0.2), 0.0, 0.0, math.cos(0.2))
    assert yaw_from_quaternion(rolled) == 0


@pytest.mark.parametrize(
    ('optical', 'body'),
    [((0, 0, 1), (1, 0, 0)), ((1, 0, 0), (0, -1, 0)), ((0, 1, 0), (0, 0, -1))],
    ids=['view is forward', 'right is minus left', 'down is minus up'],
)
def test_optical_axes_in_the_body(optical, body):
    np.testing.assert_allclose(rotated(BODY_FROM_OPTICAL, optical), body, atol=1e-15)


def test_a_point_ahead_of_a_rig_that_faces_north():
    pose = Pose2(10.0, 20.0, math.pi / 2)
    np.testing.assert_allclose(pose.to_fixed(np.array([[5.0, 1.0]])), [[9.0, 25.0]])


@given(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3), st.floats(-10, 10))
def test_to_rig_undoes_to_fixed(x_m, y_m, yaw_rad):
    pose = Pose2(x_m, y_m, yaw_rad)
    points = np.array([[0.0, 0.0], [3.0, -2.0], [70.0, 1.0]])
    np.testing.assert_allclose(pose.to_rig(pose.to_fixed(points)), points, atol=1e-9)
