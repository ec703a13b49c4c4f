"""Tables of the page: what ran, what became of the windows, every figure beside the baselines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from vavam_ros import __version__
from vavam_ros.commands.evaluating.page_text import (
    FEW_GROUPS,
    amount,
    counted,
    label,
    number,
    span,
)
from vavam_ros.commands.evaluating.summary import TABLE, Judged, host
from vavam_ros.evaluation.bootstrap import Interval
from vavam_ros.evaluation.independence import described
from vavam_ros.evaluation.open_loop import MODEL, OpenLoop, Reading
from vavam_ros.evaluation.tally import Tally

SUMMARY = (
    *TABLE, 'min_ade_m', 'min_fde_m', 'best_missed', 'heading_abs_rad', 'speed_abs_mps',
    'turn_agrees', 'comfortable', 'change_m',
)  # fmt: skip

_WHEEL = {
    'correlation': 'Correlation of planned curvature and driven wheel',
    'rank_correlation': "The same of ranks (Spearman's)",
    'side_agrees': 'Share that bends to the side of the wheel, or goes straight with it',
    'turn_agrees': 'The same, of windows whose wheel is not straight',
}

Lines = list[tuple[str, str]]  # what, and how it is


@dataclass(frozen=True)
class Cell:
    """What one source has of a figure."""

    value: str
    span: str  # the interval; empty: there is none
    best: bool  # of its row


@dataclass(frozen=True)
class FigureRow:
    """One figure of all sources."""

    label: str
    unit: str
    meaning: str
    windows: int
    seeds: str  # how much the model's moves over seeds
    cells: tuple[Cell | None, ...]  # as FigureTable.sources; None: it has no such figure


@dataclass(frozen=True)
class FigureTable:
    """Figures of the model beside the baselines."""

    sources: tuple[str, ...]
    rows: tuple[FigureRow, ...]


def summary_table(loop: OpenLoop) -> FigureTable:
    """The most important figures."""
    return _table(loop, [name for name in SUMMARY if name in _by_name(loop, MODEL)])


def whole_table(loop: OpenLoop) -> FigureTable:
    """All of them."""
    return _table(loop, list(_by_name(loop, MODEL)))


def headline(loop: OpenLoop) -> str:
    """How far off the model is, and the best of the baselines."""
    values = {
        source: found['ade_3s_m'].interval.value
        for source in loop.readings
        for found in (_by_name(loop, source),)
        if found['ade_3s_m'].interval is not None
    }
    own = values.pop(MODEL)
    best = min(values, key=values.__getitem__)
    return (
        f'Over 3 s the plans are {number(own)} m from where the vehicle went, in the mean; those '
        f'of the best baseline, {best}, are {number(values[best])} m.'
    )


def intervals_line(loop: OpenLoop) -> str:
    """What the intervals are over, and what they are worth."""
    over = f'95 % intervals by bootstrap over {described(loop.groups, loop.groups_are)}'
    if loop.groups < 2:
        return f'No intervals: {described(loop.groups, loop.groups_are)} cannot tell of others.'
    if loop.groups < FEW_GROUPS:
        return f'{over}: so few that the intervals are wide. Longer drives, or more, narrow them.'
    if loop.groups_are.startswith('blocks'):
        return f'{over}. They hold for these drives, and tell nothing of other streets.'
    return f'{over}.'


def what_ran(judged: Judged) -> Lines:
    """Everything that figures depend on, shortly."""
    identity, how = judged.identity, judged.how
    video, action = identity.width_mult
    at = host(how)
    trained = 'trained' if identity.trained else 'RANDOM: its plans mean nothing'
    return [
        ('Weights', f'{identity.weights} ({how.pilot.weights}), {trained}'),
        ('Width multipliers', f'video model {video:g}, action expert {action:g}'),
        ('Tokenizer', identity.tokenizer),
        ('Context', f'{how.pilot.context_frames} frames at 2 Hz'),
        ('Sampling', f'{how.pilot.samples} samples a window, {_seeds(judged)}'),
        ('Stride', f'a window every {how.stride.seconds:g} s'),
        ('Package', f'vavam_ros {__version__}'),
        ('Host', f'{at["system"]} {at["machine"]}, Python {at["python"]}, torch {at["torch"]}'),
        ('Device and type', f'{at["device"]}, {at["dtype"]}'),
    ]


def settings_of(judged: Judged) -> Lines:
    """All settings by name, and where the weights come from."""
    topics = {name: value for name, value in vars(judged.how.topics).items() if name != 'kinds'}
    batch = {'windows side by side': judged.how.sampling.batch}
    settings = {**asdict(judged.how.pilot), **topics, **batch}
    came = {f'weights: {name}': value for name, value in judged.identity.provenance.items()}
    return [(name, _plain(value)) for name, value in {**settings, **came}.items()]


def window_counts(tally: Tally) -> Lines:
    """How many were expected, and what became of each."""
    missing = tally.expected - tally.evaluated - tally.skipped.total() - tally.failed.total()
    return [
        ('expected', str(tally.expected)),
        ('evaluated', str(tally.evaluated)),
        *((f'skipped: {cause}', str(count)) for cause, count in tally.skipped.most_common()),
        *((f'failed: {cause}', str(count)) for cause, count in tally.failed.most_common()),
        *((f'not read to its end: {cause}', '') for cause in sorted(tally.broken)),
        *([('missing', str(missing))] if missing > 0 else []),
        *([('counted twice', str(-missing))] if missing < 0 else []),
    ]


def one_line(judged: Judged) -> str:
    """The verdict's counts."""
    tally = judged.evaluated.tally
    drives = counted(len(judged.evaluated.recordings), 'recording')
    return (
        f'{drives}; of {counted(tally.expected, "window")} {tally.evaluated} evaluated, '
        f'{tally.skipped.total()} skipped, {tally.failed.total()} failed'
        f'{f"; {len(tally.broken)} broken off" if tally.broken else ""}'
    )


def steering_lines(judged: Judged) -> Lines:
    """How planned bends go with the driven wheel; empty where no recording is of that alone."""
    readings = judged.steering
    if readings is None:
        return []
    groups = readings.independent
    return [
        ('Windows', str(readings.windows)),
        *((what, _in_words(readings.intervals[name])) for name, what in _WHEEL.items()),
        ('Intervals', f'95 %, by bootstrap over {groups.described}'),
    ]


def _in_words(interval: Interval | None) -> str:
    if interval is None:
        return 'none: too few, or all alike'
    if interval.low is None or interval.high is None:
        return number(interval.value)
    low, value, high = (number(one) for one in (interval.low, interval.value, interval.high))
    return f'{value} ({low} to {high})'


def _seeds(judged: Judged) -> str:
    first, count = judged.how.pilot.seed, judged.how.sampling.seeds
    return f'seed {first}' if count == 1 else f'seeds {first} to {first + count - 1}'


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return ', '.join(f'{name} {_plain(one)}' for name, one in value.items())
    if isinstance(value, float):
        return f'{value:.6g}'
    return 'as found' if value is None else str(value) or 'as usual'


def _by_name(loop: OpenLoop, source: str) -> dict[str, Reading]:
    return {one.figure.name: one for one in loop.readings[source]}


def _table(loop: OpenLoop, names: Sequence[str]) -> FigureTable:
    by_source = [_by_name(loop, source) for source in loop.readings]
    rows = (_row([found.get(name) for found in by_source]) for name in names)
    return FigureTable(tuple(loop.readings), tuple(row for row in rows if row is not None))


def _row(readings: Sequence[Reading | None]) -> FigureRow | None:
    """None where no window has the figure."""
    own = readings[0]
    if own is None or own.interval is None:
        return None
    figure, seeds = own.figure, own.seeds
    moves = '' if seeds is None or seeds.deviation is None else amount(seeds.deviation, figure)
    best = _best(readings)
    cells = tuple(_cell(one, best) for one in readings)
    return FigureRow(
        label(figure), figure.unit, figure.meaning, own.interval.windows, moves, cells
    )


def _cell(reading: Reading | None, best: float | None) -> Cell | None:
    if reading is None or reading.interval is None:
        return None
    figure, interval = reading.figure, reading.interval
    return Cell(amount(interval.value, figure), span(interval, figure), interval.value == best)


def _best(readings: Sequence[Reading | None]) -> float | None:
    """The best value; None where none is, or where there is nothing to compare."""
    known = [one for one in readings if one is not None and one.interval is not None]
    values = {one.interval.value for one in known if one.interval is not None}
    better = known[0].figure.lower_is_better
    if better is None or len(values) < 2:
        return None
    return min(values) if better else max(values)
