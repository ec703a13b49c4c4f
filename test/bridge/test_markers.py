"""Candidates are drawn as lines that say which command they answer."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from visualization_msgs.msg import Marker

from vavam_ros.bridge.markers import candidates_markers
from vavam_ros.records import DriveCommand, Plan

SAMPLES = np.arange(3 * 6 * 2, dtype=np.float32).reshape(3, 6, 2)


@pytest.fixture
def markers():
    plan = Plan(
        stamp_ns=5_250_000_000,
        command=DriveCommand.LEFT,
        waypoints_in_rig=SAMPLES[1],
        samples_in_rig=SAMPLES,
        spread_m=np.zeros(6, np.float32),
        context_frames=8,
        what_ifs_in_rig={DriveCommand.RIGHT: SAMPLES + 1, DriveCommand.STRAIGHT: SAMPLES[:2] + 2},
    )
    return candidates_markers(plan, 'rig').markers


def colour(marker) -> tuple[float, float, float]:
    return (marker.color.r, marker.color.g, marker.color.b)


def test_earlier_lines_are_deleted_first(markers):
    assert markers[0].action == Marker.DELETEALL
    assert {marker.action for marker in markers[1:]} == {Marker.ADD}


def test_each_sample_and_what_if_is_one_line_with_its_own_id(markers):
    names = [(marker.ns, marker.id) for marker in markers[1:]]
    assert sorted(names) == sorted(
        [('chosen', 0)]
        + [('left', k) for k in range(3)]
        + [('right', k) for k in range(3)]
        + [('straight', k) for k in range(2)]
    )
    assert {marker.type for marker in markers[1:]} == {Marker.LINE_STRIP}


def test_lines_start_at_the_origin_and_follow_the_sample(markers):
    line = next(m for m in markers if (m.ns, m.id) == ('right', 2))
    points = [(p.x, p.y) for p in line.points]
    assert points[0] == (0.0, 0.0)
    np.testing.assert_array_equal(points[1:], SAMPLES[2] + 1)


def test_every_marker_has_the_plans_stamp_and_frame_and_an_end(markers):
    for marker in markers:
        assert (marker.header.stamp.sec, marker.header.stamp.nanosec) == (5, 250_000_000)
        assert marker.header.frame_id == 'rig'
    assert all(marker.lifetime.sec > 0 for marker in markers[1:])
    assert all(marker.pose.orientation.w == 1.0 for marker in markers[1:])


def test_the_chosen_line_is_thicker_and_has_its_commands_colour(markers):
    chosen = next(m for m in markers if m.ns == 'chosen')
    others = [m for m in markers[1:] if m.ns != 'chosen']
    assert all(chosen.scale.x > 2 * other.scale.x for other in others)
    assert colour(chosen) == colour(next(m for m in markers if m.ns == 'left'))
    assert chosen.color.a == 1.0


def test_colours_of_commands_differ_in_brightness_or_blue_not_only_in_red_and_green(markers):
    by_command = {m.ns: colour(m) for m in markers[1:] if m.ns != 'chosen'}
    assert len(by_command) == 3
    for (_, _, blue), (_, _, other_blue) in itertools.combinations(by_command.values(), 2):
        assert abs(blue - other_blue) > 0.2
