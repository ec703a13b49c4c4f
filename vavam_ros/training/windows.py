"""Windows of consecutive token frames, all of a folder's in memory: what the models train on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from vavam_ros.errors import InputError
from vavam_ros.records import DriveCommand
from vavam_ros.training.segments import window_starts
from vavam_ros.training.shards import TokenShard, read_shard, shard_files
from vavam_ros.training.split import Split, of_split
from vavam_ros.training.token_data import TokenData

FRAMES = 8
BALANCE = 0.5  # of commands: 0 as they were driven, 1 all equally often
REPEATS = 4  # places per window in a balanced set, so that shares come out close


class TokenWindows(Dataset[dict[str, Tensor]]):
    """All windows of `frames` frames within a segment, of one side of a folder's drives.

    A sample has tokens int64 [T, S], commands int64 [T], targets float32 [T, 6, 2] m, valid bool
    [T]. Raises InputError for a folder without windows, or with tokens that do not fit together.
    """

    def __init__(self, folder: Path, frames: int = FRAMES, split: Split = 'train') -> None:
        shards = [read_shard(path) for path in shard_files(folder)]
        check_same(shards, folder)
        names = set(of_split(sorted({one.origin.drive for one in shards}), split))
        self._take([one for one in shards if one.origin.drive in names], frames)
        if not len(self.places):
            raise InputError(
                f'no drive of {folder} for {split} has {frames} frames in a row: give longer ones'
            )

    def _take(self, shards: Sequence[TokenShard], frames: int) -> None:
        self.frames, self.origin, self.grid = frames, shards[0].origin, shards[0].grid
        self.identity = _identity(shards, frames)
        firsts = np.cumsum([0, *(len(shard) for shard in shards)])
        self.places: NDArray[np.int64] = np.concatenate(
            [
                first + window_starts(shard.segment_starts, len(shard), frames)
                for first, shard in zip(firsts, shards, strict=False)
            ]
        )
        cells = self.grid[0] * self.grid[1]
        tokens = np.concatenate([shard.tokens.reshape(-1, cells) for shard in shards])
        self._tokens = tokens.astype(np.int32)  # torch lacks much for uint16
        self._commands = np.concatenate([shard.commands for shard in shards])
        self._targets = np.concatenate([shard.targets for shard in shards])
        self._valid = np.concatenate([shard.target_valid for shard in shards])

    @property
    def tokenizer_identity(self) -> str:
        """Of the tokenizer that made them."""
        return self.origin.tokenizer_identity

    @property
    def codebook_size(self) -> int:
        """Tokens are below it."""
        return self.origin.codebook_size

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        first = self.places[index]
        part = slice(first, first + self.frames)
        return {
            'tokens': torch.from_numpy(self._tokens[part]).long(),
            'commands': torch.from_numpy(self._commands[part].copy()),
            'targets': torch.from_numpy(self._targets[part].copy()),
            'valid': torch.from_numpy(self._valid[part].copy()),
        }

    def newest_commands(self) -> NDArray[np.int64]:
        """The command of each window's newest frame, [windows]."""
        return self._commands[self.places + self.frames - 1]

    def weights(self, balance: float) -> NDArray[np.float64]:
        """How often each window should be seen, on average once, [windows].

        `balance` 0 leaves commands as often as they were driven, 1 makes them equally often, by
        each window's newest frame.
        """
        if not 0 <= balance <= 1:
            raise InputError(f'balance is {balance:g}: it goes from 0 to 1')
        newest = self.newest_commands()
        shares = np.array([(newest == one).mean() for one in DriveCommand])
        weights = np.where(shares > 0, np.maximum(shares, 1e-12) ** -balance, 0.0)[newest]
        return np.asarray(weights / weights.mean(), np.float64)

    def balance(self, balance: float, seed: int = 0) -> None:
        """Repeat windows by `weights`, evenly and the same for the same seed.

        The set has REPEATS places per window then, so an epoch sees each about that often.
        """
        if balance == 0:
            return
        edges = np.cumsum(REPEATS * self.weights(balance))
        offset = np.random.default_rng([seed, 3]).random()
        marks = np.arange(round(edges[-1])) + offset
        chosen = np.searchsorted(edges, marks, side='right').clip(max=len(self.places) - 1)
        self.places = self.places[chosen]


def open_token_data(folder: Path, frames: int = FRAMES, balance: float = BALANCE) -> TokenData:
    """A folder of shards as the stages take it; only what is trained on is balanced."""
    training, held_back = TokenWindows(folder, frames), TokenWindows(folder, frames, 'validation')
    training.balance(balance)
    return TokenData(
        training,
        held_back,
        f'{training.identity}-{held_back.identity}',
        training.tokenizer_identity,
        training.codebook_size,
        frames,
        training.grid,
    )


def check_same(shards: Sequence[TokenShard], folder: Path) -> None:
    """Raise InputError unless all tokens are of one tokenizer and one size."""
    kinds = {
        (one.origin.tokenizer_identity, one.origin.codebook_size, one.grid): one.origin.drive
        for one in shards
    }
    if len(kinds) > 1:
        shown = '; '.join(
            f'{drive}: tokenizer {identity}, {codes} codes, {rows}x{columns}'
            for (identity, codes, (rows, columns)), drive in kinds.items()
        )
        raise InputError(f'{folder} mixes tokens that do not fit together ({shown})')


def _identity(shards: Sequence[TokenShard], frames: int) -> str:
    """12 hex digits of all that a window can hold."""
    digest = hashlib.sha256(str(frames).encode())
    for shard in shards:
        digest.update(f'{shard.origin.drive} {shard.origin.tokenizer_identity}'.encode())
        for table in (shard.tokens, shard.commands, shard.targets, shard.target_valid):
            digest.update(np.ascontiguousarray(table).tobytes())
    return digest.hexdigest()[:12]
