"""Who is connected to the node's topics, and who would be if their quality of service fitted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSCompatibility, QoSProfile, qos_check_compatible
from rclpy.topic_endpoint_info import TopicEndpointInfo

from vavam_ros.nodes.qos import SubscriptionEventCallbacks

try:
    from rclpy.event_handler import PublisherEventCallbacks
except ImportError:  # Humble
    from rclpy.qos_event import PublisherEventCallbacks

_IMAGE_TYPES = {'sensor_msgs/msg/Image': 'false', 'sensor_msgs/msg/CompressedImage': 'true'}
_LARGE = (
    'if the images are larger than 0.5 MB, start the publisher with config/fastdds.xml as '
    'FASTRTPS_DEFAULT_PROFILES_FILE and FASTDDS_DEFAULT_PROFILES_FILE, or use compressed images'
)


@dataclass(frozen=True)
class _End:
    """Our end of a topic."""

    topic: str  # fully resolved
    profile: QoSProfile
    publishes: bool


class Connections:
    """Watches for partners with an incompatible QoS, and knows what to say about missing images.

    The middleware's event tells that there was one; the graph tells whether it is still there.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._name = node.get_fully_qualified_name()
        self._suspects: dict[str, _End] = {}

    def publisher_events(self, topic: str, profile: QoSProfile) -> PublisherEventCallbacks:
        """Event callbacks for a publisher on `topic`."""
        return PublisherEventCallbacks(incompatible_qos=self._suspicion(topic, profile, True))

    def subscription_events(
        self, topic: str, profile: QoSProfile, lost: Callable[[Any], None] | None = None
    ) -> SubscriptionEventCallbacks:
        """Event callbacks for a subscription to `topic`; `lost` hears of lost messages."""
        suspicion = self._suspicion(topic, profile, False)
        return SubscriptionEventCallbacks(incompatible_qos=suspicion, message_lost=lost)

    def complaints(self) -> list[str]:
        """One line for each partner that is there and not connected, with the remedy."""
        found = [line for end in list(self._suspects.values()) for line in self._refused(end)]
        for line in found:
            self._node.get_logger().warning(line, throttle_duration_sec=30.0)
        return found

    def image_hint(self, topic: str, wanted_type: str) -> str:
        """Why no image may be arriving on a topic, and what to do."""
        publishers = self._node.get_publishers_info_by_topic(topic)
        types = {publisher.topic_type for publisher in publishers}
        if not publishers:
            return f'nobody publishes on {topic}: check the remapping of image and ROS_DOMAIN_ID'
        if wanted_type not in types:
            found = ', '.join(sorted(types))
            remedy = [f'set compressed to {_IMAGE_TYPES[one]}' for one in types & {*_IMAGE_TYPES}]
            return '; '.join([f'{topic} carries {found}, expected {wanted_type}', *remedy])
        return f'{len(publishers)} publisher(s) on {topic}: {_LARGE}'

    def _suspicion(
        self, topic: str, profile: QoSProfile, publishes: bool
    ) -> Callable[[Any], None]:
        end = _End(self._node.resolve_topic_name(topic), profile, publishes)

        def suspect(event: object) -> None:
            self._suspects[end.topic] = end

        return suspect

    def _refused(self, end: _End) -> list[str]:
        publishers = self._node.get_publishers_info_by_topic(end.topic)
        subscriptions = self._node.get_subscriptions_info_by_topic(end.topic)
        ours, partners = subscriptions, publishers
        if end.publishes:
            ours, partners = publishers, subscriptions
        # Our own end as the graph has it, too: it fills in what a profile leaves open.
        own = next((info for info in ours if _name(info) == self._name), None)
        if own is None:
            return []
        lines = []
        for partner in partners:
            offers, asks = (own, partner) if end.publishes else (partner, own)
            compatibility, reason = qos_check_compatible(offers.qos_profile, asks.qos_profile)
            if compatibility == QoSCompatibility.ERROR:
                lines.append(_line(end, _name(partner), reason))
        return lines


def _name(info: TopicEndpointInfo) -> str:
    return f'{info.node_namespace.rstrip("/")}/{info.node_name}'


def _line(end: _End, partner: str, reason: str) -> str:
    ours = f'{end.profile.reliability.name.lower()}, {end.profile.durability.name.lower()}'
    reason = reason.strip().removeprefix('ERROR: ').rstrip(';')
    if end.publishes:
        return (
            f'{partner} gets nothing of {end.topic} ({reason}): it is offered as {ours}, '
            'let the subscriber ask for no more'
        )
    return (
        f'{partner} is not heard on {end.topic} ({reason}): {ours} is asked for, '
        'let the publisher offer that'
    )
