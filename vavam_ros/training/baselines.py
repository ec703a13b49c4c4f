"""What predicting tokens is worth that a model has learned nothing for.

Both are told the training data's token frequencies. `unigram` knows nothing else; `copy` also
knows the frame before: each cell keeps its token with a probability that was counted in training,
or else is drawn from the frequencies. They are compared with a model's loss on the same tokens.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from vavam_ros.training.stage import Samples

Counts = NDArray[np.float64]
MOST_WINDOWS = 2000  # that frequencies are counted in


@dataclass(frozen=True)
class Baselines:
    """Mean negative log-likelihoods in nats per token, of frames that have one before them."""

    unigram: float
    copy: float
    kept: float  # share of cells whose token is that of the frame before


@dataclass(frozen=True, eq=False)
class TokenStatistics:
    """What was counted in training data."""

    frequency: NDArray[np.float64]  # [V]; every token at least once
    keep: float  # how likely the copy baseline thinks that a cell keeps its token

    @classmethod
    def of(cls, windows: Iterable[Tensor], vocabulary_size: int) -> TokenStatistics:
        """Count windows [T, S]."""
        counts = np.ones(vocabulary_size)
        kept = total = 0
        for window in windows:
            tokens = window.numpy()
            counts += np.bincount(tokens.ravel(), minlength=vocabulary_size)
            kept += int((tokens[1:] == tokens[:-1]).sum())
            total += tokens[1:].size
        frequency = counts / counts.sum()
        # Of the kept ones some were drawn again by chance.
        chance = float((frequency**2).sum())
        share = (kept + 1) / (total + 2)
        return cls(frequency, max((share - chance) / (1 - chance), 1e-6))

    def baselines(self, windows: Iterable[Tensor]) -> Baselines:
        """Both baselines on windows [T, S] that were not counted."""
        unigram = copy = 0.0
        kept = total = 0
        for window in windows:
            tokens = window.numpy()
            likely = self.frequency[tokens[1:]]
            same = tokens[1:] == tokens[:-1]
            unigram -= float(np.log(likely).sum())
            copy -= float(np.log(self.keep * same + (1 - self.keep) * likely).sum())
            kept, total = kept + int(same.sum()), total + same.size
        total = max(total, 1)
        return Baselines(unigram / total, copy / total, kept / total)


def measure(training: Samples, held_back: Samples, vocabulary_size: int) -> Baselines:
    """The baselines on held-back windows, with statistics of training windows."""
    return statistics_of(training, vocabulary_size).baselines(_tokens(held_back))


def statistics_of(training: Samples, vocabulary_size: int) -> TokenStatistics:
    """What is counted in samples with tokens [T, S]; of many only so many as are enough."""
    return TokenStatistics.of(_tokens(training), vocabulary_size)


def _tokens(samples: Samples) -> Iterable[Tensor]:
    step = math.ceil(len(samples) / MOST_WINDOWS)
    return (samples[row]['tokens'] for row in range(0, len(samples), step))
