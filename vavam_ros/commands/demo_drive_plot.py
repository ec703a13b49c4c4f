"""The plot of a drive: its way on the map of the streets, and how far from the lane's middle."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from vavam_ros.commands.demo_drive_report import DriveResult
from vavam_ros.commands.demo_folder import writing
from vavam_ros.commands.map_axes import WARNING_COLOUR, fit, limit, mark
from vavam_ros.geometry.curves import beside
from vavam_ros.simulation.town import LANE_WIDTH_M

_DPI = 100
_BELOW_IN = 2.2  # the second plot
_STREET, _LANE, _ROUTE, _DRIVEN, _EVENT = '#c9ccd1', '#e9eaec', '#569cf0', 'black', '#d02020'
_MARGIN_M = 15.0  # of the route that is shown beyond the drive
_CAR_HALF_M = 0.95
_MOST_NAMED = 8  # events; of more only the numbers, which the report explains


def write_route_plot(result: DriveResult, path: Path) -> None:
    """Write a PNG."""
    figure = Figure(dpi=_DPI, layout='constrained')
    upper, lower = figure.subplots(2, 1)
    entries = _draw_map(upper, result)
    _draw_offsets(lower, result)
    figures = result.figures
    headline = (
        f'Town {result.trip.seed}: {figures.metres:.0f} m in {figures.seconds:g} s, '
        f'{result.figures.event_count} events\n{result.recording.account.weights_line}'
    )
    figure.suptitle(headline, fontsize=12)
    if result.warning:
        upper.set_title(result.warning, color=WARNING_COLOUR, fontsize=12, weight='bold')
    height_in = fit(figure, upper, entries, 2, below_in=_BELOW_IN)
    cast(ConstrainedLayoutEngine, figure.get_layout_engine()).set(hspace=0.08)
    grid = upper.get_gridspec()
    assert grid is not None
    grid.set_height_ratios((height_in, _BELOW_IN))
    with writing(path):
        figure.savefig(path)


def _draw_map(axes: Axes, result: DriveResult) -> dict[str, Line2D]:
    """Draw, and return the legend's entries."""
    world, record = result.replay.world, result.judged.record
    axes.set_aspect('equal')
    places = np.vstack([_start(result), record.places_m])
    route = _route_shown(result)
    limit(axes, [places, route])
    for lane in world.town.lanes:
        sides = [beside(lane.points_m, LANE_WIDTH_M / 2), beside(lane.points_m, -LANE_WIDTH_M / 2)]
        axes.fill(*np.concatenate([sides[0], sides[1][::-1]]).T, color=_LANE, zorder=0)
        axes.plot(*lane.points_m.T, color=_STREET, linewidth=0.8, zorder=1)
    asked = _line(axes, route, _ROUTE, 4.0, 2)
    driven = _line(axes, places, _DRIVEN, 1.8, 3)
    start = mark('o', places[0], markerfacecolor='white')
    axes.add_line(start)
    entries = {'route, the middle of its lanes': asked, 'driven': driven, 'its start': start}
    for number, event in enumerate(result.events, 1):
        cross = mark('X', np.array((event.x_m, event.y_m)), markerfacecolor=_EVENT)
        axes.add_line(cross)
        named = f' {event.kind} {event.with_what}' if len(result.events) <= _MOST_NAMED else ''
        axes.annotate(
            f'{number}{named}'.strip(), (event.x_m, event.y_m),
            (8, 8), textcoords='offset points', color=_EVENT, fontsize=9,
        )  # fmt: skip
        entries['event'] = cross
    axes.set_xlabel('x in map, m')
    axes.set_ylabel('y in map, m')
    return entries


def _draw_offsets(axes: Axes, result: DriveResult) -> None:
    """How far left of the lane's middle, over the way."""
    record = result.judged.record
    driven_m = np.cumsum(record.steps_m)
    room_m = LANE_WIDTH_M / 2 - _CAR_HALF_M
    axes.axhspan(-room_m, room_m, color='#dcebdc', zorder=0)
    axes.axhline(0, color=_ROUTE, linewidth=1.5, zorder=1)
    axes.plot(driven_m, record.aside_m, color=_DRIVEN, linewidth=1.2)
    for event in result.events:
        row = min(round(event.time_s / record.step_s), len(driven_m)) - 1
        axes.axvline(driven_m[row], color=_EVENT, linewidth=1.2)
    axes.set_ylim(-2.5, 2.5)
    axes.set_xlim(0, max(float(driven_m[-1]), 1.0))
    axes.set_xlabel('driven, m (green: the body is within its lane)')
    axes.set_ylabel("left of the\nlane's middle, m")
    axes.grid(color='#dddddd', linewidth=0.6)


def _start(result: DriveResult) -> NDArray[np.float64]:
    start = result.replay.start
    return np.array([[start.x_m, start.y_m]])


def _route_shown(result: DriveResult) -> NDArray[np.float64]:
    """From a little before the start to a little after what vehicle or expert has driven."""
    route, judged = result.replay.world.route, result.judged
    end_m = result.replay.world.progress_m
    begin_m = end_m - judged.progress_m
    last_m = max(end_m, begin_m + judged.reference_m) + _MARGIN_M
    first, last = np.searchsorted(route.lengths_m, [begin_m - _MARGIN_M, last_m])
    return route.points_m[first:last]


def _line(
    axes: Axes, points: NDArray[np.float64], colour: str, width: float, order: int
) -> Line2D:
    line = Line2D(*points.T, color=colour, linewidth=width, zorder=order)
    axes.add_line(line)
    return line
