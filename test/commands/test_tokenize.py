import json
import re

import numpy as np
import pytest
import torch
from recorded_drives import folder_of_drives, pictures

from vavam_ros.__main__ import main
from vavam_ros.bags.writer import BagWriter
from vavam_ros.model.checkpoint import write_checkpoint
from vavam_ros.model.config import TokenizerConfig
from vavam_ros.model.vq_loading import load_tokenizer
from vavam_ros.perception.tokenizer import FrameTokenizer
from vavam_ros.records import CameraFrame, EgoState
from vavam_ros.training.drives import drive_files, drive_name, read_drive
from vavam_ros.training.shards import SUFFIX, read_shard
from vavam_ros.training.tokenizer_stage import PictureCoding, TokenizerStage, fresh_model

SMALL = TokenizerConfig(8, (1, 1, 1, 1, 2), 1, 8, codebook_size=24, codebook_dim=4)
GRID = ['--grid', '2x3']
HALF_S = 500_000_000
START_NS = 1_000 * 2 * HALF_S


def save_tokenizer(path, seed):
    stage = TokenizerStage(SMALL, PictureCoding(fresh_model(SMALL, seed)), [], [], {})
    write_checkpoint(stage.checkpoint({'trained': False}), path)
    return path


@pytest.fixture(scope='module')
def tokenizer(tmp_path_factory):
    return save_tokenizer(tmp_path_factory.mktemp('tokenizer') / 'tokenizer.safetensors', 0)


@pytest.fixture(scope='module')
def drives(tmp_path_factory):
    return folder_of_drives(tmp_path_factory.mktemp('source') / 'drives')


def tokenize(*sources, out, tokenizer, options=()):
    return main(
        ['tokenize', *map(str, sources), str(out), '--tokenizer', str(tokenizer), *options]
    )


def single(tokenizer) -> FrameTokenizer:
    loaded = load_tokenizer(tokenizer)
    return FrameTokenizer(loaded.codec, 'cpu', torch.float32, loaded.identity)


def make_bag(path, frames=16, child='base_link', poses=True, hole_s=None, ahead_m=0.0):
    """Images at 2 Hz and odometry at 20 Hz of a straight drive at 4 m/s."""
    with BagWriter(path) as bag:
        for step in range(10 * (frames - 1) + 1):
            stamp_ns = START_NS + step * HALF_S // 10
            if poses and not (hole_s and hole_s[0] < step / 20 < hole_s[1]):
                ego = EgoState(stamp_ns, 0.2 * step + ahead_m, 0.0, 0.0, 4.0)
                bag.write_odometry('/odom', ego, 'odom', child)
            if step % 10 == 0:
                image = pictures(frames)[step // 10]
                bag.write_image('/camera', CameraFrame(stamp_ns, 'camera', image))
    return path


def test_drives_become_the_tokens_that_the_planner_would_see(drives, tokenizer, tmp_path, capsys):
    assert tokenize(drives, out=tmp_path, tokenizer=tokenizer) == 0
    assert '3 drives, 36 frames, 15 windows' in capsys.readouterr().out
    reference = single(tokenizer)
    for path in drive_files(drives):
        drive = read_drive(path)
        shard = read_shard(tmp_path / f'drives.{drive_name(path)}{SUFFIX}')
        expected = [reference.encode(frame) for frame in drive.frames]
        np.testing.assert_array_equal(shard.tokens, expected)
        np.testing.assert_array_equal(shard.targets, drive.targets)
        assert shard.origin.drive == drive_name(path)
        assert shard.origin.command_rule == 'route-20m'


def test_the_manifest_counts_and_names_what_is_there(drives, tokenizer, tmp_path):
    tokenize(drives, out=tmp_path, tokenizer=tokenizer)
    manifest = json.loads((tmp_path / 'manifest.json').read_text())
    assert manifest['tokenizer_identity'] == single(tokenizer).identity
    assert manifest['seeds'] == [0, 1, 2]
    assert manifest['frames'] == 36
    assert manifest['commands'] == {'right': 12, 'left': 12, 'straight': 12}
    assert {len(entry['sha256']) for entry in manifest['files']} == {64}


def test_what_is_there_is_kept(drives, tokenizer, tmp_path, capsys):
    tokenize(drives, out=tmp_path, tokenizer=tokenizer)
    kept, lost = sorted(tmp_path.glob(f'*{SUFFIX}'))[:2]
    before = kept.stat().st_mtime_ns
    lost.unlink()
    capsys.readouterr()
    assert tokenize(drives, out=tmp_path, tokenizer=tokenizer) == 0
    assert '1 drives to tokenize, 2 there' in capsys.readouterr().out
    assert kept.stat().st_mtime_ns == before
    assert lost.exists()


def test_tokens_of_another_tokenizer_are_not_mixed_in(drives, tokenizer, tmp_path, capsys):
    out = tmp_path / 'tokens'
    tokenize(drives, out=out, tokenizer=tokenizer)
    other = save_tokenizer(tmp_path / 'other.safetensors', 1)
    assert tokenize(drives, out=out, tokenizer=other) == 2
    assert 'tokens of different tokenizers cannot be mixed' in capsys.readouterr().err


def test_a_bag_becomes_frames_at_2_hz_with_the_way_driven(tokenizer, tmp_path):
    bag = make_bag(tmp_path / 'town_bag')
    assert tokenize(bag, out=tmp_path / 'out', tokenizer=tokenizer, options=GRID) == 0
    shard = read_shard(tmp_path / 'out' / f'town_bag{SUFFIX}')
    assert len(shard) == 16
    assert shard.segment_starts.tolist() == [0]
    assert shard.target_valid.tolist() == [True] * 10 + [False] * 6
    ahead = np.stack([2.0 * np.arange(1, 7), np.zeros(6)], axis=1)
    np.testing.assert_allclose(shard.targets[3], ahead, atol=1e-5)
    np.testing.assert_allclose(shard.poses[:, 0], 2.0 * np.arange(16), atol=1e-6)
    assert shard.commands.tolist() == [2] * 16
    reference = single(tokenizer)
    expected = [reference.encode(image) for image in pictures(16)]
    np.testing.assert_array_equal(shard.tokens, expected)


def test_the_actors_centre_is_moved_to_the_rear_axle(tokenizer, tmp_path):
    bag = make_bag(tmp_path / 'carla', child='ego_vehicle', ahead_m=1.4)
    options = [*GRID, '--centre-to-rear-axle', '1.4']
    assert tokenize(bag, out=tmp_path / 'out', tokenizer=tokenizer, options=options) == 0
    shard = read_shard(tmp_path / 'out' / f'carla{SUFFIX}')
    np.testing.assert_allclose(shard.poses[:, 0], 2.0 * np.arange(16), atol=1e-6)


def test_a_hole_in_the_odometry_has_no_frames_and_no_targets_across(tokenizer, tmp_path):
    bag = make_bag(tmp_path / 'bag', frames=28, hole_s=(4.8, 5.2))
    assert tokenize(bag, out=tmp_path / 'out', tokenizer=tokenizer, options=GRID) == 0
    shard = read_shard(tmp_path / 'out' / f'bag{SUFFIX}')
    assert len(shard) == 27
    assert shard.segment_starts.tolist() == [0, 10]
    assert shard.target_valid.tolist() == [True] * 4 + [False] * 6 + [True] * 11 + [False] * 6


@pytest.mark.parametrize(
    ('bag', 'said'),
    [
        ({'frames': 12}, r'too short: 5\.5 s, where 8 frames at 2 Hz and 3 s after them take 6'),
        ({'poses': False}, 'has no poses'),
        ({'hole_s': (0.4, 9)}, 'no frame of a whole window|gaps everywhere|no image has a pose'),
    ],
)
def test_a_bag_that_nothing_can_be_learned_from_is_refused(bag, said, tokenizer, tmp_path, capsys):
    path = make_bag(tmp_path / 'bag', **bag)
    assert tokenize(path, out=tmp_path / 'out', tokenizer=tokenizer, options=GRID) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert str(path) in line
    assert re.search(said, line)


def test_a_source_that_is_not_there_is_named(tokenizer, tmp_path, capsys):
    missing = tmp_path / 'nowhere'
    assert tokenize(missing, out=tmp_path / 'out', tokenizer=tokenizer) == 2
    assert f'{missing} is not there' in capsys.readouterr().err
