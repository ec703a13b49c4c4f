"""Many windows as arrays, ready for the metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vavam_ros.evaluation.ego_motion import EgoMotion
from vavam_ros.evaluation.figure import Floats
from vavam_ros.evaluation.independence import Independent, independent
from vavam_ros.evaluation.window import Window
from vavam_ros.geometry.ego_track import HORIZON
from vavam_ros.records import DriveCommand

Integers = NDArray[np.int64]
FRAME_COLUMNS = ('nats', 'copy_nats', 'unigram_nats', 'accuracy', 'kept')


@dataclass(frozen=True, eq=False)
class Columns:
    """N windows that all have a pose, a motion and a truth, and equally many samples."""

    windows: tuple[Window, ...]
    stamps_ns: Integers  # [N]
    sequences: Integers  # [N] which recording each is of
    commands: Integers  # [N] DriveCommand
    poses: Floats  # [N, 3] x m, y m, yaw rad
    motion: EgoMotion  # [N]
    truths: Floats  # [N, 6, 2] m
    plans: Floats  # [N, 6, 2] m
    samples: Floats  # [N, K, 6, 2] m
    repeat_plans: tuple[Floats, ...]  # of each further seed
    repeat_samples: tuple[Floats, ...]
    by_command: Mapping[DriveCommand, Floats] | None  # the mean plan under each, [N, 6, 2] m
    frames: tuple[Floats, ...]  # FRAME_COLUMNS, each [N], NaN where there is no frame before
    independent: Independent

    def __len__(self) -> int:
        return len(self.windows)


def columns_of(windows: Sequence[Window]) -> Columns:
    """Of the windows that have a truth; the others are left out."""
    kept = [one for one in windows if one.truth is not None]
    names = sorted({one.recording for one in kept})
    sequences = np.array([names.index(one.recording) for one in kept], np.int64)
    stamps_ns = np.array([one.stamp_ns for one in kept], np.int64)
    plans = _stack([one.plan for one in kept], (HORIZON, 2))
    repeats = len(kept[0].repeats) if kept else 0
    return Columns(
        windows=tuple(kept),
        stamps_ns=stamps_ns,
        sequences=sequences,
        commands=np.array([int(one.command) for one in kept], np.int64),
        poses=_stack([one.pose for one in kept], (3,)),
        motion=EgoMotion(
            _numbers([one.speed_mps for one in kept]),
            _numbers([one.yaw_rate_radps for one in kept]),
        ),
        truths=_stack([one.truth for one in kept], (HORIZON, 2)),
        plans=plans,
        samples=_stack([one.samples for one in kept], (0, HORIZON, 2)),
        repeat_plans=tuple(
            np.stack([one.repeats[seed].plan for one in kept]) for seed in range(repeats)
        ),
        repeat_samples=tuple(
            np.stack([one.repeats[seed].samples for one in kept]) for seed in range(repeats)
        ),
        by_command=_by_command(kept),
        frames=tuple(
            _numbers([None if one.frame is None else getattr(one.frame, name) for one in kept])
            for name in FRAME_COLUMNS
        ),
        independent=independent(sequences, stamps_ns),
    )


def _by_command(windows: Sequence[Window]) -> dict[DriveCommand, Floats] | None:
    """Means of the samples, which one odd sample moves little; None without what-ifs."""
    if not windows or not all(len(one.what_ifs) == len(DriveCommand) - 1 for one in windows):
        return None
    return {
        command: np.stack(
            [
                (one.samples if one.command == command else one.what_ifs[command]).mean(axis=0)
                for one in windows
            ]
        )
        for command in DriveCommand
    }


def _stack(arrays: Sequence[Floats | None], shape: tuple[int, ...]) -> Floats:
    known = [one for one in arrays if one is not None]
    assert len(known) == len(arrays), 'a window with a truth has a pose as well'
    return np.stack(known) if known else np.zeros((0, *shape))


def _numbers(values: Sequence[float | None]) -> Floats:
    return np.array([np.nan if one is None else one for one in values], np.float64)
