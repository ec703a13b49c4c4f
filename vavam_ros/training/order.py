"""Which samples a step sees: a pure function of seed and step, so runs can be continued."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from vavam_ros.errors import InputError


class DataOrder:
    """Epoch after epoch, each in an order of its own; batches run on across their ends."""

    def __init__(self, samples: int, batch: int, seed: int) -> None:
        if samples < 1:
            raise InputError('the training data holds no samples')
        self.samples, self.batch, self.seed = samples, batch, seed
        self._permutation = lru_cache(maxsize=2)(self._shuffled)

    def rows(self, step: int) -> list[int]:
        """The samples of a step, [batch], the same whoever asks and whenever."""
        places = range(step * self.batch, (step + 1) * self.batch)
        return [
            int(self._permutation(place // self.samples)[place % self.samples]) for place in places
        ]

    def generator(self, step: int) -> torch.Generator:
        """Random numbers for all that is drawn in a step."""
        seed = np.random.SeedSequence([self.seed, 1, step]).generate_state(1, np.uint64)[0]
        return torch.Generator().manual_seed(int(seed >> 1))

    def _shuffled(self, epoch: int) -> NDArray[np.int64]:
        return np.random.default_rng([self.seed, 0, epoch]).permutation(self.samples)


class OwnRows:
    """A DataLoader's batch sampler: of each step's samples those that one process trains on."""

    def __init__(self, order: DataOrder, first: int, stop: int, rank: int, processes: int) -> None:
        self.order, self.first, self.stop = order, first, stop
        self.rank, self.processes = rank, processes

    def __iter__(self) -> Iterator[list[int]]:
        """Batches of the steps first ... stop - 1."""
        for step in range(self.first, self.stop):
            yield self.order.rows(step)[self.share]

    def __len__(self) -> int:
        return self.stop - self.first

    @property
    def share(self) -> slice:
        """The part of a global batch that belongs to this process."""
        each = self.order.batch // self.processes
        return slice(self.rank * each, (self.rank + 1) * each)
