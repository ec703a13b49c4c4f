"""Publishes the messages of a bag, each at its time, beside a clock that shows that time."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rclpy.duration import Duration
from rclpy.exceptions import InvalidTopicNameException
from rclpy.node import Node
from rosgraph_msgs.msg import Clock

from vavam_ros.bags.reader import BagReader
from vavam_ros.bridge.stamp import time_from_ns
from vavam_ros.errors import InputError
from vavam_ros.nodes.lifetime import StopRequest
from vavam_ros.nodes.message_types import message_class
from vavam_ros.nodes.pace import Lateness, Pace
from vavam_ros.nodes.qos import offered_by, playing_profile

_CLOCK_S = 0.01  # wall seconds between clock messages; 50 Hz is the least that users expect
_LOOK_S = 0.05  # between looks for subscribers
_SETTLE_S = 0.5  # for the subscriber's other topics, and for its own side of the match
_ACKNOWLEDGE_S = 2.0  # for the last messages to arrive before the publishers go


class Playback:
    """The topics of an open bag, ready to be published through `node`."""

    def __init__(
        self,
        node: Node,
        reader: BagReader,
        names: Mapping[str, str],
        stop: StopRequest,
        with_clock: bool = True,
    ) -> None:
        """Create a publisher for each topic in `names` (as in the bag -> as published).

        Raises InputError for a type that cannot be published or a name that ROS refuses.
        """
        self.lateness = Lateness()
        self._reader = reader
        self._stop = stop
        self._publishers = {
            topic: _publisher(node, reader, topic, names[topic]) for topic in names
        }
        self._clock = node.create_publisher(Clock, '/clock', 10) if with_clock else None

    def wait_for_subscribers(self, topics: Iterable[str], count: int, timeout_s: float) -> bool:
        """Wait until one of `topics` (as in the bag) has `count` subscribers; say whether it has.

        The clock stands at the bag's start meanwhile, so that nodes on simulated time get going.
        """
        publishers = [self._publishers[topic] for topic in topics]
        give_up_s = time.monotonic() + timeout_s
        while all(one.get_subscription_count() < count for one in publishers):
            self._show_clock(self._reader.start_ns)
            if time.monotonic() > give_up_s or self._stop.wait(_LOOK_S):
                return False
        self._stop.wait(_SETTLE_S)
        return True

    def play(self, start_ns: int, rate: float, at_time: Callable[[int], None]) -> None:
        """Publish everything from bag time `start_ns` on, until the end or a wish to stop.

        `at_time` is told the bag time, often.
        """
        self._publish_latched_before(start_ns)
        messages = self._reader.messages(self._publishers, start_ns)
        first = next(messages, None)  # before the pace starts: opening the storage takes time
        pace = Pace(start_ns, rate)
        for message in itertools.chain([first] if first else [], messages):
            if not self._wait_for(message.stamp_ns, pace, at_time):
                return
            self._show_clock(message.stamp_ns)
            self.lateness.add(-pace.seconds_until(message.stamp_ns))
            self._publishers[message.topic].publish(bytes(message.cdr))
            at_time(message.stamp_ns)

    def finish(self) -> None:
        """Give the last messages time to reach reliable subscribers; bounded."""
        give_up_s = time.monotonic() + _ACKNOWLEDGE_S
        for publisher in self._publishers.values():
            left_s = max(0.0, give_up_s - time.monotonic())
            publisher.wait_for_all_acked(Duration(seconds=left_s))

    def _wait_for(self, stamp_ns: int, pace: Pace, at_time: Callable[[int], None]) -> bool:
        """Sleep until a stamp is due, showing the clock; False if asked to stop."""
        while (left_s := pace.seconds_until(stamp_ns)) > 0:
            if self._stop.wait(min(left_s, _CLOCK_S)):
                return False
            now_ns = pace.now_ns()
            if now_ns < stamp_ns:
                self._show_clock(now_ns)
                at_time(now_ns)
        return not self._stop.requested

    def _show_clock(self, bag_ns: int) -> None:
        if self._clock is not None:
            self._clock.publish(Clock(clock=time_from_ns(bag_ns)))

    def _publish_latched_before(self, start_ns: int) -> None:
        """Publish what a subscriber that came at `start_ns` would have got as latched."""
        topics = self._reader.topics
        latched = [topic for topic in self._publishers if offered_by(topics[topic]).latched]
        for message in self._reader.messages(latched):
            if message.stamp_ns >= start_ns:
                return
            self._publishers[message.topic].publish(bytes(message.cdr))


def _publisher(node: Node, reader: BagReader, topic: str, name: str) -> Any:
    recorded = reader.topics[topic]
    try:
        return node.create_publisher(message_class(recorded.type), name, playing_profile(recorded))
    except InvalidTopicNameException as error:
        first_line = str(error).splitlines()[0]
        raise InputError(f'{name} cannot be a topic (use --remap): {first_line}') from error
