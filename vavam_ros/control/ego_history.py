"""Where the vehicle was a moment ago: ego states of the last seconds, interpolated."""

from __future__ import annotations

import math
from collections import deque

from vavam_ros.records import NS_PER_S, EgoState

_SLACK_S = 0.2  # beyond either end, a state is carried on at its speed


class EgoHistory:
    """Ego states in the order of their stamps."""

    def __init__(self, span_s: float = 5.0) -> None:
        self._span_ns = round(span_s * NS_PER_S)
        self._states: deque[EgoState] = deque()

    @property
    def newest(self) -> EgoState | None:
        """The state last added."""
        return self._states[-1] if self._states else None

    def add(self, state: EgoState) -> bool:
        """Keep a state; False, and it is left out, if it is not newer than the newest."""
        if self._states and state.stamp_ns <= self._states[-1].stamp_ns:
            return False
        self._states.append(state)
        while self._states[0].stamp_ns < state.stamp_ns - self._span_ns:
            self._states.popleft()
        return True

    def forget(self) -> None:
        """Drop all states."""
        self._states.clear()

    def at(self, stamp_ns: int) -> EgoState | None:
        """The state at a stamp; None where no state is within 0.2 s before or after."""
        if not self._states:
            return None
        before = [state for state in self._states if state.stamp_ns <= stamp_ns]
        if not before:
            return _carried(self._states[0], stamp_ns)
        if len(before) == len(self._states):
            return _carried(before[-1], stamp_ns)
        return _between(before[-1], self._states[len(before)], stamp_ns)


def _carried(state: EgoState, stamp_ns: int) -> EgoState | None:
    later_s = (stamp_ns - state.stamp_ns) / NS_PER_S
    if abs(later_s) > _SLACK_S:
        return None
    way_m = state.speed_mps * later_s
    x_m = state.x_m + way_m * math.cos(state.yaw_rad)
    y_m = state.y_m + way_m * math.sin(state.yaw_rad)
    return EgoState(stamp_ns, x_m, y_m, state.yaw_rad, state.speed_mps)


def _between(before: EgoState, after: EgoState, stamp_ns: int) -> EgoState | None:
    span_s = (after.stamp_ns - before.stamp_ns) / NS_PER_S
    if span_s > 2 * _SLACK_S:  # a gap: nobody knows how the vehicle went through it
        early = stamp_ns - before.stamp_ns < after.stamp_ns - stamp_ns
        return _carried(before if early else after, stamp_ns)
    share = (stamp_ns - before.stamp_ns) / (after.stamp_ns - before.stamp_ns)
    turned = math.remainder(after.yaw_rad - before.yaw_rad, 2 * math.pi)
    return EgoState(
        stamp_ns,
        before.x_m + share * (after.x_m - before.x_m),
        before.y_m + share * (after.y_m - before.y_m),
        math.remainder(before.yaw_rad + share * turned, 2 * math.pi),
        before.speed_mps + share * (after.speed_mps - before.speed_mps),
    )
