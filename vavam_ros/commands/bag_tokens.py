"""A rosbag as a shard of tokens: 2 Hz frames, the way that was driven, and the commands."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vavam_ros.bags.ego_truth import why_no_pose
from vavam_ros.bags.recording import Recording, open_recording
from vavam_ros.bags.recording_topics import RecordingTopics, TruthKind
from vavam_ros.errors import InputError
from vavam_ros.geometry.ego_track import (
    HORIZON,
    MOST_HOLE_S,
    STEP_S,
    EgoTrack,
    commands_by_pose,
)
from vavam_ros.perception.history import FrameSelector
from vavam_ros.perception.tokenizer import FrameTokenizer
from vavam_ros.perception.virtual_camera import VirtualCamera
from vavam_ros.records import NS_PER_S, DriveCommand
from vavam_ros.training.segments import segment_starts, window_starts
from vavam_ros.training.shards import ShardOrigin, TokenShard
from vavam_ros.training.windows import FRAMES

BATCH = 16  # pictures through the tokenizer at once
WINDOW_S = (FRAMES - 1) * STEP_S + HORIZON * STEP_S


@dataclass(frozen=True)
class BagTopics:
    """What of a bag to read, and how; None is found by its type, or not wanted."""

    image: str | None = None
    odometry: str | None = None
    command: str | None = None  # std_msgs/String; None takes the rule pose-3s
    centre_to_rear_axle_m: float = 0.0  # how far the odometry's place is before the rear axle
    crop_top_px: int = 0
    most_hole_s: float = MOST_HOLE_S  # between two poses that are joined

    def choice(self) -> RecordingTopics:
        """As bags are opened; out of order, the frame selector sees to what jumps."""
        return RecordingTopics(
            image=self.image,
            truth=self.odometry,
            command=self.command,
            centre_to_rear_axle_m=self.centre_to_rear_axle_m,
            most_hole_s=self.most_hole_s,
            kinds=(TruthKind.ODOMETRY,),
            strict=False,
        )


@dataclass
class _Seen:
    """What has been read so far."""

    stamps_ns: list[int] = field(default_factory=list)
    commands: list[int] = field(default_factory=list)  # by the topic
    epochs: list[int] = field(default_factory=list)
    tokens: list[NDArray[np.int32]] = field(default_factory=list)
    waiting: list[NDArray[np.uint8]] = field(default_factory=list)  # pictures


def bag_shard(
    path: Path, topics: BagTopics, camera: VirtualCamera, tokenizer: FrameTokenizer
) -> TokenShard:
    """Read and tokenise a bag; InputError says why nothing can be trained on it."""
    recording = open_recording(path, topics.choice())
    _check_length(recording)
    truth = recording.truth
    assert truth, 'as asked for'
    seen = _read(recording, camera, tokenizer)
    origin = ShardOrigin(
        drive=path.stem,
        tokenizer_identity=tokenizer.identity,
        codebook_size=tokenizer.codebook_size,
        source={
            'source': path.name,
            'image_topic': recording.image_topic,
            'odometry_topic': truth.topics[0],
            'centre_to_rear_axle_m': topics.centre_to_rear_axle_m,
            'crop_top_px': topics.crop_top_px,
            'most_hole_s': topics.most_hole_s,
        },
        source_bytes=source_bytes(path),
        seed=None,
        command_rule=f'topic {topics.command}' if topics.command else 'pose-3s',
    )
    return _shard(path, seen, origin, topics, truth.track)


def source_bytes(path: Path) -> int:
    """Size of a file, or of all that is in a folder."""
    if path.is_file():
        return path.stat().st_size
    return sum(os.path.getsize(file) for file in sorted(path.rglob('*')) if file.is_file())


def _check_length(recording: Recording) -> None:
    seconds = recording.duration_ns / NS_PER_S
    if seconds < WINDOW_S:
        raise InputError(
            f'{recording.path} is too short: {seconds:.1f} s, where {FRAMES} frames at 2 Hz and '
            f'{HORIZON * STEP_S:g} s after them take {WINDOW_S:g} s'
        )


def _read(recording: Recording, camera: VirtualCamera, tokenizer: FrameTokenizer) -> _Seen:
    seen, selector = _Seen(), FrameSelector()
    for frame in recording.frames():
        admission = selector.admit(frame.stamp_ns, frame.camera)
        if not admission.kept:
            continue
        command = DriveCommand.STRAIGHT if frame.command is None else frame.command
        seen.stamps_ns.append(frame.stamp_ns)
        seen.commands.append(int(command))
        seen.epochs.append(admission.epoch)
        image = frame.image()
        seen.waiting.append(camera.view(image.image, image.calibration))
        if len(seen.waiting) == BATCH:
            _tokenise(seen, tokenizer)
    _tokenise(seen, tokenizer)
    return seen


def _tokenise(seen: _Seen, tokenizer: FrameTokenizer) -> None:
    if seen.waiting:
        seen.tokens.append(tokenizer.encode_all(seen.waiting))
        seen.waiting.clear()


def _shard(
    path: Path, seen: _Seen, origin: ShardOrigin, topics: BagTopics, track: EgoTrack
) -> TokenShard:
    """Of the frames those whose pose is known; a frame without one ends a segment."""
    stamps = np.array(seen.stamps_ns, np.int64)
    if not len(stamps):
        raise InputError(f'{path} has no usable images')
    states, known = track.at(stamps)
    if not known.any():
        raise InputError(f'{path}: {why_no_pose(track, stamps)}')
    order = _increasing(stamps, known)
    stamps, states = stamps[order], states[order]
    targets, valid = track.targets(stamps)
    asked = np.array(seen.commands, np.int64)[order]
    shard = TokenShard(
        tokens=np.concatenate(seen.tokens)[order].astype(np.uint16),
        stamps_ns=stamps,
        poses=states[:, :3].copy(),
        speeds=states[:, 3].astype(np.float32),
        commands=asked if topics.command else commands_by_pose(targets, valid),
        targets=targets,
        target_valid=valid,
        segment_starts=_segments(stamps, np.array(seen.epochs)[order]),
        origin=origin,
    )
    _check_windows(path, shard, topics.most_hole_s)
    return shard


def _increasing(stamps: NDArray[np.int64], known: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Frames with a pose, but none that a jump back in time shows a second time."""
    newest = np.maximum.accumulate(np.concatenate([[-1], stamps[:-1]]))
    return np.flatnonzero(known & (stamps > newest))


def _segments(stamps: NDArray[np.int64], epochs: NDArray[np.int64]) -> NDArray[np.int64]:
    resets = np.flatnonzero(np.diff(epochs)) + 1
    return np.unique(np.concatenate([segment_starts(stamps), resets]))


def _check_windows(path: Path, shard: TokenShard, most_hole_s: float) -> None:
    windows = window_starts(shard.segment_starts, len(shard), FRAMES)
    if not len(windows):
        lengths = np.diff(np.append(shard.segment_starts, len(shard)))
        raise InputError(
            f'{path} has gaps everywhere: the longest stretch of frames at 2 Hz with poses is '
            f'{lengths.max()}, {FRAMES} are needed'
        )
    if not shard.target_valid[np.unique(windows[:, None] + np.arange(FRAMES))].any():
        raise InputError(
            f'{path}: no frame of a whole window has {HORIZON * STEP_S:g} s of poses after it '
            f'without a hole of more than {most_hole_s:g} s (--most-hole)'
        )


def windows_in(shard: TokenShard) -> int:
    """Number of windows that can be trained on."""
    return len(window_starts(shard.segment_starts, len(shard), FRAMES))


def described(shard: TokenShard) -> Iterator[str]:
    """What a shard holds, for a person."""
    yield f'{len(shard)} frames'
    yield f'{len(shard.segment_starts)} stretches'
    yield f'{windows_in(shard)} windows'
