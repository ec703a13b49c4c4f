import numpy as np
import pytest

from vavam_ros.evaluation.breakdown import by_bend, by_command, by_speed, intervals_by_bin
from vavam_ros.records import DriveCommand


def arc(curvature_per_m, way_m=24.0):
    ways = way_m * np.arange(1, 7) / 6
    half = curvature_per_m * ways / 2
    chord = ways * np.sinc(half / np.pi)
    return np.stack([chord * np.cos(half), chord * np.sin(half)], axis=-1)


def test_commands_have_their_names():
    found = by_command(np.array([DriveCommand.STRAIGHT, DriveCommand.LEFT, DriveCommand.LEFT]))
    assert found.counts == {'left': 2, 'straight': 1, 'right': 0}
    np.testing.assert_array_equal(found.rows('left'), [False, True, True])
    with pytest.raises(ValueError, match='expected 0, 1, 2'):
        by_command(np.array([0, 3]))


def test_a_speed_on_an_edge_belongs_above_it():
    found = by_speed(np.array([0.0, 0.49, 0.5, -3.0, 5.0, 10.0, 14.99, 15.0, 40.0]))
    assert list(found.counts.values()) == [2, 2, 1, 2, 2]
    assert sum(rows.sum() for rows in map(found.rows, found.bins)) == 9


def test_bends_are_told_by_radius_to_either_side():
    truths = np.stack(
        [arc(0.0), arc(1 / 250), arc(-1 / 100), arc(1 / 30), arc(-1 / 10), np.zeros((6, 2))]
    )
    found = by_bend(truths)
    np.testing.assert_array_equal(found.places, [0, 0, 1, 2, 3, 4])
    assert found.bins[4].startswith('hardly moving')


def test_a_speed_that_is_not_known_is_refused():
    with pytest.raises(ValueError, match='speed'):
        by_speed(np.array([1.0, np.nan]))


def test_each_bin_has_its_own_mean_and_interval():
    commands = np.array([1, 1, 2, 2, 2])
    found = intervals_by_bin(
        np.array([1.0, 3.0, 5.0, 5.0, 8.0]), by_command(commands), np.array([0, 1, 0, 1, 1])
    )
    assert (found['left'].value, found['straight'].value, found['right']) == (2.0, 6.0, None)
    assert found['left'].low < 2.0 < found['left'].high
