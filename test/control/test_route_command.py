"""The command at a place on a route, by either published rule."""

from __future__ import annotations

import math

import numpy as np
import pytest

from vavam_ros.control.route_command import COMMAND_RULES, command_from_route
from vavam_ros.errors import InputError
from vavam_ros.geometry.line import Line
from vavam_ros.geometry.pose import Pose2
from vavam_ros.records import DriveCommand

LEFT, RIGHT, STRAIGHT = DriveCommand.LEFT, DriveCommand.RIGHT, DriveCommand.STRAIGHT


def turn(side: float, before_m: float = 60.0, after_m: float = 60.0) -> np.ndarray:
    """Along x, then a corner to the left (1) or right (-1), a point each metre."""
    ahead = [(float(x), 0.0) for x in range(int(before_m) + 1)]
    return np.array(ahead + [(before_m, side * (1.0 + y)) for y in range(int(after_m))])


@pytest.mark.parametrize(('side', 'word'), [(1, LEFT), (-1, RIGHT)])
def test_by_route_a_turn_is_named_when_20_m_on_lie_more_than_3_m_aside(side, word):
    route = Line(turn(side))
    for x_m, command in [(0, STRAIGHT), (42.9, STRAIGHT), (43.1, word), (59, word)]:
        assert command_from_route(route, Pose2(x_m, 0.0, 0.0), 'route-20m', 7.0) == command


def test_by_route_it_is_the_first_point_beyond_20_m_not_the_place_at_20_m():
    sparse = np.array([[0, 0], [19, 0], [40, 8]], float)
    assert command_from_route(sparse, Pose2(0, 0, 0), 'route-20m', 5.0) == LEFT  # (40, 8)
    assert command_from_route(sparse, Pose2(0, 0, 0), 'pose-3s', 20.1 / 3) == STRAIGHT  # y = 0.4


@pytest.mark.parametrize(('side', 'word'), [(1, LEFT), (-1, RIGHT)])
def test_by_pose_a_turn_is_named_when_3_s_on_lie_more_than_2_m_aside(side, word):
    pose = Pose2(50.0, 0.0, 0.0)  # the corner is 10 m on
    for speed_mps, command in [(0, STRAIGHT), (-1, STRAIGHT), (3.9, STRAIGHT), (4.1, word)]:
        assert command_from_route(turn(side), pose, 'pose-3s', speed_mps) == command


@pytest.mark.parametrize('rule', COMMAND_RULES)
def test_the_side_is_the_vehicles_own(rule):
    """A route south, and the vehicle upon it: what lies west is to its right."""
    south = turn(1, 10) @ [[0, -1], [1, 0]]
    assert command_from_route(south, Pose2(0, 0, -math.pi / 2), rule, 7.0) == LEFT
    assert command_from_route(south, Pose2(0, -11, 0.0), rule, 0.0) == STRAIGHT


@pytest.mark.parametrize('rule', COMMAND_RULES)
def test_where_the_route_ends_it_is_straight(rule):
    assert command_from_route(turn(1, 60, 8), Pose2(55, 0, 0), rule, 7.0) == STRAIGHT
    assert command_from_route(turn(1, 60, 8), Pose2(900, 500, 2), rule, 7.0) == STRAIGHT


def test_places_that_repeat_do_no_harm():
    doubled = np.repeat(turn(-1), 2, axis=0)
    assert command_from_route(doubled, Pose2(50, 0, 0), 'route-20m', 5.0) == RIGHT


def test_another_rule_is_refused_with_the_names_of_those_there_are():
    with pytest.raises(InputError, match="'soon': it is one of pose-3s, route-20m"):
        command_from_route(turn(1), Pose2(0, 0, 0), 'soon', 1.0)
