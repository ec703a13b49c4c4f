"""A clip's frames as the topics of a bag."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from vavam_ros.bags.clip import ClipFrame
from vavam_ros.bags.still import Still
from vavam_ros.bags.writer import BagWriter
from vavam_ros.errors import InputError
from vavam_ros.geometry.pinhole import Pinhole
from vavam_ros.geometry.pose import BODY_FROM_OPTICAL, Transform, quaternion_from_yaw
from vavam_ros.geometry.training_camera import TRAINING_HFOV_DEG, TRAINING_MOUNT
from vavam_ros.records import CameraFrame, EgoState

FIXED_FRAME = 'odom'
RIG_FRAME = 'base_link'  # the rear axle's centre
_NAME = re.compile(r'[A-Za-z][A-Za-z0-9_]*', re.ASCII)


@dataclass(frozen=True)
class ClipCamera:
    """What a clip does not say about its camera, and how the images are stored."""

    name: str = 'camera'  # of the topics, and of the optical frame
    hfov_deg: float = TRAINING_HFOV_DEG  # from the image's left edge to its right one
    compressed: bool = False  # jpeg and png files as they are, instead of rgb8 pixels

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise InputError(
                f'camera name {self.name!r} cannot be part of a topic: use letters, digits and _, '
                'a letter first'
            )
        Pinhole.from_horizontal_fov(1, 1, self.hfov_deg)  # raises for a wrong angle

    @property
    def optical_frame(self) -> str:
        """The images' frame_id."""
        return f'{self.name}_optical_frame'

    @property
    def image_topic(self) -> str:
        """Where the images are."""
        return f'/{self.name}/image_raw' + ('/compressed' if self.compressed else '')

    @property
    def info_topic(self) -> str:
        """Where the intrinsics are."""
        return f'/{self.name}/camera_info'


def write_frames(frames: Iterable[ClipFrame], camera: ClipCamera, writer: BagWriter) -> Pinhole:
    """Image and intrinsics of each frame at its stamp, odometry and tf too where it has poses.

    Within a stamp the image comes last, so that a player's listener has what explains it.
    Returns the intrinsics. Raises InputError when an image cannot be decoded, or has another
    size than the first.
    """
    pinhole: Pinhole | None = None
    for frame in frames:
        still = frame.read_still()
        height_px, width_px, _ = still.rgb.shape
        if pinhole is None:
            pinhole = Pinhole.from_horizontal_fov(width_px, height_px, camera.hfov_deg)
            _write_mount(frame, camera, writer)
        if (pinhole.width_px, pinhole.height_px) != (width_px, height_px):
            raise InputError(
                f'{frame.row}: image {frame.path} is {width_px}x{height_px}, but the first was '
                f'{pinhole.width_px}x{pinhole.height_px}: a clip has one camera'
            )
        if frame.ego:
            write_ego(frame.ego, writer)
        writer.write_camera_info(camera.info_topic, frame.stamp_ns, camera.optical_frame, pinhole)
        _write_still(still, frame.stamp_ns, camera, writer)
    assert pinhole, 'a clip has frames'
    return pinhole


def _write_mount(first: ClipFrame, camera: ClipCamera, writer: BagWriter) -> None:
    if first.ego:
        place_m = (TRAINING_MOUNT.x_m, TRAINING_MOUNT.y_m, TRAINING_MOUNT.z_m)
        mount = Transform(RIG_FRAME, camera.optical_frame, place_m, BODY_FROM_OPTICAL)
        writer.write_static_tf(first.stamp_ns, [mount])


def write_ego(ego: EgoState, writer: BagWriter) -> None:
    """Where the rear axle is, on /tf and /odom."""
    rotation = quaternion_from_yaw(ego.yaw_rad)
    rig = Transform(FIXED_FRAME, RIG_FRAME, (ego.x_m, ego.y_m, 0.0), rotation)
    writer.write_tf(ego.stamp_ns, [rig])
    writer.write_odometry('/odom', ego, FIXED_FRAME, RIG_FRAME)


def _write_still(still: Still, stamp_ns: int, camera: ClipCamera, writer: BagWriter) -> None:
    if camera.compressed:
        writer.write_compressed_image(
            camera.image_topic, stamp_ns, camera.optical_frame, still.encoding, still.encoded
        )
        return
    writer.write_image(camera.image_topic, CameraFrame(stamp_ns, camera.optical_frame, still.rgb))
