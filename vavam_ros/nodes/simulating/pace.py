"""When the world ticks, and under which command: in lock step, or by the clock on the wall."""

from __future__ import annotations

import time
from typing import Protocol

from vavam_ros.nodes.simulating.control_inputs import ControlInputs, Heard
from vavam_ros.nodes.simulating.health import (
    NO_CONTROL,
    OVERRIDDEN,
    RUNNING,
    WAITING,
    SimulatorHealth,
)
from vavam_ros.nodes.simulating.moment import Moment
from vavam_ros.nodes.simulating.settings import SimulatorSettings
from vavam_ros.nodes.simulating.spinner import Spinner
from vavam_ros.records import NS_PER_S, Actuation
from vavam_ros.simulation.world import STEP_S

COMFORT_BRAKING_MPS2 = 3.0
_MOST_BEHIND_S = 0.5  # wall time that is made up for; what is beyond is lost


class Pace(Protocol):
    """Decides when the next tick is."""

    def actuation(self, moment: Moment) -> Actuation | None:
        """Wait for the tick's end; what the vehicle does until then. None: asked to end."""


class LockStepPace:
    """Each tick waits for its own command: the first that comes after its odometry went out.

    Commands with a stamp must carry the odometry's. After `control_timeout_s` without any, the
    vehicle brakes and ticks go on in real time, until commands come again.
    """

    def __init__(
        self,
        inputs: ControlInputs,
        spinner: Spinner,
        settings: SimulatorSettings,
        health: SimulatorHealth,
    ) -> None:
        self._inputs, self._spinner, self._health = inputs, spinner, health
        self._timeout_s = settings.control_timeout_s
        self._lost = False
        self._last_stray_ns: int | None = None

    def actuation(self, moment: Moment) -> Actuation | None:
        """The command of this tick, or braking where it does not come in time."""
        heard = self._wait_for_own(moment)
        if heard is None and self._spinner.stopped:
            return None
        if heard is None and not self._lost:
            self._health.timeouts += 1
        self._lost = heard is None
        reason = '' if heard else self._reason(moment)
        return _chosen(heard, self._inputs, moment, self._health, reason)

    def _wait_for_own(self, moment: Moment) -> Heard | None:
        """The tick's own command; a vehicle without control waits long only if somebody speaks."""
        found: list[Heard] = []
        strays = self._health.out_of_step

        def arrived() -> bool:
            found.extend(self._own(moment))
            return bool(found)

        if self._lost:
            self._spinner.wait_until(arrived, STEP_S)
        if not found and (not self._lost or self._health.out_of_step > strays):
            self._spinner.wait_until(arrived, self._timeout_s)
        return found[0] if found else None

    def _own(self, moment: Moment) -> list[Heard]:
        """The first command that belongs to this tick, if it is there; others are dropped."""
        while self._inputs.automatic:
            heard = self._inputs.automatic.pop(0)
            now_ns = moment.state.stamp_ns
            if heard.heard_ns == now_ns and heard.stamped_ns in (None, now_ns):
                return [heard]
            self._health.out_of_step += 1
            self._last_stray_ns = heard.stamped_ns
        return []

    def _reason(self, moment: Moment) -> str:
        reason = f'no control command came within {self._timeout_s:g} s: the vehicle brakes'
        if self._last_stray_ns is None:
            return reason
        return (
            f'{reason} (the last command is stamped {self._last_stray_ns / NS_PER_S:.3f}, the '
            f'odometry {moment.state.stamp_ns / NS_PER_S:.3f}: commands must carry its stamp)'
        )


class FreePace:
    """Ticks by the wall's clock at `rtf` times real time; the latest command counts.

    After `control_timeout_s` of simulated time without any, the vehicle brakes.
    """

    def __init__(
        self,
        inputs: ControlInputs,
        spinner: Spinner,
        settings: SimulatorSettings,
        health: SimulatorHealth,
    ) -> None:
        self._inputs, self._spinner, self._health = inputs, spinner, health
        self._timeout_ns = round(settings.control_timeout_s * NS_PER_S)
        self._tick_s = STEP_S / settings.rtf if settings.rtf else 0.0
        self._due_s: float | None = None
        self._latest: Heard | None = None

    def actuation(self, moment: Moment) -> Actuation | None:
        """Wait until the tick is over, then take the latest command."""
        now_s = time.monotonic()
        due_s = (now_s if self._due_s is None else self._due_s) + self._tick_s
        self._due_s = max(due_s, now_s - _MOST_BEHIND_S)
        self._spinner.turn()
        self._spinner.wait_until(lambda: False, self._due_s - now_s)
        if self._spinner.stopped:
            return None
        if self._inputs.automatic:
            self._latest = self._inputs.automatic[-1]
            self._inputs.automatic.clear()
        return _chosen(self._fresh(moment), self._inputs, moment, self._health, self._reason())

    def _fresh(self, moment: Moment) -> Heard | None:
        return self._latest if _is_fresh(self._latest, moment, self._timeout_ns) else None

    def _reason(self) -> str:
        if self._latest is None:
            return ''
        return (
            f'no control command came for {self._timeout_ns / NS_PER_S:g} s of simulated time: '
            'the vehicle brakes'
        )


def _chosen(
    automatic: Heard | None,
    inputs: ControlInputs,
    moment: Moment,
    health: SimulatorHealth,
    reason: str,
) -> Actuation:
    """What moves the vehicle, and the state that this is; braking where nobody says."""
    if inputs.overridden:
        manual = inputs.manual if _is_fresh(inputs.manual, moment, NS_PER_S) else None
        health.becomes(
            OVERRIDDEN, 'by hand' if manual else 'and no command comes by hand: the vehicle brakes'
        )
        chosen = manual
    else:
        chosen = automatic
        if automatic is not None:
            health.becomes(RUNNING)
        else:
            health.becomes(
                NO_CONTROL if reason else WAITING, reason or 'for the first control command'
            )
    if chosen is None:
        health.braked_ticks += 1
        return Actuation(moment.state.stamp_ns, moment.steer_rad, -COMFORT_BRAKING_MPS2, 0.0)
    health.commands += 1
    return chosen.actuation


def _is_fresh(heard: Heard | None, moment: Moment, limit_ns: int) -> bool:
    return heard is not None and moment.state.stamp_ns - heard.heard_ns <= limit_ns
