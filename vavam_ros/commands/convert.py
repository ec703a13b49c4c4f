"""Turn a released Lightning file (VaViM, VaVAM) or LlamaGen's tokenizer file into safetensors.

Nothing that the file names is imported or run. What was found is printed, with the SHA-256 of the
file; the checksum and the licence stay with the converted weights. A file that is converted
already is taken only to set its grid.
"""

from __future__ import annotations

import argparse
import dataclasses
import re
from pathlib import Path

from vavam_ros.commands.byte_progress import ByteProgress
from vavam_ros.commands.description import described
from vavam_ros.errors import InputError
from vavam_ros.model.checkpoint import (
    Checkpoint,
    check_target,
    is_native,
    read_checkpoint,
    write_checkpoint,
)
from vavam_ros.model.released import SHA256, file_sha256
from vavam_ros.model.vq_torchscript import is_torchscript

Grid = tuple[int, int]  # rows, columns


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument('source', metavar='IN', type=Path, help='.pt file to read')
    parser.add_argument('out', metavar='OUT', type=Path, help='.safetensors file to write')
    parser.add_argument(
        '--grid',
        metavar='ROWSxCOLUMNS',
        help="layout of a frame's tokens, which a .pt file does not say; 18x32 is known of frames "
        'with 576',
    )


def run(arguments: argparse.Namespace) -> None:
    """Read and check all, hash the source, write, say what it was."""
    source, out = arguments.source, arguments.out
    grid = None if arguments.grid is None else _parsed(arguments.grid)
    _refuse_other_forms(source)
    checkpoint = read_checkpoint(source)
    converted_already = is_native(source)
    if converted_already:
        _check_new_grid(checkpoint, grid, source)
    checkpoint = _with_grid(checkpoint, grid, source)
    check_target(out, checkpoint.nbytes)
    verdict = 'that of the original file, kept'
    if not converted_already:
        digest = _sha256(source)
        verdict = compared(source.name, digest)
        checkpoint = _with_origin(checkpoint, digest)
    write_checkpoint(checkpoint, out, ByteProgress(f'writing {out}', checkpoint.nbytes))
    print(f'{out}: {described(checkpoint)}\nSHA-256: {verdict}')
    _hint_at_the_grid(checkpoint)


def compared(name: str, digest: str) -> str:
    """What the SHA-256 of a file says about it, by the known checksums of the released ones.

    Raises InputError when a file of a released name is another one: damaged on the way, or
    something else that would pass for it in every log and report. A fine-tuned model on purpose
    only needs a name of its own.
    """
    for released, known in SHA256.items():
        if digest == known:
            return f'that of the released {released}'
    if name in SHA256:
        raise InputError(
            f'{name} has SHA-256 {digest}, the released file of that name {SHA256[name]}: '
            'download it again; if it is meant to be another file, give it another name'
        )
    return 'recorded, nothing to compare with'


def _parsed(grid: str) -> Grid:
    match = re.fullmatch(r'(\d{1,6})x(\d{1,6})', grid)
    if not match:
        raise InputError(f'--grid is {grid!r}: expected ROWSxCOLUMNS, such as 18x32')
    return int(match[1]), int(match[2])


def _refuse_other_forms(source: Path) -> None:
    if re.search(r'\.part_[a-z]+$', source.name):
        raise InputError(
            f'{source} is one part of an archive: join all parts and unpack them first, with '
            'cat NAME.tar.gz.part_* | tar -xz'
        )
    if source.is_file() and is_torchscript(source):
        raise InputError(
            f'{source} is TorchScript: it is used as it is, without conversion; give the planner '
            'the encoder .jit, or the folder with both files, as its tokenizer'
        )


def _check_new_grid(checkpoint: Checkpoint, grid: Grid | None, source: Path) -> None:
    """A converted file is written anew only to say what it does not say yet."""
    if grid is None:
        raise InputError(f'{source} is converted already: use it as it is')
    if checkpoint.video and checkpoint.video.grid:
        rows, columns = checkpoint.video.grid
        raise InputError(
            f'{source} is converted already, with the grid {rows}x{columns}: for another one '
            'convert the original file again'
        )


def _with_grid(checkpoint: Checkpoint, grid: Grid | None, source: Path) -> Checkpoint:
    """A given grid goes before the one that is known by the number of tokens."""
    if grid is None:
        return checkpoint
    if checkpoint.video is None:
        raise InputError(f'{source} is a tokenizer, which takes any grid: leave out --grid')
    try:
        video = dataclasses.replace(checkpoint.video, grid=grid)
    except InputError as error:
        raise InputError(f'{source}: {error}') from error
    return dataclasses.replace(checkpoint, video=video)


def _hint_at_the_grid(checkpoint: Checkpoint) -> None:
    if checkpoint.video and checkpoint.video.grid is None:
        print(
            f'The layout of the {checkpoint.video.nb_tokens_per_timestep} tokens per frame is not '
            'known: the planner needs it, so give --grid ROWSxCOLUMNS'
        )


def _sha256(source: Path) -> str:
    try:
        return file_sha256(source, ByteProgress(f'hashing {source}', source.stat().st_size))
    except OSError as error:
        raise InputError(f'{source}: cannot be read ({error.strerror or error})') from error


def _with_origin(checkpoint: Checkpoint, digest: str) -> Checkpoint:
    provenance = {**checkpoint.provenance, 'source_sha256': digest}
    return dataclasses.replace(checkpoint, provenance=provenance)
