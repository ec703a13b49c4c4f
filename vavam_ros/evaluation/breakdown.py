"""Windows by kind: command, speed, bend. Each window is in exactly one bin of each breakdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vavam_ros.evaluation.bootstrap import Groups, Interval, mean_interval
from vavam_ros.evaluation.figure import Floats
from vavam_ros.evaluation.kinematics import STRAIGHT_PER_M, Plans, arc_curvatures_per_m, checked
from vavam_ros.records import DriveCommand

SPEED_EDGES_MPS = (0.5, 5.0, 10.0, 15.0)
BEND_EDGES_PER_M = (STRAIGHT_PER_M, 0.02, 0.05)  # radii of 200, 50 and 20 m
_COMMANDS = (DriveCommand.LEFT, DriveCommand.STRAIGHT, DriveCommand.RIGHT)


@dataclass(frozen=True, eq=False)
class Breakdown:
    """Which bin each window is in."""

    name: str
    bins: tuple[str, ...]  # names; those that are ranges include their lower edge
    places: NDArray[np.int64]  # [N] in `bins`

    def rows(self, name: str) -> NDArray[np.bool_]:
        """[N] whether each window is in that bin."""
        return np.asarray(self.places == self.bins.index(name))

    @property
    def counts(self) -> dict[str, int]:
        """Windows in each bin, also where there is none."""
        found = np.bincount(self.places, minlength=len(self.bins)).tolist()
        return dict(zip(self.bins, found, strict=True))


def by_command(commands: NDArray[np.int64]) -> Breakdown:
    """The true commands [N] (DriveCommand): left, straight, right."""
    columns = np.stack([commands == command for command in _COMMANDS])
    if not columns.any(axis=0).all():
        raise ValueError(
            f'commands {sorted(set(np.asarray(commands).tolist()))}: expected 0, 1, 2'
        )
    bins = tuple(command.name.lower() for command in _COMMANDS)
    return Breakdown('command', bins, columns.argmax(axis=0).astype(np.int64))


def by_speed(speeds_mps: Floats) -> Breakdown:
    """Speeds [N] at the window's newest frame, either way: standing below 0.5 m/s, then bins."""
    names = ('standing (< 0.5 m/s)', '0.5-5 m/s', '5-10 m/s', '10-15 m/s', '15 m/s and more')
    return Breakdown('speed', names, _placed(np.abs(speeds_mps), SPEED_EDGES_MPS, 'speed'))


def by_bend(truths: Plans) -> Breakdown:
    """Curvature of the driven way [N, H, 2] over 2 s, to either side; its own bin where < 1 m."""
    curvatures = np.abs(arc_curvatures_per_m(checked(truths, 'truths')))
    standing = np.isnan(curvatures)
    places = _placed(np.where(standing, 0.0, curvatures), BEND_EDGES_PER_M, 'curvature')
    names = (
        'straight (radius > 200 m)',
        'gentle (50-200 m)',
        'bend (20-50 m)',
        'sharp (< 20 m)',
        'hardly moving (< 1 m in 2 s)',
    )
    return Breakdown('bend', names, np.where(standing, len(names) - 1, places))


def intervals_by_bin(
    values: Floats, breakdown: Breakdown, groups: Groups, seed: int = 0
) -> dict[str, Interval | None]:
    """Of a figure [N] in each bin; None where no window of a bin has it."""
    return {
        name: mean_interval(values[rows], groups[rows], seed)
        for name in breakdown.bins
        for rows in (breakdown.rows(name),)
    }


def _placed(values: Floats, edges: Sequence[float], what: str) -> NDArray[np.int64]:
    if not np.isfinite(values).all():
        raise ValueError(f'a window has a {what} that is not finite')
    return np.searchsorted(edges, values, side='right').astype(np.int64)
