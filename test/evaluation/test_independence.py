import numpy as np
import pytest

from vavam_ros.evaluation.independence import independent
from vavam_ros.records import NS_PER_S


def seconds(values):
    return np.round(np.asarray(values) * NS_PER_S).astype(np.int64)


def test_five_sequences_are_the_groups_themselves():
    found = independent(np.array([3, 3, 9, 1, 4, 5]), seconds(np.arange(6)))
    assert (found.kind, found.count) == ('sequences', 5)
    assert found.groups[0] == found.groups[1]


def test_a_short_sequence_is_cut_into_blocks_of_three_seconds_or_a_little_more():
    stamps = np.arange(0.0, 13.0, 0.1)
    found = independent(np.zeros(130, np.int64), seconds(stamps))
    assert (found.kind, found.count) == ('blocks of 3 s', 4)
    for group in range(4):
        assert 3.0 <= np.ptp(stamps[found.groups == group]) + 0.1 < 4.0
    assert (np.diff(found.groups) >= 0).all()


def test_the_blocks_of_a_long_sequence_are_longer_but_never_over_ten_seconds():
    stamps = seconds(np.arange(0, 71, 0.5))
    assert independent(np.zeros(142, np.int64), stamps).kind == 'blocks of 7.05 s'
    stamps = seconds(np.arange(0, 601, 0.5))
    found = independent(np.zeros(1202, np.int64), stamps)
    assert (found.kind, found.count) == ('blocks of 10 s', 60)


def test_blocks_never_join_two_sequences_and_a_tiny_one_is_one_block():
    sequences = np.repeat([0, 1], [2, 31])
    stamps = np.concatenate([np.arange(2), np.arange(31)])
    found = independent(sequences, seconds(stamps))
    assert found.count == 1 + 9
    assert not set(found.groups[:2]) & set(found.groups[2:])


def test_less_than_two_blocks_are_one_group():
    found = independent(np.zeros(11, np.int64), seconds(np.arange(11) / 2))
    assert found.count == 1


def test_no_window_has_no_group():
    assert independent(np.zeros(0, np.int64), np.zeros(0, np.int64)).count == 0


def test_lengths_must_agree():
    with pytest.raises(ValueError, match='2 sequence numbers for 3'):
        independent(np.zeros(2, np.int64), np.zeros(3, np.int64))
