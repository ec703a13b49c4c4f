"""Write fresh random weights of a preset size: FOLDER/vavam.safetensors and tokenizer.safetensors.

They have never been trained. They are for trying, timing and testing: plans and pictures made with
them mean nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import sys
from collections.abc import Iterator
from pathlib import Path

from vavam_ros.commands.byte_progress import ByteProgress
from vavam_ros.commands.description import described
from vavam_ros.errors import InputError
from vavam_ros.model.checkpoint import Checkpoint, check_target, write_checkpoint
from vavam_ros.model.config import PRESETS
from vavam_ros.model.contents import checkpoint_shapes
from vavam_ros.model.fresh import fresh_checkpoint, fresh_tokenizer

WEIGHTS_FILE = 'vavam.safetensors'
TOKENIZER_FILE = 'tokenizer.safetensors'
FLOAT_BYTES = 4
MUCH_BYTES = 200_000_000  # take seconds, so that is said
MOST_SEED = 2**63 - 1  # that torch takes

WARNING = """
***********************************************************************************
**  RANDOM WEIGHTS, never trained: plans and pictures made with them mean nothing. **
**  For trying, timing and testing only. Never let them drive.                     **
***********************************************************************************"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument('preset', metavar='PRESET', choices=tuple(PRESETS), help=_choices())
    parser.add_argument('folder', metavar='FOLDER', type=Path, help='made if it is not there')
    parser.add_argument('--seed', metavar='N', type=int, default=0, help='default: 0')


def run(arguments: argparse.Namespace) -> None:
    """Write both files or neither, say what they are."""
    preset, folder, seed = arguments.preset, arguments.folder, arguments.seed
    if not 0 <= seed <= MOST_SEED:
        raise InputError(f'--seed is {seed}: it goes from 0 to {MOST_SEED}')
    weights, tokenizer = folder / WEIGHTS_FILE, folder / TOKENIZER_FILE
    with _all_or_nothing(folder, [weights, tokenizer]):
        needed_bytes = _needed_bytes(preset)
        for path in (weights, tokenizer):
            check_target(path, needed_bytes)
        if needed_bytes > MUCH_BYTES:
            print(f'drawing {needed_bytes / 1e9:.1f} GB of random weights', file=sys.stderr)
        _write(fresh_checkpoint(preset, seed), weights)
        _write(fresh_tokenizer(preset, seed), tokenizer)
    print(WARNING)


def _choices() -> str:
    return f'size: one of {", ".join(PRESETS)}'


def _needed_bytes(preset: str) -> int:
    sizes = PRESETS[preset]
    shapes = checkpoint_shapes(sizes.video, sizes.action, sizes.tokenizer)
    return FLOAT_BYTES * sum(math.prod(shape) for shape in shapes.values())


@contextlib.contextmanager
def _all_or_nothing(folder: Path, files: list[Path]) -> Iterator[None]:
    """Make the folder where it is missing; take back what was made if the work fails."""
    made = not folder.exists()
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise InputError(f'{folder} cannot be made ({error.strerror or error})') from error
    written = [path for path in files if not path.exists()]
    try:
        yield
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        if made:
            folder.rmdir()
        raise


def _write(checkpoint: Checkpoint, path: Path) -> None:
    write_checkpoint(checkpoint, path, ByteProgress(f'writing {path}', checkpoint.nbytes))
    print(f'{path}: {described(checkpoint)}')
