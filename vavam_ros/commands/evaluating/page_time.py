"""What happens in a recording over time: error, changes of mind, surprise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from vavam_ros.commands.evaluating.page_svg import (
    MODEL_COLOUR,
    SOURCE_COLOURS,
    Plot,
    legend_below,
    plotted,
)
from vavam_ros.commands.evaluating.page_text import number
from vavam_ros.evaluation.baseline_plans import constant_turn
from vavam_ros.evaluation.columns import Columns, Integers, columns_of
from vavam_ros.evaluation.consistency import consistency, successive
from vavam_ros.evaluation.displacement import displacement
from vavam_ros.evaluation.figure import Floats
from vavam_ros.evaluation.window import Window
from vavam_ros.records import NS_PER_S

POINTS_MOST = 1200  # of a line
HOLE = 2.5  # times the usual step: the line is broken there
_COPY, _UNIGRAM, _TURN = SOURCE_COLOURS[0], SOURCE_COLOURS[1], SOURCE_COLOURS[1]
_DASHES: Mapping[str, Any] = {MODEL_COLOUR: '-', _COPY: '-.', _UNIGRAM: ':'}


@dataclass(frozen=True, eq=False)
class Line:
    """One figure over time."""

    name: str
    colour: str
    stamps_ns: Integers  # [N] rising
    values: Floats  # [N]


def over_time(name: str, windows: Sequence[Window]) -> Iterator[Plot]:
    """Error and changes where there is a truth, surprise where there are frames before."""
    in_time = sorted(windows, key=lambda one: one.stamp_ns)
    columns = columns_of(in_time)
    if len(columns):
        yield _plot(f'{name}-error', 'Error over time', 'ADE to 3 s, m', _errors(columns))
        yield from _maybe(f'{name}-change', 'Changes of mind', 'm', _changes(columns))
    yield from _maybe(f'{name}-surprise', 'Surprise over time', 'nats a token', _nats(in_time))


def _maybe(name: str, title: str, unit: str, lines: Sequence[Line]) -> Iterator[Plot]:
    if lines:
        yield _plot(name, title, unit, lines)


def _errors(columns: Columns) -> list[Line]:
    plans: Mapping[str, tuple[str, Floats]] = {
        'model': (MODEL_COLOUR, columns.plans),
        'constant turn': (_TURN, constant_turn(columns.motion)),
    }
    return [
        Line(name, colour, columns.stamps_ns, displacement(found, columns.truths).ade_3s_m)
        for name, (colour, found) in plans.items()
    ]


def _changes(columns: Columns) -> list[Line]:
    rows, later = successive(columns.stamps_ns, columns.sequences)
    if not len(rows):
        return []
    plans, poses = columns.plans, columns.poses
    changes_m = consistency(plans[rows], plans[later], poses[rows], poses[later]).change_m
    return [
        Line('model, against the plan before', MODEL_COLOUR, columns.stamps_ns[later], changes_m)
    ]


def _nats(windows: Sequence[Window]) -> list[Line]:
    """Nothing where no window has a frame before its newest."""
    known = [(one.stamp_ns, one.frame) for one in windows if one.frame is not None]
    if not known:
        return []
    stamps_ns = np.array([stamp_ns for stamp_ns, _ in known], np.int64)
    kinds: tuple[tuple[str, str, Callable[..., float]], ...] = (
        ('model', MODEL_COLOUR, lambda one: one.nats),
        ('expects the last frame again', _COPY, lambda one: one.copy_nats),
        ('knows how frequent tokens are', _UNIGRAM, lambda one: one.unigram_nats),
    )
    return [
        Line(name, colour, stamps_ns, np.array([of(frame) for _, frame in known]))
        for name, colour, of in kinds
    ]


def _plot(name: str, title: str, unit: str, lines: Sequence[Line]) -> Plot:
    first_ns = lines[0].stamps_ns[0]
    every = max(1, -(-len(lines[0].values) // POINTS_MOST))

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot(xlabel='s after the first window', ylabel=unit)
        entries = {}
        for line in lines:
            times_s = (line.stamps_ns[::every] - first_ns) / NS_PER_S
            values = line.values[::every]
            few = len(values) < 100
            axes.plot(
                *_broken(times_s, values), color=line.colour, linestyle=_DASHES[line.colour],
                linewidth=1.5 if few else 1.0, marker='.' if few else '', markersize=5,
            )  # fmt: skip
            entries[line.name] = Line2D(
                [], [], color=line.colour, linestyle=_DASHES[line.colour], linewidth=1.5
            )
        axes.set_ylim(bottom=0)
        legend_below(figure, entries)

    values = lines[0].values
    worst = int(values.argmax())
    caption = (
        f"The model's: {number(float(values.mean()))} in the mean, at most "
        f'{number(float(values.max()))} at {int(lines[0].stamps_ns[worst])} ns.'
        f'{"" if every == 1 else f" Of {every} windows one is drawn."}'
    )
    return plotted(name, title, caption, 2.4, draw)


def _broken(times_s: Floats, values: Floats) -> tuple[Floats, Floats]:
    """The same with a NaN wherever there is a hole."""
    steps = np.diff(times_s)
    usual = np.median(steps) if len(steps) else 0.0
    holes = np.flatnonzero(steps > HOLE * usual) + 1
    return np.insert(times_s, holes, np.nan), np.insert(values, holes, np.nan)
