"""Says how a node is: once a second on /diagnostics and ~/status, there at changes too."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile

from vavam_ros.bridge.diagnostics import diagnostic_array

OK, WARN, ERROR = DiagnosticStatus.OK, DiagnosticStatus.WARN, DiagnosticStatus.ERROR

_LOOK_S = 0.2
_LOOKS_PER_REPORT = 5


@dataclass(frozen=True)
class Verdict:
    """One word, one line, and how bad it is."""

    level: bytes  # of DiagnosticStatus
    state: str
    reason: str
    note: str = ''  # at the end of the message, whatever the state

    @property
    def message(self) -> str:
        """For people."""
        return (f'{self.state}: {self.reason}' if self.reason else self.state) + self.note


class StatusReporter:
    """A thread of its own, so that it also speaks while the executor is busy or time stands still.

    ~/status is latched: whoever comes later knows at once, and nothing older than a second.
    """

    def __init__(
        self,
        node: Node,
        task: str,
        judge: Callable[[], Verdict],
        values: Callable[[], Mapping[str, object]],
        look_around: Callable[[], None] = lambda: None,
        hardware: Callable[[], str] = lambda: '',
    ) -> None:
        """`judge` and `values` are asked from any thread, `look_around` once a second before."""
        self._node, self._task = node, task
        self._judge, self._values = judge, values
        self._look_around, self._hardware = look_around, hardware
        self._said = Verdict(OK, '', '')
        self._diagnostics = node.create_publisher(DiagnosticArray, '/diagnostics', 10)
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self._status = node.create_publisher(DiagnosticStatus, '~/status', latched)
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name='reporter', daemon=True)

    def start(self) -> None:
        """Begin to report: once everything that is asked is there."""
        self._thread.start()

    def report_now(self) -> None:
        """Publish ~/status, from any thread."""
        with self._lock:
            verdict = self._judge()
            self._log_change(verdict)
            self._status.publish(self._array(verdict).status[0])

    def close(self) -> None:
        """Publish what there is to say at the end, and no more."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self.report_now()

    def _run(self) -> None:
        looks = 0
        while not self._stop.wait(_LOOK_S):
            due = looks % _LOOKS_PER_REPORT == 0
            if due:
                self._look_around()
            verdict = self._judge()
            if due or self._changed(verdict):
                self.report_now()
            if due:
                self._diagnostics.publish(self._array(verdict))
            looks += 1

    def _array(self, verdict: Verdict) -> DiagnosticArray:
        said = {'state': verdict.state, 'reason': verdict.reason, **self._values()}
        return diagnostic_array(
            f'{self._node.get_fully_qualified_name().lstrip("/")}: {self._task}',
            verdict.level,
            verdict.message,
            said,
            self._node.get_clock().now().nanoseconds,
            self._hardware(),
        )

    def _changed(self, verdict: Verdict) -> bool:
        return (verdict.level, verdict.state) != (self._said.level, self._said.state)

    def _log_change(self, verdict: Verdict) -> None:
        if not self._changed(verdict):
            return
        self._said = verdict
        logger = self._node.get_logger()
        if verdict.level == OK:
            logger.info(verdict.message)
        elif verdict.level == ERROR:
            logger.error(verdict.message)
        else:
            logger.warning(verdict.message)
