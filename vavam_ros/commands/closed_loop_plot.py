"""Pictures of drives in closed loop: the way driven on the lanes of the town, events marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from vavam_ros.commands.closed_loop_report import PolicyResult
from vavam_ros.commands.closed_loop_run import DriveOutcome
from vavam_ros.errors import InputError
from vavam_ros.simulation.world import World

_DPI = 100
_PANEL_IN = 4.2  # the higher side of a panel
_NARROWEST, _ROUND_IN = 0.55, (0.6, 1.6)  # of its sides; room around: between panels, above
_LANE_COLOUR, _ROUTE_COLOUR = '#c8c8c8', '#7f9fd0'
_MARKS = {
    'collision': ('X', '#c00000'),
    'off_road': ('s', '#8c564b'),
    'wrong_lane': ('D', '#e6a100'),
    'wrong_turn': ('^', '#7030a0'),
    'lost_route': ('v', '#d6409f'),
    'stuck': ('o', '#202020'),
    'red_light': ('P', '#ff5050'),
}
_MARGIN_M = 15.0


def plot_towns(folder: Path, results: Sequence[PolicyResult]) -> Iterator[Path]:
    """Write folder/town-SEED.png for each town, a panel for each policy; yields what is there.

    Of several noise seeds the first is drawn.
    """
    try:
        folder.mkdir(exist_ok=True)
        for seed in results[0].by_seed:
            path = folder / f'town-{seed:04d}.png'
            _town_figure([_first(one, seed) for one in results]).savefig(path, dpi=_DPI)
            yield path
    except OSError as error:
        place = error.filename or folder
        raise InputError(f'{place} cannot be written ({error.strerror or error})') from error


def _first(result: PolicyResult, seed: int) -> DriveOutcome:
    return next(one for one in result.outcomes if one.run.seed == seed)


def _town_figure(outcomes: Sequence[DriveOutcome]) -> Figure:
    run = outcomes[0].run
    world = World(run.seed, run.world)
    figure = Figure(layout='constrained')
    panels = figure.subplots(1, len(outcomes), sharex=True, sharey=True, squeeze=False)[0]
    for axes, outcome in zip(panels, outcomes, strict=True):
        _draw(axes, world, outcome)
    places = np.concatenate([_route_driven(world, one) for one in outcomes])
    low, high = places.min(axis=0) - _MARGIN_M, places.max(axis=0) + _MARGIN_M
    panels[0].set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), ylabel='y in map, m')
    wide_in, high_in = _PANEL_IN * np.maximum((high - low) / (high - low).max(), _NARROWEST)
    figure.set_size_inches((wide_in + _ROUND_IN[0]) * len(outcomes), high_in + _ROUND_IN[1])
    kinds = {event.kind for one in outcomes for event in one.record.events}
    handles, labels = _legend(kinds)
    figure.legend(handles, labels, loc='outside lower center', ncol=4, frameon=False)
    figure.suptitle(f'town {run.seed}, {run.seconds:g} s')
    return figure


def _draw(axes: Axes, world: World, outcome: DriveOutcome) -> None:
    record = outcome.record
    axes.set_aspect('equal')
    lanes = [lane.points_m for lane in world.town.lanes]
    axes.add_collection(LineCollection(lanes, colors=_LANE_COLOUR, linewidths=0.8))
    axes.plot(*_route_driven(world, outcome).T, color=_ROUTE_COLOUR, linewidth=4, zorder=2)
    for leg in record.each_leg():
        axes.plot(*record.places_m[leg].T, color='black', linewidth=1.2, zorder=3)
    axes.plot(*record.places_m[0], 'o', color='white', markeredgecolor='black', zorder=4)
    for kind, (mark, colour) in _MARKS.items():
        places = [(event.x_m, event.y_m) for event in record.events if event.kind == kind]
        if places:
            x, y = np.array(places).T
            axes.scatter(x, y, marker=mark, color=colour, s=45, zorder=5)
    metres, count = float(record.steps_m.sum()), len(record.events)
    axes.set_title(f'{outcome.run.name}\n{metres:.0f} m, {count} events', fontsize=11)
    axes.set_xlabel('x in map, m')


def _route_driven(world: World, outcome: DriveOutcome) -> np.ndarray:
    """[N, 2] the route's points from the start to where the drive ended."""
    route = world.route
    ends_m = world.progress_m + float(outcome.record.gains_m.sum())
    within = (route.lengths_m >= world.progress_m) & (route.lengths_m <= ends_m + 1.0)
    return np.asarray(route.points_m[within])


def _legend(kinds: set[str]) -> tuple[list[Artist], list[str]]:
    axes = Figure().add_subplot()
    entries: dict[str, Artist] = {
        'route': axes.plot([], [], color=_ROUTE_COLOUR, linewidth=4)[0],
        'driven': axes.plot([], [], color='black', linewidth=1.2)[0],
    }
    for kind, (mark, colour) in _MARKS.items():
        if kind in kinds:
            name = kind.replace('_', ' ')
            entries[name] = axes.plot([], [], mark, color=colour, linestyle='')[0]
    return list(entries.values()), list(entries)
