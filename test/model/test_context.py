"""The kept keys and values change what is computed, never what comes out."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vavam_ros.model.action_expert import ActionExpert
from vavam_ros.model.config import ActionConfig, VideoConfig
from vavam_ros.model.context import TokenLoop, VideoContext
from vavam_ros.model.vavam import VaVAM
from vavam_ros.model.vavim import VaViM
from vavam_ros.model.video_gpt import VideoGPT

SAME = 1e-5


@pytest.fixture(scope='module')
def planner() -> VaVAM:
    torch.manual_seed(3)
    video = VideoConfig(32, 16, 8, 3, 41, 5, 6)
    planner = VaVAM(VaViM(VideoGPT(video)), ActionExpert(ActionConfig(8, 4, 32, 8, 3)))
    for module in (planner.video.gpt, planner.expert):
        for weights in module.parameters():
            torch.nn.init.normal_(weights, std=weights.shape[-1] ** -0.5)
    return planner


@pytest.fixture
def tokens() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 40, (1, 9, 6))


def logits(planner: VaVAM, context: VideoContext) -> np.ndarray:
    return context.logits(0, context.length).numpy()


def fresh(planner: VaVAM, tokens: np.ndarray) -> VideoContext:
    context = planner.context()
    context.hold(tokens)
    return context


def test_a_context_gives_the_plain_model_s_logits(planner, tokens):
    plain = planner.video.gpt(torch.from_numpy(tokens[:, :5]).flatten(1)).numpy()
    np.testing.assert_allclose(logits(planner, fresh(planner, tokens[:, :5])), plain, atol=SAME)


@pytest.mark.parametrize('ahead', [1, 2, 4])
def test_showing_frames_ahead_changes_nothing(planner, tokens, ahead):
    context = fresh(planner, tokens[:, :ahead])
    context.hold(tokens[:, :5])
    expected = logits(planner, fresh(planner, tokens[:, :5]))
    np.testing.assert_allclose(logits(planner, context), expected, atol=SAME)


def test_a_wrong_guess_changes_nothing(planner, tokens):
    context = fresh(planner, tokens[:, 1:5])
    guessed = tokens[:, 2:7].copy()
    guessed[0, 2, 3] += 1
    context.hold(guessed)
    context.hold(tokens[:, 2:7])
    expected = logits(planner, fresh(planner, tokens[:, 2:7]))
    np.testing.assert_allclose(logits(planner, context), expected, atol=SAME)


def test_a_shorter_window_is_held_without_computing(planner, tokens):
    context = fresh(planner, tokens[:, :5])
    assert context.hold(tokens[:, :2], interrupted=lambda: pytest.fail('nothing to compute'))
    np.testing.assert_allclose(
        logits(planner, context), logits(planner, fresh(planner, tokens[:, :2])), atol=SAME
    )


def test_only_missing_frames_are_computed(planner, tokens, monkeypatch):
    context = fresh(planner, tokens[:, :3])
    embedded = []
    embed = planner.video.gpt.embed
    monkeypatch.setattr(
        planner.video.gpt, 'embed', lambda t, p: embedded.append(t.shape[1]) or embed(t, p)
    )
    context.hold(tokens[:, :4])
    context.hold(tokens[:, :4])
    assert embedded == [6]


def test_an_interruption_keeps_the_frames_done_so_far(planner, tokens):
    context = planner.context()
    answers = iter([False, False, True])
    assert not context.hold(tokens[:, :5], interrupted=lambda: next(answers))
    assert context.frames == 2
    assert context.hold(tokens[:, :5], interrupted=lambda: False)
    expected = logits(planner, fresh(planner, tokens[:, :5]))
    np.testing.assert_allclose(logits(planner, context), expected, atol=SAME)


def test_a_plan_after_frames_shown_ahead_equals_one_from_scratch(planner, tokens):
    noise = torch.randn(1, 3, 6, 2, generator=torch.Generator().manual_seed(1))
    commands = torch.tensor([[0, 1, 2]])
    context = planner.context(samples=3)
    context.hold(tokens[:, 1:5])
    planner.sample(context, commands, noise)  # leaves actions behind the held frames
    context.hold(tokens[:, 1:6])
    scratch = planner.context(samples=3)
    scratch.hold(tokens[:, 1:6])
    np.testing.assert_allclose(
        planner.sample(context, commands, noise),
        planner.sample(scratch, commands, noise),
        atol=70 * SAME,
    )


def test_writing_a_frame_leaves_the_held_ones_alone(planner, tokens):
    context = fresh(planner, tokens[:, :4])
    made = planner.video.next_frame(context)
    assert context.frames == 4
    np.testing.assert_array_equal(planner.video.next_frame(context), made)
    context.hold(tokens[:, :5])
    expected = logits(planner, fresh(planner, tokens[:, :5]))
    np.testing.assert_allclose(logits(planner, context), expected, atol=SAME)


def test_the_token_loop_gives_the_plain_model_s_logits(planner, tokens):
    context = fresh(planner, tokens[:, :2])
    loop = TokenLoop(context)
    stepped = [loop.first_logits()]
    stepped.extend(loop.step(torch.tensor([[token]])) for token in tokens[0, 2, :-1])
    plain = planner.video.gpt(torch.from_numpy(tokens[:, :3]).flatten(1))[:, 11:17]
    np.testing.assert_allclose(torch.stack(stepped, 1), plain, atol=SAME)


def test_an_interrupted_frame_is_none(planner, tokens):
    context = fresh(planner, tokens[:, :2])
    asked = iter([False, True])
    assert planner.video.next_frame(context, interrupted=lambda: next(asked)) is None


def test_tokens_without_an_image_are_never_chosen(planner, tokens):
    context = fresh(planner, tokens[:, :2])
    made = planner.video.next_frame(context, 1.0, 41, torch.Generator(), codebook_size=3)
    assert made.max() < 3


def test_surprise_is_the_mean_loss_of_the_newest_frame(planner, tokens):
    context = fresh(planner, tokens[:, :3])
    plain = planner.video.gpt(torch.from_numpy(tokens[:, :3]).flatten(1))[0, 11:17]
    expected = torch.nn.functional.cross_entropy(plain, torch.from_numpy(tokens[0, 2]))
    assert float(context.newest_frame_surprise()) == pytest.approx(float(expected), abs=SAME)


def test_frames_as_the_window_rolls_equal_those_of_a_cut_window(planner, tokens):
    drive = torch.from_numpy(tokens[:, :5]).reshape(1, 5, 2, 3)
    made = planner.video.generate(drive, 3)
    window = drive
    for step in range(3):
        window = torch.cat([window[:, -4:], planner.video.generate(window[:, -4:], 1)], dim=1)
        assert torch.equal(window[:, -1], made[:, step])
