"""A recorded drive: what the camera saw at 2 Hz, where the vehicle was, and where it went.

One safetensors file each: flat tables beside one block of PNGs, whose places `frame_offsets`
gives. Rendered pictures take a sixth of their pixels so, and a random one is read in half a
millisecond.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vavam_ros.errors import InputError
from vavam_ros.geometry.ego_track import HORIZON
from vavam_ros.training.table_file import read_tables, write_tables

KIND = 'drive'
SUFFIX = '.drive.safetensors'


class PackedFrames:
    """Pictures of one size as PNGs in one block; indexing decodes one, [h, w, 3] RGB."""

    def __init__(self, block: NDArray[np.uint8], offsets: NDArray[np.int64]) -> None:
        """All files' bytes one after the other, and where each begins, with the end: [N + 1]."""
        self.block, self.offsets = block, offsets

    @classmethod
    def pack(cls, images: Iterable[NDArray[np.uint8]]) -> PackedFrames:
        """Encode pictures [h, w, 3] RGB one by one, without loss."""
        return cls.of_files([encoded(image) for image in images])

    @classmethod
    def of_files(cls, files: Sequence[bytes]) -> PackedFrames:
        """Put PNGs together that were encoded before."""
        offsets = np.cumsum([0, *(len(file) for file in files)], dtype=np.int64)
        return cls(np.frombuffer(b''.join(files), np.uint8), offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        if not 0 <= index < len(self):
            raise IndexError(index)
        content = self.block[self.offsets[index] : self.offsets[index + 1]].tobytes()
        try:
            return np.array(Image.open(io.BytesIO(content), formats=['PNG']))
        except (OSError, SyntaxError, ValueError) as error:
            raise InputError(f'frame {index} is damaged ({error}): record it again') from error


@dataclass(frozen=True)
class DriveOrigin:
    """Where a drive comes from; values that JSON can hold."""

    source: str  # 'simulation', or the name of a bag
    seed: int | None  # of the town; None for a real drive
    command_rule: str  # how its commands were given
    package_version: str
    settings: Mapping[str, Any]  # what it was made with


@dataclass(frozen=True, eq=False)
class Drive:
    """One drive of N frames; raises InputError where its parts do not fit together."""

    frames: PackedFrames  # N pictures, the model's view
    stamps_ns: NDArray[np.int64]  # [N], increasing
    poses: NDArray[np.float64]  # [N, 3] x m, y m, yaw rad of the rear axle in a fixed frame
    speeds: NDArray[np.float32]  # [N] m/s
    commands: NDArray[np.int64]  # [N] values of DriveCommand
    targets: NDArray[np.float32]  # [N, 6, 2] m in the frame's rig frame, at +0.5 ... +3.0 s
    target_valid: NDArray[np.bool_]  # [N] whether there is a target at all
    origin: DriveOrigin

    def __post_init__(self) -> None:
        for name, (dtype, shape) in _TABLES.items():
            table, expected = getattr(self, name), (len(self), *shape)
            if table.dtype != dtype or table.shape != expected:
                raise InputError(
                    f'{name} is {table.dtype} {list(table.shape)}: '
                    f'expected {np.dtype(dtype)} {list(expected)}'
                )
        check_values(self.stamps_ns, self.commands, self.targets, self.target_valid)

    def __len__(self) -> int:
        return len(self.frames)


_TABLES: dict[str, tuple[type[np.generic], tuple[int, ...]]] = {
    'stamps_ns': (np.int64, ()),
    'poses': (np.float64, (3,)),
    'speeds': (np.float32, ()),
    'commands': (np.int64, ()),
    'targets': (np.float32, (HORIZON, 2)),
    'target_valid': (np.bool_, ()),
}


def write_drive(path: Path, drive: Drive) -> None:
    """Write beside `path`, then rename; InputError, and nothing left, when the disk is full."""
    tables = {name: getattr(drive, name) for name in _TABLES}
    tables |= {'frames': drive.frames.block, 'frame_offsets': drive.frames.offsets}
    write_tables(path, KIND, tables, asdict(drive.origin))


def read_drive(path: Path) -> Drive:
    """A file of `write_drive`, mapped: pictures are read when they are asked for."""
    tables, header = read_tables(path, KIND)
    wanted = {*_TABLES, 'frames', 'frame_offsets'}
    if tables.keys() != wanted or header.keys() != {one.name for one in fields(DriveOrigin)}:
        raise InputError(f'{path} lacks or misuses a part of a drive: collect it again')
    frames = PackedFrames(tables['frames'], tables['frame_offsets'])
    try:
        return Drive(
            frames, **{name: tables[name] for name in _TABLES}, origin=DriveOrigin(**header)
        )
    except InputError as error:
        raise InputError(f'{path}: {error}') from error


def drive_files(folder: Path) -> list[Path]:
    """The drives of a folder by name; InputError when there are none."""
    if not folder.is_dir():
        raise InputError(f'there is no folder {folder}: expected one that vavam collect made')
    files = sorted(folder.glob(f'*{SUFFIX}'))
    if not files:
        raise InputError(f'{folder} holds no drives (*{SUFFIX}): make some with vavam collect')
    return files


def drive_name(path: Path) -> str:
    """The name of a drive, which its shard shares and the split goes by."""
    return path.name.removesuffix(SUFFIX)


def encoded(image: NDArray[np.uint8]) -> bytes:
    """A picture [h, w, 3] RGB as PNG, quickly: 1 ms for a frame of the small model."""
    content = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(image)).save(content, 'PNG', compress_level=1)
    return content.getvalue()


def check_values(
    stamps_ns: NDArray[np.int64],
    commands: NDArray[np.int64],
    targets: NDArray[np.float32],
    valid: NDArray[np.bool_],
) -> None:
    """Raise InputError for stamps that do not increase, unknown commands, infinite targets."""
    if len(stamps_ns) > 1 and np.diff(stamps_ns).min() <= 0:
        raise InputError('stamps_ns do not increase')
    if len(commands) and not 0 <= commands.min() <= commands.max() <= 2:
        raise InputError('commands hold values other than 0 right, 1 left, 2 straight')
    if not np.isfinite(targets[valid]).all():
        raise InputError('targets that are marked as valid are not finite')
