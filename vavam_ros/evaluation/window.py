"""One window of a recording: what was planned at a moment, and what was driven."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vavam_ros.errors import InputError
from vavam_ros.records import DriveCommand

METRES_DIGITS = 5  # of results; numbers of one machine are the same to the last bit before
FIGURE_DIGITS = 6

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Frame:
    """What the video model makes of the newest frame, given those before it."""

    nats: float  # per token; how surprising the frame is
    accuracy: float  # share of tokens that were the likeliest
    copy_nats: float  # of the baseline that expects the last frame again
    unigram_nats: float  # of the baseline that knows how frequent each token is
    kept: float  # share of cells whose token is that of the frame before: 1 is a frozen image


@dataclass(frozen=True, eq=False)
class Repeat:
    """The same window planned once more, with the noise of another seed."""

    plan: Floats  # [6, 2] m, the chosen sample
    samples: Floats  # [K, 6, 2] m


@dataclass(frozen=True, eq=False)
class Window:
    """Plans are in the rig frame (x forward, y left, m) at +0.5 ... +3.0 s; K samples each."""

    recording: str
    stamp_ns: int  # of the newest frame
    command: DriveCommand  # the true one
    context_frames: int
    pose: Floats | None  # [3] x m, y m, yaw rad of the rear axle in a fixed frame; None: unknown
    speed_mps: float | None
    yaw_rate_radps: float | None
    truth: Floats | None  # [6, 2] m, where it was driven; None: steering only
    steering: float | None  # the driven steering, left positive, where that is all the truth
    plan: Floats  # [6, 2] m, the chosen sample
    samples: Floats  # [K, 6, 2] m
    what_ifs: dict[DriveCommand, Floats]  # [K, 6, 2] m under the other commands
    repeats: tuple[Repeat, ...]  # with other seeds
    frame: Frame | None  # None: there is no frame before
    objection: str | None  # why the gate would withhold the plan

    def line(self) -> str:
        """One line of results.jsonl, the same for the same window."""
        row = {
            'recording': self.recording,
            'stamp_ns': self.stamp_ns,
            'command': self.command.name.lower(),
            'context_frames': self.context_frames,
            'pose': _rounded(self.pose),
            'speed_mps': _rounded(self.speed_mps),
            'yaw_rate_radps': _rounded(self.yaw_rate_radps),
            'truth': _rounded(self.truth),
            'steering': _rounded(self.steering),
            'plan': _rounded(self.plan),
            'samples': _rounded(self.samples),
            'what_ifs': {
                one.name.lower(): _rounded(self.what_ifs[one]) for one in sorted(self.what_ifs)
            },
            'repeats': [
                {'plan': _rounded(one.plan), 'samples': _rounded(one.samples)}
                for one in self.repeats
            ],
            'frame': None
            if self.frame is None
            else {name: round(value, FIGURE_DIGITS) for name, value in vars(self.frame).items()},
            'objection': self.objection,
        }
        return json.dumps(row, separators=(',', ':'), allow_nan=False)


def window_of(line: str, place: str = 'a line') -> Window:
    """The window of a `line`; InputError, with `place`, for anything else."""
    try:
        row = json.loads(line)
        return Window(
            recording=str(row['recording']),
            stamp_ns=int(row['stamp_ns']),
            command=DriveCommand[row['command'].upper()],
            context_frames=int(row['context_frames']),
            pose=_array(row['pose'], (3,)),
            speed_mps=_optional(row['speed_mps']),
            yaw_rate_radps=_optional(row['yaw_rate_radps']),
            truth=_array(row['truth'], (-1, 2)),
            steering=_optional(row['steering']),
            plan=_certain(row['plan'], (-1, 2)),
            samples=_certain(row['samples'], (-1, len(row['plan']), 2)),
            what_ifs={
                DriveCommand[name.upper()]: _certain(value, (-1, len(row['plan']), 2))
                for name, value in row['what_ifs'].items()
            },
            repeats=tuple(
                Repeat(
                    _certain(one['plan'], (-1, 2)),
                    _certain(one['samples'], (-1, len(row['plan']), 2)),
                )
                for one in row['repeats']
            ),
            frame=None if row['frame'] is None else Frame(**row['frame']),
            objection=row['objection'],
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f'{place} is no evaluated window ({error}): evaluate again') from error


def _rounded(value: Floats | float | None) -> Any:
    if value is None:
        return None
    # Adding 0.0 turns -0.0 into 0.0, which would be another line.
    rounded = np.round(np.asarray(value, np.float64), METRES_DIGITS) + 0.0
    return rounded.tolist()


def _optional(value: Any) -> float | None:
    return None if value is None else float(value)


def _array(value: Any, shape: tuple[int, ...]) -> Floats | None:
    return None if value is None else _certain(value, shape)


def _certain(value: Any, shape: tuple[int, ...]) -> Floats:
    return np.array(value, np.float64).reshape(shape)
