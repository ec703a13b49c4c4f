"""Plots of errors: by horizon, and by kind of window, of the model beside the baselines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from vavam_ros.commands.evaluating.page_svg import (
    INK,
    MODEL_COLOUR,
    SOURCE_COLOURS,
    Plot,
    legend_below,
    plotted,
)
from vavam_ros.commands.evaluating.page_text import FEW_GROUPS, counted, number, short
from vavam_ros.evaluation.bootstrap import Interval, mean_interval
from vavam_ros.evaluation.columns import Columns
from vavam_ros.evaluation.displacement import distances_m
from vavam_ros.evaluation.figure import Floats
from vavam_ros.evaluation.open_loop import MODEL, OpenLoop
from vavam_ros.geometry.ego_track import HORIZON, STEP_S

STANDING = 'standing still'  # so far off that it would leave no room for the others
MARKERS, DASHES = 'osD^v', ('-', '-.', ':', '--', (0, (1, 2)))
ROOM = 1.15  # above the highest value
_BEST = 'best sample'
_TIMES_S = STEP_S * np.arange(1, HORIZON + 1)


def source_colours(sources: Iterable[str]) -> dict[str, str]:
    """The same for a source in every plot."""
    others = [one for one in sources if one != MODEL]
    colours = {one: SOURCE_COLOURS[at % len(SOURCE_COLOURS)] for at, one in enumerate(others)}
    return {MODEL: MODEL_COLOUR, **colours}


def error_by_horizon(loop: OpenLoop, columns: Columns) -> Plot:
    """Mean distance from the truth at each waypoint."""
    shown = {name: found for name, found in loop.horizons.items() if any(found)}
    best: tuple[Interval | None, ...] = ()
    if columns.samples.shape[1] > 1:
        off_m = distances_m(columns.samples, columns.truths[:, None]).min(axis=1)
        best = tuple(mean_interval(one, columns.independent.groups) for one in off_m.T)
    top = ROOM * max(
        one.value for name, found in shown.items() if name != STANDING for one in found if one
    )
    colours = source_colours(loop.horizons)
    banded = list(shown) if loop.groups >= FEW_GROUPS else [MODEL]

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot(xlabel='s after the plan', ylabel='mean distance from truth, m')
        entries = {}
        for at, (name, found) in enumerate(shown.items()):
            style: dict[str, Any] = {'color': colours[name], 'linestyle': DASHES[at % len(DASHES)]}
            values, low, high = _bands(found)
            entries[short(name)] = axes.plot(
                _TIMES_S, values, marker=MARKERS[at % len(MARKERS)], markersize=4, linewidth=1.8,
                **style,
            )[0]  # fmt: skip
            if name in banded:
                axes.fill_between(
                    _TIMES_S, low, high, color=colours[name], alpha=0.14, linewidth=0
                )
        if best:
            values, _, _ = _bands(best)
            entries[_BEST] = axes.plot(
                _TIMES_S, values, color=MODEL_COLOUR, linestyle='--', linewidth=1.2
            )[0]
        axes.set(ylim=(0, max(top, 0.5)), xlim=(0.4, 3.1))
        legend_below(figure, entries)

    last = shown.get(STANDING, (None,))[-1]
    leaves = f' Standing still ends {number(last.value)} m off.' if last else ''
    bands = 'bands are' if len(banded) > 1 else "the band is the model's of"
    caption = (
        f'{counted(loop.windows, "window")}; {bands} 95 % intervals, cut at the edge.{leaves}'
    )
    return plotted('horizon', 'Error by horizon', caption, 3.4, draw)


def error_by_kind(loop: OpenLoop) -> Iterator[Plot]:
    """ADE by command, speed and bend: bars with intervals and how many windows there are."""
    for kind in loop.breakdowns:
        table = {
            name: {source: found.get('ade_3s_m') for source, found in kind.figures[name].items()}
            for name, count in kind.counts.items()
            if count
        }
        without = [name for name, count in kind.counts.items() if not count]
        caption = 'ADE up to 3 s; lines are 95 % intervals, cut at the edge.'
        if without:
            caption += f' No window: {", ".join(without)}.'
        yield _bars(f'by-{kind.name}', f'Error by {kind.name}', caption, kind.counts, table)


def _bars(
    name: str,
    title: str,
    caption: str,
    counts: Mapping[str, int],
    table: Mapping[str, Mapping[str, Interval | None]],
) -> Plot:
    sources = list(next(iter(table.values())))
    values = [
        one.value for by in table.values() for source, one in by.items() if one
        and source != STANDING
    ]  # fmt: skip
    right = max(1.3 * max(values, default=0.0), 0.5)
    height_in = 0.85 + len(table) * (0.17 * len(sources) + 0.2)
    colours = source_colours(sources)

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot(xlabel='m', xlim=(0, right))
        axes.grid(visible=False, axis='y')
        entries: dict[str, Line2D] = {}
        for at, source in enumerate(sources):
            for row, by in enumerate(table.values()):
                one = by[source]
                if one is not None:
                    _bar(figure, row + (at + 0.5) * 0.8 / len(sources) - 0.4, one, colours[source])
            mark = Line2D([], [], color=colours[source], linewidth=6)
            entries[short(source)] = mark
        names = [f'{name}\n{counted(counts[name], "window")}' for name in table]
        labels = [one.replace(' (', '\n(') for one in names]
        axes.set_yticks(range(len(table)), labels)
        axes.set_ylim(len(table) - 0.5, -0.5)
        axes.tick_params(axis='y', length=0)
        legend_below(figure, entries)

    return plotted(name, title, caption, height_in, draw)


def _bar(figure: Figure, place: float, one: Interval, colour: str) -> None:
    """A bar with its value; where it leaves the axes, the value stands at their edge."""
    axes = figure.axes[0]
    right = axes.get_xlim()[1]
    axes.barh(place, min(one.value, right), 0.17, color=colour, alpha=0.85)
    if one.low is not None and one.high is not None and one.value < right:
        axes.plot([max(one.low, 0), min(one.high, right)], [place] * 2, color=INK, linewidth=0.9)
    cut = '>' if one.value > right else ''
    axes.annotate(
        f'{number(one.value)} {cut}'.rstrip(), (1.01, place), fontsize=8, va='center',
        xycoords=('axes fraction', 'data'),
    )  # fmt: skip


def _bands(found: Sequence[Interval | None]) -> tuple[Floats, Floats, Floats]:
    """Values, low and high ends [H]; NaN where there is none."""
    rows = [(np.nan,) * 3 if one is None else (one.value, one.low, one.high) for one in found]
    values, low, high = np.array(rows, np.float64).T
    return values, low, high
