"""VaVAM against the golden numbers."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch

from vavam_ros.errors import InputError
from vavam_ros.model import load_vavam
from vavam_ros.model.action_expert import time_embedding
from vavam_ros.model.flow import euler_states

METRES = 5e-4
UNIT = 2e-5


@pytest.fixture(scope='module', params=['vavam_a', 'vavam_grid18x32'])
def case(request, goldens, golden_checkpoint):
    arrays = np.load(goldens / f'{request.param}.npz')
    golden = {name: torch.from_numpy(arrays[name]) for name in arrays.files}
    return load_vavam(golden_checkpoint(request.param)), golden


@pytest.fixture(scope='module')
def small(goldens, golden_checkpoint):
    arrays = np.load(goldens / 'vavam_a.npz')
    golden = {name: torch.from_numpy(arrays[name]) for name in arrays.files}
    return load_vavam(golden_checkpoint('vavam_a')), golden


def assert_close(ours, golden, tolerance):
    np.testing.assert_allclose(np.asarray(ours), np.asarray(golden), rtol=0, atol=tolerance)


def plan(planner, golden, frames=8, steps=10, command=None, noise='noise'):
    commands = golden['commands'][:, 0] if command is None else torch.tensor(command)
    return planner.plan(
        golden['tokens'][:, -frames:], commands, golden[noise].to(torch.float32), steps
    )


def test_trajectories_for_every_context_and_number_of_steps(case):
    planner, golden = case
    names = [name for name in golden if re.fullmatch(r'traj_ctx\d+_steps\d+', name)]
    assert len(names) == 6
    for name in names:
        frames, steps = (int(number) for number in re.findall(r'\d+', name))
        assert_close(plan(planner, golden, frames, steps), golden[name], METRES)


@pytest.mark.parametrize('command', [0, 1, 2])
def test_every_command(case, command):
    planner, golden = case
    ours = plan(planner, golden, command=[command] * len(golden['tokens']))
    assert_close(ours, golden[f'traj_all_command{command}'], METRES)


def test_without_the_multiplier_nothing_matches(case):
    planner, golden = case
    right, wrong = golden['traj_ctx8_steps10'], golden['WRONG_traj_without_base_shapes']
    assert planner.config.width_mult == golden['width_mult_decoder']
    assert planner.video.config.width_mult == golden['width_mult_lm_head']
    assert (plan(planner, golden) - wrong).abs().max() > 1000 * METRES
    assert (right - wrong).abs().max() > 1000 * METRES


def test_states_on_the_way(case):
    planner, golden = case
    context = planner.context(batch=len(golden['tokens']))
    context.hold(golden['tokens'].flatten(2).numpy())
    states = torch.stack(list(planner.states(context, golden['commands'], golden['noise'], 10)))
    metres = states * planner.config.action_scaling
    assert_close(metres, golden['intermediate_states_steps10'], METRES)


def test_clip_comes_before_scaling(case):
    planner, golden = case
    context = planner.context(batch=len(golden['tokens']))
    context.hold(golden['tokens'].flatten(2).numpy())
    *_, last = planner.states(context, golden['commands'], golden['noise'], 10)
    assert_close(
        last.clamp(-0.3, 0.3) * planner.config.action_scaling, golden['traj_clip0.3'], METRES
    )


def test_float64_trajectories(request, golden_checkpoint, case):
    name = request.node.callspec.params['case']
    planner = load_vavam(golden_checkpoint(name), dtype=torch.float64)
    ours = plan(planner, case[1])
    assert ours.dtype == torch.float64
    assert_close(ours, case[1]['traj_ctx8_steps10_fp64'], 1e-7)


def test_bfloat16_weights_stay_near_the_reference_s_autocast(request, golden_checkpoint, case):
    name = request.node.callspec.params['case']
    planner = load_vavam(golden_checkpoint(name), dtype=torch.bfloat16)
    ours = plan(planner, case[1], noise='noise_bf16')
    assert ours.dtype == torch.float32
    assert_close(ours, case[1]['traj_bf16_autocast_steps10'], 3.0)
    full = plan(case[0], case[1], noise='noise_bf16')
    assert_close(full, case[1]['traj_fp32_from_noise_bf16'], METRES)


def test_the_flow_s_state_is_not_quantised_by_bfloat16():
    state = torch.full((1, 1), 25.0 / 70)
    *_, last = euler_states(lambda x, t: torch.zeros_like(x).bfloat16(), state, 10)
    assert torch.equal(last, state)


def test_one_velocity_and_what_is_inside_it(case):
    planner, golden = case
    context = planner.context(batch=len(golden['tokens']))
    context.hold(golden['tokens'].flatten(2).numpy())
    x, time, commands = golden['vel_x'], golden['vel_t'], golden['commands']
    expert = planner.expert
    assert_close(
        time_embedding(time, expert.config.embedding_dim)[:, 0], golden['time_embedding'], 1e-6
    )
    with torch.inference_mode():
        tokens = expert.action_encoder(x, time, commands)
        assert_close(tokens, golden['action_tokens_in'], UNIT)
        stream = expert.stream(tokens.flatten(1, 2), context.memory, context.length, None)
        hidden = torch.nn.functional.layer_norm(stream, stream.shape[-1:])
        assert_close(hidden, golden['vel_action_hidden'][:, 0], UNIT)
        velocity = planner.velocity(context, x, time, commands, None)
    assert_close(velocity, golden['vel_out'], UNIT)


def training_velocities(planner, golden, x):
    """What one block-masked training forward gives: block i sees the frames up to i."""
    velocities = []
    for block in range(8):
        context = planner.context(batch=2)
        context.hold(golden['tokens'][:, : block + 1].flatten(2).numpy())
        one = slice(block, block + 1)
        velocities.append(
            planner.velocity(
                context, x[:, one], golden['train_t'][:, one], golden['train_cmd'][:, one], None
            )
        )
    return torch.cat(velocities, dim=1)


def test_each_training_block_equals_inference_with_the_frames_up_to_it(small):
    planner, golden = small
    assert_close(
        training_velocities(planner, golden, golden['train_x']), golden['train_vel'], UNIT
    )


def test_training_path_and_loss_follow_from_the_same_constants(small):
    planner, golden = small
    slack = 1 - planner.config.flow_sig_min
    x0, x1 = golden['train_x0'], golden['train_actions'] / planner.config.action_scaling
    t = golden['train_t'][..., None, None]
    assert_close((1 - slack * t) * x0 + t * x1, golden['train_psi'], 1e-6)
    velocities = training_velocities(planner, golden, golden['train_psi'])
    assert_close(((velocities - (x1 - slack * x0)) ** 2).mean(), golden['train_loss'], 1e-5)


def test_samples_share_a_prefill_and_do_not_see_each_other(case):
    planner, golden = case
    batch = len(golden['tokens'])
    noise = torch.randn(batch, 5, 6, 2, generator=torch.Generator().manual_seed(0))
    noise[:, 2] = golden['noise'][:, 0]
    ours = planner.plan(golden['tokens'], golden['commands'][:, 0], noise, 10)
    assert ours.shape == noise.shape
    assert_close(ours[:, 2], golden['traj_ctx8_steps10'][:, 0], METRES)
    noise[:, 3] += 1
    moved = planner.plan(golden['tokens'], golden['commands'][:, 0], noise, 10)
    assert_close(moved[:, 2], ours[:, 2], 1e-5)
    assert (moved[:, 3] - ours[:, 3]).abs().max() > 0.01


def test_actions_leave_the_visual_activations_alone(small):
    planner, golden = small
    context = planner.context(batch=2, samples=3)
    context.hold(golden['tokens'].flatten(2).numpy())
    before = context.logits(0, context.length)
    planner.sample(context, golden['commands'].expand(2, 3), torch.randn(2, 3, 6, 2))
    assert torch.equal(context.logits(0, context.length), before)
    assert_close(before, golden['joint_visual_logits'], UNIT)


@pytest.mark.parametrize(
    ('change', 'said'),
    [
        ({'commands': torch.tensor([0, 3])}, 'knows 0 to 2'),
        ({'commands': torch.tensor([0])}, 'expected one for each of the 2 windows'),
        ({'noise': torch.zeros(2, 6, 2)}, r'expected \[2, K, 6, 2\]'),
        ({'noise': torch.zeros(2, 1, 5, 2)}, r'expected \[2, K, 6, 2\]'),
        ({'steps': 0}, 'at least one'),
    ],
)
def test_unusable_arguments_are_refused(small, change, said):
    planner, golden = small
    arguments = {
        'tokens': golden['tokens'],
        'commands': golden['commands'][:, 0],
        'noise': golden['noise'],
    }
    with pytest.raises(InputError, match=said):
        planner.plan(**{**arguments, **change})


def test_a_video_model_cannot_plan(golden_checkpoint):
    with pytest.raises(InputError, match='planning needs a VaVAM file'):
        load_vavam(golden_checkpoint('vavim_a'))
