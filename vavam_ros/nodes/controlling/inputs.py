"""What controller and commander subscribe to, with the quality of service that hears everybody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nav_msgs.msg import Odometry
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

from vavam_ros.bridge.optional_messages import is_there, optional_class
from vavam_ros.nodes.planning.connections import Connections
from vavam_ros.nodes.qos import SubscriptionEventCallbacks

RELIABLE = QoSProfile(depth=1)
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
NEWEST = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
EVERY = QoSProfile(depth=100)
_VEHICLE_INFO = 'carla_msgs/msg/CarlaEgoVehicleInfo'


class Inputs:
    """Subscriptions of one node, whose missing partners are told."""

    def __init__(self, node: Node, connections: Connections) -> None:
        self._node, self._connections = node, connections
        self._needed: list[str] = []

    def listen(
        self, kind: type, topic: str, hear: Callable[[Any], None], profile: QoSProfile
    ) -> None:
        """Hear a topic; nothing where its name is empty."""
        if not topic:
            return
        events = self._connections.subscription_events(topic, profile)
        self._node.create_subscription(kind, topic, hear, profile, event_callbacks=events)

    def need(
        self, kind: type, topic: str, hear: Callable[[Any], None], profile: QoSProfile
    ) -> None:
        """Hear a topic, and complain while nobody publishes on it."""
        self.listen(kind, topic, hear, profile)
        self._needed.append(self._node.resolve_topic_name(topic))

    def listen_latched(self, kind: type, topic: str, hear: Callable[[Any], None]) -> None:
        """Hear what was said before, and publishers that keep nothing, too; some come twice."""
        if not topic:
            return
        silent = SubscriptionEventCallbacks(use_default_callbacks=False)
        self._node.create_subscription(kind, topic, hear, LATCHED, event_callbacks=silent)
        self.listen(kind, topic, hear, RELIABLE)

    def odometry(self, topic: str, hear: Callable[[Any], None], every: bool = False) -> None:
        """Each one reliably, or the newest from any publisher."""
        self.need(Odometry, topic, hear, EVERY if every else NEWEST)

    def vehicle_info(self, topic: str, hear: Callable[[Any], None]) -> None:
        """CARLA's, where its message is installed."""
        if is_there(_VEHICLE_INFO):
            self.listen_latched(optional_class(_VEHICLE_INFO), topic, hear)

    def complaints(self) -> list[str]:
        """One line for each topic that nobody serves, and each partner that does not fit."""
        missing = [topic for topic in self._needed if not self._node.count_publishers(topic)]
        lines = [
            f'nobody publishes on {topic}: check flavour, role_name, remappings and ROS_DOMAIN_ID'
            for topic in missing
        ]
        return lines + self._connections.complaints()
