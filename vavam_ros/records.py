"""The nouns that every part of the package shares, frozen, in numpy."""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

NS_PER_S = 1_000_000_000


class DriveCommand(enum.IntEnum):
    """The high-level command VaVAM is conditioned on; the values are the model's own indices."""

    RIGHT = 0
    LEFT = 1
    STRAIGHT = 2


@dataclass(frozen=True)
class CameraCalibration:
    """What a camera_info says of a camera, as it says it; geometry/lens.py makes sense of it."""

    camera: str  # the optical frame's name (frame_id)
    width_px: int  # of the full image, for which k and the coefficients hold
    height_px: int
    distortion_model: str  # 'plumb_bob', 'rational_polynomial', 'equidistant', '' for none
    coefficients: tuple[float, ...]  # in the model's order
    k: tuple[float, ...]  # 9, row by row: fx 0 cx, 0 fy cy, 0 0 1
    binning: tuple[int, int] = (1, 1)  # pixels across and down that became one; 0 is 1
    roi: tuple[int, int, int, int] = (0, 0, 0, 0)  # left, top, width, height; no size is all

    @property
    def fingerprint(self) -> str:
        """Eight characters, the same for the same calibration only, in every process."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:8]


@dataclass(frozen=True)
class CameraFrame:
    """One decoded camera image."""

    stamp_ns: int  # time of exposure, nanoseconds since the epoch of the clock in use
    camera: str  # the optical frame's name (frame_id); a new name is a new camera
    image: NDArray[np.uint8]  # [height, width, 3] RGB
    calibration: CameraCalibration | None = None  # None: not known


@dataclass(frozen=True)
class FrameTokens:
    """One camera frame as the tokenizer sees it."""

    stamp_ns: int
    camera: str
    tokens: NDArray[np.int32]  # [rows, columns] codebook indices


@dataclass(frozen=True)
class TokenWindow:
    """The model's context: frames at the model's rate, oldest first, never empty."""

    frames: tuple[FrameTokens, ...]

    @property
    def stamp_ns(self) -> int:
        """Stamp of the newest frame, which every output of this window carries."""
        return self.frames[-1].stamp_ns

    @property
    def tokens(self) -> NDArray[np.int64]:
        """[frames, rows, columns], oldest first."""
        return np.stack([frame.tokens for frame in self.frames]).astype(np.int64)

    def __len__(self) -> int:
        return len(self.frames)


@dataclass(frozen=True)
class EgoState:
    """Where the vehicle's rear axle is, in a fixed frame (x east or forward, y left, yaw ccw)."""

    stamp_ns: int
    x_m: float
    y_m: float
    yaw_rad: float
    speed_mps: float


@dataclass(frozen=True)
class Plan:
    """Where to drive, in the rig frame of the newest camera frame: x forward, y left, metres.

    The rig frame is base_link (the rear axle's centre) at `stamp_ns`; waypoint i is for
    `stamp_ns + (i + 1) * step_s`, and the current pose is not among them.
    """

    stamp_ns: int  # stamp of the camera frame that this plan answers
    command: DriveCommand
    waypoints_in_rig: NDArray[np.float32]  # [H, 2] m, the chosen sample
    samples_in_rig: NDArray[np.float32]  # [K, H, 2] m, all samples for `command`
    spread_m: NDArray[np.float32]  # [H] m, rms distance of the samples from their mean
    context_frames: int  # how many frames the model saw
    step_s: float = 0.5
    what_ifs_in_rig: dict[DriveCommand, NDArray[np.float32]] = field(default_factory=dict)
    # [K, H, 2] m for each other command, from the same noise; empty unless asked for


@dataclass(frozen=True)
class Actuation:
    """What a vehicle is asked to do now."""

    stamp_ns: int
    steer_rad: float  # at the front wheels, left is positive
    acceleration_mps2: float  # negative brakes
    speed_mps: float  # the speed that is wanted, for vehicles that take a speed
