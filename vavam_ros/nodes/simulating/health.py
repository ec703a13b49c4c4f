"""How the simulation is, in words and figures."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from vavam_ros.nodes.status import ERROR, OK, WARN, Verdict

WAITING, RUNNING, NO_CONTROL = 'WAITING', 'RUNNING', 'NO CONTROL'
OVERRIDDEN, ENDED = 'OVERRIDDEN', 'ENDED'
_LEVELS = {WAITING: WARN, RUNNING: OK, NO_CONTROL: ERROR, OVERRIDDEN: WARN, ENDED: OK}


@dataclass
class SimulatorHealth:
    """Written by the drive, read by the reporter's thread."""

    state: str = WAITING
    reason: str = 'for the first control command'
    ticks: int = 0
    commands: int = 0  # that moved the vehicle
    braked_ticks: int = 0  # for want of a command
    timeouts: int = 0  # how often waiting for a command was given up
    out_of_step: int = 0  # commands that belonged to no tick
    images: int = 0
    late_paths: int = 0  # that were given up waiting for
    late_turns: int = 0  # likewise, of turn commands
    late_predictions: int = 0  # likewise; they move nothing
    events: Counter[str] = field(default_factory=Counter)

    def verdict(self) -> Verdict:
        """The state, and how bad it is."""
        return Verdict(_LEVELS[self.state], self.state, self.reason)

    @property
    def repeats(self) -> bool:
        """Whether another run with the same answers gives the same command log."""
        late = self.late_paths + self.late_turns
        return self.timeouts == late == self.braked_ticks == 0

    def becomes(self, state: str, reason: str = '') -> None:
        """Enter a state."""
        self.state, self.reason = state, reason
