import numpy as np
import pytest

from vavam_ros.evaluation.plan_comfort import comfort_of_plans, plan_comfort, plan_felt

TIMES_S = 0.5 * np.arange(1, 7)


def along(places_m):
    return np.stack([np.asarray(places_m, np.float64), np.zeros(6)], axis=-1)[None]


def circle(radius_m, speed_mps):
    angles = speed_mps * TIMES_S / radius_m
    return radius_m * np.stack([np.sin(angles), 1 - np.cos(angles)], axis=-1)[None]


def test_a_constant_acceleration_is_found_and_has_no_jerk():
    found = plan_felt(along(5.0 * TIMES_S - TIMES_S**2 / 2))
    np.testing.assert_allclose(found.acceleration_mps2, -1.0)
    np.testing.assert_allclose(found.jerk_mps3, 0.0, atol=1e-9)
    np.testing.assert_allclose(found.lateral_acceleration_mps2, 0.0, atol=1e-12)


def test_a_constant_jerk_is_found():
    found = plan_felt(along(5.0 * TIMES_S + 0.6 * TIMES_S**3 / 6))
    np.testing.assert_allclose(found.jerk_mps3, 0.6)


def test_on_a_circle_the_lateral_acceleration_is_speed_squared_over_radius():
    left = plan_felt(circle(40.0, 8.0)).lateral_acceleration_mps2
    np.testing.assert_allclose(left, 8.0**2 / 40.0, rtol=2e-3)  # chords are a little short
    right = plan_felt(circle(40.0, 8.0) * (1, -1)).lateral_acceleration_mps2
    np.testing.assert_allclose(right, -left)


def test_the_worst_of_each_plan_and_whether_it_is_comfortable():
    steady, brakes = along(5.0 * TIMES_S), along(15 * TIMES_S - 4.5 * TIMES_S**2 / 2)
    starts = along(2.5 * TIMES_S**2 / 2)
    found = plan_comfort(np.concatenate([steady, brakes, starts, circle(12.0, 8.0)]))
    np.testing.assert_allclose(found.most_braking_mps2, [0, 4.5, 0, 0], atol=1e-9)
    np.testing.assert_allclose(found.most_acceleration_mps2, [0, 0, 2.5, 0], atol=1e-9)
    assert found.most_lateral_mps2[3] == pytest.approx(64 / 12, rel=0.01)
    np.testing.assert_array_equal(found.comfortable, [1, 0, 0, 0])


def test_a_jerky_plan_is_not_comfortable():
    found = plan_comfort(along(np.cumsum([2.5, 3.0, 2.5, 3.0, 2.5, 3.0])))
    assert found.most_jerk_mps3 == pytest.approx([2 * 0.5 / 0.5**3])
    assert found.most_acceleration_mps2 == pytest.approx([2.0])
    np.testing.assert_array_equal(found.comfortable, [0])


def test_a_plan_that_stands_feels_nothing():
    found = plan_comfort(np.zeros((1, 6, 2)))
    assert (found.most_lateral_mps2[0], found.comfortable[0]) == (0.0, 1.0)


def test_all_plans_together_have_the_figures_that_drives_have():
    found = comfort_of_plans(np.concatenate([along(9 * TIMES_S - TIMES_S**2), along(TIMES_S**2)]))
    assert found.acceleration_mps2.rms == pytest.approx(2.0)
    assert found.acceleration_mps2.p95 == pytest.approx(2.0)
    assert found.jerk_mps3.rms == pytest.approx(0.0, abs=1e-9)
