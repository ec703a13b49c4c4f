"""Holds the world back until the planner has answered an image.

So that a slow planner drives as a fast one does, and each run as the others: nothing moves between
an image and its path (see docs/decisions/0008-lock-step.md).
"""

from __future__ import annotations

from functools import partial
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSProfile

from vavam_ros.bridge.stamp import ns_from_time
from vavam_ros.nodes.simulating.spinner import Spinner
from vavam_ros.records import NS_PER_S


class StampGate:
    """Hears a topic of answers to images, each of which has its image's stamp."""

    def __init__(
        self, node: Node, spinner: Spinner, kind: type, topic: str, timeout_s: float
    ) -> None:
        self._node, self._spinner, self._timeout_s = node, spinner, timeout_s
        self._newest_ns = -1
        self._what = topic.replace('_', ' ')
        self.topic = node.resolve_topic_name(topic)
        node.create_subscription(kind, topic, self._receive, QoSProfile(depth=10))

    @property
    def planners(self) -> int:
        """How many publish answers."""
        return int(self._node.count_publishers(self.topic))

    def answered(self, image_ns: int) -> bool:
        """Wait for the answer to that image; False, which is logged, if it does not come."""
        there = self._spinner.wait_until(partial(self._is_there, image_ns), self._timeout_s)
        if there or self._spinner.stopped:
            return True
        self._node.get_logger().warning(
            f'no {self._what} on {self.topic} for the image of {image_ns / NS_PER_S:.3f} within '
            f'{self._timeout_s:g} s: going on without it'
        )
        return False

    def _is_there(self, image_ns: int) -> bool:
        return self._newest_ns >= image_ns

    def _receive(self, msg: Any) -> None:
        self._newest_ns = max(self._newest_ns, ns_from_time(msg.header.stamp))
