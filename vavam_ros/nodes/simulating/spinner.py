"""Waiting in the one thread of the simulator, while messages come in."""

from __future__ import annotations

import time
from collections.abc import Callable

from rclpy.executors import Executor

from vavam_ros.nodes.lifetime import StopRequest

_SLICE_S = 0.1  # how long a signal can wait for the executor


class Spinner:
    """Runs the executor for a while, or until something is there."""

    def __init__(self, executor: Executor, stop: StopRequest) -> None:
        self._executor, self._stop = executor, stop

    @property
    def stopped(self) -> bool:
        """Whether the process is asked to end."""
        return self._stop.requested

    def turn(self, timeout_s: float = 0.0) -> None:
        """Take in one message, waiting so long for it at most."""
        self._executor.spin_once(timeout_sec=max(0.0, min(timeout_s, _SLICE_S)))

    def wait_until(self, condition: Callable[[], object], timeout_s: float) -> bool:
        """Take in messages until the condition holds; False if time is over, or at a signal."""
        end_s = time.monotonic() + timeout_s
        while not condition():
            left_s = end_s - time.monotonic()
            if left_s <= 0 or self.stopped:
                return False
            self.turn(left_s)
        return True
