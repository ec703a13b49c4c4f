"""Players offer what was recorded; recorders ask for what every publisher offers."""

from __future__ import annotations

import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

from vavam_ros.bags.qos import OfferedQos
from vavam_ros.bags.reader import Topic
from vavam_ros.nodes.qos import (
    camera_subscription,
    offered_from_profile,
    playing_profile,
    recording_profile,
)

RELIABLE = QoSProfile(depth=1)
BEST_EFFORT = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


def kind(profile: QoSProfile) -> tuple[bool, bool]:
    """(reliable, latched)."""
    return (
        profile.reliability == ReliabilityPolicy.RELIABLE,
        profile.durability == DurabilityPolicy.TRANSIENT_LOCAL,
    )


@pytest.mark.parametrize(
    ('name', 'qos', 'expected'),
    [
        ('/image', OfferedQos(reliable=False), (False, False)),
        ('/map', OfferedQos(latched=True), (True, True)),
        ('/image', None, (True, False)),
        ('/tf_static', None, (True, True)),
        ('/tf_static', OfferedQos(), (True, False)),
    ],
)
def test_playing_offers_what_was_recorded_or_what_is_usual(name, qos, expected):
    profile = playing_profile(Topic(name, 'a/msg/B', 3, qos))
    assert kind(profile) == expected
    assert profile.depth >= 10


@pytest.mark.parametrize(
    ('publishers', 'expected'),
    [
        ([RELIABLE], (True, False)),
        ([BEST_EFFORT], (False, False)),
        ([LATCHED], (True, True)),
        ([LATCHED, RELIABLE], (True, False)),
        ([LATCHED, BEST_EFFORT], (False, False)),
    ],
)
def test_recording_asks_for_the_most_that_all_offer(publishers, expected):
    profile = recording_profile(publishers, depth=7)
    assert (kind(profile), profile.depth) == (expected, 7)


def test_what_was_received_is_what_the_bag_says():
    assert offered_from_profile(LATCHED) == OfferedQos(reliable=True, latched=True)
    assert offered_from_profile(BEST_EFFORT) == OfferedQos(reliable=False, latched=False)


def test_a_camera_is_heard_best_effort_and_never_queued():
    assert kind(camera_subscription()) == (False, False)
    assert camera_subscription().depth == 1
