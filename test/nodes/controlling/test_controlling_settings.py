"""Settings of controller and commander that contradict each other are refused."""

from __future__ import annotations

import pytest

from vavam_ros.errors import InputError
from vavam_ros.nodes.controlling.settings import CommanderSettings, ControllerNodeSettings


@pytest.mark.parametrize(
    ('values', 'said'),
    [
        ({'flavour': 'native', 'output': 'twist'}, "native takes no control output 'twist'"),
        ({'flavour': 'mars'}, "flavour is 'mars': it is one of carla_ros_bridge, native, plain"),
        ({'path_period_s': 0.5}, 'path_period_s is 0.5 and lock_step is false'),
        ({'control_rate_hz': 0.0}, 'control_rate_hz is 0.0'),
    ],
)
def test_of_the_controller(values, said):
    with pytest.raises(InputError, match=said):
        ControllerNodeSettings(**values)


def test_of_the_commander():
    with pytest.raises(InputError, match="rule is 'soon': it is one of pose-3s, route-20m"):
        CommanderSettings(rule='soon')


@pytest.mark.parametrize('settings', [ControllerNodeSettings, CommanderSettings])
@pytest.mark.parametrize(
    ('flavour', 'odometry_at', 'at_centre'),
    [
        ('plain', 'flavour', False),
        ('plain', 'centre', True),
        ('carla_ros_bridge', 'flavour', True),
        ('carla_ros_bridge', 'rear_axle', False),
    ],
)
def test_whose_pose_the_odometry_is(settings, flavour, odometry_at, at_centre):
    assert settings(flavour=flavour, odometry_at=odometry_at).at_centre == at_centre
