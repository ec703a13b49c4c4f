"""Control commands as they arrive: which are heard, and which counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from std_msgs.msg import Bool

from vavam_ros.bridge.actuation import Motion, actuation_from_control
from vavam_ros.bridge.flavours import CONTROLS, flavour_of
from vavam_ros.bridge.optional_messages import is_there, optional_class
from vavam_ros.control.vehicle import VehicleParameters
from vavam_ros.errors import InputError
from vavam_ros.records import Actuation

FLAVOUR = 'carla_ros_bridge'
_DEPTH = 10
_MANUAL = '_manual'  # ends the topics of whoever overrides, as in the bridge


@dataclass(frozen=True)
class Heard:
    """One command, and when it came."""

    actuation: Actuation
    topic: str
    stamped_ns: int | None  # as the message says; None for messages without a stamp
    heard_ns: int  # simulated time on arrival


class ControlInputs:
    """Subscriptions to every way of telling the vehicle what to do that can be imported here.

    While `overridden`, what counts comes from the topics that end in `_manual`.
    """

    def __init__(
        self,
        node: Node,
        role: str,
        vehicle: VehicleParameters,
        motion: Callable[[], Motion],
    ) -> None:
        """`motion` says how the vehicle moves now."""
        self._node, self._vehicle, self._motion = node, vehicle, motion
        self.overridden = False
        self.automatic: list[Heard] = []  # in order of arrival, emptied by whoever uses them
        self.manual: Heard | None = None  # the latest
        self.topics: list[str] = []
        self.left_out: list[tuple[str, str]] = []  # message type and topic
        self.refused = 0
        for control in CONTROLS:
            if control.flavour == FLAVOUR:
                self._listen(control.topic_of(role), control.type_name, control.stamped)
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        override = flavour_of(FLAVOUR).topic_of('manual_override', role)
        node.create_subscription(Bool, override, self._override, latched)

    def publishers(self) -> int:
        """How many offer commands on the automatic topics."""
        return sum(self._node.count_publishers(topic) for topic in self.topics)

    def _listen(self, topic: str, type_name: str, stamped: bool) -> None:
        if not is_there(type_name):
            self.left_out.append((type_name, topic))
            return
        kind = optional_class(type_name)
        self.topics.append(topic)
        for name, keep in ((topic, self._automatic), (topic + _MANUAL, self._by_hand)):
            self._node.create_subscription(
                kind, name, self._receiver(name, stamped, keep), QoSProfile(depth=_DEPTH)
            )

    def _receiver(
        self, topic: str, stamped: bool, keep: Callable[[Heard], None]
    ) -> Callable[[Any], None]:
        def receive(msg: Any) -> None:
            motion = self._motion()
            try:
                actuation = actuation_from_control(msg, self._vehicle, motion)
            except InputError as error:
                self.refused += 1
                self._node.get_logger().warning(f'{topic}: {error}', throttle_duration_sec=5.0)
                return
            stamped_ns = actuation.stamp_ns if stamped and actuation.stamp_ns else None
            keep(Heard(actuation, topic, stamped_ns, motion.stamp_ns))

        return receive

    def _automatic(self, heard: Heard) -> None:
        self.automatic.append(heard)

    def _by_hand(self, heard: Heard) -> None:
        self.manual = heard

    def _override(self, msg: Bool) -> None:
        if msg.data != self.overridden:
            self._node.get_logger().info(
                'manual override: commands on *_manual count'
                if msg.data
                else 'manual override ended'
            )
        self.overridden = msg.data
