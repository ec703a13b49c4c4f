"""Write a recording again with tokens in place of its images, to be evaluated without them.

Everything but images stays as it was. Evaluating OUT gives the same results as evaluating IN, byte
for byte if the last names of the paths are the same, in a small part of the room and without the
encoder's time; it takes weights of the same tokenizer. (vavam tokenize makes files to train on.)
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

from vavam_ros.bags.recorded_frames import RecordedFrame
from vavam_ros.bags.recording import Recording, open_recording
from vavam_ros.bags.recording_topics import NO_TRUTH, RecordingTopics
from vavam_ros.bags.token_bag import Written, write_token_bag
from vavam_ros.bags.token_origin import TokenOrigin
from vavam_ros.bags.writer import STORAGES, BagWriter
from vavam_ros.commands.bag_tokens import source_bytes
from vavam_ros.commands.camera_arguments import add_camera_arguments, pilot_choices, topic_choices
from vavam_ros.commands.evaluating.moments import Stride
from vavam_ros.commands.evaluating.piece import assembled
from vavam_ros.commands.recorded_view import view_of
from vavam_ros.commands.thinned_frames import thinned
from vavam_ros.driving.pilot import Pilot
from vavam_ros.driving.settings import DTYPES, PilotSettings
from vavam_ros.errors import InputError
from vavam_ros.geometry.ego_track import STEP_S
from vavam_ros.model.config import PATCH_PX
from vavam_ros.records import NS_PER_S, FrameTokens

_PROGRESS_S = 10.0  # between two lines
_TOKEN_BYTES, _MOST_CODES = 2, 2**16  # of 16UC1


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    usual = PilotSettings()
    add('source', metavar='IN', type=Path, help='a bag (rosbag2 or ROS 1), or a clip folder')
    add('out', metavar='OUT', type=Path, help='bag folder to make')
    add('--weights', metavar='FILE', default='tiny', help="VaVAM weights; default: the package's")
    add('--tokenizer', metavar='FILE', default='', help='the tokenizer that belongs to them')
    add('--image-topic', metavar='TOPIC', help='default: the only one with images')
    add('--stride', metavar='S', type=float, default=STEP_S, help='as evaluate has it; 0.5 s')
    add('--all-frames', action='store_true', help='not only those that evaluate looks at')
    add('--device', default=usual.device, help=f'default: {usual.device}')
    add('--dtype', choices=DTYPES, default=usual.dtype, help=f'default: {usual.dtype}')
    add('--storage', choices=STORAGES, default='mcap', help='default: mcap')
    add_camera_arguments(parser)


def run(arguments: argparse.Namespace) -> None:
    """Choose the frames, write the bag, say what became of it."""
    stride = Stride(arguments.stride)
    choice = RecordingTopics(
        image=arguments.image_topic, truth=NO_TRUTH, **topic_choices(arguments)
    )
    recording = open_recording(arguments.source, choice)
    if recording.has_tokens:
        raise InputError(f'{recording.path} has tokens already')
    pilot = assembled(_settings(arguments)).pilot
    if pilot.tokenizer.codebook_size > _MOST_CODES:
        raise InputError(
            f'the tokenizer has {pilot.tokenizer.codebook_size} codes: 16UC1 takes {_MOST_CODES}'
        )
    view = view_of(recording, pilot.camera)
    print('\n'.join([view.description, *(f'WARNING: {line}' for line in view.warnings)]))
    frames = [(one.stamp_ns, one.camera) for one in recording.frames()]
    tolerance_s = pilot.settings.step_tolerance_s
    chosen = None if arguments.all_frames else thinned(frames, stride, tolerance_s)
    keep = range(len(frames)) if chosen is None else chosen
    origin = _origin(recording, pilot, None if chosen is None else stride.seconds)
    tokenize = with_progress(tokens_of(pilot), len(keep))
    with BagWriter(arguments.out, arguments.storage) as writer:
        written = write_token_bag(recording, frozenset(keep), tokenize, origin, writer)
    print(f'{arguments.out}: {len(keep)} of {len(frames)} frames, as tokens of {origin.tokenizer}')
    if chosen is None and not arguments.all_frames:
        print('  all frames: without the others, evaluate would choose other ones')
    _print_topics(writer, written)
    _print_size(recording, pilot, arguments.out, len(keep))


def tokens_of(pilot: Pilot) -> Callable[[RecordedFrame], FrameTokens]:
    """Tokens of one frame, as the pilot itself would have them."""

    def tokens(frame: RecordedFrame) -> FrameTokens:
        pilot.forget()
        admission = pilot.admit(frame.stamp_ns, frame.camera, calibration=frame.calibration)
        pilot.remember(frame.image(), admission)
        window = pilot.window()
        assert window is not None
        return window.frames[-1]

    return tokens


def with_progress(
    tokenize: Callable[[RecordedFrame], FrameTokens], frames: int
) -> Callable[[RecordedFrame], FrameTokens]:
    """The same, with a line now and then."""
    done, due = 0, time.monotonic() + _PROGRESS_S

    def tokens(frame: RecordedFrame) -> FrameTokens:
        nonlocal done, due
        found = tokenize(frame)
        done += 1
        if time.monotonic() >= due:
            print(f'{done} of {frames} frames', file=sys.stderr, flush=True)
            due = time.monotonic() + _PROGRESS_S
        return found

    return tokens


def _settings(arguments: argparse.Namespace) -> PilotSettings:
    return PilotSettings(
        weights=str(arguments.weights),
        tokenizer=str(arguments.tokenizer),
        device=arguments.device,
        dtype=arguments.dtype,
        **pilot_choices(arguments),
        future_frames=0,
    )


def _origin(recording: Recording, pilot: Pilot, stride_s: float | None) -> TokenOrigin:
    settings = pilot.settings
    return TokenOrigin(
        tokenizer=pilot.tokenizer.identity,
        crop_top_px=settings.crop_top_px,
        camera_z_m=settings.camera_z_m,
        camera_pitch_deg=settings.camera_pitch_deg,
        stride_s=stride_s,
        step_tolerance_s=settings.step_tolerance_s,
        source=recording.name,
    )


def _print_topics(writer: BagWriter, written: Written) -> None:
    for topic, count in sorted(writer.counts.items()):
        is_image = topic == written.image_topic
        print(f'  {topic:<36} {count}{" as tokens" if is_image else ""}')
    for topic, why in written.left_out.items():
        print(f'  {topic:<36} left out: {why}')


def _print_size(recording: Recording, pilot: Pilot, out: Path, frames: int) -> None:
    seconds = max(recording.duration_ns, 1) / NS_PER_S
    rows, columns = pilot.camera.height_px // PATCH_PX, pilot.camera.width_px // PATCH_PX
    tokens = frames * rows * columns * _TOKEN_BYTES
    print(
        f'{seconds:.1f} s: tokens {tokens / seconds / 1000:.2g} kB/s, the whole bag '
        f'{source_bytes(out) / seconds / 1000:.3g} kB/s'
    )
