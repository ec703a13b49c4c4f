"""Drive held-out towns in closed loop with several policies, and say how well each drives.

In lock-step: a frame every 0.5 s, a control command every 0.05 s; the same numbers on every run.
A safety driver puts the vehicle back where a drive ends; docs/closed-loop.md has the rules.
Ctrl-C ends it; the figures, and OUT, are then of the drives that were finished, and say so.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from vavam_ros.commands.closed_loop_plan import ClosedLoopPlan, plan_of
from vavam_ros.commands.closed_loop_report import (
    PolicyResult,
    as_json,
    bar_lines,
    bars_as_json,
    bars_of,
    measurable,
    policy_results,
    tables,
)
from vavam_ros.commands.closed_loop_run import POLICIES, VAVAM, DriveOutcome, drive_in_worker
from vavam_ros.commands.closed_loop_scenarios import (
    scenario_in_worker,
    scenario_runs,
    scenario_table,
    scenarios_as_json,
)
from vavam_ros.commands.work_pool import Finished, finished_of
from vavam_ros.driving.settings import NOISE_KINDS, PilotSettings
from vavam_ros.evaluation.bars import Bar
from vavam_ros.simulation.seeds import HELD_OUT_SEEDS
from vavam_ros.simulation.world import MOVING, STARTS
from vavam_ros.training.table_file import write_bytes

FALLS_SHORT = 1


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    usual = PilotSettings()
    first, last = HELD_OUT_SEEDS[0], HELD_OUT_SEEDS[9]
    add('--policy', nargs='+', choices=POLICIES, default=list(POLICIES), help='default: all')
    add(
        '--context',
        metavar='N',
        nargs='+',
        type=int,
        default=[usual.context_frames],
        help=f'most frames that vavam sees; blind has the first; default: {usual.context_frames}',
    )
    add('--seeds', metavar='A-B,C', default=f'{first}-{last}', help='towns; default: ten held out')
    add('--seconds', metavar='S', type=float, default=100.0, help='of each drive; default: 100')
    add('--noise-seeds', metavar='A,B', default='0,1,2', help='of the plans; default: 0,1,2')
    add('--weights', metavar='FILE', default='tiny', help="VaVAM weights; default: the package's")
    add('--tokenizer', metavar='FILE', default='', help='the tokenizer that belongs to them')
    add('--samples', metavar='K', type=int, default=usual.samples, help='trajectories a plan')
    add('--noise', choices=NOISE_KINDS, default=usual.noise, help=f'default: {usual.noise}')
    add('--latency', metavar='S', type=float, default=0.1, help='frame to plan; default: 0.1 s')
    add('--variant', metavar='N', type=int, default=0, help='another route and traffic; default 0')
    add(
        '--start',
        choices=STARTS,
        default=MOVING,
        help=f"of each drive: moving is at the place's limit speed; default: {MOVING}",
    )
    add('--empty', action='store_true', help='without other cars and pedestrians')
    add('--workers', metavar='N', type=int, default=1, help='processes; default: 1')
    add('--json', metavar='OUT', type=Path, help='write every figure of every drive')
    add('--plot', metavar='DIR', type=Path, help='write a picture of the way for each town')
    add('--scenarios', action='store_true', help='instead: cars in the way, three kinds of ten')
    add('--check', action='store_true', help='exit 1 unless vavam reaches what it has to')


def run(arguments: argparse.Namespace) -> int:
    """Drive everything, print the tables; 1 if `--check` finds too little, 130 after Ctrl-C."""
    plan = plan_of(arguments)
    print('\n'.join([*plan.heading(), *plan.warnings()]), flush=True)
    return _scenarios(plan, arguments) if arguments.scenarios else _drives(plan, arguments)


def _drives(plan: ClosedLoopPlan, arguments: argparse.Namespace) -> int:
    started = time.perf_counter()
    finished = finished_of(drive_in_worker, plan.runs, arguments.workers, 'drives')
    outcomes = measurable(finished.results)
    finished = replace(finished, results=outcomes)
    results = policy_results(outcomes)
    shown = {name: results[name] for name in plan.reported if name in results}
    if not shown:
        return _ended(finished)
    judged = None
    if not finished.partial:
        judged = next((name for name, one in shown.items() if one.policy == VAVAM), None)
    found = bars_of(judged, results) if judged else ()
    told = [*tables(shown), '', *bar_lines(judged, found), *plan.warnings()]
    print('\n'.join(['', *_what_is_missing(finished, 'drives'), *told]))
    if arguments.json:
        timing = _timing(outcomes, time.perf_counter() - started, arguments.workers)
        about = {**plan.as_json(), **_counts(finished)}
        _write(arguments.json, {**about, **_told(shown, judged, found), 'timing': timing})
    if arguments.plot:
        _plot(arguments.plot, shown)
    fails = arguments.check and not all(bar.holds for bar in found)
    return _ended(finished) or (FALLS_SHORT if fails else 0)


def _scenarios(plan: ClosedLoopPlan, arguments: argparse.Namespace) -> int:
    started = time.perf_counter()
    runs = scenario_runs(plan.runs, plan.reported)
    finished = finished_of(scenario_in_worker, runs, arguments.workers, 'scenarios')
    outcomes = finished.results
    if not outcomes:
        return _ended(finished)
    missing = _what_is_missing(finished, 'scenarios')
    print('\n'.join(['', *missing, *scenario_table(outcomes), *plan.warnings()]))
    if arguments.json:
        timing = {'workers': arguments.workers, 'took_s': round(time.perf_counter() - started, 1)}
        found = {'scenarios': scenarios_as_json(outcomes), 'timing': timing}
        _write(arguments.json, {**plan.as_json(), **_counts(finished), **found})
    return _ended(finished)


def _what_is_missing(finished: Finished[Any], what: str) -> list[str]:
    """A line, if anything is."""
    if not finished.partial:
        return []
    done = f'{len(finished.results)} of {finished.pieces} {what}'
    return [f'PARTIAL: only {done} were finished, and are counted here', '']


def _counts(finished: Finished[Any]) -> dict[str, Any]:
    return {'partial': finished.partial, 'finished': len(finished.results), 'of': finished.pieces}


def _ended(finished: Finished[Any]) -> int:
    """130 after Ctrl-C; what was told is not all where there was an error, which is raised."""
    if finished.error:
        raise finished.error
    return 130 if finished.partial else 0


def _told(
    shown: dict[str, PolicyResult], judged: str | None, found: Sequence[Bar]
) -> dict[str, Any]:
    return {
        'bars': {'policy': judged, 'reached': bars_as_json(found)},
        'policies': {name: as_json(result) for name, result in shown.items()},
    }


def _timing(outcomes: Sequence[DriveOutcome], took_s: float, workers: int) -> dict[str, Any]:
    drives = [
        {'policy': one.run.name, 'seed': one.run.seed, 'took_s': round(one.took_s, 2)}
        for one in outcomes
    ]
    return {'workers': workers, 'took_s': round(took_s, 1), 'drives': drives}


def _write(path: Path, content: dict[str, Any]) -> None:
    write_bytes(path, f'{json.dumps(content, indent=1)}\n'.encode())
    print(f'{path}: every figure of every drive')


def _plot(folder: Path, shown: dict[str, PolicyResult]) -> None:
    from vavam_ros.commands.closed_loop_plot import plot_towns  # matplotlib takes a second

    for path in plot_towns(folder, list(shown.values())):
        print(f'{path}: the way driven')
