"""What `vavam closed-loop` found: as JSON, and as tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from vavam_ros.commands.closed_loop_run import BLIND, CONSTANT_VELOCITY, EXPERT, DriveOutcome
from vavam_ros.evaluation.bars import Bar, bars
from vavam_ros.evaluation.closed_loop import (
    ClosedLoopFigures,
    JudgedDrive,
    closed_loop_figures,
    spreads,
)

Rows = list[tuple[str, list[str]]]


@dataclass(frozen=True, eq=False)
class PolicyResult:
    """All drives of one policy."""

    name: str
    outcomes: tuple[DriveOutcome, ...]
    figures: ClosedLoopFigures  # all drives together
    by_seed: dict[int, ClosedLoopFigures]
    by_drive: tuple[ClosedLoopFigures, ...]

    @property
    def policy(self) -> str:
        """Its kind, without the frames of context."""
        return self.outcomes[0].run.policy


def measurable(outcomes: Sequence[DriveOutcome]) -> list[DriveOutcome]:
    """Those of towns that the expert has driven, too."""
    known = {one.run.seed for one in outcomes if one.run.policy == EXPERT}
    return [one for one in outcomes if one.run.seed in known]


def policy_results(outcomes: Sequence[DriveOutcome]) -> dict[str, PolicyResult]:
    """By policy, in the order of the drives; the expert's have to be among them."""
    reference_m = {
        one.run.seed: float(one.record.gains_m.sum())
        for one in outcomes
        if one.run.policy == EXPERT
    }
    by_name: dict[str, list[DriveOutcome]] = {}
    for one in outcomes:
        by_name.setdefault(one.run.name, []).append(one)
    return {name: _result(name, found, reference_m) for name, found in by_name.items()}


def _result(
    name: str, outcomes: list[DriveOutcome], reference_m: dict[int, float]
) -> PolicyResult:
    judged = [JudgedDrive(one.record, reference_m[one.run.seed]) for one in outcomes]
    seeds = list(dict.fromkeys(one.run.seed for one in outcomes))
    by_seed = {
        seed: closed_loop_figures(
            [drive for drive, one in zip(judged, outcomes, strict=True) if one.run.seed == seed]
        )
        for seed in seeds
    }
    by_drive = tuple(closed_loop_figures([drive]) for drive in judged)
    return PolicyResult(name, tuple(outcomes), closed_loop_figures(judged), by_seed, by_drive)


def bars_of(name: str, results: dict[str, PolicyResult]) -> tuple[Bar, ...]:
    """The bars for one policy."""
    others = {one: results.get(one) for one in (BLIND, CONSTANT_VELOCITY)}
    return bars(
        results[name].figures,
        {one: other.figures if other else None for one, other in others.items()},
    )


def as_json(result: PolicyResult) -> dict[str, Any]:
    """Everything about one policy but how long it took."""
    return {
        'all_drives': result.figures.as_dict(),
        'over_seeds': {
            name: spread and asdict(spread) for name, spread in spreads(result.by_seed).items()
        },
        'by_seed': {str(seed): one.as_dict() for seed, one in result.by_seed.items()},
        'drives': [
            {
                'seed': one.run.seed,
                'noise_seed': one.run.noise_seed,
                'plans_withheld': one.plans_withheld,
                'figures': figures.as_dict(),
                'events': [asdict(event) for event in one.record.events],
                'junctions': [asdict(passage) for passage in one.record.junctions],
            }
            for one, figures in zip(result.outcomes, result.by_drive, strict=True)
        ],
    }


def bars_as_json(found: Sequence[Bar]) -> list[dict[str, Any]]:
    """The bars, and whether they hold."""
    return [{**asdict(bar), 'holds': bar.holds} for bar in found]


def tables(results: dict[str, PolicyResult]) -> list[str]:
    """The figures of all policies side by side, then how they vary from town to town."""
    columns = [one.figures for one in results.values()]
    lines = _table(list(results), _figure_rows(columns))
    lines += ['', 'from town to town: mean, least to most, standard deviation']
    return lines + _table(list(results), _spread_rows(results))


def bar_lines(name: str | None, found: Sequence[Bar]) -> list[str]:
    """One line for each bar; none where no policy is judged."""
    if name is None:
        return []
    lines = [f'what {name} has to reach:']
    for bar in found:
        reached = 'not measured' if bar.reached is None else f'{bar.reached:.2f}'
        verdict = 'holds' if bar.holds else 'FALLS SHORT'
        lines.append(f'  {bar.name:<38}{reached:>13} of {bar.wanted:<6g} {verdict}')
    return lines


def _figure_rows(columns: list[ClosedLoopFigures]) -> Rows:
    kinds = sorted({kind for one in columns for kind in one.events})
    rows: Rows = [
        ('drives', [str(one.drives) for one in columns]),
        ('metres driven', [f'{one.metres:.0f}' for one in columns]),
        ('mean speed, m/s', [f'{one.mean_speed_mps:.1f}' for one in columns]),
        ('route completion', [_percent(one.completion) for one in columns]),
        ('  until the first take-over', [_percent(one.unaided_completion) for one in columns]),
        ('metres between events', [_between(one) for one in columns]),
        ('events', [str(one.event_count) for one in columns]),
    ]
    rows += [(f'  {kind}', [str(one.events.get(kind, 0)) for one in columns]) for kind in kinds]
    rows += [
        ('collisions per km', [_number(one.collisions_per_km) for one in columns]),
        ('off-road m per km', [_number(one.off_road_m_per_km, 1) for one in columns]),
        ('wrong-lane m per km', [_number(one.wrong_lane_m_per_km, 1) for one in columns]),
        ('commands obeyed', [_share(one.commands.share) for one in columns]),
    ]
    for turn in columns[0].commands_by_turn:
        by_turn = [one.commands_by_turn[turn] for one in columns]
        rows.append((f'  {turn}', [f'{one.obeyed} of {one.reached}' for one in by_turn]))
    rows.append(('off the lane middle, m', [f'{one.lane_error_m:.2f}' for one in columns]))
    return rows + _comfort_rows(columns)


def _comfort_rows(columns: list[ClosedLoopFigures]) -> Rows:
    rows: Rows = [('comfort: rms, 95 % below', ['' for _ in columns])]
    named = (
        ('acceleration_mps2', 'acceleration, m/s^2'),
        ('lateral_acceleration_mps2', 'lateral, m/s^2'),
        ('jerk_mps3', 'jerk, m/s^3'),
        ('lateral_jerk_mps3', 'lateral jerk, m/s^3'),
    )
    for name, shown in named:
        felt = [getattr(one.comfort, name) for one in columns]
        rows.append((f'  {shown}', [f'{one.rms:.2f}, {one.p95:.2f}' for one in felt]))
    return rows


def _spread_rows(results: dict[str, PolicyResult]) -> Rows:
    found = [spreads(one.by_seed) for one in results.values()]
    named = (
        ('completion', 'route completion', 2),
        ('metres_between_events', 'metres between events', 0),
        ('event_count', 'events', 1),
        ('collisions_per_km', 'collisions per km', 2),
        ('commands_obeyed', 'commands obeyed', 2),
        ('lane_error_m', 'off the lane middle, m', 2),
    )
    return [
        (
            shown,
            [
                f'{one.mean:.{n}f}, {one.least:.{n}f}-{one.most:.{n}f}, {one.deviation:.{n}f}'
                if (one := by_name[name])
                else '-'
                for by_name in found
            ],
        )
        for name, shown, n in named
    ]


def _table(names: list[str], rows: Rows) -> list[str]:
    widths = [
        max(len(name), *(len(cells[place]) for _, cells in rows)) + 2
        for place, name in enumerate(names)
    ]
    first = max(len(label) for label, _ in rows)
    lines = [('', names), *rows]
    return [
        f'{label:<{first}}'
        + ''.join(f'{cell:>{width}}' for cell, width in zip(cells, widths, strict=True))
        for label, cells in lines
    ]


def _between(figures: ClosedLoopFigures) -> str:
    sign = '' if figures.event_count else '>='
    return f'{sign}{figures.metres_between_events:.0f}'


def _percent(share: float) -> str:
    return f'{100 * share:.1f} %'


def _share(share: float | None) -> str:
    return '-' if share is None else _percent(share)


def _number(value: float | None, digits: int = 2) -> str:
    return '-' if value is None else f'{value:.{digits}f}'
