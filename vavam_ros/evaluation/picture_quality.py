"""How close a picture comes to another: PSNR of its pixels, SSIM of its luma."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

ROUNDING = 1 / 12  # mean squared error of rounding to whole levels: nothing counts as closer
WINDOW_PX, WINDOW_SIGMA_PX = 11, 1.5  # of SSIM, as Wang et al. (2004) have them
_LUMA = np.array([0.299, 0.587, 0.114])  # of R, G, B


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
    from skimage.metrics import structural_similarity  # takes a second to import

    _check(picture, real)
    similarity = structural_similarity(
        picture @ _LUMA,
        real @ _LUMA,
        data_range=255.0,
        gaussian_weights=True,
        sigma=WINDOW_SIGMA_PX,
        use_sample_covariance=False,
    )
    return float(similarity)


def _check(picture: Pixels, real: Pixels) -> None:
    if picture.shape != real.shape or picture.ndim != 3 or min(picture.shape[:2]) < WINDOW_PX:
        raise ValueError(
            f'pictures of {picture.shape} and {real.shape}: expected two [H, W, 3] of one size, '
            f'at least {WINDOW_PX} pixels each way'
        )
