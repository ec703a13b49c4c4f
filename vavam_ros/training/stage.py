"""What the training loop needs of a stage: a network with a loss, its data, and its end.

The loop (loop.py) knows nothing of tokens, trajectories or pixels. Each of the three stages
(tokenizer, video, action) is one object of this shape.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from vavam_ros.model.contents import Checkpoint

Batch = dict[str, Tensor]  # by name, samples along the first dimension
Sums = dict[str, Tensor]  # sums over a batch's terms, []; the one called `loss` is minimised


@dataclass(frozen=True, eq=False)
class ParameterGroup:
    """Weights that share a learning rate."""

    parameters: list[nn.Parameter]
    rate: float  # learning rate at the schedule's peak
    weight_decay: float


class Samples(Protocol):
    """Training data: a torch Dataset of dictionaries of tensors, all of the same shapes."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Batch: ...


class Stage(Protocol):
    """One kind of training."""

    name: str  # 'video': in messages and in the provenance of the weights
    unit: str  # what the speed counts, as in 'tokens'
    training: Samples
    held_back: Samples

    @property
    def network(self) -> nn.Module:
        """Batch -> Sums; only weights that require a gradient are trained, and kept."""
        ...

    @property
    def identity(self) -> Mapping[str, object]:
        """What a run must share to be continued: data, tokenizer, sizes, start; JSON values."""
        ...

    def groups(self, rate: float, weight_decay: float) -> Sequence[ParameterGroup]:
        """All weights to train, each once."""
        ...

    def draws(self, samples: int, generator: torch.Generator) -> Batch:
        """The random numbers of a step, for that many samples; they join the batch."""
        ...

    def terms(self, batch: Batch) -> Tensor:
        """Number of terms in the batch's loss, [] int64."""
        ...

    def units(self, batch: Batch) -> int:
        """How much of `unit` a batch has."""
        ...

    def validate(self, network: Any, batch: Batch) -> dict[str, tuple[Tensor, Tensor]]:
        """By name: sum and number of terms on a batch of held-back samples, with its draws.

        Called without gradients and in evaluation mode; `network` is the stage's own, wrapped.
        """
        ...

    def checkpoint(self, provenance: dict[str, object]) -> Checkpoint:
        """The weights as they are now, in our own format."""
        ...
