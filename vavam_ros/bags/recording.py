"""A drive that was recorded, as a bag or a clip folder, read the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vavam_ros.bags.calibrations import HeardCalibration, Size, first_calibration, no_camera_info
from vavam_ros.bags.clip import POSE_COLUMNS, Clip, read_clip
from vavam_ros.bags.clip_bag import ClipCamera
from vavam_ros.bags.decoding import frame_from_message
from vavam_ros.bags.ego_truth import EgoTruth, truth_of
from vavam_ros.bags.image_search import (
    check_commands,
    checked_kind,
    first_message,
    image_topic_of,
    size_of,
    token_origin_of,
)
from vavam_ros.bags.pose_messages import PosesFound
from vavam_ros.bags.reader import BagReader
from vavam_ros.bags.recorded_frames import (
    RecordedFrame,
    bag_frames,
    clip_frames,
    one_camera_in_order,
)
from vavam_ros.bags.recording_topics import NO_TRUTH, RecordingTopics
from vavam_ros.bags.token_origin import TokenOrigin
from vavam_ros.bags.truth_search import find_truth
from vavam_ros.errors import InputError
from vavam_ros.records import NS_PER_S, CameraCalibration

CAMERA_INFO_TYPE = 'sensor_msgs/msg/CameraInfo'
NO_ORIGIN = 'the bag does not say which tokenizer its tokens are of: they are taken as they are'
_COMPRESSED = '/compressed'


@dataclass(frozen=True, eq=False)
class Columns:
    """Numbers of a clip's frames.csv beside its poses, such as a steering angle."""

    stamps_ns: NDArray[np.int64]  # [N], of all frames
    by_name: Mapping[str, NDArray[np.float64]]  # [N] each, in the csv's units


@dataclass(frozen=True, eq=False)
class Recording:
    """What was found; nothing is open, and `frames` can be called again."""

    path: Path
    name: str
    image_topic: str | None  # None in a clip
    has_tokens: bool  # the images are tokens, 16UC1
    token_origin: TokenOrigin | None  # None: no tokens, or nothing is said of them
    frame_count: int  # images, as the index counts them
    duration_ns: int  # from the first message, or frame, to the last
    image_size: Size | None  # of the first image; None: tokens, or one that cannot be decoded
    calibration: CameraCalibration | None  # of the first image; None: not known, or tokens
    truth: EgoTruth | None
    columns: Columns | None  # None in a bag, and in a clip without further columns
    description: tuple[str, ...]  # what was found and why, line by line, for a person
    warnings: tuple[str, ...]
    read_frames: Callable[[], Iterator[RecordedFrame]]

    def frames(self) -> Iterator[RecordedFrame]:
        """Frames in the recording's order, decoded when asked.

        Unless the choice was not strict, raises InputError where the stamps run backwards or the
        camera changes; always, where the bag turns out to be damaged.
        """
        return self.read_frames()


def open_recording(path: Path | str, choice: RecordingTopics | None = None) -> Recording:
    """Find the images and read the ego truth of a bag, or of a folder with frames.csv.

    Raises InputError when there are no images or poses to find, several to choose from, or what
    is there cannot be used: see find_image_topic, find_truth and BagReader.
    """
    path, choice = Path(path), choice or RecordingTopics()
    is_clip = (path / 'frames.csv').exists() and not (path / 'metadata.yaml').exists()
    return _of_clip(path, choice) if is_clip else _of_bag(path, choice)


def _of_bag(path: Path, choice: RecordingTopics) -> Recording:
    with BagReader(path) as reader:
        topic = image_topic_of(reader, choice)
        images, first = reader.topics[topic], first_message(reader, topic)
        assert first is not None, 'the topic has messages'
        kind, has_tokens = checked_kind(first, f'{path}, {topic}')
        size = None if has_tokens else size_of(lambda: frame_from_message(first).image)
        check_commands(reader, choice)
        origin = token_origin_of(reader, topic) if has_tokens else None
        info_topic = info_topic_of(topic)
        has_info = info_topic in reader.topics_of(CAMERA_INFO_TYPE)
        info = first_message(reader, info_topic) if has_info and not has_tokens else None
        found = first_calibration(info, info_topic, size, first.header.frame_id, choice)
        truth = find_truth(reader, choice)
        duration_ns = reader.duration_ns
    silent = (NO_ORIGIN,) if has_tokens and origin is None else ()
    why = 'as named' if choice.image else 'the only image topic'
    heard_topic = info_topic if info is not None and choice.use_camera_info else None
    return Recording(
        path=path,
        name=path.resolve().name if path.is_dir() else path.stem,
        image_topic=topic,
        has_tokens=has_tokens,
        token_origin=origin,
        frame_count=images.count,
        duration_ns=duration_ns,
        image_size=size,
        calibration=found.calibration,
        truth=truth,
        columns=None,
        description=(
            f'{path}: a bag of {duration_ns / NS_PER_S:.1f} s',
            f'images: {topic} ({images.type}), {images.count}, {kind}: {why}',
            *([f'tokenizer: {origin.tokenizer}'] if origin else []),
            *([] if has_tokens else [found.description]),
            *([f'commands: {choice.command}'] if choice.command else []),
            *_described(truth),
            *(f'WARNING: {line}' for line in (*found.warnings, *silent)),
        ),
        warnings=(*(truth.warnings if truth else ()), *found.warnings, *silent),
        read_frames=_checked(
            lambda: bag_frames(
                path,
                topic,
                choice.command,
                heard_topic,
                HeardCalibration(found.calibration, choice.rectified),
            ),
            choice,
        ),
    )


def _of_clip(path: Path, choice: RecordingTopics) -> Recording:
    clip = read_clip(path)
    columns = _columns(clip)
    truth = _clip_truth(path, clip, choice)
    size = size_of(lambda: clip.frames[0].read_still().rgb)
    found = no_camera_info(size, ClipCamera().optical_frame, choice)
    if not truth and not columns and choice.truth != NO_TRUTH:
        raise InputError(
            f'{path / "frames.csv"} has no poses (columns {",".join(POSE_COLUMNS)}) and no other '
            'column of numbers that could be compared'
        )
    return Recording(
        path=path,
        name=clip.name,
        image_topic=None,
        has_tokens=False,
        token_origin=None,
        frame_count=len(clip.frames),
        duration_ns=clip.frames[-1].stamp_ns - clip.frames[0].stamp_ns,
        image_size=size,
        calibration=found.calibration,
        truth=truth,
        columns=columns,
        description=(
            f'{path}: a clip of {clip.duration_s:.1f} s',
            f'images: {len(clip.frames)} files',
            found.description,
            *([f'columns: {", ".join(columns.by_name)}'] if columns else []),
            *_described(truth),
        ),
        warnings=truth.warnings if truth else (),
        read_frames=lambda: clip_frames(clip, found.calibration),
    )


def info_topic_of(image_topic: str) -> str:
    """Where the camera_info beside an image topic, raw or compressed, is."""
    return f'{image_topic.removesuffix(_COMPRESSED).rpartition("/")[0]}/camera_info'


def _checked(
    frames: Callable[[], Iterator[RecordedFrame]], choice: RecordingTopics
) -> Callable[[], Iterator[RecordedFrame]]:
    return (lambda: one_camera_in_order(frames())) if choice.strict else frames


def _described(truth: EgoTruth | None) -> Iterator[str]:
    if not truth:
        yield 'poses: none'
        return
    first, *others = truth.description
    yield f'poses: {first}'
    yield from (f'  {line}' for line in others)
    yield from (f'WARNING: {line}' for line in truth.warnings)


def _columns(clip: Clip) -> Columns | None:
    first = clip.frames[0].extra
    names = [name for name, cell in first.items() if isinstance(cell, float)]
    if not names:
        return None
    stamps_ns = np.array([frame.stamp_ns for frame in clip.frames], np.int64)
    return Columns(
        stamps_ns,
        {name: np.array([frame.extra[name] for frame in clip.frames], float) for name in names},
    )


def _clip_truth(path: Path, clip: Clip, choice: RecordingTopics) -> EgoTruth | None:
    states = [frame.ego for frame in clip.frames if frame.ego]
    if not states or choice.truth == NO_TRUTH:
        return None
    found = PosesFound(
        topics=('frames.csv',),
        stamps_ns=np.array([one.stamp_ns for one in states], np.int64),
        in_plane=np.array([(one.x_m, one.y_m, one.yaw_rad) for one in states]),
        speeds=np.array([one.speed_mps for one in states]),
        of='the rear axle',
    )
    return truth_of(found, choice, str(path))
