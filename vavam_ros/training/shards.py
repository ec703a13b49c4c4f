"""Tokenised drives: one safetensors file a drive, with poses, commands and targets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vavam_ros.errors import InputError
from vavam_ros.geometry.ego_track import HORIZON
from vavam_ros.training.drives import check_values
from vavam_ros.training.table_file import read_tables, write_tables

KIND = 'tokens'
SUFFIX = '.tokens.safetensors'
MOST_CODES = 1 << 16


@dataclass(frozen=True)
class ShardOrigin:
    """What a shard's tokens come from; values that JSON can hold."""

    drive: str  # its name, which the split into training and validation goes by
    tokenizer_identity: str
    codebook_size: int
    source: Mapping[str, Any]  # of a drive: its DriveOrigin; of a bag: name, topics, odometry
    source_bytes: int  # size of what was read: another one means another source
    seed: int | None
    command_rule: str  # 'topic NAME', or the rule that commands follow from


@dataclass(frozen=True, eq=False)
class TokenShard:
    """One drive of N frames as tokens; raises InputError where its parts do not fit together."""

    tokens: NDArray[np.uint16]  # [N, rows, columns]
    stamps_ns: NDArray[np.int64]  # [N], increasing
    poses: NDArray[np.float64]  # [N, 3] x m, y m, yaw rad of the rear axle in a fixed frame
    speeds: NDArray[np.float32]  # [N] m/s
    commands: NDArray[np.int64]  # [N] values of DriveCommand
    targets: NDArray[np.float32]  # [N, 6, 2] m in the frame's rig frame
    target_valid: NDArray[np.bool_]  # [N]
    segment_starts: NDArray[np.int64]  # [segments] first frames of stretches without a gap
    origin: ShardOrigin

    def __post_init__(self) -> None:
        count = len(self.tokens)
        for name, dtype, shape in _COLUMNS:
            table = getattr(self, name)
            if table.dtype != dtype or table.shape != (count, *shape):
                raise InputError(
                    f'{name} is {table.dtype} {list(table.shape)}: '
                    f'expected {np.dtype(dtype)} {[count, *shape]}'
                )
        check_values(self.stamps_ns, self.commands, self.targets, self.target_valid)
        self._check_tokens()

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of a frame's tokens."""
        return self.tokens.shape[1], self.tokens.shape[2]

    def __len__(self) -> int:
        return len(self.tokens)

    def _check_tokens(self) -> None:
        if self.tokens.dtype != np.uint16 or self.tokens.ndim != 3:
            raise InputError(
                f'tokens are {self.tokens.dtype} {list(self.tokens.shape)}: '
                'expected uint16 [frames, rows, columns]'
            )
        if len(self) and int(self.tokens.max()) >= self.origin.codebook_size:
            raise InputError(
                f'token {int(self.tokens.max())} is beyond a codebook of '
                f'{self.origin.codebook_size}'
            )
        starts = self.segment_starts
        if len(self) and (not len(starts) or starts[0] != 0 or (np.diff(starts) <= 0).any()):
            raise InputError('segment_starts do not increase from 0')


_COLUMNS: list[tuple[str, type[np.generic], tuple[int, ...]]] = [
    ('stamps_ns', np.int64, ()),
    ('poses', np.float64, (3,)),
    ('speeds', np.float32, ()),
    ('commands', np.int64, ()),
    ('targets', np.float32, (HORIZON, 2)),
    ('target_valid', np.bool_, ()),
]
_TABLES = ('tokens', *(name for name, _, _ in _COLUMNS), 'segment_starts')


def write_shard(path: Path, shard: TokenShard) -> None:
    """Write beside `path`, then rename; InputError, and nothing left, when the disk is full."""
    tables = {name: getattr(shard, name) for name in _TABLES}
    write_tables(path, KIND, tables, asdict(shard.origin))


def read_shard(path: Path) -> TokenShard:
    """A file of `write_shard`; raises InputError for any other."""
    tables, header = read_tables(path, KIND)
    if tables.keys() != set(_TABLES) or header.keys() != {one.name for one in fields(ShardOrigin)}:
        raise InputError(f'{path} lacks or misuses a part of a shard: tokenize it again')
    try:
        return TokenShard(**tables, origin=ShardOrigin(**header))
    except InputError as error:
        raise InputError(f'{path}: {error}') from error


def shard_files(folder: Path) -> list[Path]:
    """The shards of a folder by name; InputError when there are none."""
    if not folder.is_dir():
        raise InputError(f'there is no folder {folder}: expected one that vavam tokenize made')
    files = sorted(folder.glob(f'*{SUFFIX}'))
    if not files:
        raise InputError(f'{folder} holds no tokens (*{SUFFIX}): make some with vavam tokenize')
    return files
