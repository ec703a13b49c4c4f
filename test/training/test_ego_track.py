import math

import numpy as np
import pytest

from vavam_ros.records import DriveCommand, EgoState
from vavam_ros.training.ego_track import EgoTrack, commands_by_pose

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
