"""Keeps a codebook in use.

Codes begin as cluster centres of what the encoder says, and those that nobody takes for a while
are moved to where latents are.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vavam_ros.model.vq import Codebook

MEMORY_PER_CODE = 16  # latents that are remembered
CLUSTER_ROUNDS = 10
FORGET = 0.98  # of a step's usage, at the next step
DEAD_SHARE = 0.05  # of the average usage: a code below it is moved
REVIEW_STEPS = 20  # between moves


class CodebookKeeper(nn.Module):
    """What a codebook's training remembers, in buffers, so that a resumed run goes on the same."""

    latents: Tensor  # [memory, dim] unit vectors, the newest ones of all processes
    usage: Tensor  # [codes] share of latents that took each code, fading
    steps: Tensor  # [] int64, training steps so far

    def __init__(self, codebook: Codebook, warm_up: int) -> None:
        """Codes come into use after `warm_up` steps, made of the latents seen until then."""
        super().__init__()
        codes, dim = codebook.embedding.weight.shape
        self.warm_up = warm_up
        self.register_buffer('latents', torch.zeros(MEMORY_PER_CODE * codes, dim))
        self.register_buffer('usage', torch.full((codes,), 1 / codes))
        self.register_buffer('steps', torch.zeros((), dtype=torch.int64))

    @property
    def in_use(self) -> bool:
        """Whether pictures go through codes yet."""
        return int(self.steps) > self.warm_up or self.warm_up == 0

    @property
    def perplexity(self) -> Tensor:
        """Codes as good as used equally, []."""
        shares = self.usage / self.usage.sum()
        return torch.exp(-(shares * shares.clamp(min=1e-12).log()).sum())

    @property
    def used(self) -> Tensor:
        """Share of codes that are taken at least a tenth as often as the average, []."""
        return (self.usage * len(self.usage) > 0.1).float().mean()

    @torch.no_grad()
    def observe(self, rows: Tensor, codebook: Codebook, choice: Tensor) -> None:
        """Take note of a step's latents [M, dim] and mend the codebook where that is due.

        `choice` [codes] in 0..1 says which remembered latents dead codes move to.
        """
        rows = _of_all_processes(rows.detach())
        self._remember(rows)
        self.steps += 1
        step = int(self.steps)
        if step <= self.warm_up:
            if step == self.warm_up:
                codebook.embedding.weight.copy_(_clusters(self._known(), choice))
            return
        taken = (rows @ codebook.unit_codes().T).argmax(dim=1)
        share = torch.bincount(taken, minlength=len(self.usage)) / len(taken)
        self.usage.mul_(FORGET).add_(share, alpha=1 - FORGET)
        if (step - self.warm_up) % REVIEW_STEPS == 0:
            self._revive(codebook, choice)

    def _revive(self, codebook: Codebook, choice: Tensor) -> None:
        dead = self.usage * len(self.usage) < DEAD_SHARE
        known = self._known()
        picks = (choice * len(known)).long().clamp(max=len(known) - 1)
        codebook.embedding.weight[dead] = known[picks[dead]]
        self.usage[dead] = 1 / len(self.usage)  # time to be found

    def _remember(self, rows: Tensor) -> None:
        rows = rows[-len(self.latents) :]
        self.latents.copy_(torch.cat([self.latents[len(rows) :], rows]))

    def _known(self) -> Tensor:
        """Remembered latents; at first not all places are taken."""
        return self.latents[self.latents.square().sum(dim=1) > 0]


def _clusters(latents: Tensor, choice: Tensor) -> Tensor:
    """Spherical k-means of unit vectors [M, dim] from a random start: centres [codes, dim]."""
    codes = len(choice)
    order = torch.linspace(0, len(latents) - 1, codes, device=latents.device).long()
    shift = (choice[0] * len(latents)).long()
    centres = latents[(order + shift) % len(latents)]
    for _ in range(CLUSTER_ROUNDS):
        owner = (latents @ centres.T).argmax(dim=1)
        sums = torch.zeros_like(centres).index_add_(0, owner, latents)
        empty = torch.bincount(owner, minlength=codes) == 0
        spare = latents[(choice * len(latents)).long().clamp(max=len(latents) - 1)]
        centres = F.normalize(torch.where(empty[:, None], spare, sums), dim=1)
    return centres


def _of_all_processes(rows: Tensor) -> Tensor:
    """So that every process mends its copy of the codebook alike."""
    distributed: Any = torch.distributed
    if not (distributed.is_available() and distributed.is_initialized()):
        return rows
    parts = [torch.empty_like(rows) for _ in range(distributed.get_world_size())]
    distributed.all_gather(parts, rows.contiguous())
    return torch.cat(parts)
