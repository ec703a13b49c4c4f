"""TUM files, which evo reads: where each recording was driven, and where it was planned to be."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vavam_ros.bags.recording import Recording
from vavam_ros.commands.evaluating.folder import make_folder
from vavam_ros.commands.evaluating.piece import How
from vavam_ros.commands.evaluating.revisit import visits
from vavam_ros.commands.evaluating.run import Evaluated
from vavam_ros.evaluation.window import Window
from vavam_ros.geometry.ego_track import STEP_S
from vavam_ros.geometry.plan_shapes import headings_along
from vavam_ros.geometry.pose import Pose2
from vavam_ros.records import NS_PER_S
from vavam_ros.training.table_file import write_bytes

HORIZONS_S = (1, 2, 3)

StampedPose = tuple[int, float, float, float]  # ns, x m, y m, yaw rad


def write_trajectories(evaluated: Evaluated, how: How, folder: Path) -> list[Path]:
    """For each recording with poses `NAME.truth.tum` and `NAME.planned-1s.tum`, -2s, -3s.

    A planned pose is where the plan made a second (two, three) before wanted to be, at its own
    time; the truth has a pose at the time of every window and of every planned pose, so that each
    finds its partner. All are in the recording's own fixed frame.
    """
    made = []
    for visit in visits(
        evaluated, how, (one for one in evaluated.windows if one.truth is not None)
    ):
        name = visit.windows[0].recording
        rows = {f'planned-{ahead_s}s': planned(visit.windows, ahead_s) for ahead_s in HORIZONS_S}
        times = {at for poses in rows.values() for at, *_ in poses} | set(visit.stamps_ns)
        for kind, poses in {'truth': driven(visit.recording, sorted(times)), **rows}.items():
            path = inside(folder, f'{name}.{kind}.tum')
            make_folder(path.parent)
            write_bytes(path, tum_text(poses).encode())
            made.append(path)
    return made


def planned(windows: Sequence[Window], ahead_s: float) -> list[StampedPose]:
    """Where each chosen plan is after so many seconds."""
    step = round(ahead_s / STEP_S) - 1
    found = []
    for window in windows:
        assert window.pose is not None, 'a window with a truth has a pose as well'
        x_m, y_m, yaw_rad = window.pose.tolist()
        [place] = Pose2(x_m, y_m, yaw_rad).to_fixed(window.plan[[step]]).tolist()
        yaw_rad += headings_along(window.plan)[step]
        time_ns = window.stamp_ns + round((step + 1) * STEP_S * NS_PER_S)
        found.append((time_ns, place[0], place[1], yaw_rad))
    return found


def driven(recording: Recording, times_ns: Sequence[int]) -> list[StampedPose]:
    """Where the rear axle was at these times, as far as it is known."""
    assert recording.truth is not None, 'as when its windows were evaluated'
    states, known = recording.truth.track.at(np.array(times_ns, np.int64))
    rows: NDArray[np.float64] = states[:, :3]
    return [
        (time_ns, *row)
        for time_ns, row, there in zip(times_ns, rows.tolist(), known, strict=True)
        if there
    ]


def tum_text(poses: Iterable[StampedPose]) -> str:
    """Lines of `timestamp tx ty tz qx qy qz qw`: seconds with all nine digits, metres."""
    return ''.join(f'{_line(*pose)}\n' for pose in poses)


def _line(time_ns: int, x_m: float, y_m: float, yaw_rad: float) -> str:
    seconds, rest = divmod(time_ns, NS_PER_S)
    # Adding 0.0 turns -0.0 into 0.0.
    place = (round(value, 6) + 0.0 for value in (x_m, y_m, 0.0))
    turned = (round(value, 9) + 0.0 for value in (math.sin(yaw_rad / 2), math.cos(yaw_rad / 2)))
    x, y, z = (f'{value:.6f}' for value in place)
    qz, qw = (f'{value:.9f}' for value in turned)
    return f'{seconds}.{rest:09d} {x} {y} {z} {0:.9f} {0:.9f} {qz} {qw}'


def inside(folder: Path, name: str) -> Path:
    """Where something of a recording goes; its name may be a path."""
    return folder / name.lstrip('/')
