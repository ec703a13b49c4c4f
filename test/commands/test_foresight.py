"""What the video model predicts, on small drives and a small model."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from mini_model import mini_preset, write_model
from PIL import Image
from recorded_drives import SIZE, drive, folder_of_drives

from vavam_ros.__main__ import main
from vavam_ros.commands.drive_recording import UNDISTURBED, DriveJob
from vavam_ros.commands.foresight_drives import (
    Moment,
    SeenDrive,
    car_ahead_m,
    moments_of,
    seen_drive,
)
from vavam_ros.commands.foresight_model import load_foreseer
from vavam_ros.commands.foresight_picture import typical
from vavam_ros.commands.foresight_scores import (
    Seen,
    own_statistics,
    picture_scores,
    token_losses,
    tokenized,
)
from vavam_ros.commands.frame_prediction import (
    COPY,
    COPY_OF_TOKENS,
    PREDICTED,
    TOKENIZER,
    Choice,
    PictureScores,
)
from vavam_ros.errors import InputError
from vavam_ros.evaluation.picture_quality import psnr_db
from vavam_ros.geometry.pose import Pose2
from vavam_ros.model.context import VideoContext
from vavam_ros.simulation.scene import CAR, PEDESTRIAN, Actor, Scene
from vavam_ros.simulation.world import WorldSettings

ROWS, COLUMNS = SIZE[0] // 16, SIZE[1] // 16


@pytest.fixture(scope='module')
def files(tmp_path_factory) -> dict[str, str]:
    preset = mini_preset()
    video = replace(preset.video, nb_tokens_per_timestep=ROWS * COLUMNS, grid=(ROWS, COLUMNS))
    return write_model(replace(preset, video=video), tmp_path_factory.mktemp('model'))


@pytest.fixture(scope='module')
def foreseer(files):
    return load_foreseer(**files, device='cpu')


@pytest.fixture(scope='module')
def drives(tmp_path_factory) -> Path:
    return folder_of_drives(tmp_path_factory.mktemp('data') / 'drives', drives=2, frames=12)


@pytest.fixture(scope='module')
def seen(foreseer) -> Seen:
    shown = [SeenDrive(f'drive {seed}', drive(11, seed), None) for seed in (0, 1)]
    return Seen(tuple(shown), tokenized(shown, foreseer), moments_of(shown, 7, 2, 1))


def foresight(files, *options):
    named = [text for name, file in files.items() for text in (f'--{name}', file)]
    return main(['foresight', *named, *map(str, options)])


def test_a_folder_of_drives_gives_figures_and_a_picture_the_same_each_time(
    files, drives, tmp_path, capsys
):
    options = ('--data', drives, '--frames', 2, '--every', 1, '--top-k', 5)
    outputs = [(tmp_path / f'{name}.json', tmp_path / f'{name}.png') for name in 'ab']
    for figures, picture in outputs:
        assert foresight(files, *options, '--json', figures, '--picture', picture) == 0
    said = capsys.readouterr().out
    assert 'NOT HELD OUT: training may have seen town-0, town-1' in said
    assert 'RANDOM WEIGHTS' in said
    found = json.loads(outputs[0][0].read_text())
    assert found == json.loads(outputs[1][0].read_text())
    assert found['pictures']['all']['windows'] == 4  # two in each drive
    pictures = drive(12, 0).frames, drive(12, 1).frames
    copied = [psnr_db(p[at], p[at + 2]) for p in pictures for at in (6, 8)]
    assert found['pictures']['all']['psnr_db']['copy'][1]['mean'] == pytest.approx(np.mean(copied))
    shown = [Image.open(picture) for _, picture in outputs]
    assert shown[0].size[0] > 3 * 256
    assert shown[0].tobytes() == shown[1].tobytes()


def test_baselines_know_the_training_tokens_where_these_are_given(files, drives, tmp_path, capsys):
    tokens, figures = tmp_path / 'tokens', tmp_path / 'out.json'
    tokenizer = ('--tokenizer', files['tokenizer'])
    assert main(['tokenize', str(drives), str(tokens), *tokenizer]) == 0
    options = ('--data', drives, '--frames', 1, '--every', 9, '--json', figures)
    found = []
    for given in ((), ('--tokens', tokens)):
        assert foresight(files, *options, *given) == 0
        found.append(json.loads(figures.read_text()))
    known = [one['baselines_counted_in'] for one in found]
    assert known == ['the judged frames themselves', 'training tokens']
    itself, training = (one['next_token_nats']['frames_after_the_first'] for one in found)
    assert training['model'] == itself['model']
    assert training['unigram']['mean'] > itself['unigram']['mean']
    others = write_model(mini_preset(), tmp_path)
    assert foresight(others, *options, '--tokens', tokens) == 2
    assert 'frames of 2x3 tokens, where the model has 24' in capsys.readouterr().err


def test_a_prediction_that_comes_true_is_as_good_as_tokens_can_be(seen, foreseer):
    real = seen.windows(0, 2)
    scores = picture_scores(seen, foreseer, real)
    for table in (scores.psnr_db, scores.ssim):
        np.testing.assert_array_equal(table[PREDICTED], table[TOKENIZER])
    unchanged = np.repeat(seen.windows(1), 2, axis=1)
    scores = picture_scores(seen, foreseer, unchanged)
    np.testing.assert_array_equal(scores.psnr_db[PREDICTED], scores.psnr_db[COPY_OF_TOKENS])
    assert (scores.psnr_db[COPY] != scores.psnr_db[COPY_OF_TOKENS]).all()


def test_losses_are_of_the_first_frame_to_predict_and_those_before_it(seen, foreseer):
    losses = token_losses(seen, foreseer, own_statistics(seen, foreseer))
    windows = seen.windows(7, 1)
    assert losses.model.shape == losses.copy.shape == (len(seen.moments), 8)
    context = VideoContext(foreseer.video.gpt, batch=len(windows))
    context.hold(windows.reshape(len(windows), 8, -1))
    surprise = context.newest_frame_surprise().numpy()
    np.testing.assert_allclose(losses.model[:, -1], surprise, rtol=1e-5)
    same = (windows[:, -1] == windows[:, -2]).mean(axis=(1, 2))
    np.testing.assert_allclose(losses.kept[:, -1], same)


def test_predictions_see_the_frames_asked_for_and_no_more(seen, foreseer):
    window = seen.windows(3)
    greedy = foreseer.predicted(window, 2, Choice())
    alone = foreseer.video.generate(torch.from_numpy(window[:1]), 2, codebook_size=64)
    np.testing.assert_array_equal(greedy[:1], alone.numpy())
    drawn = [foreseer.predicted(window, 2, Choice(top_k=9, seed=seed)) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert (drawn[0] != drawn[2]).any()


def test_tokens_without_a_picture_are_never_predicted(seen, foreseer):
    tokens = torch.from_numpy(seen.windows(2))
    made = foreseer.video.generate(tokens, 1, top_k=64, codebook_size=3)
    assert int(made.max()) < 3


@pytest.mark.parametrize(
    ('yaw_step_rad', 'speed_mps', 'kind'),
    [(0.0, 4.0, 'straight'), (0.1, 4.0, 'turning'), (-0.1, 4.0, 'turning'), (0, 0, 'standing')],
)
def test_moments_are_told_apart_by_how_the_vehicle_goes_on(yaw_step_rad, speed_mps, kind):
    whole = drive(11)
    yaws = 3.0 + yaw_step_rad * np.arange(11)  # past the half turn
    steps = 0.5 * speed_mps * np.stack([np.cos(yaws), np.sin(yaws)], axis=1)
    poses = np.column_stack([steps.cumsum(axis=0), np.remainder(yaws + np.pi, 2 * np.pi) - np.pi])
    moments = moments_of([SeenDrive('one', replace(whole, poses=poses), None)], 7, 4, 1)
    assert [(one.frame, one.kind) for one in moments] == [(6, kind)]


def test_no_moment_reaches_across_a_gap():
    with_gap = SeenDrive('one', drive(24, gap_at=12), None)
    assert [one.frame for one in moments_of([with_gap], 7, 4, 1)] == [6, 7, 18, 19]
    with pytest.raises(InputError, match=r'no drive has 13 frames in a row \(6.5 s\)'):
        moments_of([with_gap], 7, 6, 1)


def test_the_car_ahead_is_the_nearest_one_in_front():
    def at(x_m, y_m, kind=CAR):
        return Actor(0, kind, x_m, y_m, 0.0, 0.0, 4.0, 2.0, 1.5, (0.5, 0.5, 0.5))

    behind, aside, walker = at(0, -9), at(9, 3), at(0, 5, PEDESTRIAN)
    facing_y = Pose2(0.0, 0.0, math.pi / 2)
    scene = Scene(0.0, facing_y, (behind, aside, walker, at(1, 20), at(0, 12)), ())
    assert car_ahead_m(scene) == pytest.approx(12)
    assert car_ahead_m(replace(scene, actors=(behind, aside, walker))) == math.inf


def test_what_is_shown_is_the_median_of_its_kind():
    moments = [Moment(0, at, 'straight', math.inf) for at in range(3)]
    moments += [Moment(0, 3, 'turning', 12.0), Moment(0, 4, 'standing', 12.0)]
    quality = np.array([[20.0], [30.0], [25.0], [10.0], [50.0]])
    found = typical(moments, PictureScores({PREDICTED: quality}, {}))
    assert [(one.row, one.what) for one in found] == [
        (2, 'along the road'),
        (3, 'turning'),
        (3, 'a car ahead'),
    ]


def test_a_town_is_driven_without_disturbance_and_cars_are_noted():
    pytest.importorskip('panda3d')
    job = DriveJob(Path(), 9003, 4.0, WorldSettings(), UNDISTURBED, (ROWS, COLUMNS))
    seen = seen_drive(job)
    assert seen.drive.frames[7].shape == (*SIZE, 3)
    assert seen.car_ahead_m.shape == (8,)
    assert seen.held_out
    assert (np.diff(seen.drive.stamps_ns) == 500_000_000).all()


@pytest.mark.parametrize(
    ('options', 'said'),
    [
        (['--context', 8], '--context is 8: this model predicts from 1 to 7 frames'),
        (['--frames', 0], '--frames is 0: choose 1 to 16'),
        (['--every', 0], '--every is 0: choose 0.5 to 3600 s'),
        (['--seeds', 12000], 'there is no town of seed 12000'),
        (['--data', 'nowhere'], 'there is no folder nowhere'),
        (['--weights', 'none.pt'], '--weights: there is no none.pt'),
        (['--picture', 'none/out.png'], 'there is no folder none'),
    ],
)
def test_what_cannot_be_is_said_first(files, options, said, capsys):
    assert foresight(files, *options) == 2
    assert said in capsys.readouterr().err


def test_another_tokenizer_and_other_pictures_are_refused(files, drives, tmp_path, capsys):
    others = write_model(mini_preset(), tmp_path)
    assert foresight({**files, 'tokenizer': files['weights']}) == 2
    assert 'expected a tokenizer' in capsys.readouterr().err
    assert foresight(others, '--data', drives) == 2
    assert 'the pictures of town-0 are 48x32, the model sees 96x64' in capsys.readouterr().err
