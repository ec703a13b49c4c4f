"""Quality of service: of what a bag recorded, of what the graph offers, of camera images."""

from __future__ import annotations

from collections.abc import Iterable

from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy

from vavam_ros.bags.qos import LATCHED, OfferedQos
from vavam_ros.bags.reader import Topic

try:
    from rclpy.event_handler import SubscriptionEventCallbacks
except ImportError:  # Humble
    from rclpy.qos_event import SubscriptionEventCallbacks

__all__ = [
    'SubscriptionEventCallbacks',
    'camera_subscription',
    'offered_by',
    'offered_from_profile',
    'playing_profile',
    'recording_profile',
]

_LEAST_DEPTH = 10  # of what is played: a player is burstier than what it plays


def camera_subscription() -> QoSProfile:
    """Best-effort, keep last 1: matches every publisher, and never queues an old image."""
    return _profile(reliable=False, latched=False, depth=1)


def offered_by(topic: Topic) -> OfferedQos:
    """What the recorded publishers offered; ROS's custom where the bag does not say."""
    return topic.qos or (LATCHED if topic.name == '/tf_static' else OfferedQos())


def playing_profile(topic: Topic) -> QoSProfile:
    """As the recorded publishers offered, so that the same subscribers match."""
    offered = offered_by(topic)
    return _profile(offered.reliable, offered.latched, max(offered.depth, _LEAST_DEPTH))


def recording_profile(publishers: Iterable[QoSProfile], depth: int) -> QoSProfile:
    """The most that all the publishers of a topic offer."""
    profiles = list(publishers)
    return _profile(
        reliable=all(p.reliability != ReliabilityPolicy.BEST_EFFORT for p in profiles),
        latched=all(p.durability == DurabilityPolicy.TRANSIENT_LOCAL for p in profiles),
        depth=depth,
    )


def offered_from_profile(profile: QoSProfile) -> OfferedQos:
    """What a bag says of a topic received with `profile`."""
    latched = profile.durability == DurabilityPolicy.TRANSIENT_LOCAL
    reliable = profile.reliability == ReliabilityPolicy.RELIABLE
    return OfferedQos(reliable=reliable, latched=latched)


def _profile(reliable: bool, latched: bool, depth: int) -> QoSProfile:
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=depth,
        reliability=ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT,
        durability=(DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE),
    )
