"""Drives in closed loop -> figures, of one drive or of many, and how towns differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from vavam_ros.evaluation.comfort import Comfort, comfort
from vavam_ros.evaluation.drive_record import DriveRecord

LEAST_M = 10.0  # driven: below, figures by the kilometre mean nothing
TURNS = ('left', 'straight', 'right')


@dataclass(frozen=True)
class JudgedDrive:
    """A drive, and how far the expert came in the same world in the same time."""

    record: DriveRecord
    reference_m: float

    @property
    def progress_m(self) -> float:
        """Along the route, by the vehicle itself."""
        return float(self.record.gains_m.sum())

    @property
    def unaided_m(self) -> float:
        """The same, until it was taken over for the first time."""
        return float(self.record.gains_m[self.record.legs == 0].sum())


@dataclass(frozen=True)
class Commands:
    """Junctions of three or more arms: how many were reached, how many taken as asked."""

    reached: int
    obeyed: int

    @property
    def share(self) -> float | None:
        """Obeyed of reached; None where none was reached."""
        return self.obeyed / self.reached if self.reached else None


@dataclass(frozen=True)
class ClosedLoopFigures:
    """Of one or more drives, taken together as one long drive."""

    drives: int
    seconds: float
    metres: float
    progress_m: float
    completion: float  # of the expert's progress, each drive at most 1
    unaided_completion: float  # the same, but each drive only until its first take-over
    events: dict[str, int]  # by kind
    metres_between_events: float  # metres / max(1, events): a lower bound where there is none
    collisions_per_km: float | None  # None, here and below: too few metres to say
    off_road_m_per_km: float | None
    wrong_lane_m_per_km: float | None
    commands: Commands
    commands_by_turn: dict[str, Commands]
    lane_error_m: float  # mean distance from the middle of the route's lane
    mean_speed_mps: float
    comfort: Comfort

    @property
    def event_count(self) -> int:
        """Of all kinds."""
        return sum(self.events.values())

    def as_dict(self) -> dict[str, Any]:
        """JSON values."""
        numbers = asdict(self)
        for held, shown in ((self.commands, numbers['commands']), *self._by_turn(numbers)):
            shown['share'] = held.share
        return {**numbers, 'event_count': self.event_count, 'no_event': self.event_count == 0}

    def _by_turn(self, numbers: dict[str, Any]) -> list[tuple[Commands, dict[str, Any]]]:
        shown = numbers['commands_by_turn']
        return [(held, shown[turn]) for turn, held in self.commands_by_turn.items()]


def closed_loop_figures(drives: Sequence[JudgedDrive]) -> ClosedLoopFigures:
    """All drives as one: sums over sums, so that a short drive weighs little."""
    records = [drive.record for drive in drives]
    metres = _total(record.steps_m.sum() for record in records)
    events = Counter(event.kind for record in records for event in record.events)
    off_road_m = _total((record.steps_m * record.off_road).sum() for record in records)
    wrong_m = _total((record.steps_m * record.wrong_lane).sum() for record in records)
    rows = sum(len(record.aside_m) for record in records)
    seconds = _total(record.seconds for record in records)
    return ClosedLoopFigures(
        drives=len(drives),
        seconds=seconds,
        metres=metres,
        progress_m=_total(drive.progress_m for drive in drives),
        completion=_completion(drives, [drive.progress_m for drive in drives]),
        unaided_completion=_completion(drives, [drive.unaided_m for drive in drives]),
        events=dict(sorted(events.items())),
        metres_between_events=metres / max(1, events.total()),
        collisions_per_km=_per_km(events['collision'], metres),
        off_road_m_per_km=_per_km(off_road_m, metres),
        wrong_lane_m_per_km=_per_km(wrong_m, metres),
        commands=_commands(records, TURNS),
        commands_by_turn={turn: _commands(records, (turn,)) for turn in TURNS},
        lane_error_m=_total(np.abs(record.aside_m).sum() for record in records) / max(rows, 1),
        mean_speed_mps=metres / max(seconds, 1e-9),
        comfort=comfort(records),
    )


@dataclass(frozen=True)
class Spread:
    """Of a figure over towns."""

    mean: float
    least: float
    most: float
    deviation: float  # standard, of these towns themselves


def spreads(by_seed: Mapping[int, ClosedLoopFigures]) -> dict[str, Spread | None]:
    """Of each figure that is a number, by its name; None where no town has it."""
    rows = [_numbers(figures) for figures in by_seed.values()]
    found: dict[str, Spread | None] = {}
    for name in rows[0] if rows else ():
        values = np.array([row[name] for row in rows if row[name] is not None], np.float64)
        found[name] = _spread(values) if len(values) else None
    return found


def _numbers(figures: ClosedLoopFigures) -> dict[str, float | None]:
    felt = {
        f'{name}_{measure}': value
        for name, measures in asdict(figures.comfort).items()
        for measure, value in measures.items()
    }
    return {
        'completion': figures.completion,
        'unaided_completion': figures.unaided_completion,
        'metres': figures.metres,
        'event_count': float(figures.event_count),
        'metres_between_events': figures.metres_between_events,
        'collisions_per_km': figures.collisions_per_km,
        'off_road_m_per_km': figures.off_road_m_per_km,
        'wrong_lane_m_per_km': figures.wrong_lane_m_per_km,
        'commands_obeyed': figures.commands.share,
        'lane_error_m': figures.lane_error_m,
        'mean_speed_mps': figures.mean_speed_mps,
        **felt,
    }


def _spread(values: np.ndarray[Any, np.dtype[np.float64]]) -> Spread:
    return Spread(
        float(values.mean()), float(values.min()), float(values.max()), float(values.std())
    )


def _completion(drives: Sequence[JudgedDrive], progress_m: Sequence[float]) -> float:
    wanted_m = [drive.reference_m for drive in drives]
    if sum(wanted_m) <= 0:
        return 0.0
    reached = zip(progress_m, wanted_m, strict=True)
    return _total(min(own, wanted) for own, wanted in reached) / sum(wanted_m)


def _commands(records: Sequence[DriveRecord], turns: Sequence[str]) -> Commands:
    passages = [one for record in records for one in record.junctions if one.turn in turns]
    return Commands(len(passages), sum(one.obeyed for one in passages))


def _per_km(amount: float, metres: float) -> float | None:
    return 1000 * amount / metres if metres >= LEAST_M else None


def _total(values: Any) -> float:
    return float(sum(values))
