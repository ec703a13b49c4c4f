"""Losses and errors on held-back samples, always the same ones with the same noise."""

from __future__ import annotations

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor
from torch.utils.data import default_collate

from vavam_ros.training.settings import RunSettings
from vavam_ros.training.stage import Batch, Stage


class Validation:
    """A fixed choice of held-back samples, shared out over the processes."""

    def __init__(self, fabric: Fabric, stage: Stage, settings: RunSettings) -> None:
        self.fabric, self.stage = fabric, stage
        held_back = len(stage.held_back)
        count = min(held_back, settings.validation_samples)
        self.rows = np.unique(np.linspace(0, held_back - 1, count).round().astype(int))
        self.each = max(1, settings.batch // (settings.accumulate * fabric.world_size))
        self.seed = settings.seed

    @torch.no_grad()
    def run(self, network: torch.nn.Module) -> dict[str, float]:
        """Means over all terms, by name."""
        network.eval()
        drawn = self.stage.draws(len(self.rows), torch.Generator().manual_seed(self.seed))
        sums: dict[str, Tensor] = {}
        for start in range(0, len(self.rows), self.each):
            if start // self.each % self.fabric.world_size != self.fabric.global_rank:
                continue
            batch = self._batch(slice(start, start + self.each), drawn)
            for name, (total, terms) in self.stage.validate(network, batch).items():
                pair = torch.stack([total.double().cpu(), terms.double().cpu()])
                sums[name] = sums.get(name, torch.zeros(2, dtype=torch.float64)) + pair
        network.train()
        return {name: float(total / terms) for name, (total, terms) in self._all(sums).items()}

    def _batch(self, part: slice, drawn: Batch) -> Batch:
        rows = [self.stage.held_back[int(row)] for row in self.rows[part]]
        own = {name: values[part] for name, values in drawn.items()}
        batch: Batch = self.fabric.to_device({**default_collate(rows), **own})
        return batch

    def _all(self, sums: dict[str, Tensor]) -> dict[str, Tensor]:
        """The sums of all processes; one that had no samples learns the names from the others."""
        if self.fabric.world_size == 1:
            return sums
        found: list[dict[str, Tensor] | None] = [None] * self.fabric.world_size
        torch.distributed.all_gather_object(found, sums)
        names = dict.fromkeys(name for one in found if one for name in one)
        zero = torch.zeros(2, dtype=torch.float64)
        return {
            name: torch.stack([(one or {}).get(name, zero) for one in found]).sum(dim=0)
            for name in names
        }
