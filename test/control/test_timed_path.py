"""A planned path: a smooth line, and the speed that its times mean."""

from __future__ import annotations

import math

import numpy as np
import pytest

from vavam_ros.control.timed_path import TimedPath
from vavam_ros.errors import InputError
from vavam_ros.geometry.pose import Pose2
from vavam_ros.records import NS_PER_S, DriveCommand, Plan

T0 = 1_700_000_000 * NS_PER_S
TIMES = T0 + np.arange(1, 7) * (NS_PER_S // 2)
HOME = Pose2(0.0, 0.0, 0.0)


def path(waypoints, origin: Pose2 = HOME) -> TimedPath:
    return TimedPath.from_rig(T0, origin, np.array(waypoints, float), TIMES)


def along_x(*lengths: float) -> TimedPath:
    return path([(x, 0.0) for x in lengths])


def at(seconds: float) -> int:
    return T0 + round(seconds * NS_PER_S)


def test_waypoints_of_the_rig_lie_where_the_rig_was():
    there = path([(i, 1.0) for i in range(1, 7)], Pose2(10, 20, math.pi / 2))
    np.testing.assert_allclose(there.waypoints_m[0], (9, 21), atol=1e-9)
    assert there.line.points_m[0].tolist() == [10, 20]


def test_a_plan_has_its_times():
    waypoints = np.array([(i, 0) for i in range(1, 7)], np.float32)
    plan = Plan(T0, DriveCommand.LEFT, waypoints, waypoints[None], np.zeros(6), 8)
    made = TimedPath.from_plan(plan, HOME)
    assert made.times_ns.tolist() == TIMES.tolist()
    assert made.end_ns == at(3.0)


@pytest.mark.parametrize('speed', [0.5, 3.0, 15.0])
def test_at_a_constant_speed_lengths_and_speed_are_those(speed):
    even = along_x(*(speed * t for t in np.arange(0.5, 3.1, 0.5)))
    for seconds in (-0.2, 0.0, 0.3, 1.7, 3.0, 3.4):
        assert even.length_at_m(at(seconds)) == pytest.approx(speed * seconds, abs=1e-6)
        assert even.speed_mps(at(seconds)) == pytest.approx(speed)
        assert even.acceleration_mps2(at(seconds)) == pytest.approx(0.0, abs=1e-6)


def test_a_change_of_speed_is_seen_at_its_time():
    rising = along_x(*(3 * t + t * t for t in np.arange(0.5, 3.1, 0.5)))  # 2 m/s^2
    for seconds in (0.75, 1.0, 1.6, 2.2):
        assert rising.speed_mps(at(seconds)) == pytest.approx(3 + 2 * seconds, abs=0.01)
        assert rising.acceleration_mps2(at(seconds)) == pytest.approx(2.0, abs=0.01)


@pytest.mark.parametrize('side', [1, -1])
@pytest.mark.parametrize('step_m', [1.0, 3.5, 6.0])
def test_through_points_of_a_circle_the_line_is_that_circle(side, step_m):
    """Chords would cut the corner by up to 30 cm."""
    radius, angles = 15.0, step_m / 15.0 * np.arange(1, 7)
    points = np.stack([radius * np.sin(angles), side * radius * (1 - np.cos(angles))], axis=1)
    smooth = path(points)
    distances = np.hypot(smooth.line.points_m[:, 0], smooth.line.points_m[:, 1] - side * radius)
    np.testing.assert_allclose(distances, radius, atol=0.003)
    assert smooth.length_m == pytest.approx(6 * step_m, rel=1e-3)
    assert smooth.speed_mps(at(1.5)) == pytest.approx(2 * step_m, rel=1e-3)


def test_beyond_its_end_a_path_goes_straight_on():
    short = along_x(0.5, 1.0, 1.5, 2.0, 2.5, 3.0)
    np.testing.assert_allclose(short.place_at(4.5), (4.5, 0), atol=1e-9)


@pytest.mark.parametrize(
    'waypoints',
    [
        [(0.0, 0.0)] * 6,
        [(0.02 * i, 0.03 * (-1) ** i) for i in range(6)],  # noise
        [(-0.5 * i, 0.0) for i in range(1, 7)],  # back
        [(0.04 * i, 0.0) for i in range(1, 7)],  # 24 cm in 3 s
    ],
)
def test_a_path_that_leads_nowhere_stands(waypoints):
    standing = path(waypoints, Pose2(5, 6, 1.0))
    assert standing.line is None
    assert standing.length_m == 0.0
    assert [standing.speed_mps(at(s)) for s in (0, 1.5, 9)] == [0, 0, 0]
    assert standing.place_at(3.0).tolist() == [5, 6]


def test_where_it_waits_length_does_not_grow():
    """A stop, with the jitter of a model, and on again."""
    stopping = path([(2, 0), (3, 0), (3.04, 0.02), (2.97, -0.03), (3.5, 0), (5, 0)])
    assert stopping.speed_mps(at(1.5)) == 0.0
    assert stopping.length_m == pytest.approx(5.0, abs=0.05)


@pytest.mark.parametrize(
    ('waypoints', 'times', 'said'),
    [
        (np.zeros((0, 2)), [], 'shape'),
        (np.zeros((2, 2)), [at(1)], 'shape'),
        (np.array([[1, np.nan]]), [at(1)], 'not finite'),
        (np.array([[1, np.inf]]), [at(1)], 'not finite'),
        (np.ones((2, 2)), [at(1), at(1)], 'do not rise'),
        (np.ones((1, 2)), [T0], 'do not rise'),
    ],
)
def test_what_is_no_path_is_refused(waypoints, times, said):
    with pytest.raises(InputError, match=said):
        TimedPath.from_rig(T0, HOME, waypoints, np.array(times, np.int64))
