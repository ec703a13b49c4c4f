from dataclasses import replace

import numpy as np
import pytest
from evaluated_windows import moved, nearer, windows

from vavam_ros.evaluation.change import (
    FIGURES,
    LEAST_NATS,
    Verdict,
    changes,
    is_worse,
    noise_floor,
)
from vavam_ros.evaluation.columns import columns_of


def compared(before, after, leave_out=()):
    return {
        one.figure.name: one for one in changes(columns_of(before), columns_of(after), leave_out)
    }


def worse(before, after) -> bool:
    return is_worse(list(compared(before, after).values()))


def surprised(found, nats):
    return [replace(one, frame=replace(one.frame, nats=one.frame.nats + nats)) for one in found]


def test_the_same_run_does_not_differ():
    run = windows()
    found = compared(run, run)
    assert list(found) == [one.name for one in FIGURES]
    assert {one.verdict for one in found.values()} == {Verdict.SAME}
    assert all(one.interval.value == 0 for one in found.values())


def test_another_seed_is_no_regression():
    for world in range(8):
        assert not worse(windows(5, 8, world), windows(5, 8, world, seed=1))


def test_plans_that_are_all_moved_are_a_regression_to_either_side():
    for world in range(3):
        before, after = windows(5, 20, world), windows(5, 20, world, seed=1)
        assert worse(before, moved(after, aside_m=0.3))
        assert worse(before, moved(after, aside_m=-0.3))


def test_few_drives_show_it_as_well():
    """Two drives of ten seconds, cut into blocks, and the same noise: all windows say the same."""
    for world in range(2):
        before = windows(2, 20, world)
        assert worse(before, moved(before, aside_m=0.3))


def test_plans_nearer_to_the_truth_pass():
    for world in range(3):
        before, after = windows(5, 20, world), nearer(windows(5, 20, world, seed=1))
        found = compared(before, after)
        assert not is_worse(list(found.values()))
        assert found['ade_3s_m'].verdict is Verdict.BETTER
        assert worse(after, before)


def test_a_bias_that_was_there_can_be_taken_away():
    before = moved(windows(8, 20), ahead_m=5.0)
    found = compared(before, moved(before, ahead_m=-5.0))
    assert found['ahead_m'].verdict is Verdict.BETTER
    assert not is_worse(list(found.values()))


def test_a_bias_that_chance_may_have_made_cannot():
    run = windows(4, 10)
    before = moved(run, aside_m=0.25 - compared(run, run)['aside_m'].before)
    found = compared(before, moved(before, aside_m=-0.25))
    assert abs(found['aside_m'].after) < 0.02
    assert found['aside_m'].verdict is Verdict.MOVED
    assert is_worse(list(found.values()))


def test_less_than_another_seed_makes_is_nothing():
    """Though it is in every window, so that no interval has zero in it."""
    before = windows(5, 20)
    floor = compared(before, before)['aside_m'].floor
    near, far = (compared(before, moved(before, aside_m=share * floor)) for share in (0.9, 1.3))
    assert near['aside_m'].interval.excludes_zero
    assert near['aside_m'].verdict is Verdict.SAME
    assert far['aside_m'].verdict is not Verdict.SAME


@pytest.mark.parametrize(('more', 'verdict'), [
    (0.9 * LEAST_NATS, Verdict.SAME), (0.2, Verdict.WORSE), (-0.2, Verdict.BETTER),
])  # fmt: skip
def test_surprise_has_a_floor_of_its_own(more, verdict):
    before = windows()
    assert compared(before, surprised(before, more))['surprise_nats'].verdict is verdict


def test_figures_can_be_left_out():
    before = windows()
    assert 'surprise_nats' not in compared(before, before, ['surprise_nats'])
    without = [replace(one, frame=None) for one in before]
    assert 'surprise_nats' not in compared(without, without)


def test_the_noise_floor_is_what_two_seeds_differ_by():
    """One in twenty differences of the means of two seeds is larger."""
    rng = np.random.default_rng(0)
    values = rng.normal(0, 2.0, (1000, 25)) + rng.normal(0, 9.0, 25)  # windows differ, too
    floor = noise_floor(values[:3], values[3:6])
    means = values.mean(axis=1)
    larger = np.abs(means[::2] - means[1::2]) > floor
    assert 0.02 < larger.mean() < 0.09
    assert noise_floor(values[:1], values[1:4]) == pytest.approx(floor, rel=0.4)
    assert noise_floor(values[:1], values[:1]) is None


def test_one_seed_has_no_floor():
    before = [replace(one, repeats=()) for one in windows(5, 20)]
    found = compared(before, moved(before, aside_m=0.05))
    assert found['aside_m'].floor is None
    assert found['aside_m'].verdict is not Verdict.SAME


def test_the_least_that_would_count_is_told():
    change = compared(windows(), windows(seed=1))['aside_m']
    assert change.least_seen >= change.floor
    assert change.least_seen >= change.interval.high - change.interval.value
