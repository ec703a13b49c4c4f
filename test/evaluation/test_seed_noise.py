import numpy as np
import pytest

from vavam_ros.evaluation.seed_noise import seed_noise


def test_the_noise_is_that_of_the_runs_means():
    found = seed_noise(np.array([[1.0, 3.0], [2.0, 4.0], [3.0, 5.0]]))
    assert (found.mean, found.deviation, found.least, found.most) == (3.0, 1.0, 2.0, 4.0)
    assert found.seeds == 3
    assert found.of_difference == pytest.approx(np.sqrt(2))


def test_one_seed_tells_no_noise():
    found = seed_noise(np.array([[1.0, 2.0, np.nan]]))
    assert (found.mean, found.deviation, found.of_difference) == (1.5, None, None)
    assert seed_noise(np.full((2, 3), np.nan)) is None
