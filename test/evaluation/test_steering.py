from dataclasses import replace

import numpy as np
import pytest

from vavam_ros.bags.clip import read_clip
from vavam_ros.evaluation.baseline_plans import constant_turn
from vavam_ros.evaluation.ego_motion import EgoMotion
from vavam_ros.evaluation.steering import mean_ahead, steering_agreement, steering_correlation
from vavam_ros.evaluation.wheel import wheel_readings
from vavam_ros.evaluation.window import Window
from vavam_ros.records import NS_PER_S, DriveCommand


def turning(curvatures_per_m, speed_mps=10.0):
    curvatures = np.asarray(curvatures_per_m, np.float64)
    return constant_turn(EgoMotion(np.full(len(curvatures), speed_mps), curvatures * speed_mps))


def seconds(values):
    return np.round(np.asarray(values) * NS_PER_S).astype(np.int64)


def test_planned_and_driven_side_agree_with_straight_as_its_own_side():
    plans = turning([0.02, -0.02, 0.02, 0.001, 0.001, 0.02])
    wheel = np.array([0.5, -0.5, -0.5, 0.1, 0.5, np.nan])
    found = steering_agreement(plans, wheel)
    np.testing.assert_array_equal(found.side_agrees, [1, 1, 0, 1, 0, np.nan])
    np.testing.assert_array_equal(found.turn_agrees, [1, 1, 0, np.nan, 0, np.nan])
    np.testing.assert_allclose(found.curvature_per_m[:2], [0.02, -0.02])


def test_the_correlation_knows_neither_ratio_nor_zero_of_the_wheel():
    curvatures = np.array([0.01, -0.03, 0.0, 0.02])
    found = steering_correlation(turning(curvatures), 40 * curvatures + 0.3)
    assert found.correlation == pytest.approx(1.0)
    assert steering_correlation(turning(curvatures), -curvatures).correlation == pytest.approx(-1)


def test_plans_that_stand_do_not_count():
    curvatures = np.array([0.01, -0.03, 0.0, 0.02])
    plans = turning(curvatures)
    plans[1] = 0.0
    wheel = 40 * curvatures
    wheel[1] = 9.0
    assert steering_correlation(plans, wheel).rank_correlation == pytest.approx(1.0)


def test_the_mean_ahead_of_a_ramp_is_its_middle():
    stamps = seconds(np.arange(0.0, 5.01, 0.1))
    found = mean_ahead(stamps, np.arange(51) / 10, seconds([0.0, 1.23, 3.0, 3.1, -0.1]))
    np.testing.assert_allclose(found, [1.0, 2.23, 4.0, np.nan, np.nan])


def test_nothing_is_said_across_a_hole():
    stamps = seconds([0, 0.4, 0.8, 1.6, 2.0, 2.4, 2.8, 3.2, 3.6])
    found = mean_ahead(stamps, np.ones(9), seconds([0.0, 0.8, 1.6]))
    np.testing.assert_array_equal(found, [np.nan, np.nan, 1.0])


def test_stamps_must_rise():
    with pytest.raises(ValueError, match='rise'):
        mean_ahead(seconds([0, 0]), np.ones(2), seconds([0]))


def test_a_real_wheel_against_plans_of_its_own_bend(clips):
    """Plans that steer as the driver did agree with the driver."""
    frames = read_clip(clips / 'udacity_ch2_30s').frames
    stamps = np.array([frame.stamp_ns for frame in frames])
    wheel = np.array([frame.extra['steering_wheel_angle_rad'] for frame in frames])
    ahead = mean_ahead(stamps, wheel, stamps[::10])
    known = ~np.isnan(ahead)
    assert 26 <= known.sum() <= 28
    plans = turning(np.where(known, ahead, 0.0) / (14.8 * 2.85))
    found = steering_agreement(plans, ahead)
    assert np.nanmean(found.turn_agrees) == 1.0
    assert steering_correlation(plans, ahead).correlation == pytest.approx(1.0)


def test_a_run_reads_the_wheel_with_intervals_over_stretches():
    generator = np.random.default_rng(0)
    bends = generator.uniform(-0.03, 0.03, 40)
    windows = [
        wheel_window(number, plan, 40 * bend)
        for number, (plan, bend) in enumerate(zip(turning(bends), bends, strict=True))
    ]
    found = wheel_readings([*windows, replace(windows[0], steering=None)])
    assert (found.windows, found.independent.kind) == (40, 'blocks of 3 s')
    correlation = found.intervals['correlation']
    assert (correlation.value, correlation.low, correlation.high) == pytest.approx((1, 1, 1))
    assert 0.8 < found.intervals['turn_agrees'].value <= found.intervals['turn_agrees'].high <= 1
    assert wheel_readings([]) is None


def wheel_window(number, plan, wheel_rad):
    stamp_ns = number * NS_PER_S // 2
    return Window(
        'drive', stamp_ns, DriveCommand.STRAIGHT, 8, None, None, None, None, wheel_rad, plan,
        plan[None], {}, (), None, None,
    )  # fmt: skip
