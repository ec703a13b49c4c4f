"""A real simulator process, and a driver that answers its odometry."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path as FilePath
from typing import Any

import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from endings import end
from nav_msgs.msg import Odometry, Path
from node_process import NodeProcess
from rclpy.qos import DurabilityPolicy, QoSProfile

from vavam_ros.bridge.actuation import control_message
from vavam_ros.bridge.flavours import control_of
from vavam_ros.bridge.odometry import state_from_odometry
from vavam_ros.bridge.optional_messages import optional_class
from vavam_ros.bridge.route import route_from_path
from vavam_ros.control.vehicle import VehicleParameters
from vavam_ros.geometry.line import Line
from vavam_ros.geometry.pose import Pose2
from vavam_ros.records import Actuation

LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
VEHICLE = VehicleParameters()
SMALL = {'image_width_px': 160, 'image_height_px': 90, 'cars': 3}


@pytest.fixture
def start_node(tmp_path: FilePath) -> Iterator[Callable[..., NodeProcess]]:
    """Starts a node with these parameters; what still runs at the test's end is ended."""
    processes: list[NodeProcess] = []

    def start_one(node: str, **parameters: object) -> NodeProcess:
        log = tmp_path / f'{node}{len(processes)}.txt'
        processes.append(NodeProcess(node, log, parameters))
        return processes[-1]

    yield start_one
    end(*(process.popen for process in processes))
    for process in processes:
        print(process.said)  # shown where the test has failed


@pytest.fixture
def simulate(start_node: Callable[..., NodeProcess]) -> Callable[..., NodeProcess]:
    """Starts a simulator with a small camera and these parameters."""
    return lambda **parameters: start_node('simulator', **{**SMALL, **parameters})


class Driver:
    """Answers each odometry with one command: along the route, at 5 m/s."""

    def __init__(self, graph: Any, output: str = 'twist', role: str = 'ego_vehicle') -> None:
        self._graph = graph
        self._control = control_of('carla_ros_bridge', output)
        node = graph.node('driver')
        self.node, self.silent = node, False
        self.route: Line | None = None
        self.odometry: list[Odometry] = []
        self.heard: dict[str, list[Any]] = defaultdict(list)
        self.commands = node.create_publisher(
            optional_class(self._control.type_name), self._control.topic_of(role), 10
        )
        self.own = f'/carla/{role}'
        node.create_subscription(Path, f'{self.own}/waypoints', self._learn, LATCHED)
        node.create_subscription(Odometry, f'{self.own}/odometry', self._answer, 10)
        self.listen(DiagnosticStatus, '/simulator/status', LATCHED)

    def listen(self, kind: type, topic: str, profile: QoSProfile | int = 10) -> None:
        """Keep what arrives on a topic."""
        self.node.create_subscription(kind, topic, self.heard[topic].append, profile)

    def status(self) -> dict[str, str]:
        """The latest status, by key; empty before the first."""
        heard = self.heard['/simulator/status']
        return {value.key: value.value for value in heard[-1].values} if heard else {}

    def wait_for_state(self, state: str, timeout_s: float = 90.0) -> None:
        self._graph.spin_until(lambda: self.status().get('state') == state, timeout_s)

    def drive_to_the_end(self, process: NodeProcess, timeout_s: float = 90.0) -> str:
        """Answer until the process is done; what it said."""
        end_s = time.monotonic() + timeout_s
        self._graph.spin_until(lambda: process.ended, timeout_s)
        assert process.wait(max(1.0, end_s - time.monotonic())) == 0
        return process.said

    def _learn(self, msg: Path) -> None:
        self.route = Line(route_from_path(msg))

    def _answer(self, msg: Odometry) -> None:
        self.odometry.append(msg)
        if self.silent or self.route is None:
            return
        state = state_from_odometry(msg, VEHICLE.rear_axle_to_centre_m)
        pose = Pose2(state.x_m, state.y_m, state.yaw_rad)
        aim = self.route.place_at(self.route.progress_m(pose) + 5.0)
        x, y = pose.to_rig(aim[None])[0]
        steer = math.atan(2 * y / (x * x + y * y) * VEHICLE.wheelbase_m)
        wanted = Actuation(state.stamp_ns, steer, 5.0 - state.speed_mps, 5.0)
        self.commands.publish(control_message(self._control, wanted, VEHICLE, state.speed_mps))


@pytest.fixture
def driver(graph: Any) -> Callable[..., Driver]:
    """Makes a driver in this test's graph."""
    return lambda *arguments, **options: Driver(graph, *arguments, **options)
