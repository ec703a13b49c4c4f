"""Checkpoint files of every kind -> Checkpoint, and back into our own format.

A file's kind is told by its content, never by its name. Our own format is safetensors: the
weights by their canonical names, and one metadata entry, `vavam_ros`, with JSON that holds the
kind, the configurations, the muP multipliers and the provenance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from vavam_ros.errors import InputError
from vavam_ros.model.contents import Checkpoint, Kind
from vavam_ros.model.hyperparameters import shown
from vavam_ros.model.lightning import read_lightning
from vavam_ros.model.llamagen import read_llamagen
from vavam_ros.model.native import check_room, read_native, write_native
from vavam_ros.model.torch_archive import TorchArchive

__all__ = [
    'Checkpoint',
    'Kind',
    'check_target',
    'is_native',
    'one_line',
    'read_checkpoint',
    'write_checkpoint',
]

MOST_SAFETENSORS_HEADER = 100_000_000  # bytes; the format's own limit
MOST_SHOWN = 600  # characters of an error
KNOWN_BEGINNINGS = {
    b'\x1f\x8b': 'is compressed with gzip: unpack it first (tar -xzf; where it came in parts, '
    'cat NAME.tar.gz.part_* | tar -xz)',
    b'\xfd7zXZ': 'is compressed with xz: unpack it first (xz -d)',
    b'\x80': 'is a bare pickle, or a torch.save file from before torch 1.6: such a file can run '
    'code when it is read, so it is not; save it again with a current torch.save',
    b'version https://git-lfs': 'is a Git LFS pointer, not the file itself: run `git lfs pull`',
}


def read_checkpoint(path: str | Path) -> Checkpoint:
    """A released Lightning file, a file of LlamaGen, or our own format.

    Weights stay in the file until they are used (mapped copy-on-write), and nothing that the
    file names is imported or run. Raises InputError that names the file and says what was
    expected and what was found.
    """
    path = Path(path)
    try:
        return _read_zip(path) if _is_zip(path) else read_native(path)
    except InputError as error:
        raise InputError(f'{path}: {one_line(str(error))}') from error
    except OSError as error:
        raise InputError(f'{path}: cannot be read ({error.strerror or error})') from error


def write_checkpoint(
    checkpoint: Checkpoint, path: str | Path, progress: Callable[[int], object] | None = None
) -> None:
    """Write our own format, whole or not at all: a file of that name is replaced at the end.

    `progress` is told the bytes written so far. Raises InputError when the folder is missing,
    not writable, or too full.
    """
    path = Path(path)
    try:
        write_native(checkpoint, path, progress)
    except InputError as error:
        raise InputError(f'{path}: {error}') from error
    except OSError as error:
        raise InputError(f'{path}: cannot be written ({error.strerror or error})') from error


def check_target(path: str | Path, weight_bytes: int) -> None:
    """Raise InputError if `path` exists, has no folder, or the disk lacks the bytes."""
    path = Path(path)
    try:
        if path.exists() or path.is_symlink():
            raise InputError('exists already, and is not overwritten: move it away first')
        check_room(path.parent, weight_bytes)
    except InputError as error:
        raise InputError(f'{path}: {error}') from error
    except OSError as error:
        raise InputError(f'{path}: cannot be written ({error.strerror or error})') from error


def is_native(path: str | Path) -> bool:
    """Whether a file that was read is in our own format already."""
    return not _is_zip(Path(path))


def _read_zip(path: Path) -> Checkpoint:
    archive = TorchArchive(path)
    content = archive.root
    if not isinstance(content, Mapping):
        raise InputError(f'unknown layout: it holds {shown(content)}, expected a mapping of names')
    if 'hyper_parameters' in content:
        return read_lightning(archive, content, path.name)
    return read_llamagen(archive, content, path.name)


def one_line(text: str) -> str:
    """Text out of a foreign file, printable: it may hold line ends and terminal commands."""
    shown = ''.join(letter if letter.isprintable() else '?' for letter in text)
    return shown if len(shown) <= MOST_SHOWN else f'{shown[:MOST_SHOWN]} ...'


def _is_zip(path: Path) -> bool:
    """True for a zip archive, False for safetensors, InputError for anything else."""
    if path.is_dir():
        raise InputError('is a folder: expected a checkpoint file')
    if path.exists() and not path.is_file():
        raise InputError('is no regular file: expected a checkpoint file')
    with path.open('rb') as file:
        head = file.read(32)
    if not head:
        raise InputError('is empty')
    # Its length comes first, and may begin like anything else: so this is asked before the others.
    if head[8:9] == b'{' and int.from_bytes(head[:8], 'little') <= MOST_SAFETENSORS_HEADER:
        return False
    if head.startswith(b'PK\x03\x04'):
        return True
    for beginning, what in KNOWN_BEGINNINGS.items():
        if head.startswith(beginning):
            raise InputError(what)
    raise InputError(
        f'is no checkpoint: it begins with {head[:12]!r}, expected a file of torch.save or '
        'a safetensors file of `vavam convert`'
    )
