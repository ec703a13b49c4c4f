"""The training forward computes what inference computes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vavam_ros.model import VaVAM, VaViM, load_vavam
from vavam_ros.training.action_stage import ActionStage, FlowMatching
from vavam_ros.training.blocks import BlockPass, block_mask
from vavam_ros.training.flow_matching import draw_times, flow_loss, path
from vavam_ros.training.video_stage import NextToken, next_token_nats


@pytest.fixture(scope='module')
def golden(goldens):
    arrays = np.load(goldens / 'vavam_a.npz')
    return {name: torch.from_numpy(arrays[name]) for name in arrays.files}


@pytest.fixture(scope='module')
def planner(golden_checkpoint):
    return load_vavam(golden_checkpoint('vavam_a'))


def block_velocities(planner: VaVAM, tokens, x, time, commands):
    """x [B, T, R, H, 2], time [B, T, R], commands [B, T]."""
    with torch.no_grad():
        visual = planner.video.gpt.keys_values(tokens.flatten(1))
        blocks = BlockPass(planner.expert, visual, x.shape[1], x.shape[2])
        return blocks.velocity(x, time, commands)


def test_velocities_and_states_are_the_golden_ones(planner, golden):
    x, time = golden['train_x'][:, :, None], golden['train_t'][:, :, None]
    ours = block_velocities(planner, golden['tokens'], x, time, golden['train_cmd'])
    torch.testing.assert_close(ours[:, :, 0], golden['train_vel'], rtol=0, atol=2e-5)
    x1 = golden['train_actions'] / planner.config.action_scaling
    psi, _ = path(golden['train_x0'], x1, golden['train_t'], planner.config.flow_sig_min)
    torch.testing.assert_close(psi, golden['train_psi'])


def test_block_i_is_inference_with_i_plus_one_frames(planner, golden):
    tokens, generator = golden['tokens'], torch.Generator().manual_seed(0)
    batch, frames, draws = len(tokens), tokens.shape[1], 3
    x = torch.randn(batch, frames, draws, 6, 2, generator=generator)
    time = torch.rand(batch, frames, draws, generator=generator)
    commands = torch.randint(3, (batch, frames), generator=generator)
    ours = block_velocities(planner, tokens, x, time, commands)
    for frame in range(frames):
        context = planner.context(batch=batch, samples=draws)
        context.hold(tokens[:, : frame + 1].flatten(2).numpy())
        noise = x[:, frame]
        theirs = planner.velocity(
            context,
            noise,
            time[:, frame],
            commands[:, frame, None].expand(batch, draws),
            planner.mask(context, noise),
        )
        torch.testing.assert_close(ours[:, frame], theirs, rtol=0, atol=2e-5)


def test_plans_are_inferences_plans(planner, golden):
    tokens, noise = golden['tokens'].flatten(2), golden['noise'].float()
    batch = {'tokens': tokens, 'commands': golden['commands'].expand(-1, tokens.shape[1])}
    network = FlowMatching(planner.video.gpt, planner.expert)
    plans = network.plans(batch, noise[:, None].expand(-1, tokens.shape[1], -1, -1, -1))
    torch.testing.assert_close(plans[:, 7], golden['traj_ctx8_steps10'], rtol=0, atol=5e-4)


def test_video_logits_are_vavims(planner, golden):
    video: VaViM = planner.video
    tokens = golden['tokens']
    logits = video.logits(tokens)
    sums = NextToken(video.gpt)({'tokens': tokens.flatten(2)})
    nats = next_token_nats(logits[:, :-1], tokens.flatten(1))
    torch.testing.assert_close(sums['loss'], nats.sum())
    assert sums['later'] < sums['loss']


def test_the_mask_lets_a_draw_see_its_frames_and_itself_only():
    mask = block_mask(frames=2, draws=2, horizon=1, cells=3, device=torch.device('cpu'))
    # columns: 3 cells of frame 0, 3 of frame 1, then the four rows themselves
    expected = [
        '111000 1000',
        '111000 0100',
        '111111 0010',
        '111111 0001',
    ]
    assert mask.int().tolist() == [[int(c) for c in row.replace(' ', '')] for row in expected]


def test_targets_that_are_not_valid_count_for_nothing(planner, golden):
    stage = ActionStage(FlowMatching(planner.video.gpt, planner.expert), [], [], {}, 2)
    tokens = golden['tokens'].flatten(2)
    batch = {
        'tokens': tokens,
        'commands': golden['train_cmd'],
        'targets': golden['train_actions'].clone(),
        'valid': torch.ones(tokens.shape[:2], dtype=torch.bool),
        **stage.draws(len(tokens), torch.Generator().manual_seed(0)),
    }
    whole = stage.network(batch)['loss']
    batch['valid'][:, 3] = False
    without = stage.network(batch)['loss']
    batch['targets'][:, 3] = torch.nan
    assert without < whole
    assert stage.network(batch)['loss'] == without
    assert stage.terms(batch) == batch['valid'].numel() - len(tokens)


def test_flow_times_follow_beta():
    times = draw_times((200_000,), 0.001, torch.Generator().manual_seed(0))
    assert times.min() >= 0
    assert times.max() < 1
    # z = 1 - t / (1 - s) ~ Beta(1.5, 1): mean 0.6, variance 1.5 / (2.5^2 * 3.5)
    z = 1 - times / 0.999
    assert float(z.mean()) == pytest.approx(0.6, abs=0.003)
    assert float(z.var()) == pytest.approx(1.5 / (2.5**2 * 3.5), abs=0.002)


def test_the_velocity_is_the_paths_derivative():
    generator = torch.Generator().manual_seed(1)
    x0, x1 = (torch.randn(4, 6, 2, generator=generator, dtype=torch.float64) for _ in range(2))
    start, velocity = path(x0, x1, torch.zeros(4, dtype=torch.float64), 0.001)
    end, _ = path(x0, x1, torch.ones(4, dtype=torch.float64), 0.001)
    torch.testing.assert_close(end - start, velocity)
    torch.testing.assert_close(start, x0)
    assert flow_loss(velocity[:, None], velocity[:, None]).abs().max() == 0
