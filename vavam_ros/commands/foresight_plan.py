"""From the arguments of `vavam foresight` to what there is to predict, and how."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vavam_ros import __version__
from vavam_ros.commands.collect import parse_seeds
from vavam_ros.commands.foresight_drives import SeenDrive, folder_drives, town_drives
from vavam_ros.commands.foresight_model import Foreseer
from vavam_ros.commands.frame_prediction import Choice
from vavam_ros.errors import InputError
from vavam_ros.geometry.ego_track import STEP_S
from vavam_ros.simulation.seeds import check_seed

MOST_FRAMES = 16
_SECONDS = (6.0, 3600.0)
_FRAME = '*' * 79


@dataclass(frozen=True)
class ForesightPlan:
    """All that there is to do, once the model is loaded."""

    foreseer: Foreseer
    context: int  # frames to predict from
    frames: int  # to predict
    every: int  # frames from one moment to the next
    choice: Choice
    seeds: tuple[int, ...]  # of the towns; none: drives of a folder
    seconds: float  # of each town's drive
    folder: Path | None

    def drives(self, workers: int) -> list[SeenDrive] | None:
        """Make them or read them; None after Ctrl-C."""
        if self.folder is not None:
            return folder_drives(self.folder)
        return town_drives(self.seeds, self.seconds, self.foreseer.grid, workers)

    def told(self, moments: int, drives: Sequence[SeenDrive]) -> str:
        """What was predicted, in a line."""
        frames = 'frame' if self.context == 1 else 'frames'
        return (
            f'{moments} windows of {len(drives)} drives, predicted from {self.context} {frames}, '
            f'{self.choice}'
        )

    def identities(self) -> str:
        """Which weights these are."""
        checkpoint, tokenizer = self.foreseer.checkpoint, self.foreseer.tokenizer
        trained = 'trained' if self.foreseer.trained else 'RANDOM'
        return f'weights {checkpoint.identity}, tokenizer {tokenizer.identity}, {trained}'

    def warnings(self, drives: Sequence[SeenDrive]) -> list[str]:
        """What makes the figures worth less."""
        told = []
        strange = [one.name for one in drives if not one.held_out]
        if strange:
            others = f' and {len(strange) - 3} more' if len(strange) > 3 else ''
            named = ', '.join(strange[:3])
            told.append(f'NOT HELD OUT: training may have seen {named}{others}')
        if not self.foreseer.trained:
            told.append('RANDOM WEIGHTS: never trained, so what they predict means nothing')
        return told

    def as_json(self, drives: Sequence[SeenDrive]) -> dict[str, Any]:
        """Settings, drives, weights."""
        greedy = self.choice.top_k == 1
        return {
            'kind': 'foresight',
            'package_version': __version__,
            'weights': {
                'kind': self.foreseer.checkpoint.kind,
                'weights': self.foreseer.checkpoint.identity,
                'tokenizer': self.foreseer.tokenizer.identity,
                'trained': self.foreseer.trained,
                'provenance': self.foreseer.checkpoint.provenance,
            },
            'drives': [one.name for one in drives],
            'held_out': all(one.held_out for one in drives),
            'settings': {
                'seconds': None if self.folder else self.seconds,
                'context_frames': self.context,
                'every_s': self.every * STEP_S,
                'tokens': 'greedy' if greedy else asdict(self.choice),
            },
        }


def boxed(warnings: Sequence[str]) -> list[str]:
    """So that nobody overlooks them."""
    return [_FRAME, *(f'**  {line}' for line in warnings), _FRAME] if warnings else []


def plan_of(arguments: argparse.Namespace, foreseer: Foreseer) -> ForesightPlan:
    """Check what was given against the model; InputError says what cannot be."""
    most = foreseer.video.config.nb_timesteps - 1
    if most < 1:
        raise InputError('a model with a context of one frame cannot predict any')
    context = most if arguments.context is None else arguments.context
    if not 1 <= context <= most:
        raise InputError(f'--context is {context}: this model predicts from 1 to {most} frames')
    return ForesightPlan(
        foreseer,
        context,
        arguments.frames,
        max(round(arguments.every / STEP_S), 1),
        Choice(arguments.top_k, arguments.temperature, arguments.seed),
        () if arguments.data else tuple(map(check_seed, parse_seeds(arguments.seeds))),
        arguments.seconds,
        arguments.data,
    )


def check(arguments: argparse.Namespace) -> None:
    """Raise InputError for what no model can do."""
    least, most = _SECONDS
    if not least <= arguments.seconds <= most:
        raise InputError(f'--seconds is {arguments.seconds:g}: choose {least:g} to {most:g}')
    if not 1 <= arguments.frames <= MOST_FRAMES:
        raise InputError(f'--frames is {arguments.frames}: choose 1 to {MOST_FRAMES}')
    if not STEP_S <= arguments.every <= most:
        raise InputError(f'--every is {arguments.every:g}: choose {STEP_S:g} to {most:g} s')
    if arguments.top_k < 1 or not 0 < arguments.temperature < float('inf'):
        raise InputError('--top-k must be at least 1, and --temperature above 0')
    if not 0 <= arguments.seed < 2**63:
        raise InputError(f'--seed is {arguments.seed}: choose 0 to {2**63 - 1}')
    if arguments.workers < 1:
        raise InputError(f'--workers is {arguments.workers}: at least one is needed')
    for name in ('json', 'picture'):
        path = getattr(arguments, name)
        if path and path.is_dir():
            raise InputError(f'--{name} {path}: it is a folder; give a file')
        if path and not path.absolute().parent.is_dir():
            raise InputError(f'{path} cannot be written: there is no folder {path.parent}')
