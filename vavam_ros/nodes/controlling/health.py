"""What the controller has been through; judged and shown from the reporter's thread."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from vavam_ros.control import chauffeur
from vavam_ros.control.chauffeur import Decision
from vavam_ros.nodes.planning.tally import Latencies, Rate, Tally, Trouble
from vavam_ros.nodes.status import ERROR, OK, WARN, Verdict

RECENT_S = 10.0  # for how long a trouble is worth a warning
SILENT_S = 1.0  # on the wall, without a decision
_LEVELS = {
    chauffeur.WAITING: WARN,
    chauffeur.DRIVING: OK,
    chauffeur.STOPPING: ERROR,
    chauffeur.STOPPED: ERROR,
    chauffeur.OVERRIDDEN: WARN,
}


@dataclass(frozen=True)
class Surroundings:
    """What only the graph knows."""

    clock: str | None = None  # what is wrong with simulated time
    complaints: Sequence[str] = ()  # connections that failed, topics that nobody serves


class ControllerHealth:
    """Facts. Thread-safe."""

    def __init__(self, lock_step: bool) -> None:
        self.lock = threading.RLock()  # hold it to read several facts of one moment
        self.setup: dict[str, object] = {}  # what is driven and how, in words
        self._lock_step = lock_step
        self._decision: Decision | None = None
        self._decided_s = time.monotonic()
        self._ended = False
        self.holds = False  # whether a command waits for the path that is due
        self._speed_mps: float | None = None
        self._refusals = Tally()  # messages that were not used, by what they were
        self._latencies = Latencies()
        self._rates = {name: Rate() for name in ('odometry', 'path', 'command')}
        self._counts = dict.fromkeys(self._rates, 0)

    def count(self, what: str) -> None:
        """An odometry, a path or a command passed."""
        with self.lock:
            self._counts[what] += 1
            self._rates[what].count()

    def refuse(self, what: str, text: str) -> Trouble:
        """A message was not used."""
        with self.lock:
            return self._refusals.add(text, what)

    def measure(self, stage: str, seconds: float) -> None:
        """How long something took."""
        with self.lock:
            self._latencies.add(stage, seconds)

    def decide(self, decision: Decision, speed_mps: float | None) -> bool:
        """The newest decision; whether it has another state or kind of reason than the last."""
        with self.lock:
            changed = self._decision is None or _kind(decision) != _kind(self._decision)
            self._decision, self._decided_s = decision, time.monotonic()
            self._speed_mps = speed_mps
            return changed

    def end(self) -> None:
        """There are no more commands after this."""
        self._ended = True

    def judge(self, around: Surroundings) -> Verdict:
        """Waiting, driving, stopping and silence look different."""
        if self._ended:
            return Verdict(WARN, 'ENDED', 'the last command brakes, no more will come')
        with self.lock:
            decision, silent_s = self._decision, time.monotonic() - self._decided_s
            if decision is None or silent_s > SILENT_S:
                return self._silent(silent_s, around)
            reasons = [decision.reason] if decision.reason else []
            level = _LEVELS[decision.state]
            recent = self._refusals.since(time.monotonic() - RECENT_S)
            notes = [f'{one.count} {one.cause}: {one.text}' for one in recent]
            notes += [around.clock] if around.clock and not self._lock_step else []
            notes += around.complaints
            level = WARN if notes and level == OK else level
            return Verdict(level, decision.state, '; '.join(reasons + notes))

    def _silent(self, silent_s: float, around: Surroundings) -> Verdict:
        cause = 'no odometry' if self._lock_step else 'time does not go on'
        cause = 'no path, which is due,' if self.holds else cause
        clock = None if self._lock_step else around.clock
        reasons = [f'{cause} for {silent_s:.1f} s', clock, *around.complaints]
        text = '; '.join(filter(None, reasons))
        if self._decision is None:
            return Verdict(WARN, chauffeur.WAITING, text)
        return Verdict(ERROR, 'SILENT', f'no command is sent: {text}')

    def values(self) -> dict[str, object]:
        """Everything worth showing, by stable names."""
        with self.lock:
            decision = self._decision
            tracking = decision.tracking if decision else None
            actuation = decision.actuation if decision else None
            return {
                'path_age_s': decision.path_age_s if decision else None,
                'lateral_error_m': tracking.lateral_error_m if tracking else None,
                'speed_error_mps': tracking.speed_error_mps if tracking else None,
                'speed_mps': self._speed_mps,
                'wanted_speed_mps': actuation.speed_mps if actuation else None,
                'wanted_acceleration_mps2': actuation.acceleration_mps2 if actuation else None,
                'wanted_steer_rad': actuation.steer_rad if actuation else None,
                **{f'{name}_rate_hz': rate.hz() for name, rate in self._rates.items()},
                **{f'{name}_count': count for name, count in self._counts.items()},
                'not_used': self._refusals.total(),
                **self._latencies.values(),
                **self.setup,
            }


def _kind(decision: Decision) -> tuple[str, str]:
    """Reasons that differ in numbers only are of one kind."""
    return decision.state, re.sub(r'[\d.]+', '', decision.reason)
