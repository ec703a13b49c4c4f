"""The pilot: frames and a command in, exact plans out, whatever was prepared in between."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from vavam_ros.driving.foresight import Foresight
from vavam_ros.driving.noise import flow_noise
from vavam_ros.driving.pilot import Pilot
from vavam_ros.driving.planning import medoid, spread
from vavam_ros.driving.settings import PilotSettings
from vavam_ros.errors import InputError
from vavam_ros.model.action_expert import ActionExpert
from vavam_ros.model.config import ActionConfig, VideoConfig
from vavam_ros.model.vavam import VaVAM
from vavam_ros.model.vavim import VaViM
from vavam_ros.model.video_gpt import VideoGPT
from vavam_ros.perception.virtual_camera import VirtualCamera
from vavam_ros.records import NS_PER_S, CameraCalibration, CameraFrame, DriveCommand

STEP_NS = NS_PER_S // 2
SETTINGS = PilotSettings(context_frames=4, samples=3, future_frames=2)


class CountingTokenizer:
    """2 x 3 tokens: each is the mean grey of its part of the image."""

    codebook_size = 40
    identity = 'counting'

    def __init__(self) -> None:
        self.encoded = 0

    def encode(self, image):
        self.encoded += 1
        parts = image.reshape(2, 16, 3, 16, 3).mean(axis=(1, 3, 4))
        return (parts * 39 / 255).astype(np.int32)

    def decode(self, tokens, interrupted=None):
        if interrupted is not None and interrupted():
            return None
        grey = (tokens * 255 / 39).astype(np.uint8)
        return np.repeat(grey.repeat(16, 0).repeat(16, 1)[..., None], 3, axis=2)


@pytest.fixture(scope='module')
def planner() -> VaVAM:
    torch.manual_seed(3)
    video = VideoConfig(32, 16, 8, 3, 41, 4, 6)
    planner = VaVAM(VaViM(VideoGPT(video)), ActionExpert(ActionConfig(8, 4, 32, 8, 3)))
    for module in (planner.video.gpt, planner.expert):
        for weights in module.parameters():
            torch.nn.init.normal_(weights, std=weights.shape[-1] ** -0.5)
    return planner


def pilot(planner, **changes) -> Pilot:
    settings = dataclasses.replace(SETTINGS, **changes)
    return Pilot(planner, CountingTokenizer(), VirtualCamera(32, 48), settings)


def drive(frames: int, step_ns: int = STEP_NS, seed: int = 0) -> list[CameraFrame]:
    images = np.random.default_rng(seed).integers(0, 256, (frames, 32, 48, 3), np.uint8)
    return [CameraFrame(i * step_ns, 'front', image) for i, image in enumerate(images)]


def test_each_kept_frame_is_tokenised_once_and_others_never(planner):
    ours = pilot(planner)
    plans = [ours.observe(frame, DriveCommand.LEFT) for frame in drive(21, NS_PER_S // 10)]
    assert [plan is not None for plan in plans] == [i % 5 == 0 for i in range(21)]
    assert ours.tokenizer.encoded == 5
    assert [plan.context_frames for plan in plans if plan] == [1, 2, 3, 4, 4]


def test_preparing_ahead_changes_no_plan(planner):
    plain, ahead = pilot(planner), pilot(planner)
    for frame in drive(7):
        expected = plain.observe(frame, DriveCommand.RIGHT)
        ours = ahead.observe(frame, DriveCommand.RIGHT)
        np.testing.assert_allclose(ours.samples_in_rig, expected.samples_in_rig, atol=7e-4)
        ahead.surprise()
        assert ahead.prepare()


def test_after_preparing_only_the_new_frame_is_computed(planner, monkeypatch):
    ours = pilot(planner)
    computed = []
    embed = planner.video.gpt.embed
    for frame in drive(7):
        with monkeypatch.context() as patch:
            patch.setattr(
                planner.video.gpt, 'embed', lambda t, p: computed.append(t.shape[1]) or embed(t, p)
            )
            ours.observe(frame, DriveCommand.RIGHT)
        ours.prepare()
    assert computed == [6] * 7


def test_a_plan_equals_the_model_s_own_api(planner):
    ours = pilot(planner)
    *_, plan = (ours.observe(frame, DriveCommand.LEFT) for frame in drive(6))
    tokens = torch.from_numpy(ours.window().tokens)[None]
    noise = torch.from_numpy(flow_noise(SETTINGS, plan.stamp_ns, 6, 2))[None]
    expected = planner.plan(tokens, torch.tensor([DriveCommand.LEFT]), noise)[0].numpy()
    np.testing.assert_allclose(plan.samples_in_rig, expected, atol=7e-4)
    assert any(np.array_equal(plan.waypoints_in_rig, each) for each in plan.samples_in_rig)
    assert plan.stamp_ns == 5 * STEP_NS


def test_what_ifs_are_the_plans_for_the_other_commands(planner):
    frames = drive(3)
    asked = pilot(planner)
    *_, plan = (asked.observe(frame, DriveCommand.STRAIGHT, what_ifs=True) for frame in frames)
    assert set(plan.what_ifs_in_rig) == {DriveCommand.LEFT, DriveCommand.RIGHT}
    for command, samples in plan.what_ifs_in_rig.items():
        direct = pilot(planner)
        *_, expected = (direct.observe(frame, command) for frame in frames)
        np.testing.assert_allclose(samples, expected.samples_in_rig, atol=7e-4)


def test_a_calibrated_frame_is_seen_as_the_training_camera_would(planner):
    """The tokenizer's picture is the view; a new calibration starts the context anew."""
    ours, shown = pilot(planner), []
    encode = ours.tokenizer.encode
    ours.tokenizer.encode = lambda image: shown.append(image) or encode(image)
    wide, narrow, own = (calibration(focal_px) for focal_px in (30.0, 60.0, 45.0))
    assert ours.camera.is_training_camera(own)
    frames = drive(6)
    for frame, seen_with in zip(frames, (wide, wide, narrow, None, own, None), strict=True):
        ours.observe(dataclasses.replace(frame, calibration=seen_with), DriveCommand.LEFT)
    for frame, seen_with, view in zip(frames, (wide, wide, narrow, None), shown, strict=False):
        np.testing.assert_array_equal(view, ours.camera.view(frame.image, seen_with))
    np.testing.assert_array_equal(shown[4], frames[4].image)
    assert len(ours.window()) == 3  # the training camera's calibration makes no difference
    assert 'camera changed' in ours.admit(10**10, 'front', calibration=wide).reset


def calibration(focal_px: float) -> CameraCalibration:
    k = (focal_px, 0.0, 23.5, 0.0, focal_px, 15.5, 0.0, 0.0, 1.0)
    return CameraCalibration('front', 48, 32, 'plumb_bob', (0.0,) * 5, k)


def test_a_calibration_that_cannot_be_used_is_refused(planner):
    frame = dataclasses.replace(drive(1)[0], calibration=calibration(0.0))
    with pytest.raises(InputError, match='is not usable: focal lengths 0'):
        pilot(planner).observe(frame, DriveCommand.LEFT)


def test_a_gap_starts_the_context_anew(planner):
    ours = pilot(planner)
    for frame in drive(3):
        ours.observe(frame, DriveCommand.LEFT)
    late = dataclasses.replace(drive(1)[0], stamp_ns=9 * STEP_NS)
    assert 'gap' in ours.admit(late.stamp_ns, 'front').reset
    again = pilot(planner)
    for frame in drive(3):
        again.observe(frame, DriveCommand.LEFT)
    assert again.observe(late, DriveCommand.LEFT).context_frames == 1


def test_forgetting_makes_a_new_drive(planner):
    ours = pilot(planner)
    frames = drive(3)
    first = [ours.observe(frame, DriveCommand.LEFT).samples_in_rig for frame in frames]
    ours.forget()
    second = [ours.observe(frame, DriveCommand.LEFT).samples_in_rig for frame in frames]
    np.testing.assert_allclose(first, second, atol=7e-4)


def test_surprise_needs_an_earlier_frame(planner):
    ours = pilot(planner)
    first, second = drive(2)
    ours.observe(first, DriveCommand.LEFT)
    assert ours.surprise() is None
    ours.observe(second, DriveCommand.LEFT)
    assert ours.surprise() > 0


def test_foresight_starts_from_the_newest_frames(planner):
    ours = pilot(planner)
    for frame in drive(6):
        ours.observe(frame, DriveCommand.LEFT)
    ours.prepare()
    predicted = list(Foresight(ours).frames())
    window = torch.from_numpy(ours.window().tokens)[None]
    assert [frame.steps_ahead for frame in predicted] == [1, 2]
    assert predicted[0].seen_ns == 5 * STEP_NS
    assert [frame.tokens.stamp_ns for frame in predicted] == [6 * STEP_NS, 7 * STEP_NS]
    for frame in predicted:
        expected = planner.video.generate(window[:, -3:], 1)[0, 0]
        if expected.max() < 40:  # the token without an image is never predicted
            np.testing.assert_array_equal(frame.tokens.tokens, expected)
        newest = torch.from_numpy(frame.tokens.tokens.astype(np.int64))[None, None]
        window = torch.cat([window, newest], dim=1)
    assert predicted[0].image.shape == (32, 48, 3)


def test_foresight_leaves_what_was_prepared(planner):
    ours = pilot(planner)
    for frame in drive(5):
        ours.observe(frame, DriveCommand.LEFT)
    ours.prepare()
    prepared = ours.context.frames
    list(Foresight(ours).frames())
    assert ours.context.frames == prepared == 3


def test_foresight_gives_way(planner):
    ours = pilot(planner)
    ours.observe(drive(1)[0], DriveCommand.LEFT)
    ours.prepare()
    assert list(Foresight(ours).frames(interrupted=lambda: True)) == []


def test_foresight_gives_way_while_it_decodes_too(planner):
    """Asked before each token but the first, and then by the decoder."""
    ours = pilot(planner)
    ours.observe(drive(1)[0], DriveCommand.LEFT)
    ours.prepare()
    answers = iter([False] * 5)
    assert list(Foresight(ours).frames(interrupted=lambda: next(answers, True))) == []
    answers = iter([False] * 6)
    assert len(list(Foresight(ours).frames(interrupted=lambda: next(answers, True)))) == 1


def test_noise_comes_from_seed_and_stamp():
    one = flow_noise(SETTINGS, 5, 6, 2)
    assert one.shape == (3, 6, 2)
    np.testing.assert_array_equal(one, flow_noise(SETTINGS, 5, 6, 2))
    more = flow_noise(dataclasses.replace(SETTINGS, samples=5), 5, 6, 2)
    np.testing.assert_array_equal(one, more[:3])
    assert not np.array_equal(one, flow_noise(SETTINGS, 6, 6, 2))
    assert not np.array_equal(one, flow_noise(dataclasses.replace(SETTINGS, seed=1), 5, 6, 2))
    np.testing.assert_allclose(one[0, 0], [-1.15585, -0.974149], rtol=1e-5)


def test_persistent_noise_is_the_same_for_the_whole_drive():
    settings = dataclasses.replace(SETTINGS, noise='persistent')
    np.testing.assert_array_equal(flow_noise(settings, 5, 6, 2), flow_noise(settings, 6, 6, 2))


def test_the_chosen_sample_is_the_one_nearest_to_all_others():
    straight = np.stack([np.arange(6), np.zeros(6)], axis=1).astype(np.float32)
    samples = np.stack([straight + [0, y] for y in (0, 1, 1.5, 9)]).astype(np.float32)
    assert medoid(samples) in (1, 2)


def test_spread_is_the_rms_distance_from_the_mean():
    samples = np.zeros((2, 3, 2), np.float32)
    samples[1, :, 0] = [0, 2, 4]
    np.testing.assert_allclose(spread(samples), [0, 1, 2])


@pytest.mark.parametrize('change', [{'samples': 0}, {'noise': 'none'}, {'dtype': 'int8'}])
def test_settings_are_checked_when_built(change):
    (name,) = change
    with pytest.raises(InputError, match=name):
        PilotSettings(**change)


def test_a_context_longer_than_the_model_s_is_refused(planner):
    with pytest.raises(InputError, match='5'):
        pilot(planner, context_frames=5)
