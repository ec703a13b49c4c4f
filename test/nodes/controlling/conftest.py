"""A real controller or commander process, and the vehicle and planner around it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path as FilePath
from typing import Any

import numpy as np
import pytest
from bicycle_drive import Bicycle
from diagnostic_msgs.msg import DiagnosticStatus
from endings import end
from nav_msgs.msg import Odometry, Path
from node_process import NodeProcess
from rclpy.qos import DurabilityPolicy, QoSProfile
from rosgraph_msgs.msg import Clock
from std_msgs.msg import Bool

from vavam_ros.bridge.actuation import Motion, actuation_from_control
from vavam_ros.bridge.flavours import control_of, flavour_of
from vavam_ros.bridge.odometry import odometry_from_state
from vavam_ros.bridge.optional_messages import optional_class
from vavam_ros.bridge.path import path_from_plan
from vavam_ros.bridge.stamp import time_from_ns
from vavam_ros.control.vehicle import VehicleParameters
from vavam_ros.records import NS_PER_S, DriveCommand, Plan

LATCHED = QoSProfile(depth=10, durability=DurabilityPolicy.TRANSIENT_LOCAL)
TICK_NS = NS_PER_S // 20
START_NS = 1000 * NS_PER_S
CAR = VehicleParameters()


@pytest.fixture
def run(tmp_path: FilePath) -> Iterator[Callable[..., NodeProcess]]:
    """Starts `vavam_ros.nodes.MODULE` with parameters; it is ended at the test's end."""
    processes: list[NodeProcess] = []

    def run_one(module: str, **parameters: object) -> NodeProcess:
        log = tmp_path / f'{module}{len(processes)}.txt'
        processes.append(NodeProcess(module, log, parameters))
        return processes[-1]

    yield run_one
    end(*(process.popen for process in processes))


def straight_path(stamp_ns: int, speed: float = 5.0, aside: float = 0.0) -> Path:
    """Six waypoints at 2 Hz, straight ahead from where the rig is, then to the left by `aside`."""
    ahead_s = np.arange(1, 7) / 2
    points = np.stack([speed * ahead_s, aside * ahead_s**2 / 9], axis=1).astype(np.float32)
    plan = Plan(stamp_ns, DriveCommand.STRAIGHT, points, points[None], np.zeros(6), 8)
    return path_from_plan(plan)


class Road:
    """A vehicle that takes the controller's commands, and a planner that knows its way."""

    def __init__(
        self, graph: Any, flavour: str = 'plain', output: str = 'twist', speed: float = 5.0
    ) -> None:
        self.graph, self.car = graph, Bicycle(CAR, speed=speed)
        self.node = graph.node('road')
        self.side, self.control = flavour_of(flavour), control_of(flavour, output)
        self.latched = LATCHED
        self.commands: list[Any] = []
        self.statuses: list[DiagnosticStatus] = []
        role = 'ego_vehicle'
        node = self.node
        self.odometry = node.create_publisher(Odometry, self.side.topic_of('odometry', role), 10)
        self.paths = node.create_publisher(Path, 'path', 5)
        override = self.side.topic_of('manual_override', role)
        self.override = node.create_publisher(Bool, override, 1) if override else None
        kind = optional_class(self.control.type_name)
        topic = self.control.topic_of(role)
        node.create_subscription(kind, topic, self.commands.append, 50)
        node.create_subscription(
            DiagnosticStatus, '/controller/status', self.statuses.append, LATCHED
        )

    def wait_for_controller(self) -> None:
        self.graph.wait_for_subscriber(self.odometry)
        self.graph.wait_for_subscriber(self.paths)
        self.graph.spin_until(lambda: self.statuses)

    def say_where(self, now_ns: int) -> None:
        ahead_m = CAR.rear_axle_to_centre_m if self.side.at_actor_centre else 0.0
        frame, child = self.side.odometry_frame, self.side.odometry_child
        self.odometry.publish(odometry_from_state(self.car.state(now_ns), frame, child, ahead_m))

    def obey(self, command: Any, now_ns: int) -> None:
        motion = Motion(now_ns, self.car.speed, self.car.steer)
        self.car.move(actuation_from_control(command, CAR, motion))

    def tick(self, now_ns: int) -> Any:
        """In lock-step: one odometry, one command."""
        before = len(self.commands)
        self.say_where(now_ns)
        self.graph.spin_until(lambda: len(self.commands) > before, look_s=0.005)
        self.obey(self.commands[-1], now_ns)
        return self.commands[-1]

    def plan(self, now_ns: int, **options: float) -> None:
        self.paths.publish(straight_path(now_ns, **options))
        self.graph.spin_for(0.02)  # until the controller has it

    @property
    def latest(self) -> DiagnosticStatus:
        return self.statuses[-1]

    def status(self, text: str) -> DiagnosticStatus:
        """The first status from now on whose message has this text."""
        self.statuses.clear()
        self.graph.spin_until(lambda: self.statuses and text in self.latest.message)
        return self.latest

    def heard(self, text: str) -> None:
        """A status since the last call has this text."""
        self.graph.spin_until(lambda: any(text in one.message for one in self.statuses))
        self.statuses.clear()


@pytest.fixture
def road(graph: Any) -> Callable[..., Road]:
    """Makes the road that a controller of a flavour drives on."""

    def make(**options: Any) -> Road:
        return Road(graph, **options)

    return make


class SimDrive:
    """A road in simulated time, faster than the wall's."""

    def __init__(self, road: Road) -> None:
        self.road, self.now_ns, self.speeds = road, START_NS, []
        self._ticks = 0
        self._clock = road.node.create_publisher(Clock, '/clock', 10)
        road.graph.wait_for_subscriber(self._clock)

    def play(self, seconds: float, paths: bool = True, odometry: bool = True) -> None:
        """So much simulated time with odometry at 20 Hz and paths at 2 Hz, or without."""
        for _ in range(round(seconds * 20)):
            self._clock.publish(Clock(clock=time_from_ns(self.now_ns)))
            if odometry:
                self.road.say_where(self.now_ns)
            if paths and self._ticks % 10 == 0:
                self.road.paths.publish(straight_path(self.now_ns))
            self.road.graph.spin_for(0.01)
            if self.road.commands:
                self.road.obey(self.road.commands[-1], self.now_ns)
            self.speeds.append(self.road.car.speed)
            self.now_ns, self._ticks = self.now_ns + TICK_NS, self._ticks + 1


class WallDrive:
    """A road in wall time, 20 Hz odometry and 2 Hz paths, as long as they are wanted."""

    def __init__(self, road: Road) -> None:
        self.road, self.odometry, self.paths = road, True, True
        self.speeds: list[float] = []
        self._obeyed = self._ticks = 0
        road.node.create_timer(0.05, self._tick)

    def _tick(self) -> None:
        now_ns = time.time_ns()
        if self.odometry:
            self.road.say_where(now_ns)
        if self.paths and self._ticks % 10 == 0:
            self.road.paths.publish(straight_path(now_ns))
        if self.road.commands:
            self.road.obey(self.road.commands[-1], now_ns)
        self.speeds.append(self.road.car.speed)
        self._ticks += 1


@pytest.fixture
def wall_drive() -> type[WallDrive]:
    return WallDrive


@pytest.fixture
def sim_drive() -> type[SimDrive]:
    return SimDrive


@pytest.fixture
def latched() -> QoSProfile:
    return LATCHED
