"""Camera frames of bags and clips: known by stamp and camera first, decoded when asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vavam_ros.bags.calibrations import HeardCalibration, fits
from vavam_ros.bags.clip import Clip, ClipFrame
from vavam_ros.bags.clip_bag import ClipCamera
from vavam_ros.bags.decoding import frame_from_message, stamp_ns
from vavam_ros.bags.pose_messages import seconds
from vavam_ros.bags.reader import BagReader
from vavam_ros.bags.token_image import tokens_from_message
from vavam_ros.errors import InputError
from vavam_ros.records import CameraCalibration, CameraFrame, DriveCommand, FrameTokens

COMMANDS = {one.name.lower(): one for one in DriveCommand}


@dataclass(frozen=True, eq=False)
class RecordedFrame:
    """One camera frame, not yet decoded."""

    stamp_ns: int  # of the header
    camera: str  # frame_id
    command: DriveCommand | None  # the newest on the command topic; None before the first
    where: str  # bag, topic and time, or file and line, for complaints
    read_pixels: Callable[[], NDArray[np.uint8]]
    read_tokens: Callable[[], NDArray[np.int32]]
    calibration: CameraCalibration | None = None  # the newest when it came; None: not known
    extra: Mapping[str, float | str] = field(default_factory=dict)  # a clip's other columns

    def image(self) -> CameraFrame:
        """The picture, with a calibration that fits its size; InputError says what is wrong."""
        pixels, calibration = self._read(self.read_pixels), self.calibration
        if calibration is not None and not fits(calibration, pixels.shape[:2]):
            calibration = None
        return CameraFrame(self.stamp_ns, self.camera, pixels, calibration)

    def tokens(self) -> FrameTokens:
        """The tokens of a token bag; InputError where the image carries none."""
        return FrameTokens(self.stamp_ns, self.camera, self._read(self.read_tokens))

    def _read(self, read: Callable[[], Any]) -> Any:
        try:
            return read()
        except InputError as error:
            if self.where in str(error):
                raise
            raise InputError(f'{self.where}: {error}') from error


def bag_frames(
    path: Path, image_topic: str, command_topic: str | None, info_topic: str | None,
    heard: HeardCalibration,
) -> Iterator[RecordedFrame]:  # fmt: skip
    """Frames of a bag in its order, each with the command and calibration that came before."""
    command: DriveCommand | None = None
    with BagReader(path) as reader:
        beside = [topic for topic in (command_topic, info_topic) if topic]
        for message in reader.messages([image_topic, *beside]):
            content = reader.deserialize(message)
            if message.topic == command_topic:
                command = _command(content, f'{path}, {command_topic}')
            elif message.topic == info_topic:
                heard.hear(content)
            else:
                yield _bag_frame(content, command, heard.latest, f'{path}, {image_topic}')


def _bag_frame(
    content: Any, command: DriveCommand | None, calibration: CameraCalibration | None, source: str
) -> RecordedFrame:
    time_ns = stamp_ns(content.header)
    return RecordedFrame(
        stamp_ns=time_ns,
        camera=content.header.frame_id,
        command=command,
        where=f'{source} at {seconds(time_ns)}',
        read_pixels=lambda: frame_from_message(content).image,
        read_tokens=lambda: tokens_from_message(content),
        calibration=calibration,
    )


def _command(content: Any, source: str) -> DriveCommand:
    command = COMMANDS.get(str(content.data).strip().lower())
    if command is None:
        raise InputError(
            f'{source}: command {content.data!r:.40} is unknown: expected one of '
            f'{", ".join(COMMANDS)}'
        )
    return command


def clip_frames(clip: Clip, calibration: CameraCalibration | None) -> Iterator[RecordedFrame]:
    """Frames of a clip, of the camera that make-bag gives them."""
    camera = ClipCamera().optical_frame
    for frame in clip.frames:
        yield _clip_frame(frame, camera, calibration)


def _clip_frame(
    frame: ClipFrame, camera: str, calibration: CameraCalibration | None
) -> RecordedFrame:
    def no_tokens() -> NDArray[np.int32]:
        raise InputError('a clip has pictures, no tokens')

    return RecordedFrame(
        stamp_ns=frame.stamp_ns,
        camera=camera,
        command=None,
        where=frame.row,
        read_pixels=lambda: frame.read_still().rgb,
        read_tokens=no_tokens,
        calibration=calibration,
        extra=frame.extra,
    )


def one_camera_in_order(frames: Iterable[RecordedFrame]) -> Iterator[RecordedFrame]:
    """The frames; InputError where the stamps run backwards, or a second camera begins."""
    last: RecordedFrame | None = None
    for count, frame in enumerate(frames, 1):
        if last and frame.camera != last.camera:
            raise InputError(
                f'{frame.where}: two cameras on one topic: frame {count} is of {frame.camera!r}, '
                f'those before it of {last.camera!r}'
            )
        if last and frame.stamp_ns < last.stamp_ns:
            raise InputError(
                f'{frame.where}: stamps run backwards: frame {count} is before frame {count - 1}, '
                f'which is stamped {seconds(last.stamp_ns)}: split the bag there'
            )
        yield frame
        last = frame
