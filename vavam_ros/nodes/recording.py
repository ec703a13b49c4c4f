"""Subscribes to topics as they appear, and writes what arrives, as it is, into a bag."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.qos import QoSProfile

from vavam_ros.bags.reader import IMAGE_TYPES
from vavam_ros.bags.writer import BagWriter
from vavam_ros.errors import InputError
from vavam_ros.nodes.message_types import message_class
from vavam_ros.nodes.qos import (
    SubscriptionEventCallbacks,
    offered_from_profile,
    recording_profile,
)

_LOOK_S = 0.1  # between looks at the graph
_DEPTH = 1000  # messages of a topic that may wait while the disk is slow
_IMAGE_DEPTH = 50  # of 6 MB each, where the camera is large

Graph = Mapping[str, str]  # type by topic


class Recording:
    """What `node` hears of the topics that `wanted` picks, on its way into `writer`."""

    def __init__(
        self,
        node: Node,
        writer: BagWriter,
        wanted: Callable[[Graph], set[str]],
        notice: Callable[[str], None],
    ) -> None:
        """Look at the graph now and, while the node spins, every tenth of a second.

        `wanted` gets the graph's topics that have publishers, with their types; `notice` is told
        what the user should know.
        """
        self.lost: dict[str, int] = {}  # messages that the middleware dropped, by topic
        self._node = node
        self._writer = writer
        self._wanted = wanted
        self._notice = notice
        self._profiles: dict[str, QoSProfile] = {}
        self._subscriptions: dict[str, Any] = {}
        self._refused: set[str] = set()
        self._early: list[tuple[str, bytes]] = []  # before simulated time began
        # Wall time, since a timer on simulated time stands still until the clock is there.
        node.create_timer(_LOOK_S, self._look, clock=Clock(clock_type=ClockType.STEADY_TIME))
        self._look()

    @property
    def messages(self) -> int:
        """How many have arrived."""
        return sum(self._writer.counts.values()) + len(self._early)

    def finish(self) -> None:
        """Write what has waited for simulated time, at bag time 0 if that never began."""
        if self._early:
            self._notice(
                f'no /clock came: {len(self._early)} messages are at time 0 in the bag '
                '(leave out --use-sim-time, or publish /clock)'
            )
            self._write_early(0)

    def _look(self) -> None:
        publishers = {
            topic: self._node.get_publishers_info_by_topic(topic)
            for topic, _ in self._node.get_topic_names_and_types()
        }
        types = {topic: infos[0].topic_type for topic, infos in publishers.items() if infos}
        for topic in sorted(self._wanted(types) - self._refused):
            # Never more than before: asking again for more would lose what arrives meanwhile.
            before = [self._profiles[topic]] if topic in self._profiles else []
            offered = [info.qos_profile for info in publishers[topic]]
            depth = _IMAGE_DEPTH if types[topic] in IMAGE_TYPES else _DEPTH
            profile = recording_profile([*before, *offered], depth)
            if before != [profile]:
                self._subscribe(topic, types[topic], profile)

    def _subscribe(self, topic: str, type_name: str, profile: QoSProfile) -> None:
        try:
            kind = message_class(type_name)
            self._writer.add_topic(topic, type_name, offered_from_profile(profile))
        except InputError as error:
            self._refused.add(topic)
            self._notice(f'{topic} is not recorded: {error}')
            return
        if topic in self._subscriptions:
            self._node.destroy_subscription(self._subscriptions[topic])
        self._profiles[topic] = profile
        self._subscriptions[topic] = self._node.create_subscription(
            kind,
            topic,
            functools.partial(self._receive, topic),
            profile,
            raw=True,
            event_callbacks=SubscriptionEventCallbacks(
                message_lost=functools.partial(self._lose, topic)
            ),
        )

    def _receive(self, topic: str, cdr: bytes) -> None:
        now_ns = self._node.get_clock().now().nanoseconds
        if now_ns == 0:  # simulated time, and no /clock yet
            self._early.append((topic, cdr))
            return
        self._write_early(now_ns)
        self._writer.write(topic, now_ns, cdr)

    def _write_early(self, now_ns: int) -> None:
        for topic, cdr in self._early:
            self._writer.write(topic, now_ns, cdr)
        self._early.clear()

    def _lose(self, topic: str, event: Any) -> None:
        self.lost[topic] = event.total_count
