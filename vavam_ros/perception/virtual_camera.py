"""Any camera's image as the model's own camera would show it, and normalised.

The training camera's images are resized with torch's antialiased bilinear filter on uint8, which
the models were trained with. Other filters, OpenCV's above all, shift grey levels enough to change
tokens. A camera that is another one by its calibration is resampled to the same view, once; one
without a calibration is taken for the training camera.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from vavam_ros.errors import InputError
from vavam_ros.geometry.lens import lens_of
from vavam_ros.geometry.mounted_camera import CameraMount
from vavam_ros.geometry.pinhole import Pinhole
from vavam_ros.geometry.training_camera import TRAINING_CAMERA, TRAINING_MOUNT
from vavam_ros.perception.sight import Sight, is_training_camera, resampled_view
from vavam_ros.records import CameraCalibration

SAME_ASPECT = 0.005  # relative; 1599 x 900 counts as 16:9, 4:3 and 3:2 do not
LEAST_COVERAGE = 0.95  # of the model's image; a camera that sees less is complained of
SAME_HEIGHT = 0.25  # relative to the training camera's; beyond, it is complained of


@dataclass(frozen=True)
class Region:
    """The part of an image that the model sees, in that image's pixels."""

    left_px: int
    top_px: int
    width_px: int
    height_px: int


@dataclass(frozen=True)
class VirtualCamera:
    """The model's view: its size, what to cut off a real image's top, how the camera is mounted.

    Raises InputError for a size that is not positive or a negative crop.
    """

    height_px: int
    width_px: int
    crop_top_px: int = 0  # rows of the real image, before anything else
    mount: CameraMount = TRAINING_MOUNT  # pitch is corrected where there is a calibration
    _sights: dict[CameraCalibration, Sight] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )  # of the newest calibration only: one takes tens of megabytes

    def __post_init__(self) -> None:
        if self.height_px < 1 or self.width_px < 1:
            raise InputError(f'view {self.width_px}x{self.height_px}: both must be positive')
        if self.crop_top_px < 0:
            raise InputError(f'crop_top_px is {self.crop_top_px}: it must not be negative')

    def view(
        self, image: NDArray[np.uint8], calibration: CameraCalibration | None = None
    ) -> NDArray[np.uint8]:
        """Real image [h, w, 3] RGB -> the model's image [height, width, 3] RGB, a new array.

        With a calibration, the view of the training camera; what the camera does not see of it
        repeats the nearest pixel that it sees. Without one, or with the training camera's own, an
        aspect other than the model's is cropped about the centre, never squeezed. `describe` says
        what is missing. Raises InputError for another type or shape, when the top crop takes all,
        and for a calibration that is unusable (see `lens_of`) or of another image size.
        """
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise InputError(
                f'image is {image.dtype} {list(image.shape)}: expected uint8 [height, width, 3]'
            )
        height_px, width_px = image.shape[:2]
        sight = self.sight(height_px, width_px, calibration) if calibration else None
        if sight is not None and sight.resampling is not None:
            return sight.resampling.apply(image[self.crop_top_px :])
        part = self.region(height_px, width_px)
        pixels = image[part.top_px :, part.left_px :][: part.height_px, : part.width_px]
        for size in self._sizes(part, height_px, width_px):
            pixels = resize(pixels, *size)
        return pixels

    @property
    def pinhole(self) -> Pinhole:
        """The camera that sees the model's image: the training camera, cut to its aspect."""
        return VirtualCamera(self.height_px, self.width_px).shown_plainly(TRAINING_CAMERA)

    def shown_plainly(self, camera: Pinhole) -> Pinhole:
        """The camera behind the view of another one's image that is only cut and resized."""
        part = self.region(camera.height_px, camera.width_px)
        cropped = camera.cropped(part.left_px, part.top_px, part.width_px, part.height_px)
        return cropped.resized(self.width_px, self.height_px)

    def is_training_camera(self, calibration: CameraCalibration) -> bool:
        """Whether images are cut and resized as in training, bit for bit; see perception/sight.py.

        Raises InputError for a calibration that cannot be used (see `lens_of`).
        """
        return _is_training_camera(replace(self), calibration)  # without the sights, to be freed

    def sight(self, height_px: int, width_px: int, calibration: CameraCalibration) -> Sight:
        """How images of this size, taken with this calibration, become the view; kept.

        The first call for another camera than the training camera takes about a second. Raises
        InputError as `view` does.
        """
        lens = lens_of(calibration)
        if (lens.pinhole.width_px, lens.pinhole.height_px) != (width_px, height_px):
            raise InputError(
                f'camera_info of {calibration.camera!r} is for images {lens.pinhole.width_px}x'
                f'{lens.pinhole.height_px}, but this one is {width_px}x{height_px}: give the '
                'camera_info that belongs to these images'
            )
        if calibration not in self._sights:
            resampling = None
            if not self.is_training_camera(calibration):
                cut = lens.without_top(self.crop_top_px)
                resampling = resampled_view(cut, self.pinhole, self.mount.pitch_rad)
            self._sights.clear()
            self._sights[calibration] = Sight(lens.name, resampling)
        return self._sights[calibration]

    def region(self, height_px: int, width_px: int) -> Region:
        """Which part of an image of this size the view shows."""
        rows = height_px - self.crop_top_px
        if rows < 1 or width_px < 1:
            raise InputError(
                f'crop_top_px {self.crop_top_px} leaves nothing of an image {width_px}x{height_px}'
            )
        fitting_columns = rows * self.width_px / self.height_px
        if abs(width_px / fitting_columns - 1) <= SAME_ASPECT:
            return Region(0, self.crop_top_px, width_px, rows)
        columns_kept = min(width_px, max(1, round(fitting_columns)))
        rows_kept = min(rows, max(1, round(width_px * self.height_px / self.width_px)))
        return Region(
            left_px=(width_px - columns_kept) // 2,
            top_px=self.crop_top_px + (rows - rows_kept) // 2,
            width_px=columns_kept,
            height_px=rows_kept,
        )

    def describe(
        self, height_px: int, width_px: int, calibration: CameraCalibration | None = None
    ) -> str | None:
        """What the model misses in an image of this size, as a sentence; None if nothing."""
        sight = self.sight(height_px, width_px, calibration) if calibration else None
        if sight is None or sight.resampling is None:
            return self._cut_away(height_px, width_px)
        notes = []
        if sight.coverage < LEAST_COVERAGE:
            notes.append(
                f"the camera sees {sight.coverage:.0%} of the model's view: the rest repeats the "
                'nearest pixels that it sees'
            )
        if abs(self.mount.z_m / TRAINING_MOUNT.z_m - 1) > SAME_HEIGHT:
            notes.append(
                f'the camera is {self.mount.z_m:.2f} m above the road, in training it was '
                f'{TRAINING_MOUNT.z_m:.2f} m: distances on the road look '
                f'{TRAINING_MOUNT.z_m / self.mount.z_m:.2f} times as long'
            )
        return '; '.join(notes) or None

    def _cut_away(self, height_px: int, width_px: int) -> str | None:
        """What of an image of this size is lost to its aspect, as a sentence; None if nothing."""
        part = self.region(height_px, width_px)
        rows = height_px - self.crop_top_px
        across, down = self._unit()
        if part.width_px < width_px:
            cut = f'{width_px - part.width_px} of its {width_px} columns are cut, left and right'
            return f"image {width_px}x{rows} is wider than the model's {across}:{down} view: {cut}"
        if part.height_px < rows:
            cut = f'{rows - part.height_px} of its {rows} rows are cut, above and below'
            return (
                f"image {width_px}x{rows} is taller than the model's {across}:{down} view: {cut}"
            )
        return None

    def _sizes(self, part: Region, height_px: int, width_px: int) -> list[tuple[int, int]]:
        """The sizes (height, width) to resize to, one after the other.

        The reference brings a nuScenes image that is a few pixels off 1600 x 900 to that size
        first, and the result is not that of one step: so do we, to the nearest exact size.
        """
        final = (self.height_px, self.width_px)
        whole = part.width_px == width_px and part.height_px == height_px - self.crop_top_px
        exact = part.width_px * self.height_px == part.height_px * self.width_px
        if exact or not whole:
            return [final]
        across, down = self._unit()
        times = max(1, round((part.width_px / across + part.height_px / down) / 2))
        return [(times * down, times * across), final]

    def _unit(self) -> tuple[int, int]:
        """The aspect in smallest numbers (across, down), such as 16, 9."""
        divisor = math.gcd(self.height_px, self.width_px)
        return self.width_px // divisor, self.height_px // divisor


@lru_cache(maxsize=8)  # asked for each frame, also where no sight is needed
def _is_training_camera(view: VirtualCamera, calibration: CameraCalibration) -> bool:
    lens = lens_of(calibration)
    plain = view.shown_plainly(lens.pinhole)
    return is_training_camera(lens, plain, view.pinhole, view.mount.pitch_rad)


def resize(image: NDArray[np.uint8], height_px: int, width_px: int) -> NDArray[np.uint8]:
    """[h, w, 3] -> [height, width, 3], bilinear with antialias, rounded to uint8; a new array."""
    # torch takes neither read-only arrays (a ROS message's buffer) nor negative strides (BGR
    # turned around). Handed channels-last it is three times as fast as PIL, and exact.
    writable = np.require(image, requirements=['C', 'W'])
    planes = torch.from_numpy(writable).permute(2, 0, 1)[None]
    resized = F.interpolate(planes, (height_px, width_px), mode='bilinear', antialias=True)
    return resized[0].permute(1, 2, 0).contiguous().numpy()


def normalised(view: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Image [h, w, 3] uint8 -> the tokenizer's input [3, h, w] in [-1, 1]."""
    unit = view.transpose(2, 0, 1).astype(np.float32) / np.float32(255)
    return np.ascontiguousarray(2 * unit - 1, dtype=np.float32)
