"""The summary of an evaluation: every figure with its interval, as JSON and as lines."""

from __future__ import annotations

import math
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch

from vavam_ros import __version__
from vavam_ros.commands.evaluating.piece import How
from vavam_ros.commands.evaluating.quality import PictureQuality
from vavam_ros.commands.evaluating.run import Evaluated
from vavam_ros.driving.assembly import ModelIdentity
from vavam_ros.evaluation.bootstrap import Interval
from vavam_ros.evaluation.flags import Flag
from vavam_ros.evaluation.independence import described
from vavam_ros.evaluation.open_loop import MODEL, OpenLoop, Reading
from vavam_ros.evaluation.wheel import WheelReadings

TABLE = ('ade_1s_m', 'ade_2s_m', 'ade_3s_m', 'fde_3s_m', 'missed', 'aside_abs_m', 'ahead_abs_m')
DIGITS = 6


@dataclass(frozen=True, eq=False)
class Judged:
    """A run with all that is said of it."""

    evaluated: Evaluated
    how: How
    identity: ModelIdentity
    command_line: str
    open_loop: OpenLoop | None  # None: no window has a truth
    steering: WheelReadings | None  # None: no recording is of a steering wheel alone
    flags: tuple[Flag, ...]
    pictures: PictureQuality | None = None  # None: no frames were predicted
    colours_tested: bool = False  # whether exchanged colours would have been seen

    @property
    def valid(self) -> bool:
        """Whether its figures mean anything."""
        return self.evaluated.tally.valid and not any(flag.invalidates for flag in self.flags)

    def objections(self) -> list[str]:
        """Why they do not; empty where they do."""
        return [
            *self.evaluated.tally.objections(),
            *(flag.text for flag in self.flags if flag.invalidates),
        ]


def as_json(judged: Judged) -> dict[str, Any]:
    """Everything but the rows; all but `timing` and `host` is the same on every run."""
    evaluated, how, loop = judged.evaluated, judged.how, judged.open_loop
    return {
        'kind': 'evaluation',
        'package_version': __version__,
        'command': judged.command_line,
        'valid': judged.valid,
        'objections': judged.objections(),
        'flags': [asdict(flag) for flag in judged.flags],
        'model': asdict(judged.identity),
        'settings': {
            'pilot': asdict(how.pilot),
            'stride_s': how.stride.seconds,
            'seeds': how.sampling.seeds,
            'topics': how.topics.as_json(),
        },
        'windows': evaluated.tally.as_json(),
        'withheld_plans': sum(one.objection is not None for one in evaluated.windows),
        'recordings': [
            {
                'name': one.name,
                'path': str(one.path.resolve()),
                'found': list(one.description),
                'warnings': list(one.warnings),
                'coverage': None if one.view is None else one.view.coverage,
                'frames': one.frames,
                'seconds': round(one.duration_s, 3),
                'windows': one.tally.as_json(),
            }
            for one in evaluated.recordings
        ],
        'figures': None if loop is None else _figures(loop),
        'steering': None if judged.steering is None else _steering(judged.steering),
        'predicted_frames': None if judged.pictures is None else _rounded(asdict(judged.pictures)),
        'host': host(how),
        'timing': timing(evaluated),
    }


def host(how: How) -> dict[str, str]:
    """Where it ran: figures may differ in the last digits on another one."""
    return {
        'machine': platform.machine(),
        'system': platform.system(),
        'python': platform.python_version(),
        'torch': torch.__version__,
        'device': how.pilot.device,
        'dtype': how.pilot.dtype,
    }


def timing(evaluated: Evaluated) -> dict[str, Any]:
    """Of the windows that this attempt planned."""
    windows = sum(count for count, _ in evaluated.batches_s)
    seconds = sum(took for _, took in evaluated.batches_s)
    return {
        'windows_timed': windows,
        'windows_from_an_attempt_before': evaluated.kept,
        'seconds': round(seconds, 3),
        'windows_per_s': round(windows / seconds, 3) if seconds else None,
    }


def lines_of(judged: Judged) -> list[str]:
    """The verdict and the table of the most important figures."""
    tally = judged.evaluated.tally
    counted = f'{tally.evaluated} of {tally.expected} windows evaluated'
    skipped = [f'  {count} skipped: {cause}' for cause, count in tally.skipped.most_common()]
    said = ['VALID' if judged.valid else 'INVALID', *(f'  {one}' for one in judged.objections())]
    noted = [f'  note: {flag.text}' for flag in judged.flags if not flag.invalidates]
    return [counted, *skipped, *said, *noted, '', *_table(judged.open_loop), *_wheel(judged)]


def _table(loop: OpenLoop | None) -> list[str]:
    if loop is None:
        return []
    sources = list(loop.readings)
    rows = [['', *sources]]
    for name in (*TABLE, 'min_ade_m', 'min_fde_m', 'best_missed'):
        found = [_found(loop.readings[source], name) for source in sources]
        if found[0] is not None:
            rows.append([name, *(_cell(reading) for reading in found)])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    table = ['  '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
             for row in rows]  # fmt: skip
    return [*table, f'intervals: 95 %, bootstrap over {described(loop.groups, loop.groups_are)}']


def _wheel(judged: Judged) -> list[str]:
    if judged.steering is None:
        return []
    cells = {name: _interval(one) for name, one in judged.steering.intervals.items()}
    return [
        f'planned curvature and driven steering wheel: correlation {cells["correlation"]}, '
        f'same side {cells["side_agrees"]}, where it turns {cells["turn_agrees"]}',
        f'intervals: 95 %, bootstrap over {judged.steering.independent.described}',
    ]


def _found(readings: Sequence[Reading], name: str) -> Reading | None:
    return next((one for one in readings if one.figure.name == name), None)


def _cell(reading: Reading | None) -> str:
    return _interval(None if reading is None else reading.interval)


def _interval(interval: Interval | None) -> str:
    if interval is None:
        return '-'
    if interval.low is None or interval.high is None:
        return f'{interval.value:.2f}'
    return f'{interval.value:.2f} ({interval.low:.2f}-{interval.high:.2f})'


def _steering(readings: WheelReadings) -> dict[str, Any]:
    return {
        'windows': readings.windows,
        'intervals': f'95 %, bootstrap over {readings.independent.described}',
        **{name: interval_json(one) for name, one in readings.intervals.items()},
    }


def _figures(loop: OpenLoop) -> dict[str, Any]:
    return {
        'windows': loop.windows,
        'intervals': f'95 %, bootstrap over {described(loop.groups, loop.groups_are)}',
        'by_source': {
            source: {one.figure.name: _reading(one) for one in readings}
            for source, readings in loop.readings.items()
        },
        'distance_at_waypoints_m': {
            source: [interval_json(one) for one in found]
            for source, found in loop.horizons.items()
        },
        'breakdowns': {
            one.name: {
                name: {
                    'windows': one.counts[name],
                    'by_source': {
                        source: {figure: interval_json(value) for figure, value in found.items()}
                        for source, found in by_source.items()
                    },
                }
                for name, by_source in one.figures.items()
            }
            for one in loop.breakdowns
        },
        'calibration': None if loop.calibration is None else _rounded(asdict(loop.calibration)),
    }


def _reading(reading: Reading) -> dict[str, Any]:
    figure, seeds = reading.figure, reading.seeds
    return {
        'unit': figure.unit,
        'lower_is_better': figure.lower_is_better,
        'meaning': figure.meaning,
        **interval_json(reading.interval),
        'over_seeds': None if seeds is None else _rounded(asdict(seeds)),
    }


def interval_json(interval: Interval | None) -> dict[str, Any]:
    """Value, low, high, windows; all None where there is nothing."""
    if interval is None:
        return {'value': None, 'low': None, 'high': None, 'windows': 0}
    return _rounded(
        {
            'value': interval.value,
            'low': interval.low,
            'high': interval.high,
            'windows': interval.windows,
        }
    )


def _rounded(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _rounded_value(value) for name, value in values.items()}


def _rounded_value(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, DIGITS) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return _rounded(value)
    if isinstance(value, list | tuple):
        return [_rounded_value(one) for one in value]
    return value


def model_readings(loop: OpenLoop) -> Mapping[str, Reading]:
    """The model's own, by name."""
    return {one.figure.name: one for one in loop.readings[MODEL]}
