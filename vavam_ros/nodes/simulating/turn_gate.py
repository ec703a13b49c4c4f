"""Holds an image back until the commander has answered every odometry before it.

So that the planner meets an image with the turn command that belongs to it (see
docs/decisions/0008-lock-step.md).
"""

from __future__ import annotations

from rclpy.node import Node
from rclpy.qos import QoSProfile
from std_msgs.msg import String

from vavam_ros.nodes.simulating.spinner import Spinner

_TOPIC = 'command'


class TurnGate:
    """Counts turn commands, of which a commander in lock step sends one for each odometry."""

    def __init__(self, node: Node, spinner: Spinner, timeout_s: float) -> None:
        self._node, self._spinner, self._timeout_s = node, spinner, timeout_s
        self._count = 0
        self.topic = node.resolve_topic_name(_TOPIC)
        node.create_subscription(String, _TOPIC, self._receive, QoSProfile(depth=100))

    @property
    def commanders(self) -> int:
        """How many publish turn commands."""
        return int(self._node.count_publishers(self.topic))

    def answered(self, odometries: int) -> bool:
        """Wait for as many commands; False, which is logged, if they do not come."""
        there = self._spinner.wait_until(lambda: self._count >= odometries, self._timeout_s)
        if there or self._spinner.stopped:
            return True
        self._node.get_logger().warning(
            f'{self._count} commands on {self.topic} for {odometries} odometry messages within '
            f'{self._timeout_s:g} s: they are not waited for any more '
            '(is the commander in lock_step?)'
        )
        return False

    def _receive(self, msg: String) -> None:
        self._count += 1
