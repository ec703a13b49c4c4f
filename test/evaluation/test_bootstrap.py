from statistics import NormalDist

import numpy as np
import pytest

from vavam_ros.evaluation.bootstrap import mean_interval, paired_interval, statistic_interval
from vavam_ros.evaluation.student import two_sided


def test_the_same_seed_gives_the_same_interval_and_another_hardly_another():
    generator = np.random.default_rng(0)
    groups = np.repeat(np.arange(12), 10)
    values = generator.normal(size=12)[groups] + generator.normal(size=120)
    found = mean_interval(values, groups, seed=1)
    assert found == mean_interval(values, groups, seed=1)
    other = mean_interval(values, groups, seed=2)
    assert other != found
    assert other.low == pytest.approx(found.low, abs=0.15)
    assert (found.value, found.windows, found.groups) == (values.mean(), 120, 12)


def test_it_is_as_wide_as_students_for_equal_groups():
    groups = np.repeat(np.arange(20), 3)
    means = np.random.default_rng(5).normal(size=20)
    found = mean_interval(means[groups], groups, resamples=20000)
    half = two_sided(0.95, 19) * means.std(ddof=1) / np.sqrt(20)
    assert found.high - found.low == pytest.approx(2 * half, rel=0.08)


def test_of_two_sequences_it_reaches_far_past_both():
    """The draws' percentiles are the two values themselves, half a unit from the mean."""
    found = mean_interval(np.array([0.0, 1.0]), np.arange(2))
    half = 0.5 * np.sqrt(2) * two_sided(0.95, 1) / NormalDist().inv_cdf(0.975)
    assert (found.low, found.high) == pytest.approx((0.5 - half, 0.5 + half))


def test_windows_that_are_alike_within_their_sequence_narrow_nothing():
    few = mean_interval(np.arange(6.0), np.arange(6))
    many = mean_interval(np.repeat(np.arange(6.0), 50), np.repeat(np.arange(6), 50))
    assert (many.low, many.high) == pytest.approx((few.low, few.high))
    assert many.windows == 300


def test_one_sequence_has_a_value_and_no_interval():
    found = mean_interval(np.array([1.0, 2.0]), np.array([7, 7]))
    assert (found.value, found.low, found.high, found.groups) == (1.5, None, None, 1)
    assert not found.excludes_zero


def test_windows_without_the_figure_do_not_count():
    values, groups = np.array([1.0, np.nan, 3.0, np.nan]), np.array([0, 0, 1, 2])
    found = mean_interval(values, groups)
    assert (found.value, found.windows, found.groups) == (2.0, 2, 2)
    assert mean_interval(np.full(3, np.nan), np.arange(3)) is None


def test_pairs_find_a_bias_that_is_small_beside_the_hardness_of_the_windows():
    generator = np.random.default_rng(2)
    groups = np.repeat(np.arange(8), 20)
    hard = generator.gamma(2.0, 2.0, size=160)
    before = hard + generator.normal(scale=0.1, size=160)
    after = hard + generator.normal(scale=0.1, size=160)
    assert not paired_interval(before, after, groups).excludes_zero
    biased = paired_interval(before, after + 0.3, groups)
    assert biased.excludes_zero
    assert biased.value == pytest.approx(0.3, abs=0.05)
    unpaired = [mean_interval(run, groups) for run in (before, after + 0.3)]
    assert unpaired[0].high > unpaired[1].low


def test_pairs_of_which_one_run_lacks_the_figure_do_not_count():
    before, after = np.array([1.0, 2.0, np.nan]), np.array([2.0, np.nan, 9.0])
    found = paired_interval(before, after, np.arange(3))
    assert (found.value, found.windows) == (1.0, 1)


def test_a_figure_of_many_windows_agrees_with_the_mean_where_it_is_the_mean():
    groups = np.repeat(np.arange(5), [1, 2, 3, 4, 5])
    values = np.random.default_rng(1).normal(size=15)
    found = statistic_interval(lambda rows: float(values[rows].mean()), groups, resamples=300)
    expected = mean_interval(values, groups, resamples=300)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert statistic_interval(lambda rows: None, groups) is None


def test_of_one_sequence_such_a_figure_has_no_interval_either():
    found = statistic_interval(lambda rows: 1.0, np.zeros(4, np.int64))
    assert (found.value, found.low) == (1.0, None)


def test_covers_the_truth_about_as_often_as_it_says():
    """Means of five unequal sequences with a mean of 0."""
    generator = np.random.default_rng(4)
    groups = np.repeat(np.arange(5), [4, 6, 8, 5, 7])
    found = [
        mean_interval(generator.normal(size=5)[groups], groups, seed=draw, resamples=400)
        for draw in range(200)
    ]
    assert 0.88 <= np.mean([one.low <= 0 <= one.high for one in found]) <= 0.99


def test_lengths_that_differ_and_infinite_figures_are_refused():
    with pytest.raises(ValueError, match=r'\[2, 3\]'):
        mean_interval(np.zeros(3), np.zeros(2, np.int64))
    with pytest.raises(ValueError, match='infinite'):
        mean_interval(np.array([1.0, np.inf]), np.arange(2))


def test_an_interval_goes_no_further_than_a_figure_can():
    found = mean_interval(np.array([0.1, 0.1, 2.0, 2.0]), np.array([0, 0, 1, 1]))
    assert found.low < 0 < 2 < found.high
    within = found.within(0.0, 2.0)
    assert (within.low, within.value, within.high) == (0.0, found.value, 2.0)
