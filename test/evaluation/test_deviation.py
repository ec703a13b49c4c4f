import numpy as np
import pytest

from vavam_ros.evaluation.deviation import agreement, along_and_across_m, deviation

TIMES_S = 0.5 * np.arange(1, 7)


def circle(radius_m, angles_rad):
    """Places on a circle to the left that starts along x."""
    return radius_m * np.stack([np.sin(angles_rad), 1 - np.cos(angles_rad)], axis=-1)


def straight(speed_mps, aside_m=0.0):
    return np.stack([speed_mps * TIMES_S, np.full(6, aside_m)], axis=-1)


def test_a_plan_beside_the_truth_is_aside_and_one_that_is_slow_is_behind():
    found = deviation(
        np.stack([straight(10.0, 0.3), straight(9.0)]), np.stack([straight(10.0)] * 2)
    )
    np.testing.assert_allclose(found.aside_m, [0.3, 0.0], atol=1e-12)
    np.testing.assert_allclose(found.ahead_m, [0.0, -TIMES_S.mean()], atol=1e-12)
    np.testing.assert_allclose(found.ahead_abs_m, [0.0, TIMES_S.mean()], atol=1e-12)
    assert found.speed_mps[1] == pytest.approx(-1.0)
    assert found.speed_abs_mps[1] == pytest.approx(1.0)


def test_signed_errors_cancel_and_absolute_ones_do_not():
    plan = straight(10.0)
    plan[:, 1] = [1, -1, 1, -1, 1, -1]
    found = deviation(plan[None], straight(10.0)[None])
    assert found.aside_m == pytest.approx([0.0])
    assert found.aside_abs_m == pytest.approx([1.0])


def test_in_a_bend_an_outer_circle_is_all_aside():
    """A truth through a quarter turn, and a plan 1 m to its right all the way."""
    angles = 0.25 * np.arange(1, 7)
    truth = circle(20.0, angles)
    plan = truth + np.stack([np.sin(angles), -np.cos(angles)], axis=-1)
    ahead_m, aside_m = along_and_across_m(plan[None], truth[None])
    np.testing.assert_allclose(ahead_m, 0.0, atol=1e-9)
    np.testing.assert_allclose(aside_m, -1.0, atol=1e-9)


def test_in_a_bend_being_late_is_behind_and_hardly_aside():
    found = deviation(
        circle(20.0, 0.24 * np.arange(1, 7))[None], circle(20.0, 0.25 * np.arange(1, 7))[None]
    )
    assert found.ahead_m == pytest.approx([-20.0 * 0.01 * 3.5], rel=1e-3)
    assert abs(found.aside_m[0]) < 0.02


def test_where_the_truth_stands_its_direction_is_the_rigs():
    found = deviation(straight(1.0, 0.5)[None], np.zeros((1, 6, 2)))
    assert found.ahead_m == pytest.approx([TIMES_S.mean()])
    assert found.aside_m == pytest.approx([0.5])


def test_heading_is_between_the_directions_of_travel():
    turned = straight(10.0) @ np.array([[0.0, 1.0], [-1.0, 0.0]])  # a quarter to the left
    found = deviation(turned[None], straight(10.0)[None])
    assert found.heading_abs_rad == pytest.approx([np.pi / 2])


def test_heading_errors_are_counted_the_short_way_round():
    back = straight(-10.0)
    plan = back @ np.array([[np.cos(0.1), np.sin(0.1)], [-np.sin(0.1), np.cos(0.1)]])
    assert deviation(plan[None], back[None]).heading_abs_rad == pytest.approx([0.1])


def test_the_bend_agrees_by_side_with_straight_as_a_side_of_its_own():
    left, right = (
        circle(20.0, 0.2 * np.arange(1, 7)),
        circle(20.0, 0.2 * np.arange(1, 7)) * (1, -1),
    )
    ahead, still = straight(10.0), np.zeros((6, 2))
    plans = np.stack([left, right, left, ahead, ahead, still, left])
    truths = np.stack([left, left, ahead, ahead, left, left, still])
    found = deviation(plans, truths)
    np.testing.assert_array_equal(found.side_agrees, [1, 0, 0, 1, 0, 0, np.nan])
    np.testing.assert_array_equal(found.turn_agrees, [1, 0, np.nan, np.nan, 0, 0, np.nan])


def test_an_unknown_planned_side_agrees_with_none():
    agrees, turns = agreement(np.array([np.nan, np.nan]), np.array([0.0, 1.0]))
    np.testing.assert_array_equal(agrees, [0, 0])
    np.testing.assert_array_equal(turns, [np.nan, 0])
