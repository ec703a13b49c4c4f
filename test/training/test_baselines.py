"""Baselines of next-token losses, against their closed forms."""

from __future__ import annotations

import math

import pytest
import torch

from vavam_ros.training.baselines import TokenStatistics, measure

CODES = 64


class Kept:
    """Cells that keep their token with a probability, else draw one."""

    def __init__(self, windows, keep, seed):
        generator = torch.Generator().manual_seed(seed)
        shape = (windows, 200)
        frames = [torch.randint(CODES, shape, generator=generator)]
        for _ in range(3):
            fresh = torch.randint(CODES, shape, generator=generator)
            kept = torch.rand(shape, generator=generator) < keep
            frames.append(torch.where(kept, frames[-1], fresh))
        self.tokens = torch.stack(frames, dim=1)

    def __len__(self):
        return len(self.tokens)

    def __getitem__(self, index):
        return {'tokens': self.tokens[index]}


@pytest.mark.parametrize('keep', [0.0, 0.6, 0.95])
def test_they_cost_what_an_ideal_coder_would_pay(keep):
    found = measure(Kept(60, keep, seed=0), Kept(20, keep, seed=1), CODES + 1)
    same, other = keep + (1 - keep) / CODES, (1 - keep) / CODES
    ideal = -same * math.log(same) - (CODES - 1) * other * math.log(other)
    assert found.unigram == pytest.approx(math.log(CODES), abs=0.01)
    assert found.copy == pytest.approx(ideal, abs=0.03)
    assert found.kept == pytest.approx(same, abs=0.02)


def test_a_token_that_was_never_seen_costs_much_but_not_everything():
    counted = TokenStatistics.of([torch.zeros(2, 50, dtype=torch.int64)], CODES)
    found = counted.baselines([torch.full((2, 50), 5)])
    assert math.isfinite(found.unigram)
    assert found.unigram > math.log(100)
