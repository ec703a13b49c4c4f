"""Says how the planner is: once a second on /diagnostics and ~/status, there at changes too."""

from __future__ import annotations

import threading
from collections.abc import Callable

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile

from vavam_ros.bridge.diagnostics import diagnostic_array
from vavam_ros.nodes.planning.health import PlannerHealth
from vavam_ros.nodes.planning.verdict import ERROR, OK, Surroundings, Verdict, judge, values

_LOOK_S = 0.2
_LOOKS_PER_REPORT = 5


class Reporter:
    """A thread of its own, so that it also speaks while the executor is busy or time stands still.

    ~/status is latched: whoever comes later knows at once, and nothing older than a second.
    """

    def __init__(
        self,
        node: Node,
        health: PlannerHealth,
        around: Callable[[], Surroundings],
    ) -> None:
        """`around` is asked once a second."""
        self._node = node
        self._health = health
        self._around = around
        self._latest_around = Surroundings()
        self._said = Verdict(OK, '', '')
        self._diagnostics = node.create_publisher(DiagnosticArray, '/diagnostics', 10)
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self._status = node.create_publisher(DiagnosticStatus, '~/status', latched)
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name='reporter', daemon=True)
        self._thread.start()

    def report_now(self) -> None:
        """Publish ~/status, from any thread."""
        with self._lock:
            verdict = judge(self._health, self._latest_around)
            self._log_change(verdict)
            self._status.publish(self._array(verdict).status[0])

    def close(self) -> None:
        """Publish what there is to say at the end, and no more."""
        self._stop.set()
        self._thread.join()
        self.report_now()

    def _run(self) -> None:
        looks = 0
        while not self._stop.wait(_LOOK_S):
            due = looks % _LOOKS_PER_REPORT == 0
            if due:
                self._latest_around = self._around()
            verdict = judge(self._health, self._latest_around)
            if due or (verdict.level, verdict.state) != (self._said.level, self._said.state):
                self.report_now()
            if due:
                self._diagnostics.publish(self._array(verdict))
            looks += 1

    def _array(self, verdict: Verdict) -> DiagnosticArray:
        said = {'state': verdict.state, 'reason': verdict.reason, **values(self._health)}
        random = '' if self._health.trained else ' (RANDOM WEIGHTS: its plans mean nothing)'
        return diagnostic_array(
            f'{self._node.get_fully_qualified_name().lstrip("/")}: planning',
            verdict.level,
            verdict.message + random,
            said,
            self._node.get_clock().now().nanoseconds,
            str(self._health.model.get('device', '')),
        )

    def _log_change(self, verdict: Verdict) -> None:
        if (verdict.level, verdict.state) == (self._said.level, self._said.state):
            return
        self._said = verdict
        logger = self._node.get_logger()
        if verdict.level == OK:
            logger.info(verdict.message)
        elif verdict.level == ERROR:
            logger.error(verdict.message)
        else:
            logger.warning(verdict.message)
