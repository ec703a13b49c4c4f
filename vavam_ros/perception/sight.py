"""The training camera's view through a calibrated camera: what it sees of it, and how.

Corrected are the lens, the direction of the axis in the image and the mount's pitch: turning a
camera changes its picture alike for what is near and far. Where a camera stands changes it
otherwise for each distance; so another height above the road cannot be undone, nor is it.
Roll and yaw are taken to be none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vavam_ros.errors import InputError
from vavam_ros.geometry.lens import Lens, rays_of
from vavam_ros.geometry.pinhole import Pinhole
from vavam_ros.perception.resampling import Floats, Resampling

# Within these a camera is the training camera: the real ones, whose images the models saw as they
# are, differ as much among themselves (see geometry/training_camera.py).
SAME_FOCAL = 0.012  # relative
SAME_MIDDLE = 0.038  # of the focal length, across and down: 48 px of 1600x900
SAME_PITCH_RAD = math.radians(0.5)
SAME_BEND_PX = 0.25  # of the view, by which the lens may move a pixel


@dataclass(frozen=True)
class Sight:
    """How the model's view comes from the images of one camera."""

    lens: str  # its distortion model, for people
    resampling: Resampling | None  # None: the training camera, whose images are only resized

    @property
    def coverage(self) -> float:
        """Share of the model's image that the camera sees."""
        return 1.0 if self.resampling is None else self.resampling.coverage


def resampled_view(lens: Lens, target: Pinhole, pitch_rad: float) -> Resampling:
    """From the images of a lens, pitched down, to those of the level camera `target`.

    Raises InputError where the lens sees nothing of that view.
    """

    def source(u_px: Floats, v_px: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        return lens.pixels(pitched(rays_of(target, u_px, v_px), pitch_rad))

    old, new = lens.pinhole, (target.height_px, target.width_px)
    resampling = Resampling.along(source, new, (old.height_px, old.width_px))
    if not resampling.seen.any():
        raise InputError(
            f'a camera with the middle of its image at ({old.cx_px:g}, {old.cy_px:g}) of '
            f'{old.width_px}x{old.height_px}, looking {math.degrees(pitch_rad):g} deg down, sees '
            "nothing of the model's view: is its camera_info or its pitch wrong?"
        )
    return resampling


def is_training_camera(lens: Lens, plain: Pinhole, target: Pinhole, pitch_rad: float) -> bool:
    """Whether a camera differs no more from the training camera than real ones do.

    `plain` is what its images would show, cut and resized to the size of `target`, were there no
    distortion.
    """
    focal = max(abs(plain.fx_px / target.fx_px - 1), abs(plain.fy_px / target.fy_px - 1))
    middle_px = max(abs(plain.cx_px - target.cx_px), abs(plain.cy_px - target.cy_px))
    if (
        focal > SAME_FOCAL
        or middle_px > SAME_MIDDLE * target.fx_px
        or abs(pitch_rad) > SAME_PITCH_RAD
    ):
        return False
    v, u = np.mgrid[: target.height_px, : target.width_px].astype(np.float64)
    rays = rays_of(plain, u, v)
    points, valid = lens.distortion.bend(rays)
    bend_px = np.abs(points - rays[..., :2]) * (plain.fx_px, plain.fy_px)
    return bool(valid.all() and bend_px.max() <= SAME_BEND_PX)


def pitched(rays: Floats, pitch_rad: float) -> Floats:
    """Rays [..., 3] of a level camera, as one sees them that is turned down by `pitch_rad`."""
    right, down, depth = np.moveaxis(rays, -1, 0)
    cos, sin = math.cos(pitch_rad), math.sin(pitch_rad)
    return np.stack([right, down * cos - depth * sin, depth * cos + down * sin], axis=-1)
