"""MuP: what a step changes does not grow with the width, so rates carry from size to size."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from vavam_ros.model.action_expert import ActionExpert
from vavam_ros.model.config import PRESETS, ActionConfig, VideoConfig
from vavam_ros.model.video_gpt import VideoGPT
from vavam_ros.training import mup
from vavam_ros.training.blocks import BlockPass
from vavam_ros.training.stage import ParameterGroup
from vavam_ros.training.video_stage import next_token_nats

WIDTHS = (64, 128, 256, 512)
STEPS, RATE = 4, 3e-3


def video_sizes(width, base_dim=64):
    return VideoConfig(width, base_dim, 16, 2, 33, 2, 12, grid=(3, 4))


def optimizer_of(groups: list[ParameterGroup]):
    return torch.optim.AdamW(
        [
            {'params': group.parameters, 'lr': group.rate, 'weight_decay': group.weight_decay}
            for group in groups
        ],
        betas=(0.9, 0.95),
        eps=1e-10,
    )


def everything_at(rate):
    """One rate for all: the standard way."""
    return lambda network, *_: [ParameterGroup(list(network.parameters()), rate, 0.0)]


def video_change(width, groups, base_dim=64):
    """Root mean squares of what a few steps change in the stream and in the logits."""
    gpt = VideoGPT(video_sizes(width, base_dim))
    mup.initialise(gpt, torch.Generator().manual_seed(0))
    tokens = torch.randint(33, (4, 24), generator=torch.Generator().manual_seed(1))
    optimizer = optimizer_of(groups(gpt, RATE, 0.0))

    def seen():
        with torch.no_grad():
            stream = gpt.stream(tokens)
            return stream, gpt.readout(stream)

    before = seen()
    for _ in range(STEPS):
        next_token_nats(gpt(tokens[:, :-1]), tokens).mean().backward()
        optimizer.step()
        optimizer.zero_grad()
    after = seen()
    return [float((b - a).square().mean().sqrt()) for a, b in zip(before, after, strict=True)]


def action_change(width, groups):
    """The same for the velocities of an expert on random keys and values."""
    config = ActionConfig(width // 4, 16, attention_dim=width, dim_heads=16, nb_layers=2)
    expert, generator = ActionExpert(config), torch.Generator().manual_seed(1)
    mup.initialise(expert, torch.Generator().manual_seed(0))
    cells, heads = 12, width // 16
    visual = [
        tuple(torch.randn(4, heads, cells, 16, generator=generator) for _ in range(2))
        for _ in range(2)
    ]
    blocks = BlockPass(expert, visual, frames=1, draws=2)
    x = torch.randn(4, 1, 2, 6, 2, generator=generator)
    target = torch.randn(4, 1, 2, 6, 2, generator=generator)
    inputs = x, torch.rand(4, 1, 2, generator=generator), torch.zeros(4, 1, dtype=torch.int64)
    optimizer = optimizer_of(groups(expert, RATE, 0.0))
    for _ in range(STEPS):
        (blocks.velocity(*inputs) - target).square().mean().backward()
        optimizer.step()
        optimizer.zero_grad()
    with torch.no_grad():  # it began at zero
        return [float(blocks.velocity(*inputs).square().mean().sqrt())]


def growth(change):
    """From the narrowest to the widest, the largest of several measures."""
    first, last = change(WIDTHS[0]), change(WIDTHS[-1])
    return max(b / a for a, b in zip(first, last, strict=True))


def test_what_a_step_changes_stays_the_same_over_widths():
    changes = [[*video_change(w, mup.groups), *action_change(w, mup.groups)] for w in WIDTHS]
    for width, change in zip(WIDTHS, changes, strict=True):
        ratios = [b / a for a, b in zip(changes[0], change, strict=True)]
        assert all(0.6 < ratio < 1.6 for ratio in ratios), (width, ratios)


def test_it_grows_with_one_rate_for_all():
    standard = everything_at(RATE)
    assert growth(lambda width: video_change(width, standard, base_dim=width)) > 3


def test_sizes_that_differ_in_their_base_learn_the_same():
    """A stream of another scale is no other function: so rates carry from tiny to S, B and L."""
    losses = []
    for base_dim in (64, 256):
        gpt = VideoGPT(video_sizes(128, base_dim))
        mup.initialise(gpt, torch.Generator().manual_seed(0))
        tokens = torch.randint(33, (4, 24), generator=torch.Generator().manual_seed(1))
        optimizer, run = optimizer_of(mup.groups(gpt, RATE, 0.1)), []
        for _ in range(10):
            loss = next_token_nats(gpt(tokens[:, :-1]), tokens).mean()
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            run.append(loss.item())
        losses.append(run)
    assert losses[0][0] - losses[0][-1] > 0.3
    assert losses[1] == pytest.approx(losses[0], abs=0.05)  # but for LayerNorm's epsilon


def test_rates_of_the_presets():
    """Matrices learn at a rate that falls with the width; tables and inputs at a constant one."""
    rates = {}
    for name in ('tiny', 'S', 'L'):
        preset = PRESETS[name]
        video = dataclasses.replace(preset.video, nb_layers=1, vocabulary_size=3)
        action = dataclasses.replace(preset.action, nb_layers=1)
        with torch.device('meta'):
            networks = {'gpt': VideoGPT(video), 'expert': ActionExpert(action)}
        names = {
            weight: f'{part}.{weight_name}'
            for part, network in networks.items()
            for weight_name, weight in network.named_parameters()
        }
        rates[name] = {
            names[weight]: group.rate
            for network in networks.values()
            for group in mup.groups(network, 1.0, 0.1)
            for weight in group.parameters
        }
    matrix, table = 'gpt.transformer.h.0.attn.c_attn.weight', 'gpt.transformer.wie.weight'
    assert rates['S'][matrix] / rates['L'][matrix] == pytest.approx(2048 / 768)
    assert rates['S'][table] == rates['L'][table]
    reads = 'expert.action_encoder.linear_2.weight'
    assert rates['S'][reads] / rates['L'][reads] == pytest.approx(2048 / 768)
    assert rates['tiny']['expert.action_encoder.linear_1.weight'] == 1.0
    tiny = PRESETS['tiny'].video
    assert rates['tiny'][matrix] == pytest.approx(1 / tiny.width_mult)
    assert rates['tiny'][table] == 1.0


def test_every_weight_is_trained_once_and_decay_does_not_depend_on_the_width():
    shrinks = []
    for width in (64, 256):
        gpt = VideoGPT(video_sizes(width))
        groups = mup.groups(gpt, RATE, 0.1)
        weights = [weight for group in groups for weight in group.parameters]
        assert {id(weight) for weight in weights} == {id(weight) for weight in gpt.parameters()}
        assert len(weights) == len(list(gpt.parameters()))
        shrinks.append({round(group.rate * group.weight_decay, 12) for group in groups})
    assert shrinks[0] == shrinks[1] == {0.0, round(RATE * 0.1, 12)}


def test_queries_and_readouts_begin_at_zero():
    gpt = VideoGPT(dataclasses.replace(video_sizes(64), output_tied=False))
    expert = ActionExpert(ActionConfig(16, 16, 64, 16, 2))
    for network in (gpt, expert):
        mup.initialise(network, torch.Generator().manual_seed(0))
        for block in network.blocks:
            queries, keys, values = block.attn.c_attn.weight.chunk(3)
            assert queries.abs().max() == 0
            assert min(keys.abs().max(), values.abs().max()) > 0
    assert gpt.lm_head.weight.abs().max() == 0
    assert expert.action_decoder.weight.abs().max() == 0
