"""How close a picture comes to another: PSNR of its pixels, SSIM of its luma."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float64]

ROUNDING = 1 / 12  # mean squared error of rounding to whole levels: nothing counts as closer
WINDOW_PX, WINDOW_SIGMA_PX = 11, 1.5  # of SSIM, as Wang et al. (2004) have them
_LUMA = np.array([0.299, 0.587, 0.114])  # of R, G, B
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def psnr_db(picture: Pixels, real: Pixels) -> float:
    """Peak signal-to-noise ratio of two pictures [H, W, 3] in dB; 58.9 for equal ones."""
    _check(picture, real)
    error = float(((picture.astype(np.float64) - real) ** 2).mean())
    return float(10 * np.log10(255**2 / max(error, ROUNDING)))


def ssim(picture: Pixels, real: Pixels) -> float:
    """Mean structural similarity of two pictures [H, W, 3], at most 1.

    Of luma, in Gaussian windows that lie wholly within (Wang et al., Image Quality Assessment,
    2004).
    """
    _check(picture, real)
    one, other = picture @ _LUMA, real @ _LUMA
    means = _blurred(np.stack([one, other, one * one, other * other, one * other]))
    mean, mean_of_other, square, square_of_other, product = means
    covariance = product - mean * mean_of_other
    variances = square - mean**2 + square_of_other - mean_of_other**2
    light = (2 * mean * mean_of_other + _C1) / (mean**2 + mean_of_other**2 + _C1)
    return float((light * (2 * covariance + _C2) / (variances + _C2)).mean())


def _blurred(planes: Floats) -> Floats:
    """Planes [N, H, W] -> their means in Gaussian windows [N, H - 10, W - 10]."""
    distances = np.arange(WINDOW_PX) - WINDOW_PX // 2
    weights = np.exp(-(distances**2) / (2 * WINDOW_SIGMA_PX**2))
    weights /= weights.sum()
    for axis in (1, 2):
        size = planes.shape[axis] - WINDOW_PX + 1
        shifted = (planes.take(range(at, at + size), axis) for at in range(WINDOW_PX))
        planes = np.sum([w * plane for w, plane in zip(weights, shifted, strict=True)], axis=0)
    return planes


def _check(picture: Pixels, real: Pixels) -> None:
    if picture.shape != real.shape or picture.ndim != 3 or min(picture.shape[:2]) < WINDOW_PX:
        raise ValueError(
            f'pictures of {picture.shape} and {real.shape}: expected two [H, W, 3] of one size, '
            f'at least {WINDOW_PX} pixels each way'
        )
