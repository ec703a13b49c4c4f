import numpy as np
import pytest

from vavam_ros.evaluation.student import two_sided


@pytest.mark.parametrize(
    ('freedom', 'expected'),
    [(1, 12.7062), (2, 4.3027), (3, 3.1824), (4, 2.7764), (9, 2.2622), (30, 2.0423)],
)
def test_the_tabled_values(freedom, expected):
    assert two_sided(0.95, freedom) == pytest.approx(expected, abs=1e-4)


def test_one_and_two_degrees_have_closed_forms():
    assert two_sided(0.8, 1) == pytest.approx(np.tan(np.pi / 2 * 0.8))
    assert two_sided(0.8, 2) == pytest.approx(0.8 * np.sqrt(2 / (1 - 0.8**2)))


def test_with_many_degrees_it_comes_to_the_normal_distribution():
    assert two_sided(0.95, 5000) == pytest.approx(1.96044, abs=1e-5)
    assert two_sided(0.95, 10**7) == pytest.approx(1.95996, abs=1e-5)


def test_no_degree_of_freedom_has_no_t():
    with pytest.raises(ValueError, match='0 degrees'):
        two_sided(0.95, 0)
