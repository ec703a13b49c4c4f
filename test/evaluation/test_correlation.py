import numpy as np
import pytest

from vavam_ros.evaluation.correlation import pearson, ranks, spearman


def test_equal_values_share_the_mean_of_their_ranks():
    np.testing.assert_array_equal(ranks(np.array([3.0, 1.0, 3.0, 2.0, 3.0])), [4, 1, 4, 2, 4])


def test_pearson_of_a_known_case():
    """Of (1, 2, 3) with (1, 3, 2): covariance 1, variances 2 and 2."""
    assert pearson(np.array([1.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0])) == pytest.approx(0.5)


def test_spearman_sees_order_alone():
    values = np.array([0.1, 5.0, 2.0, 9.0])
    assert spearman(values, np.exp(values)) == pytest.approx(1.0)
    assert spearman(values, -(values**3)) == pytest.approx(-1.0)


def test_spearman_with_ties():
    """Ranks 1, 2.5, 2.5, 4 with 1, 2, 3, 4: covariance 4.5, variances 4.5 and 5."""
    found = spearman(np.array([1.0, 2.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0, 4.0]))
    assert found == pytest.approx(4.5 / np.sqrt(4.5 * 5.0))


def test_unknown_pairs_do_not_count():
    one = np.array([1.0, np.nan, 2.0, 3.0, 7.0])
    other = np.array([1.0, 50.0, 3.0, 2.0, np.nan])
    assert pearson(one, other) == pytest.approx(0.5)
    assert spearman(one, other) == pytest.approx(0.5)


def test_too_few_pairs_or_a_constant_say_nothing():
    assert pearson(np.array([1.0, 2.0]), np.array([3.0, 4.0])) is None
    assert spearman(np.array([1.0, 2.0, 3.0]), np.full(3, 4.0)) is None
    assert spearman(np.zeros(0), np.zeros(0)) is None
