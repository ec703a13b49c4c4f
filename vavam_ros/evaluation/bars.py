"""What a policy has to reach in closed loop to be said to drive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vavam_ros.evaluation.closed_loop import ClosedLoopFigures

COMPLETION, COMMANDS, BETWEEN_EVENTS_M, TIMES_BETTER = 0.9, 0.8, 300.0, 5.0


@dataclass(frozen=True)
class Bar:
    """One demand, and what was reached."""

    name: str
    wanted: float
    reached: float | None  # None: not measured

    @property
    def holds(self) -> bool:
        """Whether it is reached; what was not measured does not hold."""
        return self.reached is not None and self.reached >= self.wanted


def bars(
    figures: ClosedLoopFigures, others: Mapping[str, ClosedLoopFigures | None]
) -> tuple[Bar, ...]:
    """Of one policy, against others by name (None: they did not drive).

    Times better is in metres between events; another policy with no event at all counts with the
    metres that it drove.
    """
    between_m = figures.metres_between_events
    better = {
        name: None if other is None else between_m / max(other.metres_between_events, 1e-3)
        for name, other in others.items()
    }
    return (
        Bar('route completion', COMPLETION, figures.completion),
        Bar('commands obeyed', COMMANDS, figures.commands.share),
        Bar('metres between events', BETWEEN_EVENTS_M, between_m),
        *(Bar(f'times better than {name}', TIMES_BETTER, value) for name, value in better.items()),
    )
