"""The command in use, where it comes from, and why."""

from __future__ import annotations

import numpy as np
import pytest

from vavam_ros.control.command_source import CommandSource
from vavam_ros.errors import InputError
from vavam_ros.geometry.line import Line
from vavam_ros.records import NS_PER_S, DriveCommand, EgoState

NOW = 50 * NS_PER_S


def ego(x: float, y: float = 0.0, speed: float = 7.0, at: int = NOW) -> EgoState:
    return EgoState(at, x, y, 0.0, speed)


def left_at(x: float) -> Line:
    return Line(np.array([(i, 0.0) for i in range(int(x))] + [(x, float(j)) for j in range(60)]))


@pytest.fixture
def source() -> CommandSource:
    return CommandSource('route-20m', DriveCommand.STRAIGHT)


def test_without_a_route_or_odometry_it_is_the_default_and_that_is_said(source):
    choice = source.choose(NOW)
    assert (choice.command, choice.source, choice.reason) == (2, 'DEFAULT', 'no route')
    source.follow(left_at(60), 'map')
    assert source.choose(NOW).reason == 'no odometry'


def test_with_a_route_it_is_by_the_rule_and_the_place_is_said(source):
    source.follow(left_at(60), 'map')
    for x, command in [(20, DriveCommand.STRAIGHT), (48, DriveCommand.LEFT)]:
        source.see(ego(x), 'map')
        choice = source.choose(NOW)
        assert (choice.command, choice.source) == (command, 'ROUTE')
        assert choice.reason == f'by route-20m, at {x} of 119 m of the route'


def test_the_other_rule_goes_by_the_speed():
    source = CommandSource('pose-3s', DriveCommand.RIGHT)
    source.follow(left_at(60), 'map')
    for speed, command in [(3.0, DriveCommand.STRAIGHT), (6.0, DriveCommand.LEFT)]:
        source.see(ego(48, speed=speed), 'map')
        assert source.choose(NOW).command == command


def test_a_request_wins_until_it_is_released(source):
    source.follow(left_at(60), 'map')
    source.see(ego(48), 'map')
    source.request(' Right')
    choice = source.choose(NOW)
    assert (choice.command, choice.source) == (DriveCommand.RIGHT, 'TOPIC')
    assert choice.reason == "asked for until 'route' comes"
    with pytest.raises(InputError, match=r"'U-turn' is unknown and ignored: .* or route"):
        source.request('U-turn')
    assert source.choose(NOW).command == DriveCommand.RIGHT
    source.request('route')
    assert source.choose(NOW).command == DriveCommand.LEFT


@pytest.mark.parametrize(
    ('state', 'frame', 'said'),
    [
        (ego(48, at=NOW - 3 * NS_PER_S), 'map', 'the odometry is 3.0 s old'),
        (ego(48, at=NOW + 3 * NS_PER_S), 'map', 'the odometry is 3.0 s in the future'),
        (ego(48), 'odom', "the route is in 'map', the odometry in 'odom'"),
        (ego(48, y=-45), 'map', 'the route is 45 m away'),
    ],
)
def test_where_the_route_does_not_serve_it_is_the_default_and_why(source, state, frame, said):
    source.follow(left_at(60), 'map')
    source.see(state, frame)
    choice = source.choose(NOW)
    assert (choice.command, choice.source) == (DriveCommand.STRAIGHT, 'DEFAULT')
    assert choice.reason.startswith(said)


def test_a_route_may_be_taken_back(source):
    source.follow(left_at(60), 'map')
    source.see(ego(48), 'map')
    source.follow(None, '')
    assert source.choose(NOW).reason == 'no route'
