import math

import numpy as np

from vavam_ros.geometry.pose import BODY_FROM_OPTICAL, quaternion_from_yaw
from vavam_ros.geometry.spatial import Poses, TimedPoses, product, rotated

S = 1_000_000_000


def pose(x, y, z, rotation):
    return Poses(np.array([[x, y, z]], float), np.array([rotation], float))


def test_a_chain_adds_turned_steps():
    """2 m ahead and a quarter left, then 1 m ahead: which is to the left of where it began."""
    quarter = quaternion_from_yaw(math.pi / 2)
    end = pose(2, 0, 0.5, quarter).then(pose(1, 0, 0.25, quarter))
    np.testing.assert_allclose(end.places_m, [[2, 1, 0.75]], atol=1e-12)
    np.testing.assert_allclose(end.in_plane(), [[2, 1, math.pi]], atol=1e-12)


def test_one_pose_chains_with_many():
    yaws = np.linspace(-3, 3, 7)
    turns = np.array([quaternion_from_yaw(yaw) for yaw in yaws])
    many = Poses(np.zeros((7, 3)), turns).then(pose(1, 0, 0, quaternion_from_yaw(0)))
    expected = np.stack([np.cos(yaws), np.sin(yaws), yaws], axis=1)
    np.testing.assert_allclose(many.in_plane(), expected, atol=1e-12)


def test_there_and_back_is_nowhere():
    random = np.random.default_rng(0)
    rotations = random.standard_normal((20, 4))
    some = Poses(
        random.standard_normal((20, 3)),
        rotations / np.linalg.norm(rotations, axis=1, keepdims=True),
    )
    for back in (some.then(some.inverse()), some.inverse().then(some)):
        np.testing.assert_allclose(back.places_m, 0, atol=1e-12)
        np.testing.assert_allclose(np.abs(back.rotations), [[0, 0, 0, 1]] * 20, atol=1e-12)


def test_optical_axes_become_body_axes():
    """What is ahead of the lens is ahead, its right is right, its down is down."""
    turns = np.array([BODY_FROM_OPTICAL] * 3)
    np.testing.assert_allclose(
        rotated(turns, np.eye(3)[[2, 0, 1]]), [[1, 0, 0], [0, -1, 0], [0, 0, -1]], atol=1e-12
    )


def test_products_turn_one_after_the_other():
    first, second = np.array([quaternion_from_yaw(0.4)]), np.array([BODY_FROM_OPTICAL])
    vector = np.array([[0.3, -0.2, 0.9]])
    np.testing.assert_allclose(
        rotated(product(first, second), vector), rotated(first, rotated(second, vector))
    )


def test_rotations_between_two_take_the_short_way_whatever_their_signs():
    rotations = np.array([quaternion_from_yaw(3.0), quaternion_from_yaw(3.2)])
    rotations[1] *= -1
    track = TimedPoses(np.array([0, S]), Poses(np.array([[0, 0, 0], [2.0, 0, 0]]), rotations))
    between, known = track.at(np.array([S // 2, 2 * S]), most_hole_s=1.0)
    assert known.tolist() == [True, False]
    x, _, yaw = between.in_plane()[0]
    assert x == 1.0
    np.testing.assert_allclose(math.remainder(yaw - 3.1, 2 * math.pi), 0, atol=1e-9)
