"""The node `commander`: hears route, odometry and requests; sends commands, says why."""

from __future__ import annotations

from typing import Any

from nav_msgs.msg import Odometry, Path
from rclpy.node import Node
from std_msgs.msg import String

from vavam_ros.bridge.carla import vehicle_from_info
from vavam_ros.bridge.odometry import state_from_odometry
from vavam_ros.bridge.route import route_from_path
from vavam_ros.control.command_source import DEFAULT, Choice, CommandSource
from vavam_ros.control.vehicle import VehicleParameters
from vavam_ros.errors import InputError
from vavam_ros.geometry.line import Line
from vavam_ros.nodes.controlling.inputs import RELIABLE, Inputs
from vavam_ros.nodes.controlling.settings import CommanderSettings
from vavam_ros.nodes.planning.connections import Connections
from vavam_ros.nodes.planning.graph_time import GraphTime
from vavam_ros.nodes.settings import declared_settings, unknown_parameters
from vavam_ros.nodes.status import OK, WARN, StatusReporter, Verdict


class CommanderNode(Node):  # type: ignore[misc]  # rclpy has no types here
    """Sends the command at `rate_hz` and when it changes, or in lock-step for each odometry."""

    def __init__(self, **options: Any) -> None:
        """Declare the parameters and start; InputError for a start-up value that is wrong."""
        super().__init__('commander', **options)
        self._settings = declared_settings(self, CommanderSettings)
        self._centre_m = self._settings.rear_axle_to_centre_m
        self._source = CommandSource(self._settings.rule, self._settings.command)
        self._choice = Choice(self._settings.command, DEFAULT, 'no route')
        self._trouble = ''  # what of the newest route cannot be used
        self._around: list[str] = []
        self._time = GraphTime(self.get_clock())
        self._inputs = Inputs(self, Connections(self))
        self._publisher = self.create_publisher(String, 'command', RELIABLE)
        self._listen()
        if not self._settings.lock_step:
            self.create_timer(1 / self._settings.rate_hz, self._send)
        for name in unknown_parameters(self):
            self.get_logger().warning(f'parameter {name} is unknown here and has no effect')
        self._reporter = StatusReporter(
            self, 'commanding', self._judge, self._values, self._look_around
        )
        self._reporter.start()

    def finish(self) -> None:
        """Nothing is left to say."""

    def destroy_node(self) -> None:
        """End the reporter, then the node."""
        self._reporter.close()
        super().destroy_node()

    def _listen(self) -> None:
        side, role = self._settings.side, self._settings.role_name
        odometry, lock_step = side.topic_of('odometry', role), self._settings.lock_step
        self._inputs.odometry(odometry, self._hear_odometry, every=lock_step)
        self._inputs.listen_latched(Path, side.topic_of('waypoints', role), self._hear_route)
        self._inputs.listen(String, '~/command', self._hear_request, RELIABLE)
        self._inputs.vehicle_info(side.topic_of('vehicle_info', role), self._hear_vehicle)

    def _hear_odometry(self, msg: Odometry) -> None:
        try:
            ego = state_from_odometry(msg, self._centre_m if self._settings.at_centre else 0.0)
        except InputError as error:
            self.get_logger().warning(str(error), throttle_duration_sec=5.0)
            return
        self._source.see(ego, msg.header.frame_id)
        if self._settings.lock_step:
            self._choose(ego.stamp_ns)
            self._publish()
        else:
            self._send_change()

    def _hear_route(self, msg: Path) -> None:
        self._trouble = ''
        try:
            route = Line(route_from_path(msg)) if msg.poses else None
        except InputError as error:
            self._trouble = f'the newest route cannot be used: {error}'
            self.get_logger().warning(self._trouble)
            route = None
        self._source.follow(route, msg.header.frame_id)
        self._send_change()

    def _hear_vehicle(self, msg: Any) -> None:
        try:
            self._centre_m = vehicle_from_info(msg, VehicleParameters()).rear_axle_to_centre_m
        except InputError as error:
            self.get_logger().warning(str(error), throttle_duration_sec=5.0)

    def _hear_request(self, msg: String) -> None:
        try:
            self._source.request(msg.data)
        except InputError as error:
            self.get_logger().warning(str(error), throttle_duration_sec=5.0)
        self._send_change()

    def _send(self) -> None:
        if not self._send_change():
            self._publish()

    def _send_change(self) -> bool:
        """Send the command if it is a new one; in lock-step that waits for the odometry."""
        if self._settings.lock_step:
            return False
        changed = self._choose(self.get_clock().now().nanoseconds)
        if changed:
            self._publish()
        return changed

    def _choose(self, now_ns: int) -> bool:
        """Whether another command than before, or one from another source, is in use now."""
        before, self._choice = self._choice, self._source.choose(now_ns)
        changed = (self._choice.command, self._choice.source) != (before.command, before.source)
        if changed:
            self._reporter.report_now()
        return changed

    def _publish(self) -> None:
        self._publisher.publish(String(data=self._choice.command.name.lower()))

    def _judge(self) -> Verdict:
        choice = self._choice
        notes = [self._trouble] if self._trouble else []
        notes += self._around if choice.source == DEFAULT else []
        text = f'{choice.command.name.lower()}: {choice.reason}'
        level = OK if choice.source != DEFAULT and not notes else WARN
        return Verdict(level, choice.source, '; '.join([text, *notes]))

    def _values(self) -> dict[str, object]:
        choice = self._choice
        return {
            'command': choice.command.name.lower(),
            'source': choice.source.lower(),
            'why': choice.reason,
            'rule': self._settings.rule,
            'flavour': self._settings.flavour,
        }

    def _look_around(self) -> None:
        clock = self._time.problem()
        self._around = [*([clock] if clock else []), *self._inputs.complaints()]
