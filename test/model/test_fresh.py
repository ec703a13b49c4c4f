"""Fresh weights are random, and give plans that look like a drive's."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vavam_ros.errors import InputError
from vavam_ros.model.config import PRESETS
from vavam_ros.model.contents import Checkpoint
from vavam_ros.model.fresh import SPEED_MPS, fresh_checkpoint, fresh_tokenizer
from vavam_ros.model.loading import build_vavam

SEEDS = (0, 1, 2)


def planned(checkpoint: Checkpoint, image: int, samples: int = 16) -> np.ndarray:
    """[K, H, 2] m from two frames of random tokens, the same for the same image."""
    video = checkpoint.video
    assert video is not None
    tokens = torch.randint(
        video.vocabulary_size - 1,
        (1, 2, *video.grid),
        generator=torch.Generator().manual_seed(image),
    )
    noise = torch.randn(1, samples, 6, 2, generator=torch.Generator().manual_seed(5))
    return build_vavam(checkpoint, 'cpu', torch.float32).plan(tokens, torch.tensor([2]), noise)[0]


@pytest.fixture(scope='module', params=SEEDS)
def checkpoint(request: pytest.FixtureRequest) -> Checkpoint:
    return fresh_checkpoint('tiny', request.param)


def test_a_seed_names_the_weights() -> None:
    assert fresh_checkpoint('tiny', 3).identity == fresh_checkpoint('tiny', 3).identity
    assert fresh_checkpoint('tiny', 3).identity != fresh_checkpoint('tiny', 4).identity
    assert fresh_tokenizer('tiny', 3).identity == fresh_tokenizer('tiny', 3).identity


def test_they_are_said_to_be_random(checkpoint: Checkpoint) -> None:
    assert checkpoint.provenance['trained'] is False


def test_plans_are_near_a_straight_drive(checkpoint: Checkpoint) -> None:
    plans = np.asarray(planned(checkpoint, image=0))
    ahead_m = SPEED_MPS / 2 * np.arange(1, 7)
    np.testing.assert_allclose(plans[..., 0], np.broadcast_to(ahead_m, plans.shape[:2]), atol=6.0)
    assert np.abs(plans[..., 1]).max() < 6.0


def test_the_noise_is_drawn_together_but_not_to_one_plan(checkpoint: Checkpoint) -> None:
    spread_m = np.asarray(planned(checkpoint, image=0)).std(axis=0).mean()
    assert 0.05 < spread_m < 2.0  # 8 m where it began


def test_what_is_seen_changes_the_plan(checkpoint: Checkpoint) -> None:
    one, other = (np.asarray(planned(checkpoint, image)) for image in (0, 1))
    assert np.abs(one - other).max() > 0.05


def test_an_unknown_size_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match=f"no preset 'XL': expected one of {', '.join(PRESETS)}"):
        fresh_checkpoint('XL')
