"""Opens the storage of a bag, and says in one line why that fails."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import apsw
from backports.zstd import ZstdError
from rosbags.rosbag1 import Reader as Ros1Reader
from rosbags.rosbag1 import ReaderError as Ros1ReaderError
from rosbags.rosbag2 import Reader as Ros2Reader
from rosbags.rosbag2 import ReaderError as Ros2ReaderError

from vavam_ros.bags.damage import STORAGE_SUFFIXES, how_far, storage_files
from vavam_ros.errors import InputError

# What rosbags lets through, beside its own errors, when a file is not what it seems to be.
BROKEN = (
    Ros1ReaderError, Ros2ReaderError, ZstdError, apsw.Error, struct.error, OSError, EOFError,
    MemoryError, RuntimeError, ArithmeticError, AssertionError, LookupError, TypeError, ValueError,
)  # fmt: skip


def open_bag(path: Path) -> Ros1Reader | Ros2Reader:
    """An open reader; InputError when nothing is there, it is no bag, or it is damaged."""
    _check_kind(path)
    _check_closed(path)
    try:
        ros1 = path.suffix == '.bag' and path.is_file()
        reader = Ros1Reader(path) if ros1 else Ros2Reader(path)
        reader.open()
    except BROKEN as error:
        raise InputError(f'{path} cannot be read: {reason(path, error)}') from error
    return reader


def reason(path: Path, error: BaseException) -> str:
    """What rosbags found, and how far the first file that is cut off is whole."""
    for file in storage_files(path) if path.is_dir() else [path]:
        if clause := how_far(file):
            return f'{file.name} is {clause}'
    return (str(error) or 'its index contradicts its contents').split('\n')[0]


def _check_kind(path: Path) -> None:
    if not os.path.exists(path):  # unlike Path.exists, it takes names that no disk can hold
        raise InputError(f'{path} is not there: expected a bag')
    if not path.is_dir() and path.suffix not in STORAGE_SUFFIXES:
        raise InputError(
            f'{path} is no bag: expected a rosbag2 folder or a file that ends in '
            f'{", ".join(STORAGE_SUFFIXES)}'
        )
    if not path.is_dir() or (path / 'metadata.yaml').exists():
        return
    if (path / 'frames.csv').exists():
        raise InputError(f'{path} is a clip folder: make a bag of it with vavam make-bag')
    inside = ', '.join(str(file) for file in storage_files(path))
    advice = f'its recording was cut off: try {inside} itself' if inside else 'it is no bag'
    raise InputError(f'{path} has no metadata.yaml: {advice}')


def _check_closed(path: Path) -> None:
    """Refuse a database with writes outside its file: rosbags would read on without them."""
    for file in storage_files(path) if path.is_dir() else [path]:
        for pending in (Path(f'{file}-journal'), Path(f'{file}-wal')):
            if file.suffix == '.db3' and pending.exists() and pending.stat().st_size:
                raise InputError(
                    f'{file} is being written, or its recording was cut off, as {pending.name} '
                    'shows: wait for the recorder, or let sqlite3 open it once to put it in order'
                )
