"""VaViM against the golden numbers, and what a bad argument is told."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vavam_ros.errors import InputError
from vavam_ros.model import VaViM, load_vavim
from vavam_ros.model.sampling import top_probabilities
from vavam_ros.model.video_gpt import layer_norm

LOGITS = 2e-5


@pytest.fixture(scope='module', params=['vavim_a', 'vavim_untied'])
def case(request, goldens, golden_checkpoint):
    arrays = np.load(goldens / f'{request.param}.npz')
    return load_vavim(golden_checkpoint(request.param)), {k: arrays[k] for k in arrays.files}


@pytest.fixture(scope='module')
def grid(goldens, golden_checkpoint) -> tuple[VaViM, dict[str, np.ndarray]]:
    arrays = np.load(goldens / 'vavim_grid18x32.npz')
    video = load_vavim(golden_checkpoint('vavim_grid18x32'))
    return video, {k: arrays[k] for k in arrays.files}


def assert_close(ours: torch.Tensor, golden: np.ndarray, tolerance: float) -> None:
    np.testing.assert_allclose(ours.numpy(), golden, rtol=0, atol=tolerance)


def test_every_logit(case):
    video, golden = case
    assert_close(video.logits(torch.from_numpy(golden['tokens'])), golden['logits_full'], LOGITS)


def test_logits_after_three_frames_count_frames_from_the_context_s_start(case):
    video, golden = case
    logits = video.logits(torch.from_numpy(golden['tokens'][:, :3]))
    assert_close(logits[:, -1:], golden['logits_last_ctx3'], LOGITS)


def test_float64_logits(case, goldens, golden_checkpoint, request):
    name = request.node.callspec.params['case']
    video = load_vavim(golden_checkpoint(name), dtype=torch.float64)
    logits = video.logits(torch.from_numpy(case[1]['tokens']))[:, -1]
    assert logits.dtype == torch.float64
    assert_close(logits, case[1]['logits_full_fp64'], 1e-10)


def test_stream_after_the_first_and_the_last_layer(case):
    video, golden = case
    tokens = torch.from_numpy(golden['tokens']).flatten(1)
    after_first = []
    gpt = video.gpt
    second = gpt.blocks[1].attn.c_attn
    handle = second.register_forward_pre_hook(lambda _, inputs: after_first.append(inputs[0]))
    stream = gpt.stream(tokens)
    handle.remove()
    shape = golden['hidden_after_layer0'].shape
    normed_golden = layer_norm(torch.from_numpy(golden['hidden_after_layer0']))
    assert_close(after_first[0].reshape(shape), normed_golden.numpy(), LOGITS)
    last = layer_norm(stream).reshape(shape)
    assert_close(last, golden['hidden_after_last_layer_lnf'], LOGITS)


@pytest.mark.parametrize(('burn', 'future'), [(1, 2), (3, 4)])
def test_greedy_tokens(case, burn, future):
    video, golden = case
    made = video.generate(torch.from_numpy(golden['tokens'][:, :burn]), future)
    window = video.config.nb_timesteps
    parity = min(future, window - burn)  # beyond, the reference drops the newest frame: see below
    reference = golden[f'greedy_burn{burn}_future{future}']
    np.testing.assert_array_equal(made[:, :parity], reference[:, :parity])


@pytest.mark.parametrize('case', ['vavim_a'], indirect=True)  # the other sees five frames
def test_greedy_tokens_equal_the_reference_until_the_window_is_full(case):
    video, golden = case
    made = video.generate(torch.from_numpy(golden['tokens'][:, :6]), 4)
    reference = golden['greedy_burn6_future4']
    np.testing.assert_array_equal(made[:, :2], reference[:, :2])


def test_with_a_full_window_the_newest_frame_counts_unlike_in_the_reference(case):
    video, golden = case
    tokens = torch.from_numpy(golden['tokens'])
    changed = tokens.clone()
    drawn = torch.Generator().manual_seed(0)  # a few tokens of a random greedy model move
    changed[:, -1] = torch.randint(0, 65, changed[:, -1].shape, generator=drawn)
    made = video.generate(tokens, 1)
    assert not torch.equal(made, video.generate(changed, 1))
    newest = video.generate(tokens[:, 1:], 1)
    assert torch.equal(made, newest), 'the oldest frame gives way, and nothing else'
    reference = golden[f'greedy_burn{tokens.shape[1]}_future3'][:, :1]
    first = video.generate(tokens[:, :-1], 1)
    np.testing.assert_array_equal(first, reference)  # it had dropped the newest


@pytest.mark.parametrize(('temperature', 'top_k'), [(1.0, 5), (0.7, 8), (1.0, 65)])
def test_seeded_tokens(case, temperature, top_k):
    video, golden = case
    start = torch.from_numpy(golden['tokens'][:, :3])
    torch.manual_seed(1234)
    made = video.generate(start, 2, temperature, top_k)
    expected = golden[f'sample_t{temperature}_k{top_k}_seed1234_burn3_future2']
    np.testing.assert_array_equal(made, expected)
    own = torch.Generator().manual_seed(1234)
    np.testing.assert_array_equal(
        video.generate(start, 2, temperature, top_k, generator=own), expected
    )


def test_probabilities_of_the_first_draw(case):
    video, golden = case
    logits = video.logits(torch.from_numpy(golden['tokens'][:, :3]))[:, -1]
    probabilities, tokens = top_probabilities(logits, 0.7, 8)
    np.testing.assert_array_equal(tokens, golden['first_draw_t07_k8_tokens'])
    assert_close(probabilities, golden['first_draw_t07_k8_probs'], 1e-6)


def test_multiplier_comes_from_the_file(case):
    video, golden = case
    assert video.config.width_mult == golden['width_mult']
    assert video.config.width_mult != 1


def test_without_the_multiplier_the_logits_are_wrong(case):
    video, golden = case
    tokens = torch.from_numpy(golden['tokens'])
    with torch.inference_mode():
        wrong = video.logits(tokens) * video.config.width_mult
    assert np.abs(wrong.numpy() - golden['logits_full']).max() > 1000 * LOGITS


def test_logits_on_the_real_grid(grid):
    video, golden = grid
    logits = video.logits(torch.from_numpy(golden['tokens']))
    assert_close(logits[:, golden['logit_rows']], golden['logits_at_rows'], LOGITS)
    assert_close(logits.mean(-1), golden['logits_mean'], LOGITS)
    assert_close(logits.max(-1).values, golden['logits_max'], LOGITS)
    np.testing.assert_array_equal(logits.argmax(-1), golden['logits_argmax'])
    assert_close(logits[:, -1:], golden['logits_last'], LOGITS)


def test_greedy_tokens_on_the_real_grid(grid):
    video, golden = grid
    made = video.generate(torch.from_numpy(golden['tokens'][:, :6]), 1)
    np.testing.assert_array_equal(made.flatten(1)[:, :40], golden['greedy_ctx6_first40'])


@pytest.mark.parametrize(
    ('tokens', 'said'),
    [
        (torch.zeros(1, 9, 4, 6, dtype=torch.int64), 'at most'),
        (torch.zeros(1, 2, 6, 6, dtype=torch.int64), '6 x 6 = 36 tokens'),
        (torch.zeros(2, 4, 6, dtype=torch.int64), r'expected integers \[B, T, h, w\]'),
        (torch.zeros(1, 2, 4, 6), 'expected integers'),
        (torch.full((1, 2, 4, 6), 65), 'vocabulary has 0 to 64'),
        (torch.full((1, 2, 4, 6), -1), 'go from -1'),
        (torch.zeros(1, 0, 4, 6, dtype=torch.int64), 'expected integers'),
    ],
)
def test_unusable_tokens_are_refused(case, tokens, said):
    with pytest.raises(InputError, match=said):
        case[0].logits(tokens)


@pytest.mark.parametrize('arguments', [{'frames': 0}, {'top_k': 0}, {'temperature': 0.0}])
def test_unusable_sampling_is_refused(case, arguments):
    video, golden = case
    with pytest.raises(InputError, match='is 0'):
        video.generate(torch.from_numpy(golden['tokens']), **{'frames': 1, **arguments})


def test_a_vavam_file_serves_as_video_model(goldens, golden_checkpoint):
    golden = np.load(goldens / 'vavam_a.npz')
    video = load_vavim(golden_checkpoint('vavam_a'))
    assert_close(
        video.logits(torch.from_numpy(golden['tokens'])), golden['joint_visual_logits'], LOGITS
    )
