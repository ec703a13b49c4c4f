"""A plan becomes a Path whose poses carry their own time and direction."""

from __future__ import annotations

import math

import numpy as np
import pytest

from vavam_ros.bridge.path import path_from_plan, waypoints_from_path
from vavam_ros.geometry.plan_shapes import headings_along
from vavam_ros.records import DriveCommand, Plan

STAMP_NS = 1_700_000_000_250_000_000


def plan(waypoints, step_s: float = 0.5) -> Plan:
    waypoints = np.array(waypoints, np.float32).reshape(-1, 2)
    return Plan(
        stamp_ns=STAMP_NS,
        command=DriveCommand.STRAIGHT,
        waypoints_in_rig=waypoints,
        samples_in_rig=waypoints[None],
        spread_m=np.zeros(len(waypoints), np.float32),
        context_frames=8,
        step_s=step_s,
    )


def arc(radius_m: float, angles_rad: np.ndarray) -> np.ndarray:
    """Points of a left turn that starts at the origin, heading along x."""
    return radius_m * np.stack([np.sin(angles_rad), 1 - np.cos(angles_rad)], axis=1)


def test_positions_stamps_and_frame_come_from_the_plan():
    path = path_from_plan(plan([[2, 0], [4, 1], [6, 3]], step_s=0.5), frame_id='rig')
    assert path.header.frame_id == 'rig'
    assert (path.header.stamp.sec, path.header.stamp.nanosec) == (1_700_000_000, 250_000_000)
    assert [(p.pose.position.x, p.pose.position.y) for p in path.poses] == [(2, 0), (4, 1), (6, 3)]
    stamps = [(p.header.stamp.sec - 1_700_000_000, p.header.stamp.nanosec) for p in path.poses]
    assert stamps == [(0, 750_000_000), (1, 250_000_000), (1, 750_000_000)]
    assert {p.header.frame_id for p in path.poses} == {'rig'}


def test_the_default_frame_is_base_link():
    assert path_from_plan(plan([[1, 0]])).header.frame_id == 'base_link'


def test_path_and_waypoints_are_a_pair():
    sent = plan(arc(20.0, np.linspace(0.1, 1.0, 6)), step_s=0.1)
    received = waypoints_from_path(path_from_plan(sent, 'odom'))
    assert (received.frame_id, received.stamp_ns) == ('odom', STAMP_NS)
    np.testing.assert_allclose(received.positions_m, sent.waypoints_in_rig)
    np.testing.assert_array_equal(
        received.times_ns, STAMP_NS + 100_000_000 * np.arange(1, 7, dtype=np.int64)
    )
    np.testing.assert_allclose(received.yaws_rad, headings_along(received.positions_m))


def test_an_empty_path_has_no_waypoints():
    received = waypoints_from_path(path_from_plan(plan([])))
    assert received.positions_m.shape == (0, 2)
    assert received.yaws_rad.shape == received.times_ns.shape == (0,)


@pytest.mark.parametrize('sign', [1, -1])
def test_on_an_arc_the_headings_are_the_tangents(sign):
    angles = np.linspace(0.1, 1.2, 12)
    headings = headings_along(arc(15.0, angles) * [1, sign])
    np.testing.assert_allclose(headings[:-1], sign * angles[:-1], atol=1e-9)
    assert headings[-1] == pytest.approx(sign * (angles[-1] - 0.05))  # the last segment's


@pytest.mark.parametrize('yaw', [0.0, 1.0, -2.5, math.pi / 2, 3.1])
def test_a_straight_path_points_where_it_goes(yaw):
    path = path_from_plan(plan(np.outer([3, 6, 9], [math.cos(yaw), math.sin(yaw)])))
    for stamped in path.poses:
        q = stamped.pose.orientation
        assert math.hypot(q.z, q.w) == pytest.approx(1)
        assert 2 * math.atan2(q.z, q.w) == pytest.approx(yaw, abs=1e-6)


def test_one_waypoint_points_away_from_the_origin():
    assert headings_along(np.array([[1.0, 1.0]])) == [pytest.approx(math.pi / 4)]


def test_standing_still_keeps_the_heading():
    assert headings_along(np.zeros((6, 2))) == [0.0] * 6
    stopping = np.array([[1.0, 1.0], [2.0, 2.0], [2.0, 2.0], [2.0, 2.0]])
    assert headings_along(stopping) == [pytest.approx(math.pi / 4)] * 4


def test_turning_back_on_the_spot_keeps_the_heading():
    there_and_back = np.array([[2.0, 0.0], [4.0, 0.0], [2.0, 0.0]])
    assert headings_along(there_and_back) == [0.0, 0.0, pytest.approx(math.pi)]
