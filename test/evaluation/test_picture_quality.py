"""PSNR and SSIM, against their closed forms and a plain loop over windows."""

from __future__ import annotations

import numpy as np
import pytest

from vavam_ros.evaluation.picture_quality import psnr_db, ssim

SIZE = (16, 20, 3)


def grey(level):
    return np.full(SIZE, level, np.uint8)


def noise(seed):
    return np.random.default_rng(seed).integers(0, 256, SIZE).astype(np.uint8)


def test_psnr_is_that_of_the_mean_squared_error():
    assert psnr_db(grey(110), grey(100)) == pytest.approx(20 * np.log10(255 / 10))


def test_equal_pictures_are_as_close_as_whole_levels_can_tell():
    picture = noise(0)
    assert psnr_db(picture, picture) == pytest.approx(10 * np.log10(12 * 255**2))
    assert ssim(picture, picture) == pytest.approx(1.0)


def test_ssim_of_two_grounds_compares_their_light_alone():
    c1 = (0.01 * 255) ** 2
    wanted = (2 * 100 * 140 + c1) / (100**2 + 140**2 + c1)
    assert ssim(grey(140), grey(100)) == pytest.approx(wanted)


def test_ssim_is_the_mean_over_all_windows():
    one, other = noise(1), noise(2)
    distance = np.arange(11) - 5
    row = np.exp(-(distance**2) / (2 * 1.5**2))
    weights = np.outer(row, row) / np.outer(row, row).sum()
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    x, y = (0.299 * p[..., 0] + 0.587 * p[..., 1] + 0.114 * p[..., 2] for p in (one, other))
    found = []
    for top in range(SIZE[0] - 10):
        for left in range(SIZE[1] - 10):
            a, b = (plane[top : top + 11, left : left + 11] for plane in (x, y))
            mean_a, mean_b = (weights * a).sum(), (weights * b).sum()
            var_a, var_b = ((weights * (p - m) ** 2).sum() for p, m in ((a, mean_a), (b, mean_b)))
            both = (weights * (a - mean_a) * (b - mean_b)).sum()
            light = (2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1)
            found.append(light * (2 * both + c2) / (var_a + var_b + c2))
    assert ssim(one, other) == pytest.approx(np.mean(found))


def test_structure_that_is_lost_costs_ssim_more_than_light():
    rows = np.arange(SIZE[0]) % 4 < 2
    striped = np.where(rows[:, None, None], grey(140), grey(60))
    assert ssim(striped + np.uint8(20), striped) > ssim(grey(100), striped) + 0.5


@pytest.mark.parametrize('other', [(16, 21, 3), (16, 20)])
def test_pictures_of_two_sizes_are_not_compared(other):
    for measure in (psnr_db, ssim):
        with pytest.raises(ValueError, match='of one size'):
            measure(grey(0), np.zeros(other, np.uint8))
