"""What the vehicle was told at each tick: as one number that two equal runs share, and as a file.

The hash is that of the file, whether it is written or not: 32 bytes for each tick, little-endian.
With the town's seed and settings it is the whole drive.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from vavam_ros.errors import InputError
from vavam_ros.records import Actuation

_ENTRY = struct.Struct('<qddd')  # stamp in ns, steering, acceleration, speed


class CommandLog:
    """SHA-256 over stamp, steering, acceleration and speed of every tick, in order."""

    def __init__(self, path: Path | None = None) -> None:
        """Write to `path` as well, if it is given; InputError where that cannot be."""
        self.ticks = 0
        self._hash = hashlib.sha256()
        self._path = path
        self._file: IO[bytes] | None = None
        if path is not None:
            try:
                self._file = path.open('wb', buffering=0)
            except OSError as error:
                raise InputError(_cannot_write(path, error)) from error

    def add(self, stamp_ns: int, actuation: Actuation) -> None:
        """What was in force from `stamp_ns` to the next tick."""
        numbers = (actuation.steer_rad, actuation.acceleration_mps2, actuation.speed_mps)
        entry = _ENTRY.pack(stamp_ns, *numbers)
        self._hash.update(entry)
        self.ticks += 1
        if self._file is not None and self._path is not None:
            try:
                self._file.write(entry)
            except OSError as error:
                raise InputError(_cannot_write(self._path, error)) from error

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    @property
    def digest(self) -> str:
        """Sixteen hexadecimal digits."""
        return self._hash.hexdigest()[:16]


def ticks_logged(path: Path) -> int:
    """How many ticks the file of a drive holds so far; 0 before there is one."""
    return path.stat().st_size // _ENTRY.size if path.exists() else 0


def read_command_log(path: Path) -> Iterator[Actuation]:
    """The commands of a drive, each stamped with its tick; InputError where that is no log."""
    try:
        content = path.read_bytes()
        entries = list(_ENTRY.iter_unpack(content))
    except OSError as error:
        raise InputError(f'{path} cannot be read: {error.strerror or error}') from error
    except struct.error as error:
        raise InputError(f'{path} is no whole command log: {len(content)} bytes') from error
    return (Actuation(*entry) for entry in entries)


def _cannot_write(path: Path, error: OSError) -> str:
    return f'the command log {path} cannot be written: {error.strerror or error}'
