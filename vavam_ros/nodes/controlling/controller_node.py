"""The node `controller`: hears path and odometry, sends what the chauffeur decides."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from nav_msgs.msg import Odometry, Path
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile
from std_msgs.msg import Bool

from vavam_ros.bridge.actuation import control_message
from vavam_ros.bridge.carla import vehicle_from_info
from vavam_ros.bridge.odometry import state_from_odometry
from vavam_ros.bridge.optional_messages import optional_class
from vavam_ros.bridge.path import waypoints_from_path
from vavam_ros.control.chauffeur import OVERRIDDEN, Chauffeur, Decision, HeardPath
from vavam_ros.control.settings import FollowerSettings, WatchSettings
from vavam_ros.control.vehicle import VehicleParameters
from vavam_ros.errors import InputError
from vavam_ros.nodes.controlling.health import ControllerHealth, Surroundings
from vavam_ros.nodes.controlling.inputs import RELIABLE, Inputs
from vavam_ros.nodes.controlling.settings import ControllerNodeSettings
from vavam_ros.nodes.planning.connections import Connections
from vavam_ros.nodes.planning.graph_time import GraphTime
from vavam_ros.nodes.settings import declared_settings, unknown_parameters
from vavam_ros.nodes.status import StatusReporter, Verdict
from vavam_ros.records import NS_PER_S, Actuation

_LOOK_S = 0.01  # how often a command that waits for a path is looked after


class ControllerNode(Node):  # type: ignore[misc]  # rclpy has no types here
    """Commands by a timer at `control_rate_hz`, or in lock-step one for each odometry."""

    def __init__(self, **options: Any) -> None:
        """Declare the parameters and start; InputError for what is wrong or not installed."""
        super().__init__('controller', **options)
        self._settings = declared_settings(self, ControllerNodeSettings)
        self._given = self._vehicle = declared_settings(self, VehicleParameters)
        follower = declared_settings(self, FollowerSettings)
        watch = declared_settings(self, WatchSettings)
        self._chauffeur = Chauffeur(self._vehicle, follower, watch)
        self._frame = ''  # of the odometry
        self._held: tuple[int, float] | None = None  # unanswered stamp, and until when (wall)
        self._has_stood = False  # since somebody else drives
        self._health = ControllerHealth(self._settings.lock_step)
        self._time = GraphTime(self.get_clock())
        self._around = Surroundings()
        self._publisher = self._control_publisher()
        self._inputs = Inputs(self, self._connections)
        self._listen()
        self._describe('parameters')
        self.add_on_set_parameters_callback(_refuse_changes)
        for name in unknown_parameters(self):
            self.get_logger().warning(f'parameter {name} is unknown here and has no effect')
        self._reporter = StatusReporter(
            self, 'controlling', self._judge, self._health.values, self._look_around
        )
        self._reporter.start()

    def finish(self) -> None:
        """Leave the vehicle braking within comfort, unless somebody else drives it."""
        self._health.end()
        if self._chauffeur.has_begun and not self._chauffeur.overridden:
            self._chauffeur.drop('the controller ends')
            last = self._chauffeur.decide(self._now_ns()).actuation
            self._publish(replace(last, speed_mps=0.0))

    def destroy_node(self) -> None:
        """End the reporter, then the node."""
        self._reporter.close()
        super().destroy_node()

    def _control_publisher(self) -> Any:
        control = self._settings.control
        topic, profile = control.topic_of(self._settings.role_name), QoSProfile(depth=1)
        self._connections = Connections(self)
        events = self._connections.publisher_events(topic, profile)
        kind = optional_class(control.type_name)
        return self.create_publisher(kind, topic, profile, event_callbacks=events)

    def _listen(self) -> None:
        settings, side, inputs = self._settings, self._settings.side, self._inputs
        role = settings.role_name
        odometry = side.topic_of('odometry', role)
        inputs.odometry(odometry, self._hear_odometry, every=settings.lock_step)
        inputs.need(Path, 'path', self._hear_path, RELIABLE)
        inputs.listen_latched(Bool, side.topic_of('manual_override', role), self._hear_override)
        inputs.vehicle_info(side.topic_of('vehicle_info', role), self._hear_vehicle)
        if not settings.lock_step:
            self.create_timer(1 / settings.control_rate_hz, self._tick)
        elif settings.path_period_s > 0:
            steady = Clock(clock_type=ClockType.STEADY_TIME)
            self.create_timer(_LOOK_S, self._release, clock=steady)

    def _hear_odometry(self, msg: Odometry) -> None:
        try:
            centre_m = self._vehicle.rear_axle_to_centre_m
            ego = state_from_odometry(msg, centre_m if self._settings.at_centre else 0.0)
        except InputError as error:
            self._refuse('odometry messages not used', str(error))
            return
        self._frame = msg.header.frame_id
        self._health.count('odometry')
        self._chauffeur.see(ego)
        if self._settings.lock_step:
            self._answer(ego.stamp_ns)

    def _hear_path(self, msg: Path) -> None:
        path, frames = waypoints_from_path(msg), (self._settings.base_frame, self._frame)
        if path.frame_id not in frames:
            known = ' or '.join(repr(frame) for frame in frames if frame)
            self._refuse(
                'paths not used', f'a path is in the frame {path.frame_id!r}, and not in {known}'
            )
            return
        self._health.count('path')
        self._health.measure('image_to_path', max(0.0, self._now_ns() - path.stamp_ns) / NS_PER_S)
        in_rig = path.frame_id == self._settings.base_frame
        heard = HeardPath(path.stamp_ns, path.positions_m, path.times_ns, in_rig)
        self._chauffeur.take(heard)
        self._release()

    def _hear_override(self, msg: Bool) -> None:
        if msg.data != self._chauffeur.overridden:
            self._has_stood = False
        self._chauffeur.override(msg.data)

    def _hear_vehicle(self, msg: Any) -> None:
        try:
            vehicle = vehicle_from_info(msg, self._given)
        except InputError as error:
            self._refuse('vehicle_info messages not used', str(error))
            return
        if vehicle != self._vehicle:
            self._vehicle = vehicle
            self._chauffeur.drive(vehicle)
            self._describe('vehicle_info')

    def _tick(self) -> None:
        self._send(self.get_clock().now().nanoseconds)

    def _answer(self, stamp_ns: int) -> None:
        """Send the command for an odometry, or hold it until the path comes that it waits for."""
        if self._held is not None:
            self._send(self._held[0])
        self._held = (stamp_ns, time.monotonic() + self._settings.path_timeout_s)
        self._release()

    def _release(self) -> None:
        """Send the command that is held, unless it has to wait."""
        if self._held is None:
            return
        stamp_ns, until_s = self._held
        period_s = self._settings.path_period_s
        if period_s > 0 and self._chauffeur.lacks_path(stamp_ns, period_s):
            self._health.holds = True
            if time.monotonic() < until_s:
                return
            text = f'none within {self._settings.path_timeout_s:g} s of {stamp_ns / NS_PER_S:.2f}'
            self._refuse('waits for a path in vain', text)
        self._send(stamp_ns)

    def _send(self, now_ns: int) -> None:
        self._held, self._health.holds = None, False
        begun_s = time.perf_counter()
        refused = self._chauffeur.refused
        decision = self._chauffeur.decide(now_ns)
        if self._chauffeur.refused > refused:
            self._refuse('paths not used', self._chauffeur.refusal or decision.reason)
        ego = self._chauffeur.ego
        if self._speaks(decision, ego.speed_mps if ego else 0.0):
            self._publish(decision.actuation)
        self._health.measure('decide', time.perf_counter() - begun_s)
        if self._health.decide(decision, ego.speed_mps if ego else None):
            self._reporter.report_now()

    def _publish(self, actuation: Actuation) -> None:
        ego, control = self._chauffeur.ego, self._settings.control
        speed_mps = ego.speed_mps if ego else 0.0
        self._publisher.publish(control_message(control, actuation, self._vehicle, speed_mps))
        self._health.count('command')

    def _speaks(self, decision: Decision, speed_mps: float) -> bool:
        """Not before the speed is known; nor on, once it has stood, where somebody else drives.

        But in lock-step the simulator waits for each command.
        """
        if not self._chauffeur.has_begun:
            return False
        if decision.state != OVERRIDDEN or self._settings.lock_step:
            return True
        spoken, self._has_stood = not self._has_stood, self._has_stood or speed_mps < 0.1
        return spoken

    def _now_ns(self) -> int:
        if not self._settings.lock_step:
            return int(self.get_clock().now().nanoseconds)
        ego = self._chauffeur.ego
        return ego.stamp_ns if ego else 0

    def _refuse(self, what: str, text: str) -> None:
        if self._health.refuse(what, text).worth_logging:
            self.get_logger().warning(f'{what}: {text}')

    def _describe(self, source: str) -> None:
        settings, vehicle = self._settings, self._vehicle
        self._health.setup = {
            'flavour': settings.flavour,
            'output': settings.output,
            'control_topic': self._publisher.topic_name,
            'lock_step': settings.lock_step,
            'vehicle': source,
            'wheelbase_m': vehicle.wheelbase_m,
            'max_steer_rad': vehicle.max_steer_rad,
            'rear_axle_to_centre_m': vehicle.rear_axle_to_centre_m,
        }
        shown = [
            f'{key} {value:g}' if isinstance(value, float) else f'{key} {value}'
            for key, value in self._health.setup.items()
        ]
        self.get_logger().info(', '.join(shown))

    def _judge(self) -> Verdict:
        return self._health.judge(self._around)

    def _look_around(self) -> None:
        self._around = Surroundings(self._time.problem(), self._inputs.complaints())


def _refuse_changes(changes: Sequence[Parameter]) -> SetParametersResult:
    names = [change.name for change in changes if change.name != 'use_sim_time']
    reason = f'{names[0]} takes effect at start: restart the node with it' if names else ''
    return SetParametersResult(successful=not names, reason=reason)
