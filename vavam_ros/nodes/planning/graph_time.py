"""Time in the graph, and on the wall: simulated time may be slow, fast, or stand still."""

from __future__ import annotations

import time
from dataclasses import dataclass

from rclpy.clock import ROSClock

from vavam_ros.records import NS_PER_S

_STANDS_STILL_S = 1.5  # on the wall; a clock is published ten times a second or more


@dataclass(frozen=True)
class Instant:
    """One moment on both clocks."""

    wall_s: float  # time.monotonic()
    ros_ns: int  # nanoseconds; 0 while simulated time has not begun


class GraphTime:
    """The node's clock. Ask `now` often, so that it notices where that stands still."""

    def __init__(self, clock: ROSClock) -> None:
        self._clock = clock
        self._moved = self.now()

    def now(self) -> Instant:
        """The present moment."""
        return Instant(time.monotonic(), self._clock.now().nanoseconds)

    def stopped_s(self) -> float:
        """For how long simulated time has stood still, in wall seconds; 0.0 while it runs."""
        now = self.now()
        if now.ros_ns != self._moved.ros_ns:
            self._moved = now
        stopped_s = now.wall_s - self._moved.wall_s
        return stopped_s if stopped_s > _STANDS_STILL_S else 0.0

    def problem(self) -> str | None:
        """What is wrong with simulated time; None if nothing is, or real time is used."""
        if self.now().ros_ns == 0:
            return 'use_sim_time is true, but no /clock has come'
        stopped_s = self.stopped_s()
        return f'the /clock has stood still for {stopped_s:.1f} s' if stopped_s else None

    def since(self, then: Instant) -> float:
        """Seconds since `then`, by the clock that took less: a slow replay is not a slow camera.

        By the wall where simulated time stands still or was set back.
        """
        now = self.now()
        wall_s, ros_s = now.wall_s - then.wall_s, (now.ros_ns - then.ros_ns) / NS_PER_S
        return wall_s if ros_s < 0 or self.stopped_s() else min(wall_s, ros_s)
