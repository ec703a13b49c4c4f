import numpy as np
import pytest

from vavam_ros.evaluation.spread import (
    calibration,
    ellipse_share,
    sample_spread,
    spread_and_error_m,
)


def corners(half_m, count=1):
    """Four samples at the corners of a square of the same size at all times."""
    square = half_m * np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]], np.float64)
    return np.broadcast_to(square[None, :, None], (count, 4, 6, 2)).copy()


def test_spread_is_the_rms_distance_from_the_mean_over_k_less_one():
    spread_m, error_m = spread_and_error_m(corners(3.0), np.full((1, 6, 2), (3.0, 4.0)))
    np.testing.assert_allclose(spread_m, np.sqrt(4 * 18 / 3))
    np.testing.assert_allclose(error_m, 5.0)


def test_the_share_of_the_ellipse_by_its_formula():
    """The covariance is 4/3 in each direction, the truth is 1 m off: squared distance 3/4."""
    off = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, -1.0], [100.0, 0.0]])
    share = ellipse_share(corners(1.0, 4)[:, :, 0], off)
    assert share[0] == 0.0
    assert share[1:3] == pytest.approx(1 - 1 / (1 + 0.75 * 4 / (5 * 3)), rel=1e-3)
    assert share[3] > 0.99


def test_of_a_calibrated_model_the_share_is_uniform_and_the_ratio_one():
    drawn = np.random.default_rng(3).normal(size=(4000, 6, 6, 2)) * (3.0, 0.5)
    samples, truths = drawn[:, :5], drawn[:, 5]
    found = sample_spread(samples, truths)
    assert found.inside_50.mean() == pytest.approx(0.5, abs=0.03)
    assert found.inside_90.mean() == pytest.approx(0.9, abs=0.02)
    figures = calibration(samples, truths)
    assert figures.ratio_1s == pytest.approx(1.0, abs=0.04)
    assert figures.ratio_3s == pytest.approx(1.0, abs=0.04)
    assert abs(figures.rank_correlation) < 0.05


def test_too_little_spread_shows_in_ratio_and_coverage():
    drawn = np.random.default_rng(3).normal(size=(500, 6, 6, 2))
    found = calibration(drawn[:, :5] / 4, drawn[:, 5])
    assert found.ratio_3s < 0.4
    assert sample_spread(drawn[:, :5] / 4, drawn[:, 5]).inside_90.mean() < 0.5


def test_the_ratio_at_each_horizon():
    """Four samples 1 m aside and ahead: spread^2 8/3, times 5/4, against errors of 1, 2, 4 m."""
    truths = np.zeros((2, 6, 2))
    truths[:, [1, 3, 5], 0] = [1.0, 2.0, 4.0]
    found = calibration(corners(1.0, 2), truths)
    expected = np.sqrt(8 / 3 * 5 / 4)
    assert [found.ratio_1s, found.ratio_2s, found.ratio_3s] == pytest.approx(
        [expected, expected / 2, expected / 4]
    )


def test_a_spread_that_orders_the_errors_correlates_and_fills_the_bins_in_order():
    sizes = np.arange(1.0, 11.0)
    samples = corners(1.0, 10) * sizes[:, None, None, None]
    truths = np.zeros((10, 6, 2))
    truths[:, 5, 1] = sizes**2
    found = calibration(samples, truths, bins=5)
    assert found.rank_correlation == pytest.approx(1.0)
    assert [one.windows for one in found.bins] == [2] * 5
    assert found.bins[0].error_m == pytest.approx(np.sqrt((1 + 16) / 2))
    assert found.bins[0].spread_m == pytest.approx(np.sqrt(8 / 3 * 5 / 4 * (1 + 4) / 2))


def test_samples_that_are_all_the_same_have_no_spread_and_hold_no_truth():
    found = sample_spread(np.zeros((1, 4, 6, 2)), np.full((1, 6, 2), 0.5))
    assert (found.spread_m[0], found.inside_90[0]) == (0.0, 0.0)


def test_errors_of_zero_give_no_ratio():
    assert calibration(corners(1.0, 3), np.zeros((3, 6, 2))).ratio_3s is None


def test_two_samples_are_too_few():
    with pytest.raises(ValueError, match='2 samples'):
        spread_and_error_m(np.zeros((1, 2, 6, 2)), np.zeros((1, 6, 2)))
