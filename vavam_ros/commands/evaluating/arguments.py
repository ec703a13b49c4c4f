"""Arguments of `vavam evaluate`, and the settings that they make."""

from __future__ import annotations

import argparse
from pathlib import Path

from vavam_ros.bags.recording_topics import MOST_HOLE_S, RecordingTopics
from vavam_ros.commands.camera_arguments import add_camera_arguments, pilot_choices, topic_choices
from vavam_ros.commands.evaluating.album import COMPARED, WORST
from vavam_ros.commands.evaluating.moments import Stride
from vavam_ros.commands.evaluating.piece import How
from vavam_ros.commands.evaluating.windows import Sampling
from vavam_ros.driving.settings import DTYPES, PilotSettings
from vavam_ros.errors import InputError

SAMPLES, SEEDS, BATCH = 6, 3, 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare them."""
    add = parser.add_argument
    add('recordings', metavar='BAG', nargs='+', type=Path, help='bags, clips, or folders of them')
    add('--out', metavar='DIR', type=Path, default=Path('evaluate_out'), help='a new folder; '
        'default: evaluate_out')  # fmt: skip
    add('--worst', metavar='N', type=int, default=WORST, help=f'windows to show; default: {WORST}')
    add('--compared', metavar='N', type=int, default=COMPARED, help='windows whose predicted '
        f'frames are compared with the real ones; 0 is none; default: {COMPARED}')  # fmt: skip
    add('--write-bag', action='store_true', help='also a bag of each recording, with the plans')
    _add_model(parser)
    _add_recordings(parser)
    add_camera_arguments(parser)
    _add_work(parser)


def _add_model(parser: argparse.ArgumentParser) -> None:
    add, usual = parser.add_argument_group('the model').add_argument, PilotSettings()
    add('--weights', metavar='FILE', default='tiny', help="VaVAM weights; default: the package's")
    add('--tokenizer', metavar='FILE', default='', help='the tokenizer that belongs to them')
    add('--tokenizer-decoder', metavar='FILE', default='', help='released decoder, with a .jit')
    add('--stride', metavar='S', type=float, default=0.5, help='seconds between windows; '
        'default: 0.5')  # fmt: skip
    add('--context', metavar='N', type=int, default=usual.context_frames, help='frames that a '
        f'plan is made from; default: {usual.context_frames}')  # fmt: skip
    add('--samples', metavar='K', type=int, default=SAMPLES, help='plans drawn for a window; '
        f'default: {SAMPLES}')  # fmt: skip
    add('--seeds', metavar='N', type=int, default=SEEDS, help='of the noise, to show its spread; '
        f'default: {SEEDS}')  # fmt: skip
    add('--seed', metavar='N', type=int, default=usual.seed, help='the first of them; default: 0')


def _add_recordings(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group('the recordings').add_argument
    add('--image-topic', metavar='TOPIC', help='default: the only one with images')
    add('--truth-topic', metavar='TOPIC', help='odometry, TF, poses or GNSS; default: the first '
        'kind that is there')  # fmt: skip
    add('--imu-topic', metavar='TOPIC', help='heading for GNSS; default: the only one')
    add('--command-topic', metavar='TOPIC', help='default: by where the drive went 3 s later')
    add('--fixed-frame', metavar='FRAME', help='that TF poses are in; default: map, then odom')
    add('--body-frame', metavar='FRAME', default='base_link', help='default: base_link')
    add('--centre-to-rear-axle', metavar='M', type=float, help='how far ahead of the rear axle '
        'poses are, as in CARLA; default: by their frame')  # fmt: skip
    add('--most-hole', metavar='S', type=float, default=MOST_HOLE_S, help='seconds without a pose '
        f'that are bridged; default: {MOST_HOLE_S:g}')  # fmt: skip


def _add_work(parser: argparse.ArgumentParser) -> None:
    add, usual = parser.add_argument_group('the work').add_argument, PilotSettings()
    add('--device', default=usual.device, help=f'torch device; default: {usual.device}')
    add('--dtype', choices=DTYPES, default=usual.dtype, help=f'default: {usual.dtype}')
    add('--batch', metavar='N', type=int, default=BATCH, help='windows side by side; default: '
        f'{BATCH}')  # fmt: skip
    add('--workers', metavar='N', type=int, default=1, help='processes; default: 1')
    add('--ray', metavar='ADDRESS', help='a Ray cluster in place of --workers; auto: the one that '
        'this machine is part of')  # fmt: skip


def how_of(arguments: argparse.Namespace) -> How:
    """What rows depend on; InputError for a value that cannot be."""
    _check(arguments)
    pilot = PilotSettings(
        weights=str(arguments.weights),
        tokenizer=str(arguments.tokenizer),
        tokenizer_decoder=str(arguments.tokenizer_decoder),
        device=arguments.device,
        dtype=arguments.dtype,
        context_frames=arguments.context,
        **pilot_choices(arguments),
        samples=arguments.samples,
        seed=arguments.seed,
        future_frames=0,
    )
    topics = RecordingTopics(
        image=arguments.image_topic,
        truth=arguments.truth_topic,
        imu=arguments.imu_topic,
        command=arguments.command_topic,
        fixed_frame=arguments.fixed_frame,
        body_frame=arguments.body_frame,
        centre_to_rear_axle_m=arguments.centre_to_rear_axle,
        most_hole_s=arguments.most_hole,
        **topic_choices(arguments),
    )
    sampling = Sampling(arguments.seeds, arguments.batch)
    return How(pilot, topics, Stride(arguments.stride), sampling)


def _check(arguments: argparse.Namespace) -> None:
    least = {'samples': 1, 'seeds': 1, 'batch': 1, 'workers': 1, 'worst': 0, 'compared': 0}
    for name, at_least in least.items():
        if getattr(arguments, name) < at_least:
            raise InputError(
                f'--{name} is {getattr(arguments, name)}: it must be {at_least} or more'
            )
