"""The plot of a demo: all planned paths, against the driven one where the clip has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from vavam_ros.commands.demo_folder import writing
from vavam_ros.commands.demo_recording import RecordedPath
from vavam_ros.commands.map_axes import WARNING_COLOUR, Points, fit, limit, mark
from vavam_ros.geometry.polyline import from_origin
from vavam_ros.geometry.pose import Pose2
from vavam_ros.records import NS_PER_S, EgoState

_DPI = 100
_COLOURS = 'viridis'
_ONE_COLOUR = '#21918c'  # from the middle of it


@dataclass(frozen=True)
class PlotTitle:
    """What stands above the plot."""

    name: str  # of the drive
    weights: str  # which weights planned
    warning: str | None = None  # such as that they are random


def write_plot(
    paths: Sequence[RecordedPath], driven: Sequence[EgoState], title: PlotTitle, path: Path
) -> None:
    """Write a PNG; in the fixed frame of `driven`, or in the rig frame where that is empty."""
    figure = Figure(dpi=_DPI, layout='constrained')
    axes = figure.add_subplot(aspect='equal')
    axes.grid(color='#dddddd', linewidth=0.6)
    if driven:
        what = 'planned paths against the driven one'
        entries = _plot_in_fixed_frame(axes, paths, driven)
    else:
        what = 'planned paths in the rig frame\nThe clip has no poses: no truth to compare with'
        entries = _plot_in_rig_frame(axes, paths)
    axes.ticklabel_format(useOffset=False, style='plain')
    headline = f'{title.name}: {what}\n{title.weights}'
    figure.suptitle(headline, fontsize=12)
    if title.warning:
        axes.set_title(title.warning, color=WARNING_COLOUR, fontsize=12, weight='bold')
    fit(figure, axes, entries, headline.count('\n') + 1)
    with writing(path):
        figure.savefig(path)


def _plot_in_fixed_frame(
    axes: Axes, paths: Sequence[RecordedPath], driven: Sequence[EgoState]
) -> dict[str, Line2D]:
    """Draw, and return the legend's entries."""
    places = np.array([(ego.x_m, ego.y_m) for ego in driven])
    poses = {ego.stamp_ns: Pose2(ego.x_m, ego.y_m, ego.yaw_rad) for ego in driven}
    lines = [poses[one.stamp_ns].to_fixed(from_origin(one.waypoints_in_rig)) for one in paths]
    limit(axes, [places, *lines])
    _add_paths(axes, lines, paths)
    track = Line2D(*places.T, color='black', linewidth=3, zorder=3)
    start = mark('o', places[0], markerfacecolor='white')
    axes.add_line(track)
    axes.add_line(start)
    axes.set_xlabel("x in the clip's fixed frame, m")
    axes.set_ylabel("y in the clip's fixed frame, m")
    return {'driven': track, 'its start': start, _planned(paths): _sample()}


def _plot_in_rig_frame(axes: Axes, paths: Sequence[RecordedPath]) -> dict[str, Line2D]:
    lines = [from_origin(one.waypoints_in_rig)[:, ::-1] for one in paths]  # forward is up
    limit(axes, [np.zeros((1, 2)), *lines])
    axes.invert_xaxis()  # left is left
    _add_paths(axes, lines, paths)
    car = mark('^', np.zeros(2), markerfacecolor='black')
    axes.add_line(car)
    axes.set_xlabel('y, to the left, m')
    axes.set_ylabel('x, ahead, m')
    return {'the car': car, _planned(paths): _sample()}


def _add_paths(axes: Axes, lines: Sequence[Points], paths: Sequence[RecordedPath]) -> None:
    """Thin lines with a dot at each waypoint, coloured by the time of their plan."""
    if not lines:
        return
    times_s = np.array([one.stamp_ns - paths[0].stamp_ns for one in paths]) / NS_PER_S
    collection = LineCollection(list(lines), cmap=_COLOURS, linewidths=1.2, alpha=0.8)
    collection.set_array(times_s)
    axes.add_collection(collection)
    dots = np.concatenate([line[1:] for line in lines])
    each = [len(line) - 1 for line in lines]
    axes.scatter(dots[:, 0], dots[:, 1], s=6, c=np.repeat(times_s, each), cmap=_COLOURS, zorder=2)
    label = 'when it was planned, s after the first'
    assert axes.figure is not None
    axes.figure.colorbar(collection, ax=axes, label=label, aspect=30)


def _sample() -> Line2D:
    return Line2D([], [], color=_ONE_COLOUR, linewidth=1.2, marker='.', markersize=5)


def _planned(paths: Sequence[RecordedPath]) -> str:
    return f'{len(paths)} planned, {paths[0].horizon_s:g} s each' if paths else 'no planned paths'
