"""The part of a topic's quality of service that matters when a bag is played."""

from __future__ import annotations

from dataclasses import dataclass

from rosbags.interfaces import (
    Qos,
    QosDurability,
    QosHistory,
    QosLiveliness,
    QosReliability,
    QosTime,
)

_FOREVER = QosTime(9_223_372_036, 854_775_807)  # what rmw writes for "no deadline"


@dataclass(frozen=True)
class OfferedQos:
    """What the publisher offered."""

    reliable: bool = True  # False: best effort
    latched: bool = False  # transient local: late subscribers get the last ones too
    depth: int = 10  # keep last


LATCHED = OfferedQos(latched=True, depth=1)


def rosbags_from_qos(qos: OfferedQos) -> Qos:
    """As bags store it."""
    return Qos(
        history=QosHistory.KEEP_LAST,
        depth=qos.depth,
        reliability=QosReliability.RELIABLE if qos.reliable else QosReliability.BEST_EFFORT,
        durability=QosDurability.TRANSIENT_LOCAL if qos.latched else QosDurability.VOLATILE,
        deadline=_FOREVER,
        lifespan=_FOREVER,
        liveliness=QosLiveliness.AUTOMATIC,
        liveliness_lease_duration=_FOREVER,
        avoid_ros_namespace_conventions=False,
    )


def qos_from_rosbags(offered: list[Qos]) -> OfferedQos | None:
    """One that serves every publisher that was recorded; None where the bag names none."""
    if not offered:
        return None
    return OfferedQos(
        reliable=all(one.reliability is not QosReliability.BEST_EFFORT for one in offered),
        latched=any(one.durability is QosDurability.TRANSIENT_LOCAL for one in offered),
        depth=max(1, *(one.depth for one in offered)),
    )
