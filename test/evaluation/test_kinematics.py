import numpy as np
import pytest

from vavam_ros.evaluation.kinematics import (
    arc_curvatures_per_m,
    checked,
    headings_rad,
    side,
    speeds_mps,
    tangents_rad,
)


def circle(radius_m, step_rad, count=6):
    """Waypoints on a circle to the left that starts along x."""
    angles = step_rad * np.arange(1, count + 1)
    return radius_m * np.stack([np.sin(angles), 1 - np.cos(angles)], axis=-1)


def test_speeds_count_the_step_from_the_origin():
    plan = np.stack([np.array([1.0, 3.0, 6.0, 6.0, 6.0, 7.0]), np.zeros(6)], axis=-1)
    np.testing.assert_allclose(speeds_mps(plan), [2.0, 4.0, 6.0, 0.0, 0.0, 2.0])


def test_tangents_of_a_circle_are_exact_at_every_waypoint():
    angles = 0.15 * np.arange(1, 7)
    plans = np.stack([circle(20.0, 0.15), circle(20.0, 0.15) * (1, -1)])
    np.testing.assert_allclose(tangents_rad(plans), [angles, -angles], atol=1e-12)


def test_tangents_of_a_circle_are_hardly_off_at_changing_speed():
    angles = np.cumsum([0.1, 0.2, 0.05, 0.3, 0.1, 0.2])
    plan = 15.0 * np.stack([np.sin(angles), 1 - np.cos(angles)], axis=-1)
    np.testing.assert_allclose(tangents_rad(plan), angles, atol=2e-4)


def test_tangents_go_on_past_half_a_turn():
    turned = tangents_rad(circle(3.0, 0.7))
    np.testing.assert_allclose(np.exp(1j * turned), np.exp(0.7j * np.arange(1, 7)), atol=1e-12)


def test_what_stands_keeps_its_heading_and_at_first_that_of_the_rig():
    plan = np.array([[0.0, 0.05], [0.0, 2.0], [0.05, 2.0], [0.0, 2.04], [2.0, 2.04], [2.0, 2.0]])
    np.testing.assert_allclose(
        headings_rad(plan), [0, np.pi / 2, np.pi / 2, np.pi / 2, 0, 0], atol=0.03
    )


def test_curvature_is_that_of_the_circle_and_unknown_where_it_hardly_moves():
    plans = np.stack([circle(20.0, 0.15), circle(20.0, 0.15) * (1, -1), circle(1.0, 0.01)])
    np.testing.assert_allclose(arc_curvatures_per_m(plans), [0.05, -0.05, np.nan])


def test_sides_have_a_dead_band_and_leave_the_unknown_unknown():
    np.testing.assert_array_equal(
        side(np.array([0.02, 0.005, 0.0, -0.004, -0.006, np.nan])), [1, 0, 0, 0, -1, np.nan]
    )


def test_wrong_shapes_and_what_is_not_finite_are_refused():
    with pytest.raises(ValueError, match=r'truths of shape \(2, 5, 2\)'):
        checked(np.zeros((2, 5, 2)), 'truths')
    plans = np.zeros((2, 6, 2))
    plans[1, 3, 0] = np.nan
    with pytest.raises(ValueError, match='not finite'):
        checked(plans)
