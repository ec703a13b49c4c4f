"""What `vavam foresight` is asked about: drives, and the moments in them to predict from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vavam_ros.commands.drive_recording import UNDISTURBED, DriveJob, driven
from vavam_ros.commands.work_pool import results_of
from vavam_ros.errors import InputError
from vavam_ros.geometry.ego_track import STEP_S
from vavam_ros.simulation.panda import core
from vavam_ros.simulation.scene import CAR, Scene
from vavam_ros.simulation.seeds import HELD_OUT_SEEDS
from vavam_ros.simulation.world import WorldSettings
from vavam_ros.training.drives import Drive, drive_files, drive_name, read_drive
from vavam_ros.training.segments import segment_starts, window_starts

STRAIGHT, TURNING, STANDING = 'straight', 'turning', 'standing'
KINDS = (STRAIGHT, TURNING, STANDING)
_TURNING_RADPS = math.radians(5)
_STANDING_MPS = 0.5
_SIGHT_RAD = math.radians(10)  # to either side: about the own lane


@dataclass(frozen=True, eq=False)
class SeenDrive:
    """A drive, and how near the next car was in each of its frames."""

    name: str
    drive: Drive
    car_ahead_m: NDArray[np.float64] | None  # [N], inf where none is; None: nobody noted it

    @property
    def held_out(self) -> bool:
        """Whether no training can have seen its town."""
        origin = self.drive.origin
        return origin.source == 'simulation' and origin.seed in HELD_OUT_SEEDS


@dataclass(frozen=True)
class Moment:
    """The last frame that is seen, before others are predicted."""

    drive: int  # place among the drives
    frame: int
    kind: str  # one of KINDS: how the vehicle goes on
    car_ahead_m: float  # inf where none is known of


def town_drives(
    seeds: Sequence[int], seconds: float, grid: tuple[int, int], workers: int
) -> list[SeenDrive] | None:
    """The expert's undisturbed drives, made now; None after Ctrl-C."""
    core()  # says that panda3d is missing once, not in each worker
    nowhere = Path()  # they are kept in memory
    jobs = [DriveJob(nowhere, seed, seconds, WorldSettings(), UNDISTURBED, grid) for seed in seeds]
    return results_of(seen_drive, jobs, workers, 'drives')


def folder_drives(folder: Path) -> list[SeenDrive]:
    """The drives of a folder of `vavam collect`."""
    return [SeenDrive(drive_name(path), read_drive(path), None) for path in drive_files(folder)]


def moments_of(
    drives: Sequence[SeenDrive], before: int, after: int, every: int
) -> tuple[Moment, ...]:
    """Every so manieth frame with `before` frames (itself one of them) and `after` around it.

    Raises InputError where there is none.
    """
    found = []
    for place, one in enumerate(drives):
        starts = segment_starts(one.drive.stamps_ns)
        windows = window_starts(starts, len(one.drive), before + after)
        found += [
            _moment(place, one, int(first) + before - 1, after) for first in windows[::every]
        ]
    if not found:
        raise InputError(
            f'no drive has {before + after} frames in a row ({(before + after) * STEP_S:g} s): '
            'give longer ones'
        )
    return tuple(found)


def seen_drive(job: DriveJob) -> SeenDrive:
    """Drive, and note the cars ahead: what a worker does."""
    distances: list[float] = []
    drive = driven(job, lambda scene: distances.append(car_ahead_m(scene)))
    return SeenDrive(f'town {job.seed}', drive, np.array(distances))


def car_ahead_m(scene: Scene) -> float:
    """From the ego vehicle's rear axle to the middle of the nearest car in front of it."""
    ego, found = scene.ego_rig, math.inf
    for actor in scene.actors:
        x_m, y_m = actor.x_m - ego.x_m, actor.y_m - ego.y_m
        bearing = math.remainder(math.atan2(y_m, x_m) - ego.yaw_rad, math.tau)
        if actor.kind == CAR and abs(bearing) < _SIGHT_RAD:
            found = min(found, math.hypot(x_m, y_m))
    return found


def _moment(place: int, seen: SeenDrive, frame: int, after: int) -> Moment:
    poses = seen.drive.poses[frame : frame + after + 1]
    seconds = after * STEP_S
    turned_rad = math.remainder(poses[-1, 2] - poses[0, 2], math.tau)
    driven_m = float(np.hypot(*np.diff(poses[:, :2], axis=0).T).sum())
    kind = STRAIGHT
    if driven_m < _STANDING_MPS * seconds:
        kind = STANDING
    elif abs(turned_rad) > _TURNING_RADPS * seconds:
        kind = TURNING
    car_ahead_m = math.inf if seen.car_ahead_m is None else float(seen.car_ahead_m[frame])
    return Moment(place, frame, kind, car_ahead_m)
