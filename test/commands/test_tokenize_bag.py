import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from driven_clips import driven_clip
from message_bags import SPEED_MPS, STORAGES, MessageBag, on_circle, stamps
from mini_model import COLUMNS, ROWS, write_trained_mini_model

from vavam_ros.__main__ import main
from vavam_ros.bags.reader import BagReader
from vavam_ros.bags.recording import open_recording
from vavam_ros.commands.evaluating.moments import Stride
from vavam_ros.commands.thinned_frames import thinned
from vavam_ros.model.checkpoint import read_checkpoint, write_checkpoint
from vavam_ros.records import NS_PER_S

IMAGE = '/camera/image_raw'


def named(files: dict[str, str]) -> list[str]:
    return ['--weights', files['weights'], '--tokenizer', files['tokenizer']]


@pytest.fixture(scope='module')
def model(tmp_path_factory) -> list[str]:
    return named(write_trained_mini_model(tmp_path_factory.mktemp('model')))


def a_bag(path: Path, storage: str = 'mcap', seconds: float = 8.0, rate_hz: int = 10) -> Path:
    """Images that change, poses twice as often, commands, another camera, a type of its own."""
    rng = np.random.default_rng(0)
    path.parent.mkdir(exist_ok=True)
    with MessageBag(path, storage) as bag:
        for count, (since, stamp_ns) in enumerate(stamps(seconds, 2 * rate_hz)):
            bag.odometry(stamp_ns, *on_circle(since), SPEED_MPS)
            if count % 2:
                continue
            bag.camera_info(stamp_ns, 4.0)
            coarse = rng.integers(0, 256, (4, 6, 3), np.uint8)
            bag.image(stamp_ns, np.kron(coarse, np.ones((4, 4, 1), np.uint8)))
            bag.image(stamp_ns, topic='/rear/image_raw')
            if count % 40 == 0:
                bag.string(stamp_ns, 'left' if count % 80 else 'straight')
    return bag.path


@pytest.fixture(autouse=True)
def without_pages(monkeypatch) -> None:
    """Their plots take seconds, and they have tests of their own."""
    monkeypatch.setattr('vavam_ros.commands.evaluate.write_page', lambda *_: None)


def evaluate(path: Path, out: Path, *arguments: str) -> tuple[int, bytes]:
    status = main(
        [
            'evaluate',
            str(path),
            '--out',
            str(out),
            '--samples',
            '3',
            '--seeds',
            '1',
            '--worst',
            '0',
            '--compared',
            '0',
            *arguments,
        ]
    )
    rows = out / 'results.jsonl'
    return status, rows.read_bytes() if rows.exists() else b''


@pytest.mark.parametrize('storage', STORAGES)
def test_the_results_are_the_same_without_the_images(tmp_path, model, storage, capsys):
    source = a_bag(tmp_path / 'original' / 'drive', storage)
    tokens = tmp_path / 'tokens' / 'drive'
    tokens.parent.mkdir()
    assert main(['tokenize-bag', str(source), str(tokens), '--image-topic', IMAGE, *model]) == 0
    said = capsys.readouterr().out
    assert '17 of 81 frames' in said
    assert '/rear/image_raw                      left out: other images' in said
    assert f'{17 * ROWS * COLUMNS * 2 / 8000:.2g} kB/s' in said
    asked = ['--command-topic', '/command', *model]
    status, rows = evaluate(source, tmp_path / 'a', '--image-topic', IMAGE, *asked)
    assert status == 0
    assert rows.count(b'\n') == 4
    assert evaluate(tokens, tmp_path / 'b', *asked) == (0, rows)


def test_everything_but_images_stays_as_it_was(tmp_path, model):
    source, tokens = a_bag(tmp_path / 'drive'), tmp_path / 'tokens'
    main(['tokenize-bag', str(source), str(tokens), '--image-topic', IMAGE, *model])
    with BagReader(source) as before, BagReader(tokens) as after:
        others = ['/camera/camera_info', '/command', '/odom']
        assert set(after.topics) == {*others, IMAGE, f'{IMAGE}/tokenizer'}
        old, new = (
            [
                (one.topic, one.type, one.stamp_ns, bytes(one.cdr))
                for one in reader.messages(others)
            ]
            for reader in (before, after)
        )
        assert new == old
        kinds = {after.deserialize(one).encoding for one in after.messages([IMAGE])}
        assert kinds == {'16UC1'}
        assert after.topics[f'{IMAGE}/tokenizer'].qos.latched


def test_a_clip_gives_a_bag_with_the_same_results(tmp_path, model):
    clip = driven_clip(tmp_path / 'clips' / 'drive', seconds=8.0, rate_hz=10.0)
    tokens = tmp_path / 'drive'
    assert main(['tokenize-bag', str(clip), str(tokens), *model]) == 0
    status, rows = evaluate(clip, tmp_path / 'a', *model)
    assert (status, bool(rows)) == (0, True)
    assert evaluate(tokens, tmp_path / 'b', *model) == (0, rows)


@pytest.mark.parametrize('asked', [['--stride', '0.1'], ['--all-frames']])
def test_more_frames_serve_closer_windows(tmp_path, model, asked):
    clip = driven_clip(tmp_path / 'clips' / 'drive', seconds=7.0, rate_hz=10.0)
    tokens = tmp_path / 'drive'
    assert main(['tokenize-bag', str(clip), str(tokens), *asked, *model]) == 0
    for stride in ('0.1', '1.0'):
        status, rows = evaluate(clip, tmp_path / f'a{stride}', '--stride', stride, *model)
        assert (status, bool(rows)) == (0, True)
        found = evaluate(tokens, tmp_path / f'b{stride}', '--stride', stride, *model)
        assert found == (0, rows)


@pytest.fixture(scope='module')
def token_bag(tmp_path_factory, model) -> Path:
    folder = tmp_path_factory.mktemp('tokens')
    clip = driven_clip(folder / 'clip', seconds=2.0)
    main(['tokenize-bag', str(clip), str(folder / 'drive'), *model])
    return folder / 'drive'


def test_what_the_tokens_are_of_is_known(token_bag, model):
    recording = open_recording(token_bag)
    origin = recording.token_origin
    assert (origin.source, origin.stride_s, origin.crop_top_px) == ('clip', 0.5, 0)
    assert f'tokenizer: {origin.tokenizer}' in recording.description


@pytest.mark.parametrize(
    ('asked', 'said'),
    [
        (['--stride', '0.1'], 'has only the frames for --stride 0.5, not for 0.1'),
        (['--crop-top', '3'], 'has tokens of images with crop_top_px 0, not 3'),
    ],
)
def test_what_the_tokens_cannot_give_is_refused(token_bag, model, tmp_path, capsys, asked, said):
    assert evaluate(token_bag, tmp_path / 'out', *model, *asked)[0] == 2
    assert said in capsys.readouterr().err


def test_weights_of_another_tokenizer_are_refused(token_bag, model, tmp_path, capsys):
    checkpoint = read_checkpoint(model[3])
    tensors = {name: tensor + 0.5 for name, tensor in checkpoint.tensors.items()}
    write_checkpoint(replace(checkpoint, tensors=tensors), tmp_path / 'other')
    status, _ = evaluate(
        token_bag, tmp_path / 'out', '--weights', model[1], '--tokenizer', str(tmp_path / 'other')
    )
    assert status == 2
    mine = open_recording(token_bag).token_origin.tokenizer
    assert f'has tokens of the tokenizer {mine}, the weights have ' in capsys.readouterr().err


def test_tokens_of_unknown_origin_are_taken_with_a_warning(tmp_path):
    with MessageBag(tmp_path / 'drive') as bag:
        bag.image(0, np.zeros((2, 3), '<u2'), encoding='16UC1')
        bag.odometry(0, 0.0, 0.0, 0.0, 1.0)
        bag.odometry(NS_PER_S // 2, 0.5, 0.0, 0.0, 1.0)
    [warning] = open_recording(tmp_path / 'drive').warnings
    assert 'does not say which tokenizer' in warning


@pytest.mark.parametrize(('tokens', 'said'), [
    (np.zeros((2, 3), '<u2'), f'has 2 rows of 3 tokens, the weights take {ROWS} of {COLUMNS}'),
    (np.full((ROWS, COLUMNS), 64, '<u2'), 'has the token 64, the tokenizer of the weights has 64'),
])  # fmt: skip
def test_tokens_that_do_not_fit_are_refused(tmp_path, model, capsys, tokens, said):
    with MessageBag(tmp_path / 'drive') as bag:
        for since, stamp_ns in stamps(2, 2):
            bag.odometry(stamp_ns, *on_circle(since), SPEED_MPS)
            bag.image(stamp_ns, tokens, encoding='16UC1')
    assert evaluate(tmp_path / 'drive', tmp_path / 'out', *model)[0] == 2
    assert said in capsys.readouterr().err


def test_tokens_and_steering_alone_cannot_be_tokenised(token_bag, model, tmp_path, capsys):
    assert main(['tokenize-bag', str(token_bag), str(tmp_path / 'again'), *model]) == 2
    assert 'has tokens already' in capsys.readouterr().err
    wheel = driven_clip(tmp_path / 'wheel', seconds=1.0, poses=False)
    assert main(['tokenize-bag', str(wheel), str(tmp_path / 'again'), *model]) == 2
    assert 'has no poses' in capsys.readouterr().err
    assert not (tmp_path / 'again').exists()


@pytest.mark.parametrize('rate_hz', [2.0, 4.0, 10.0, 11.0, 15.0, 29.97])
@pytest.mark.parametrize('stride_s', [0.5, 0.1, 0.25, 1.0])
def test_thinning_is_tried_out(rate_hz, stride_s):
    jitter = np.random.default_rng(0).normal(0, 0.005, 300)
    times_s = np.sort(np.arange(300) / rate_hz + jitter)
    times_s = times_s[(times_s < 10) | (times_s > 12)]  # a gap
    frames = [(round(one * NS_PER_S), 'camera') for one in times_s]
    keep = thinned(frames, Stride(stride_s), 0.12)
    if stride_s in (0.5, 1.0):
        assert keep is not None
    assert keep is None or len(keep) <= len(frames)
    if keep and rate_hz >= 10 and stride_s == 0.5:
        assert len(keep) < 0.25 * len(frames)


def test_the_origin_is_json(token_bag):
    with BagReader(token_bag) as reader:
        [message] = reader.messages([f'{IMAGE}/tokenizer'])
        assert set(json.loads(reader.deserialize(message).data)) >= {'tokenizer', 'stride_s'}
