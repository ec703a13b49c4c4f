"""Video pre-training: the next token of every position, frame after frame (VaViM).

A window's very first token is the only one that nothing predicts: the rest of the first frame
counts like all others, as nothing in the paper's loss sets it apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vavam_ros.model.contents import Checkpoint
from vavam_ros.model.video_gpt import VideoGPT
from vavam_ros.training import mup
from vavam_ros.training.stage import Batch, ParameterGroup, Samples, Sums


class NextToken(nn.Module):
    """A video model with its loss."""

    def __init__(self, gpt: VideoGPT) -> None:
        super().__init__()
        self.gpt = gpt

    def forward(self, batch: Batch) -> Sums:
        """Tokens [B, T, S] -> summed negative log-likelihoods, of all and of later frames."""
        tokens = batch['tokens'].flatten(1)
        nats = next_token_nats(self.gpt(tokens[:, :-1]), tokens)
        later = nats[:, self.gpt.config.nb_tokens_per_timestep - 1 :]
        return {'loss': nats.sum(), 'later': later.detach().sum()}


def next_token_nats(logits: Tensor, tokens: Tensor) -> Tensor:
    """Logits [B, N - 1, V] of tokens [B, N] -> what each token but the first costs [B, N - 1]."""
    flat = F.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten(), reduction='none')
    return flat.reshape(len(tokens), -1)


class VideoStage:
    """Next-token training of a video model (see stage.Stage)."""

    name = 'video'
    unit = 'tokens'

    def __init__(
        self,
        gpt: VideoGPT,
        training: Samples,
        held_back: Samples,
        identity: Mapping[str, object],
    ) -> None:
        self.network = NextToken(gpt)
        self.training, self.held_back, self.identity = training, held_back, identity

    def groups(self, rate: float, weight_decay: float) -> list[ParameterGroup]:
        """MuP's."""
        return mup.groups(self.network.gpt, rate, weight_decay)

    def draws(self, samples: int, generator: torch.Generator) -> Batch:
        """Nothing is random."""
        return {}

    def terms(self, batch: Batch) -> Tensor:
        """All tokens but each window's first."""
        return torch.tensor(self.units(batch) - len(batch['tokens']))

    def units(self, batch: Batch) -> int:
        """Tokens."""
        return batch['tokens'].numel()

    def validate(self, network: Any, batch: Batch) -> dict[str, tuple[Tensor, Tensor]]:
        """The loss in nats per token; `later` counts frames that have a frame before them."""
        sums = cast(Sums, network(batch))
        windows, frames, cells = batch['tokens'].shape
        later = torch.tensor(windows * (frames - 1) * cells)
        return {'loss': (sums['loss'], self.terms(batch)), 'later': (sums['later'], later)}

    def checkpoint(self, provenance: dict[str, object]) -> Checkpoint:
        """A VaViM."""
        gpt = self.network.gpt
        tensors = {f'gpt.{name}': weight.detach() for name, weight in gpt.named_parameters()}
        return Checkpoint('vavim', gpt.config, None, None, tensors, provenance)
