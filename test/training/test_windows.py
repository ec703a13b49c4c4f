import dataclasses

import numpy as np
import pytest
from recorded_drives import HALF_S, drive

from vavam_ros.errors import InputError
from vavam_ros.training.segments import segment_starts, window_starts
from vavam_ros.training.shards import SUFFIX, ShardOrigin, TokenShard, read_shard, write_shard
from vavam_ros.training.windows import TokenWindows, open_token_data


def shard(name='a', frames=12, gap_at=None, tokenizer='t1', commands=None) -> TokenShard:
    made = drive(frames, gap_at=gap_at)
    origin = ShardOrigin(name, tokenizer, 1024, {'source': 'simulation'}, 1, 0, 'route-20m')
    tokens = np.arange(frames * 6).reshape(frames, 2, 3) % 1024
    return TokenShard(
        tokens.astype(np.uint16),
        made.stamps_ns,
        made.poses,
        made.speeds,
        made.commands if commands is None else np.asarray(commands, np.int64),
        made.targets,
        made.target_valid,
        segment_starts(made.stamps_ns),
        origin,
    )


def folder_of(folder, *shards):
    folder.mkdir(exist_ok=True)
    for one in shards:
        write_shard(folder / f'{one.origin.drive}{SUFFIX}', one)
    return folder


def test_a_shard_comes_back_as_it_was_written(tmp_path):
    made = shard()
    folder_of(tmp_path, made)
    found = read_shard(tmp_path / f'a{SUFFIX}')
    assert found.origin == made.origin
    assert found.tokens.dtype == np.uint16
    np.testing.assert_array_equal(found.tokens, made.tokens)
    np.testing.assert_array_equal(found.segment_starts, made.segment_starts)


def test_segments_begin_where_the_half_second_is_missed():
    stamps = np.array([0, 1, 2, 12, 13]) * HALF_S + np.array([0, 9, -9, 0, 5]) * 10_000_000
    assert segment_starts(stamps).tolist() == [0, 3]
    assert segment_starts(np.zeros(0, np.int64)).tolist() == []


def test_windows_never_reach_across_a_gap():
    assert window_starts(np.array([0, 10]), 19, 8).tolist() == [0, 1, 2, 10, 11]


def test_a_window_is_consecutive_frames_of_one_drive(tmp_path):
    folder = folder_of(tmp_path, *(shard(name, gap_at=10) for name in 'abc'))
    windows = TokenWindows(folder)
    assert len(windows) == 2 * 3
    sample = windows[4]
    assert sample['tokens'].tolist() == np.arange(6, 54).reshape(8, 6).tolist()
    assert sample['commands'].tolist() == [1, 2, 0, 1, 2, 0, 1, 2]
    assert sample['targets'].shape == (8, 6, 2)
    assert sample['valid'].all()


def test_drives_of_the_same_town_stay_on_one_side(tmp_path):
    folder = folder_of(tmp_path, shard('a'), shard('b'))
    again = dataclasses.replace(shard('b').origin, drive='a')
    write_shard(folder / f'round2.a{SUFFIX}', dataclasses.replace(shard('a'), origin=again))
    sides = sorted(len(TokenWindows(folder, split=one)) for one in ('train', 'validation'))
    assert sides == [5, 10]


def test_balancing_makes_commands_as_frequent_as_asked(tmp_path):
    commands = [2] * 36 + [0] * 12 + [1] * 4
    folder = folder_of(tmp_path, *(shard(name, 52, commands=commands) for name in 'abc'))

    def shares(balance):
        windows = TokenWindows(folder)
        windows.balance(balance)
        counts = np.bincount(windows.newest_commands(), minlength=3)
        return counts / counts.sum()

    np.testing.assert_allclose(shares(1), 1 / 3, atol=0.01)
    driven, half = shares(0), shares(0.5)
    np.testing.assert_allclose(half, driven**0.5 / (driven**0.5).sum(), atol=0.01)


def test_balanced_data_repeats_training_windows_only_and_is_the_same_each_time(tmp_path):
    folder = folder_of(tmp_path, *(shard(name) for name in 'abc'))
    first, second = open_token_data(folder), open_token_data(folder)
    assert first.identity == second.identity
    assert len(first.held_back) == 5
    assert len(first.training) == 4 * 10
    np.testing.assert_array_equal(first.training.places, second.training.places)
    assert (first.grid, first.codebook_size, first.frames) == ((2, 3), 1024, 8)


def test_other_tokens_are_another_identity(tmp_path):
    first = folder_of(tmp_path / 'first', *(shard(name) for name in 'abc'))
    second = folder_of(tmp_path / 'second', *(shard(name) for name in 'abc'))
    changed = shard('a')
    changed.tokens[0, 0, 0] = 7
    folder_of(second, changed)
    assert open_token_data(first).identity != open_token_data(second).identity


def test_tokens_of_two_tokenizers_are_refused(tmp_path):
    folder = folder_of(tmp_path, shard('a'), shard('b', tokenizer='t2'))
    with pytest.raises(InputError, match=r'mixes tokens .*a: tokenizer t1.*b: tokenizer t2'):
        TokenWindows(folder)


def test_drives_too_short_for_a_window_are_refused(tmp_path):
    folder = folder_of(tmp_path, shard('a', 7), shard('b', 7))
    with pytest.raises(InputError, match='8 frames in a row'):
        TokenWindows(folder)


def test_a_token_beyond_the_codebook_is_refused():
    made = shard()
    made.tokens[3, 1, 2] = 1024
    with pytest.raises(InputError, match='token 1024 is beyond a codebook of 1024'):
        dataclasses.replace(made)
