import numpy as np

from vavam_ros.evaluation.ego_motion import past_motion, to_fixed, to_rig

POSES = np.array([[1.0, 2.0, np.pi / 2], [0.0, 0.0, np.pi]])


def test_ahead_of_a_rig_that_heads_north_is_north():
    ahead = np.array([[[3.0, 0.0]], [[3.0, 1.0]]])
    np.testing.assert_allclose(to_fixed(ahead, POSES), [[[1, 5]], [[-3, -1]]], atol=1e-12)


def test_there_and_back():
    places = np.random.default_rng(0).normal(size=(2, 6, 2))
    np.testing.assert_allclose(to_rig(to_fixed(places, POSES), POSES), places, atol=1e-12)


def test_motion_is_way_and_turn_over_the_time_also_across_the_jump_of_the_angle():
    before = np.array([[0.0, 0.0, np.pi - 0.05], [0.0, 0.0, 0.0]])
    now = np.array([[-3.0, 4.0, -np.pi + 0.05], [0.0, 0.0, 0.0]])
    found = past_motion(before, now)
    np.testing.assert_allclose(found.speeds_mps, [10.0, 0.0])
    np.testing.assert_allclose(found.yaw_rates_radps, [0.2, 0.0], atol=1e-12)


def test_backwards_is_a_negative_speed():
    found = past_motion(np.zeros((1, 3)), np.array([[-1.0, 0.0, 0.0]]), span_s=0.5)
    np.testing.assert_allclose(found.speeds_mps, [-2.0])
