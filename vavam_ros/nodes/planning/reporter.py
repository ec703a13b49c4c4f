"""What the planner says of itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rclpy.node import Node

from vavam_ros.nodes.planning.health import PlannerHealth
from vavam_ros.nodes.planning.verdict import Surroundings, judge, values
from vavam_ros.nodes.status import StatusReporter, Verdict


class Reporter(StatusReporter):
    """Reports `PlannerHealth`, from its making on."""

    def __init__(
        self, node: Node, health: PlannerHealth, around: Callable[[], Surroundings]
    ) -> None:
        """`around` is asked once a second."""
        self._health, self._around = health, around
        self._latest_around = Surroundings()
        super().__init__(
            node,
            'planning',
            self._planner_verdict,
            lambda: values(health),
            self._refresh,
            lambda: str(health.model.get('device', '')),
        )
        self.start()

    def _refresh(self) -> None:
        self._latest_around = self._around()

    def _planner_verdict(self) -> Verdict:
        verdict = judge(self._health, self._latest_around)
        if self._health.trained:
            return verdict
        return replace(verdict, note=' (RANDOM WEIGHTS: its plans mean nothing)')
