"""A route and odometry in, commands out, and where they come from."""

from __future__ import annotations

import time

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from nav_msgs.msg import Odometry, Path
from std_msgs.msg import String

from vavam_ros.bridge.odometry import odometry_from_state
from vavam_ros.bridge.route import path_from_route
from vavam_ros.records import EgoState

pytestmark = pytest.mark.dds

ROLE = '/carla/hero'


class Town:
    """Publishes a route with a corner, and where the vehicle is; hears the commander."""

    def __init__(self, graph, latched) -> None:
        self.graph, self.commands, self.statuses = graph, [], []
        node = self.node = graph.node('town')
        self.odometry = node.create_publisher(Odometry, f'{ROLE}/odometry', 10)
        self.route = node.create_publisher(Path, f'{ROLE}/waypoints', latched)
        self.asking = node.create_publisher(String, '/commander/command', 1)
        node.create_subscription(String, '/command', self.commands.append, 10)
        node.create_subscription(
            DiagnosticStatus, '/commander/status', self.statuses.append, latched
        )

    def publish_route(self) -> None:
        """Along x, then left at x = 60 m."""
        points = [(x, 0.0) for x in range(60)] + [(60.0, y) for y in range(60)]
        self.route.publish(path_from_route(np.array(points), 'map', 0))

    def be_at(self, x: float, frame: str = 'map') -> None:
        """The rear axle is there; the odometry is of the actor's centre, 1.4 m ahead."""
        state = EgoState(time.time_ns(), x, 0.0, 0.0, 5.0)
        self.odometry.publish(odometry_from_state(state, frame, 'hero', 1.4))

    def expect(self, word: str, text: str, x: float = 0.0, frame: str = 'map') -> None:
        """While the vehicle is at `x`: this command, and a status with this text."""
        self.commands.clear()
        self.statuses.clear()

        def said() -> bool:
            self.be_at(x, frame)
            right = bool(self.commands) and self.commands[-1].data == word
            return right and bool(self.statuses) and text in self.statuses[-1].message

        self.graph.spin_until(said)


def test_the_command_is_the_routes_unless_one_is_asked_for_and_its_source_is_said(
    run, graph, latched
):
    town = Town(graph, latched)
    run('commander', flavour='carla_ros_bridge', role_name='hero', default_command='right')
    town.expect('right', 'DEFAULT: right: no route')
    assert town.statuses[-1].level == DiagnosticStatus.WARN
    town.publish_route()
    town.expect('straight', 'ROUTE: straight: by route-20m, at 30 of 119 m of the route', 30.0)
    assert town.statuses[-1].level == DiagnosticStatus.OK
    town.expect('left', 'ROUTE: left: by route-20m, at 48 of 119 m', 48.0)
    town.asking.publish(String(data='right'))
    town.expect('right', "TOPIC: right: asked for until 'route' comes", 48.0)
    town.asking.publish(String(data='route'))
    town.expect('left', 'ROUTE: left', 48.0)
    town.expect('right', "the route is in 'map', the odometry in 'odom'", 48.0, 'odom')
    town.route.publish(path_from_route(np.zeros((3, 2)), 'map', 0))
    town.expect('right', 'DEFAULT: right: no route; the newest route cannot be used: a route or')


def test_the_rule_is_a_parameter_and_whoever_comes_late_hears_the_route(run, graph, latched):
    town = Town(graph, latched)
    town.publish_route()
    run('commander', flavour='carla_ros_bridge', role_name='hero', rule='pose-3s')
    town.expect('straight', 'by pose-3s', 46.0)
    town.expect('left', 'by pose-3s', 49.0)


def test_in_lock_step_each_odometry_gets_one_command(run, graph, latched):
    town = Town(graph, latched)
    town.publish_route()
    run('commander', flavour='carla_ros_bridge', role_name='hero', lock_step=True)
    town.expect('straight', 'ROUTE', 20.0)
    graph.spin_for(0.3)
    town.commands.clear()
    for tick in range(30):
        town.be_at(20.0 + tick)
        graph.spin_until(lambda tick=tick: len(town.commands) > tick, look_s=0.005)
    graph.spin_for(0.3)
    words = [one.data for one in town.commands]
    assert words == ['straight'] * 24 + ['left'] * 6
