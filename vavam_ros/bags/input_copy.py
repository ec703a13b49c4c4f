"""What a recording was planned from, copied into another bag that any viewer shows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress

import numpy as np

from vavam_ros.bags.clip import read_clip
from vavam_ros.bags.clip_bag import RIG_FRAME, ClipCamera, write_ego
from vavam_ros.bags.decoding import stamp_ns
from vavam_ros.bags.reader import BagMessage, BagReader
from vavam_ros.bags.recording import CAMERA_INFO_TYPE, Recording, info_topic_of
from vavam_ros.bags.writer import BagWriter
from vavam_ros.errors import InputError
from vavam_ros.geometry.lens import lens_of
from vavam_ros.geometry.mounted_camera import CameraMount
from vavam_ros.geometry.pinhole import Pinhole
from vavam_ros.geometry.pose import BODY_FROM_OPTICAL, Quaternion, Transform
from vavam_ros.geometry.spatial import product
from vavam_ros.geometry.training_camera import TRAINING_HFOV_DEG
from vavam_ros.records import EgoState


def copy_input(
    recording: Recording, mount: CameraMount, writer: BagWriter, use_camera_info: bool = True
) -> None:
    """Images and camera_info at their own stamps; odometry and TF made from the ego truth.

    TF is odom -> base_link -> the camera's frame, whatever the recording calls them, mounted as
    given. A clip's files stay as they are. Where the recording has no camera_info, or none that
    is to be used, it is that of the given angle of view, or else the training camera's. What
    cannot be read of a damaged recording is left out.
    """
    if recording.image_topic is None:
        _copy_clip(recording, mount, writer)
    else:
        _copy_topics(recording, recording.image_topic, mount, writer, use_camera_info)


def _copy_clip(recording: Recording, mount: CameraMount, writer: BagWriter) -> None:
    camera, lens = ClipCamera(compressed=True), _assumed_lens(recording)
    frame_id = camera.optical_frame
    for count, frame in enumerate(read_clip(recording.path).frames):
        time_ns = frame.stamp_ns
        if not count:
            writer.write_static_tf(time_ns, [camera_transform(mount, frame_id)])
        _write_ego(recording, time_ns, writer)
        try:
            still = frame.read_still()
        except InputError:  # the run has counted it
            continue
        if lens:
            writer.write_camera_info(camera.info_topic, time_ns, frame_id, lens)
        writer.write_compressed_image(
            camera.image_topic, time_ns, frame_id, still.encoding, still.encoded
        )


def _copy_topics(
    recording: Recording, image_topic: str, mount: CameraMount, writer: BagWriter,
    use_camera_info: bool,
) -> None:  # fmt: skip
    mounted = False
    with BagReader(recording.path) as reader:
        info_topic = info_topic_of(image_topic)
        has_info = use_camera_info and info_topic in reader.topics_of(CAMERA_INFO_TYPE)
        lens = None if has_info else _assumed_lens(recording)
        topics = [image_topic, *([info_topic] if has_info else [])]
        for message, time_ns, frame_id in _stamped(reader, topics):
            if message.topic == image_topic:
                if not mounted:
                    writer.write_static_tf(time_ns, [camera_transform(mount, frame_id)])
                    mounted = True
                _write_ego(recording, time_ns, writer)
                if lens:
                    writer.write_camera_info(info_topic, time_ns, frame_id, lens)
            writer.add_topic(message.topic, message.type, reader.topics[message.topic].qos)
            writer.write(message.topic, time_ns, message.cdr)


def _stamped(reader: BagReader, topics: list[str]) -> Iterator[tuple[BagMessage, int, str]]:
    """Messages with their headers' stamps and frames, to where a damaged bag ends."""
    with suppress(InputError):  # the run has counted that
        for message in reader.messages(topics):
            header = reader.deserialize(message).header
            yield message, stamp_ns(header), header.frame_id


def _assumed_lens(recording: Recording) -> Pinhole | None:
    """What the images were taken for without a camera_info; None of tokens."""
    if recording.calibration is not None:
        return lens_of(recording.calibration).pinhole
    if recording.image_size is None:
        return None
    height_px, width_px = recording.image_size
    return Pinhole.from_horizontal_fov(width_px, height_px, TRAINING_HFOV_DEG)


def _write_ego(recording: Recording, time_ns: int, writer: BagWriter) -> None:
    if recording.truth is None:
        return
    states, known = recording.truth.track.at(np.array([time_ns], np.int64))
    if known[0]:
        write_ego(EgoState(time_ns, *states[0].tolist()), writer)


def camera_transform(mount: CameraMount, camera: str) -> Transform:
    """Where the optical frame `camera` is on the rig."""
    half = mount.pitch_rad / 2
    down = np.array([[0.0, math.sin(half), 0.0, math.cos(half)]])
    rotation = product(down, np.array([BODY_FROM_OPTICAL]))[0].tolist()
    return Transform(RIG_FRAME, camera, (mount.x_m, mount.y_m, mount.z_m), Quaternion(*rotation))
