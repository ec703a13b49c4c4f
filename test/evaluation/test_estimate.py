"""Means of samples that come in groups."""

from __future__ import annotations

import numpy as np
import pytest

from vavam_ros.evaluation.estimate import estimate


def test_with_equal_groups_the_error_is_that_of_the_mean_of_their_means():
    values, groups = np.array([1.0, 3.0, 5.0, 7.0, 2.0, 2.0]), np.array([0, 0, 4, 4, 9, 9])
    found = estimate(values, groups)
    means = np.array([2.0, 6.0, 2.0])
    assert found.mean == pytest.approx(means.mean())
    assert found.standard_error == pytest.approx(means.std(ddof=1) / np.sqrt(3))
    assert (found.least, found.most, found.samples, found.groups) == (2.0, 6.0, 6, 3)


def test_samples_that_are_alike_within_their_group_make_nothing_more_certain():
    few = estimate(np.array([1.0, 2.0, 4.0]), np.array([0, 1, 2]))
    many = estimate(np.repeat([1.0, 2.0, 4.0], 50), np.repeat([0, 1, 2], 50))
    assert many.standard_error == pytest.approx(few.standard_error)


def test_each_sample_counts_alike_in_the_mean_however_large_its_group():
    found = estimate(np.array([0.0, 0.0, 0.0, 4.0]), np.array([0, 0, 0, 1]))
    assert found.mean == 1.0
    assert (found.least, found.most) == (0.0, 4.0)


def test_one_group_says_nothing_of_the_error_and_no_sample_nothing_at_all():
    assert estimate(np.array([1.0, 2.0]), np.array([0, 0])).standard_error is None
    assert estimate(np.zeros(0), np.zeros(0, np.int64)) is None
