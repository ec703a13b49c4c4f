"""A bicycle follows plans as a model makes them: 2 Hz, 0.2 s late, control at 20 Hz."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from bicycle_drive import Bicycle, Reference, drive
from hypothesis import given, settings
from hypothesis import strategies as st

from vavam_ros.control.follower import Follower
from vavam_ros.control.settings import FollowerSettings
from vavam_ros.control.timed_path import TimedPath
from vavam_ros.control.vehicle import VehicleParameters
from vavam_ros.errors import InputError
from vavam_ros.geometry.pose import Pose2
from vavam_ros.records import NS_PER_S, EgoState

CAR = VehicleParameters()
SECOND = NS_PER_S
TIMES = np.arange(1, 7) * (NS_PER_S // 2)
HOME = Pose2(0.0, 0.0, 0.0)
HALT = TimedPath.from_rig(0, HOME, np.zeros((6, 2)), TIMES)


def straight(speed: float, stamp_ns: int = 0) -> TimedPath:
    points = np.stack([speed * TIMES / SECOND, np.zeros(6)], axis=1)
    return TimedPath.from_rig(stamp_ns, HOME, points, stamp_ns + TIMES)


def ego(x: float = 0.0, y: float = 0.0, yaw: float = 0.0, speed: float = 5.0, at: int = 0):
    return EgoState(at, x, y, yaw, speed)


def test_a_circle_of_15_m_is_driven_within_20_cm_and_without_swinging():
    seen = drive(
        Reference(lambda s: 0 if s < 20 else 1 / 15, lambda t, s: 5.0),
        20.0,
        Bicycle(CAR, speed=5.0),
    )
    assert np.abs(seen.lateral).max() < 0.2
    settled = np.array(seen.steer[240:])
    assert settled == pytest.approx(math.atan(CAR.wheelbase_m / 15), abs=0.01)
    assert np.abs(seen.lateral[240:]).max() < 0.03


@pytest.mark.parametrize('latency', [0.05, 0.2, 0.45])
def test_an_s_curve_is_driven_within_20_cm_and_the_wheel_turns_with_it(latency):
    seen = drive(
        Reference(lambda s: math.sin(s / 10) / 15, lambda t, s: 5.0),
        30.0,
        Bicycle(CAR, speed=5.0),
        latency=latency,
    )
    assert np.abs(seen.lateral).max() < 0.2
    turns = np.diff(np.sign(np.diff(seen.steer[20:])))
    assert (turns != 0).sum() <= 8  # 150 m of waves of 63 m: about five changes of direction


def test_with_noisy_plans_it_stays_near_and_calm():
    seen = drive(
        Reference(lambda s: 0.0, lambda t, s: 7.0), 30.0, Bicycle(CAR, speed=7.0), noise_m=0.1
    )
    assert np.abs(seen.lateral).max() < 0.2
    assert np.std(seen.steer) < 0.02
    assert np.abs(np.array(seen.speed[60:]) - 7.0).max() < 0.6


def test_a_vehicle_beside_the_track_comes_back_without_overshoot():
    seen = drive(Reference(lambda s: 0.0, lambda t, s: 7.0), 10.0, Bicycle(CAR, y=1.0, speed=7.0))
    assert np.abs(seen.lateral[60:]).max() < 0.05
    assert min(seen.lateral) > -0.1


def test_a_rising_speed_is_followed():
    seen = drive(Reference(lambda s: 0.0, lambda t, s: 3 + t / 2), 20.0, Bicycle(CAR, speed=3.0))
    late = np.array(seen.speed) - (3 + np.arange(400) * 0.05 / 2)
    assert np.abs(late[80:]).max() < 0.25


def test_it_stops_fully_holds_and_starts_again():
    seen = drive(
        Reference(lambda s: 0.0, lambda t, s: 7.0 if t % 16 < 8 else 0.0),
        30.0,
        Bicycle(CAR, speed=7.0),
    )
    speed = np.array(seen.speed)
    assert (speed[240:310] == 0).all()
    assert (speed[200:240] < 0.05).any()
    assert np.array(seen.acceleration)[240:310].max() <= -0.9  # held
    assert speed[400:460] == pytest.approx(7.0, abs=0.3)
    assert max(seen.acceleration) <= 2.0
    assert min(seen.acceleration) >= -3.6  # the plans themselves brake at 3


@pytest.mark.parametrize('latency', [0.05, 0.2, 0.45])
def test_it_stands_where_the_plans_stop(latency):
    reference = Reference(lambda s: 0.0, lambda t, s: min(7.0, 2 * math.sqrt(max(60 - s, 0.0))))
    seen = drive(reference, 16.0, Bicycle(CAR, speed=7.0), latency=latency)
    assert seen.speed[-1] == 0.0
    assert sum(seen.speed) * 0.05 == pytest.approx(60.0, abs=0.7)


def test_a_plan_that_ends_too_near_brakes_beyond_comfort():
    near = TimedPath.from_rig(0, HOME, np.array([(2.0, 0), (3.5, 0)] + [(4.0, 0)] * 4), TIMES)
    follower = Follower(CAR)
    asked = [follower.follow(near, ego(0.0, speed=7.0), k * SECOND // 20) for k in range(8)]
    assert -7.0 <= asked[-1].acceleration_mps2 < -5.0
    gentle = Follower(CAR, FollowerSettings(emergency_braking_mps2=3.0))
    asked = [gentle.follow(near, ego(0.0, speed=7.0), k * SECOND // 20) for k in range(8)]
    assert asked[-1].acceleration_mps2 == -3.0


def test_the_path_is_where_it_was_planned_though_the_vehicle_has_moved():
    """Planned at the origin, seen 0.5 s and 4 m later, from 0.5 m to the left."""
    follower = Follower(CAR)
    asked = follower.follow(straight(8.0), ego(4.0, 0.5, speed=8.0, at=SECOND // 2), SECOND // 2)
    assert asked.steer_rad < 0
    assert asked.stamp_ns == SECOND // 2
    assert follower.tracking.lateral_error_m == pytest.approx(0.5)
    assert follower.tracking.speed_error_mps == pytest.approx(0.0)


def test_an_ego_state_is_carried_on_to_now():
    follower = Follower(CAR)
    follower.follow(straight(8.0), ego(0.0, 0.0, 0.1, speed=8.0, at=0), SECOND // 10)
    assert follower.tracking.lateral_error_m == pytest.approx(0.8 * math.sin(0.1))


def test_where_it_is_to_stand_the_wheel_stays():
    follower = Follower(CAR)
    left = TimedPath.from_rig(0, HOME, np.array([(2, 0.3), (4, 1.2)] + [(4, 1.2)] * 4), TIMES)
    for tick in range(10):
        turned = follower.follow(left, ego(speed=3.0), tick * SECOND // 20).steer_rad
    assert turned > 0.1
    noisy = np.random.default_rng(1).normal(0, 0.08, (6, 2))
    halt = TimedPath.from_rig(SECOND, HOME, noisy, SECOND + TIMES)
    for tick in range(20, 40):
        asked = follower.follow(halt, ego(speed=0.0), tick * SECOND // 20)
        assert asked.steer_rad == turned
    assert (asked.acceleration_mps2, asked.speed_mps) == (-1.0, 0.0)


def test_past_the_end_of_a_path_it_brakes():
    follower = Follower(CAR)
    for tick in range(10):
        asked = follower.follow(straight(3.0), ego(9.5, speed=3.0), tick * SECOND // 20)
    assert asked.acceleration_mps2 == pytest.approx(-3.0)


def test_without_a_path_it_stops_within_comfort_along_the_last_one():
    car, follower = Bicycle(CAR, speed=7.0), Follower(CAR)
    bend = Reference(lambda s: 1 / 20, lambda t, s: 7.0)
    path = bend.plan(0.0, 0, HOME, 7.0, np.zeros((6, 2)))
    asked, lateral = [], []
    for tick in range(100):
        now = tick * SECOND // 20
        state = car.state(now)
        one = follower.follow(path, state, now) if tick < 10 else follower.stop(state, now)
        car.move(one)
        asked.append(one)
        lateral.append(bend.lateral(car.x, car.y, bend.nearest(car.x, car.y, 0)))
    stopped = [one.acceleration_mps2 for one in asked[10:]]
    assert min(stopped) == -3.0
    assert max(np.abs(np.diff(stopped))) <= 10.0 * 0.05 + 1e-9
    assert car.speed == 0.0
    assert np.abs(lateral).max() < 0.2
    assert (asked[-1].acceleration_mps2, asked[-1].speed_mps) == (-1.0, 0.0)


def test_without_an_ego_state_the_wheel_stays_and_the_speed_falls_by_comfort():
    follower = Follower(CAR)
    before = follower.follow(straight(6.0), ego(0.0, 0.4, speed=6.0), 0)
    asked = [follower.stop(None, tick * SECOND // 20) for tick in range(1, 80)]
    assert {one.steer_rad for one in asked} == {before.steer_rad}
    speeds = [before.speed_mps] + [one.speed_mps for one in asked]
    assert np.diff(speeds).min() >= -(3.0 + 10.0 * 0.3) * 0.05 - 1e-9  # while the braking grows
    assert np.diff(speeds)[8:].min() >= -3.0 * 0.05 - 1e-9
    assert speeds[-1] == 0.0
    assert asked[-1].acceleration_mps2 == -3.0


def test_when_the_speed_is_known_again_it_goes_on_from_there():
    follower = Follower(CAR)
    for tick in range(40):
        follower.stop(None, tick * SECOND // 20)
    asked = follower.stop(ego(speed=4.0), 2 * SECOND)
    assert asked.speed_mps > 3.5
    assert asked.acceleration_mps2 == pytest.approx(-0.5)  # by the jerk limit


@pytest.mark.parametrize('response', [0.0, 0.3, 0.6])
def test_a_vehicle_that_takes_speeds_moves_as_one_that_takes_accelerations(response):
    reference = Reference(lambda s: 0.0, lambda t, s: 6.0 if t < 10 else 0.0)
    by_speed = Bicycle(CAR, speed=2.0, speed_response=response)
    tuned = FollowerSettings(speed_response_s=response)
    seen = drive(reference, 16.0, by_speed, settings=tuned)
    other = drive(reference, 16.0, Bicycle(CAR, speed=2.0))
    assert np.abs(np.array(seen.speed) - other.speed).max() < 0.5
    assert np.diff(seen.speed).max() <= 2.2 * 0.05
    assert np.diff(seen.speed).min() >= -3.5 * 0.05
    assert seen.speed[-1] < 0.01


def test_the_wheel_turns_no_faster_than_it_can():
    follower = Follower(dataclasses.replace(CAR, max_steer_rate_radps=0.4))
    steers = [
        follower.follow(straight(8.0), ego(0, 3.0, 0.8, 2.0, now_ns), now_ns).steer_rad
        for now_ns in range(0, 3 * SECOND, SECOND // 20)
    ]
    assert np.abs(np.diff(steers)).max() <= 0.4 * 0.05 + 1e-9
    assert steers[-1] == -CAR.max_steer_rad


def test_an_ego_state_that_is_not_finite_is_refused():
    with pytest.raises(InputError, match='not finite'):
        Follower(CAR).follow(HALT, ego(math.nan), 0)


numbers = st.floats(-60, 60)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(numbers, numbers), min_size=6, max_size=6),
    st.tuples(numbers, numbers, st.floats(-7, 7), st.floats(-1, 30)),
    st.integers(-2 * SECOND, 9 * SECOND),
)
def test_whatever_the_path_what_is_asked_is_finite_and_within_the_limits(points, state, now_ns):
    path = TimedPath.from_rig(0, Pose2(1.0, 2.0, 0.5), np.array(points), TIMES)
    follower = Follower(CAR)
    for later in range(3):
        asked = follower.follow(path, EgoState(now_ns, *state), now_ns + later * SECOND // 20)
        assert abs(asked.steer_rad) <= CAR.max_steer_rad
        assert -7.0 <= asked.acceleration_mps2 <= 2.0
        assert 0 <= asked.speed_mps <= CAR.max_speed_mps
