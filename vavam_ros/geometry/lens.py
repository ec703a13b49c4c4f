"""A camera as its calibration describes it: which pixel a ray falls on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vavam_ros.errors import InputError
from vavam_ros.geometry.distortion import BrownConrady, Distortion, Equidistant, Floats
from vavam_ros.geometry.pinhole import Pinhole
from vavam_ros.records import CameraCalibration

_LENGTHS = {'plumb_bob': (0, 4, 5), 'rational_polynomial': (8,), 'equidistant': (4,)}
_NONE = ('', 'none')
_LEAST_FOCAL = 0.01  # of the image's width; less is a fisheye's half sphere in a few pixels


@dataclass(frozen=True)
class Lens:
    """A pinhole camera behind what bends its rays."""

    name: str  # of the distortion model, for people
    pinhole: Pinhole
    distortion: Distortion

    def pixels(self, rays: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        """Rays [..., 3] in the optical frame -> pixels [..., 2] (u, v), and which are valid.

        A valid pixel may lie outside of the image; see `sees`.
        """
        points, valid = self.distortion.bend(rays)
        pinhole = self.pinhole
        focals_px, centre_px = (pinhole.fx_px, pinhole.fy_px), (pinhole.cx_px, pinhole.cy_px)
        return points * focals_px + centre_px, valid

    def sees(self, rays: Floats) -> NDArray[np.bool_]:
        """Which rays [..., 3] fall on the image."""
        pixels, valid = self.pixels(rays)
        size = (self.pinhole.width_px, self.pinhole.height_px)
        inside = (pixels >= -0.5) & (pixels <= np.array(size) - 0.5)
        result: NDArray[np.bool_] = valid & inside.all(axis=-1)
        return result

    def without_top(self, rows_px: int) -> Lens:
        """The camera of the image whose upper rows were cut off."""
        pinhole = self.pinhole
        left = pinhole.height_px - rows_px
        return replace(self, pinhole=pinhole.cropped(0, rows_px, pinhole.width_px, left))


def rays_of(pinhole: Pinhole, u_px: Floats, v_px: Floats) -> Floats:
    """The rays [..., 3] at depth 1 that fall on pixels of an undistorted camera."""
    across = (u_px - pinhole.cx_px) / pinhole.fx_px
    down = (v_px - pinhole.cy_px) / pinhole.fy_px
    return np.stack([across, down, np.ones_like(across)], axis=-1)


def lens_of(calibration: CameraCalibration) -> Lens:
    """The camera that a calibration describes, at the size of its images (binning, roi).

    Raises InputError, in one line, for what is not calibrated, not known or not sensible.
    """
    name, distortion = _distortion(calibration)
    return Lens(name, _of_images(_pinhole(calibration), calibration), distortion)


def _pinhole(calibration: CameraCalibration) -> Pinhole:
    width_px, height_px = calibration.width_px, calibration.height_px
    k = calibration.k
    if not (any(k) and width_px > 0 and height_px > 0):
        raise _refused(
            calibration,
            f'not calibrated: it says {width_px}x{height_px} and k is {_listed(k)}. Calibrate '
            'the camera, or do without its camera_info',
        )
    if len(k) != 9 or not np.isfinite(k).all() or (k[1], *k[3:4], *k[6:]) != (0, 0, 0, 0, 1):
        raise _refused(calibration, f'not usable: k is {_listed(k)}, not fx 0 cx, 0 fy cy, 0 0 1')
    if min(k[0], k[4]) < _LEAST_FOCAL * width_px:
        raise _refused(
            calibration, f'not usable: focal lengths {k[0]:g} and {k[4]:g} px in k: no camera'
        )
    return Pinhole(width_px, height_px, k[0], k[4], k[2], k[5])


def _of_images(pinhole: Pinhole, calibration: CameraCalibration) -> Pinhole:
    """The camera of the images, of which camera_info says how they were cut out and binned."""
    left, top, width, height = calibration.roi
    if width and height:
        if left + width > pinhole.width_px or top + height > pinhole.height_px:
            raise _refused(
                calibration,
                f'not usable: its roi {width}x{height} at {left}, {top} is not within '
                f'{pinhole.width_px}x{pinhole.height_px}',
            )
        pinhole = pinhole.cropped(left, top, width, height)
    across, down = (max(1, times) for times in calibration.binning)
    if across > pinhole.width_px or down > pinhole.height_px:
        raise _refused(calibration, f'not usable: binning of {across}x{down} leaves no pixel')
    if (across, down) == (1, 1):
        return pinhole
    return pinhole.resized(pinhole.width_px // across, pinhole.height_px // down)


def _distortion(calibration: CameraCalibration) -> tuple[str, Distortion]:
    model, numbers = calibration.distortion_model.strip(), calibration.coefficients
    if not all(map(math.isfinite, numbers)):
        raise _refused(calibration, f'not usable: coefficients {_listed(numbers)}')
    if model in _NONE:
        if any(numbers):
            raise _refused(
                calibration,
                f'not usable: coefficients {_listed(numbers)}, and distortion_model is {model!r}. '
                f'Name one of {", ".join(_LENGTHS)}',
            )
        return 'undistorted', BrownConrady()
    if model not in _LENGTHS:
        raise _refused(
            calibration,
            f'not usable: distortion_model {model!r} is unknown. Known are '
            f'{", ".join(_LENGTHS)}, and none',
        )
    if len(numbers) not in _LENGTHS[model]:
        expected = ' or '.join(map(str, _LENGTHS[model]))
        raise _refused(
            calibration, f'not usable: {model} has {expected} coefficients, not {len(numbers)}'
        )
    return model, Equidistant(*numbers) if model == 'equidistant' else BrownConrady(*numbers)


def _refused(calibration: CameraCalibration, why: str) -> InputError:
    return InputError(f'camera_info of {calibration.camera!r} is {why}')


def _listed(numbers: Sequence[float]) -> str:
    return ' '.join(f'{number:g}' for number in numbers) or 'empty'
