import math

import numpy as np
import pytest

from vavam_ros.geometry.ego_track import EgoTrack, commands_by_pose, forward_speeds
from vavam_ros.records import DriveCommand, EgoState

S = 1_000_000_000


def circle(start_s, stop_s, rate_hz=20.0, radius_m=20.0, speed_mps=5.0):
    """Left turns: at time t the vehicle has turned by speed * t / radius."""
    for t in np.arange(start_s, stop_s, 1 / rate_hz):
        yaw = speed_mps * t / radius_m
        x, y = radius_m * math.sin(yaw), radius_m * (1 - math.cos(yaw))
        wrapped = math.atan2(math.sin(yaw), math.cos(yaw))
        yield EgoState(round(t * S), x, y, wrapped, speed_mps)


def test_states_between_two_are_interpolated_also_past_half_a_turn():
    track = EgoTrack(circle(0, 20))
    states, known = track.at(np.array([round(12.5125 * S), 19 * S]))
    assert known.all()
    yaw = 5 * 12.5125 / 20
    expected = [20 * math.sin(yaw), 20 * (1 - math.cos(yaw)), yaw, 5]
    np.testing.assert_allclose(states[0], expected, atol=2e-3)


def test_nothing_is_known_outside_the_track_or_in_a_hole():
    track = EgoTrack([*circle(0, 2), *circle(2.5, 4)])
    _, known = track.at(np.array([-1, S, round(2.2 * S), 3 * S, 5 * S]))
    assert known.tolist() == [False, True, False, True, False]


def test_targets_are_the_way_driven_as_seen_from_each_frame():
    track = EgoTrack(circle(0, 10))
    targets, known = track.targets(np.array([0, 4 * S]))
    assert known.all()
    turned = 5 * np.arange(0.5, 3.1, 0.5) / 20
    expected = np.stack([20 * np.sin(turned), 20 * (1 - np.cos(turned))], axis=1)
    np.testing.assert_allclose(targets, [expected, expected], atol=5e-3)


def test_a_target_needs_three_seconds_without_a_hole():
    track = EgoTrack([*circle(0, 5), *circle(5.5, 10)])
    _, known = track.targets(np.array([1.5, 2.5, 5.2, 6.0, 8.0]) * S // 1)
    assert known.tolist() == [True, False, False, True, False]


@pytest.mark.parametrize(
    ('aside_m', 'known', 'command'),
    [
        (2.1, True, DriveCommand.LEFT),
        (-2.1, True, DriveCommand.RIGHT),
        (1.9, True, DriveCommand.STRAIGHT),
        (2.1, False, DriveCommand.STRAIGHT),
    ],
)
def test_the_command_is_the_side_of_the_pose_three_seconds_on(aside_m, known, command):
    targets = np.zeros((1, 6, 2), np.float32)
    targets[0, -1, 1] = aside_m
    assert commands_by_pose(targets, np.array([known])).tolist() == [command]


def test_an_empty_track_knows_nothing():
    track = EgoTrack([])
    assert not track.at(np.array([0]))[1].any()
    assert not track.targets(np.array([0]))[1].any()
    assert not track.covers(np.array([0]))[0]
    assert len(track.holes_ns()) == 0


def test_of_two_states_at_one_time_the_first_counts():
    track = EgoTrack([EgoState(5, 1.0, 0, 0, 0), EgoState(5, 2.0, 0, 0, 0)])
    assert track.rows[:, 0].tolist() == [1.0]


def test_a_window_needs_its_history_and_its_future_without_a_hole():
    track = EgoTrack([*circle(0, 10), *circle(10.5, 20)])
    asked = np.array([3.4, 3.5, 6.9, 7.1, 13.9, 14.1, 16.9, 17.1]) * S // 1
    assert track.covers(asked).tolist() == [False, True, True, False, False, True, True, False]
    assert track.covers(asked, before_s=0).tolist() == [True, True, True] + [False] + [
        True
    ] * 3 + [False]
    np.testing.assert_allclose(track.holes_ns() / S, [[9.95, 10.5]])


def test_reversing_is_a_negative_speed():
    track = EgoTrack(EgoState(k * S // 10, 0.0, -0.2 * k, math.pi / 2, -2.0) for k in range(11))
    np.testing.assert_allclose(
        forward_speeds(track.stamps_ns, track.rows[:, :3], 0.2), np.full(11, -2.0)
    )


@pytest.mark.parametrize('rate_hz', [2, 10, 100])
def test_speeds_are_central_differences_within_a_stretch(rate_hz):
    """x = t^2 with a hole in the middle: the speed is 2 t, at the ends one step's mean."""
    seconds = np.concatenate([np.arange(0, 2.01, 1 / rate_hz), np.arange(10, 12.01, 1 / rate_hz)])
    poses = np.stack([seconds**2, 0 * seconds, 0 * seconds], axis=1)
    speeds = forward_speeds(np.round(seconds * S).astype(np.int64), poses, 0.7)
    inner = np.abs(seconds % 10 - 1) < 0.85
    np.testing.assert_allclose(speeds[inner], 2 * seconds[inner], atol=1e-6)
    late_s = max(1 / rate_hz, 0.1)
    np.testing.assert_allclose(speeds[[0, -1]], [late_s, 24 - late_s], atol=1e-6)


def test_a_lone_pose_has_no_speed():
    stamps_ns, poses = np.array([0, 10 * S, 10 * S + S // 10]), np.zeros((3, 3))
    assert np.isnan(forward_speeds(stamps_ns, poses, 0.7)).tolist() == [True, False, False]
