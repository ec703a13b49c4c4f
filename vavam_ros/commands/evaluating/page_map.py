"""Maps of the page: planned ways against the driven one, of a recording and of one window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from vavam_ros.commands.evaluating.page_svg import (
    BAD,
    INK,
    MODEL_COLOUR,
    WIDTH_IN,
    Plot,
    legend_below,
    plotted,
)
from vavam_ros.commands.evaluating.page_text import counted
from vavam_ros.evaluation.displacement import MISS_M, displacement
from vavam_ros.evaluation.ego_motion import to_fixed
from vavam_ros.evaluation.figure import Floats
from vavam_ros.evaluation.window import Window

PLANS_MOST = 300  # on one map
_FLATTEST, _HIGHEST = 0.35, 1.3  # height over width of the axes
_AROUND_IN = (0.7, 1.0)  # the axes: at their side; above and below
_WINDOW_IN = 3.2  # the width of a single window's map
_LEAST_M = 10.0  # of an axis: a standing car makes no great journey


def drive_map(name: str, windows: Sequence[Window]) -> Iterator[Plot]:
    """In the fixed frame, from the first window's place; nothing where no window has a truth."""
    known = [one for one in windows if one.truth is not None and one.pose is not None]
    if not known:
        return
    poses = np.stack([one.pose for one in known if one.pose is not None])
    truths = np.stack([one.truth for one in known if one.truth is not None])
    plans = np.stack([one.plan for one in known])
    missed = displacement(plans, truths).missed > 0
    poses = poses - [*poses[0, :2], 0.0]
    driven, planned = _ways(truths, poses), _ways(plans, poses)
    rows = np.unique(np.linspace(0, len(known) - 1, PLANS_MOST).round().astype(int))
    low, high = _limits(np.concatenate([driven.reshape(-1, 2), planned[rows].reshape(-1, 2)]))

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot(xlabel='x, m', ylabel='y, m', aspect='equal')
        axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
        axes.plot(*_joined(driven), color=INK, linewidth=3.2, alpha=0.35, solid_capstyle='round')
        for which, colour in ((~missed[rows], MODEL_COLOUR), (missed[rows], BAD)):
            axes.plot(*_joined(planned[rows][which]), color=colour, linewidth=1.0, alpha=0.8)
        axes.plot(0, 0, 'o', color=INK, markersize=6)
        entries = {
            'driven': Line2D([], [], color=INK, linewidth=3.2, alpha=0.35),
            'first window': Line2D([], [], color=INK, marker='o', linestyle=''),
            'planned': Line2D([], [], color=MODEL_COLOUR),
            f'planned, > {MISS_M:g} m off at 3 s': Line2D([], [], color=BAD),
        }
        legend_below(figure, entries)

    fewer = '' if len(rows) == len(known) else f' Drawn are {len(rows)} of them, evenly spread.'
    caption = (
        f'{counted(len(known), "plan")} of 3 s each, {int(missed.sum())} more than {MISS_M:g} m '
        f'off at their end.{fewer} In the fixed frame, from the first window on.'
    )
    height_in = _height_in(low, high, WIDTH_IN)
    yield plotted(f'{name}-map', 'Planned against driven', caption, height_in, draw)


def window_map(name: str, window: Window) -> Plot:
    """In the rig frame, ahead is up: all samples, the plan, and where it was driven."""
    ways = [window.plan, *window.samples, *([] if window.truth is None else [window.truth])]
    places = np.concatenate([np.zeros((1, 2)), *ways])
    low, high = _limits(np.stack([-places[:, 1], places[:, 0]], axis=1))

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot(xlabel='m to the right', ylabel='m ahead', aspect='equal')
        axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
        for sample in window.samples:
            _ahead(axes, sample, MODEL_COLOUR, 0.8, '')
        if window.truth is not None:
            _ahead(axes, window.truth, INK, 2.5, 's')
        _ahead(axes, window.plan, MODEL_COLOUR, 2.5, 'o')
        entries = {
            'planned': Line2D([], [], color=MODEL_COLOUR, marker='o', linewidth=2.5),
            'other samples': Line2D([], [], color=MODEL_COLOUR, linewidth=0.8),
        }
        if window.truth is not None:
            entries['driven'] = Line2D([], [], color=INK, marker='s', linewidth=2.5)
        legend_below(figure, entries)

    caption = f'{Path(window.recording).name} at {window.stamp_ns} ns, a waypoint every 0.5 s.'
    height_in = _height_in(low, high, _WINDOW_IN)
    return plotted(name, 'From above', caption, height_in, draw, _WINDOW_IN)


def _height_in(low: Floats, high: Floats, width_in: float) -> float:
    wide_m, high_m = (high - low).tolist()
    return float((width_in - _AROUND_IN[0]) * high_m / wide_m + _AROUND_IN[1])


def _ahead(axes: Axes, way: Floats, colour: str, width: float, marker: str) -> None:
    x, y = np.concatenate([np.zeros((1, 2)), way]).T
    axes.plot(-y, x, color=colour, linewidth=width, marker=marker, markersize=4)


def _ways(plans: Floats, poses: Floats) -> Floats:
    """[N, H, 2] in the rig frame -> [N, 1 + H, 2] in the fixed one, from the rig on."""
    return to_fixed(np.concatenate([np.zeros((len(plans), 1, 2)), plans], axis=1), poses)


def _joined(ways: Floats) -> Floats:
    """Ways [N, P, 2] as one line [2, N * (P + 1)] with holes: much shorter as SVG."""
    holes = np.full((len(ways), 1, 2), np.nan)
    joined = np.concatenate([ways, holes], axis=1)
    return np.asarray(joined.reshape(-1, 2).T)


def _limits(places: Floats) -> tuple[Floats, Floats]:
    """Lower left and upper right of what shows all places and is neither flat nor high."""
    low, high = places.min(axis=0), places.max(axis=0)
    middle, half = (low + high) / 2, np.maximum(0.54 * (high - low), _LEAST_M / 2)
    half = np.maximum(half, [half[1] / _HIGHEST, half[0] * _FLATTEST])
    return middle - half, middle + half
