"""Plots of places in metres: both axes of one scale, the figure as high as they need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

WARNING_COLOUR = '#c00000'
_WIDTH_IN = 8.8
_AXES_WIDTH_IN = 6.8  # what labels and colour bar leave of it
_TEXT_HEIGHT_IN = 1.2  # of labels, legend and warning
_LINE_HEIGHT_IN = 0.3  # of the title above them
_LEGEND_DROP_IN = 0.45  # below the axes
_FLATTEST, _NARROWEST = 0.5, 1.0  # height over width, width over height of the axes
_LEAST_SPAN_M = 10.0  # of an axis, so that a standing car is not drawn as a great journey

Points = NDArray[np.float64]


def limit(axes: Axes, lines: Sequence[Points]) -> None:
    """Show all of the lines, with a margin, in a rectangle that is neither flat nor narrow."""
    points = np.concatenate(list(lines))
    low, high = points.min(axis=0), points.max(axis=0)
    middle, half = (low + high) / 2, np.maximum(0.55 * (high - low), _LEAST_SPAN_M / 2)
    half = np.maximum(half, half[::-1] * (_NARROWEST, _FLATTEST))
    axes.set_xlim(middle[0] - half[0], middle[0] + half[0])
    axes.set_ylim(middle[1] - half[1], middle[1] + half[1])


def fit(
    figure: Figure,
    axes: Axes,
    entries: Mapping[str, Line2D],
    title_lines: int,
    below_in: float = 0.0,
) -> float:
    """Give the figure the height that its axes need at its width; the legend goes below them.

    `below_in` is kept for what else stands below. Returns the axes' own height in inches.
    """
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    height_in = float(_AXES_WIDTH_IN * (top - bottom) / abs(right - left))
    text_in = _TEXT_HEIGHT_IN + title_lines * _LINE_HEIGHT_IN
    figure.set_size_inches(_WIDTH_IN, height_in + text_in + below_in)
    axes.legend(
        list(entries.values()),
        list(entries),
        loc='upper center',
        bbox_to_anchor=(0.5, -_LEGEND_DROP_IN / height_in),
        ncol=len(entries),
        frameon=False,
    )
    return height_in


def mark(marker: str, place: Points, markerfacecolor: str) -> Line2D:
    """A single marker at a place [2], not yet added to the axes."""
    return Line2D(
        [place[0]],
        [place[1]],
        linestyle='',
        marker=marker,
        markersize=10,
        markeredgecolor='black',
        markerfacecolor=markerfacecolor,
        zorder=4,
    )
