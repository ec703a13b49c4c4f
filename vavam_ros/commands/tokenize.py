"""Turn recorded drives, or rosbags, into tokens that the models train on.

A SOURCE is a folder of drives (vavam collect) or a rosbag with images and odometry. OUT gets one
file a drive, and manifest.json with counts and checksums. What is there already is kept, so the
same command goes on where it was stopped, and takes further sources.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from vavam_ros import __version__
from vavam_ros.commands.bag_tokens import (
    BATCH,
    BagTopics,
    bag_shard,
    described,
    source_bytes,
    windows_in,
)
from vavam_ros.errors import InputError
from vavam_ros.geometry.ego_track import MOST_HOLE_S
from vavam_ros.model.config import PATCH_PX
from vavam_ros.model.vq_loading import load_tokenizer
from vavam_ros.perception.tokenizer import FrameTokenizer
from vavam_ros.perception.virtual_camera import VirtualCamera
from vavam_ros.training.drives import SUFFIX as DRIVE_SUFFIX
from vavam_ros.training.drives import Drive, drive_files, drive_name, read_drive
from vavam_ros.training.manifest import Entry, file_entry, known_entries, write_manifest
from vavam_ros.training.segments import segment_starts
from vavam_ros.training.shards import (
    SUFFIX,
    ShardOrigin,
    TokenShard,
    read_shard,
    shard_files,
    write_shard,
)

_PROGRESS_S = 10.0  # between two lines
TINY_GRID = '9x16'


@dataclass(frozen=True)
class Work:
    """One drive to tokenise."""

    path: Path  # a drive's file, or a bag
    name: str  # of its shard
    make: Callable[[Path], TokenShard]


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add('sources', metavar='SOURCE', type=Path, nargs='+', help='folder of drives, or a rosbag')
    add('out', metavar='OUT', type=Path, help='folder of tokens; made if it is not there')
    add('--tokenizer', metavar='FILE', type=Path, required=True, help='that makes the tokens')
    add('--device', metavar='NAME', default='cpu', help='torch device; default: cpu')
    bags = parser.add_argument_group('bags')
    add = bags.add_argument
    add('--image-topic', metavar='TOPIC', help='default: the only one with images')
    add('--odometry-topic', metavar='TOPIC', help='default: the only one with odometry')
    add('--command-topic', metavar='TOPIC', help='std_msgs/String: left, right or straight')
    add(
        '--centre-to-rear-axle',
        metavar='M',
        type=float,
        default=0.0,
        help="how far the odometry's frame is ahead of the rear axle, as CARLA's is; default: 0",
    )
    hole = f'seconds without a pose that are bridged; default: {MOST_HOLE_S:g}'
    add('--most-hole', metavar='S', type=float, default=MOST_HOLE_S, help=hole)
    add('--crop-top', metavar='PX', type=int, default=0, help='rows cut off images; default: 0')
    add(
        '--grid',
        metavar='ROWSxCOLUMNS',
        default=TINY_GRID,
        help=f'tokens of a frame; 18x32 for the released models; default: {TINY_GRID}',
    )


def run(arguments: argparse.Namespace) -> None:
    """Tokenise what is missing; each drive is written as soon as it is done."""
    loaded = load_tokenizer(arguments.tokenizer, device=arguments.device)
    tokenizer = FrameTokenizer(loaded.codec, loaded.device, loaded.dtype, loaded.identity)
    work = _work(arguments, tokenizer)
    try:
        arguments.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f'{arguments.out} cannot be made ({error.strerror or error})') from error
    tokens = _Tokens(arguments.out, tokenizer)
    missing = [one for one in work if not tokens.has(one)]
    print(f'{arguments.out}: {len(missing)} drives to tokenize, {len(work) - len(missing)} there')
    try:
        tokens.make(missing)
    finally:
        tokens.write()
    print(tokens.summary())


def drive_shard(path: Path, tokenizer: FrameTokenizer) -> TokenShard:
    """A recorded drive as tokens; everything else of it is taken over."""
    drive = read_drive(path)
    origin = ShardOrigin(
        drive=drive_name(path),
        tokenizer_identity=tokenizer.identity,
        codebook_size=tokenizer.codebook_size,
        source=asdict(drive.origin),
        source_bytes=source_bytes(path),
        seed=drive.origin.seed,
        command_rule=drive.origin.command_rule,
    )
    return TokenShard(
        tokens=np.concatenate(list(_batches(drive, tokenizer))).astype(np.uint16),
        stamps_ns=drive.stamps_ns,
        poses=drive.poses,
        speeds=drive.speeds,
        commands=drive.commands,
        targets=drive.targets,
        target_valid=drive.target_valid,
        segment_starts=segment_starts(drive.stamps_ns),
        origin=origin,
    )


def _batches(drive: Drive, tokenizer: FrameTokenizer) -> Iterable[np.ndarray]:
    if not len(drive):
        raise InputError('a drive holds no frames: collect it again')
    for first in range(0, len(drive), BATCH):
        part = range(first, min(first + BATCH, len(drive)))
        yield tokenizer.encode_all([drive.frames[index] for index in part])


def _work(arguments: argparse.Namespace, tokenizer: FrameTokenizer) -> list[Work]:
    topics = BagTopics(
        arguments.image_topic,
        arguments.odometry_topic,
        arguments.command_topic,
        arguments.centre_to_rear_axle,
        arguments.crop_top,
        arguments.most_hole,
    )
    if not math.isfinite(topics.centre_to_rear_axle_m):
        raise InputError('--centre-to-rear-axle must be a finite number of metres')
    if not topics.most_hole_s > 0:
        raise InputError(f'--most-hole is {topics.most_hole_s:g} s: it must be positive')
    camera = _camera(arguments.grid, topics.crop_top_px)
    work: dict[str, Work] = {}
    for source in arguments.sources:
        for one in _of_source(source, topics, camera, tokenizer):
            if one.name in work:
                raise InputError(
                    f'{work[one.name].path} and {one.path} would make the same file {one.name}: '
                    'rename one'
                )
            work[one.name] = one
    return list(work.values())


def _of_source(
    source: Path, topics: BagTopics, camera: VirtualCamera, tokenizer: FrameTokenizer
) -> Iterable[Work]:
    if source.is_dir() and any(source.glob(f'*{DRIVE_SUFFIX}')):
        for path in drive_files(source):
            name = f'{source.resolve().name}.{drive_name(path)}{SUFFIX}'
            yield Work(path, name, lambda path: drive_shard(path, tokenizer))
        return
    if not source.exists():
        raise InputError(f'{source} is not there: expected a folder of drives, or a bag')
    name = f'{source.resolve().stem}{SUFFIX}'
    yield Work(source, name, lambda path: bag_shard(path, topics, camera, tokenizer))


def _camera(grid: str, crop_top_px: int) -> VirtualCamera:
    parts = grid.split('x')
    if len(parts) != 2 or not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise InputError(f'--grid is {grid!r}: expected ROWSxCOLUMNS, such as 9x16')
    rows, columns = (int(part) for part in parts)
    return VirtualCamera(rows * PATCH_PX, columns * PATCH_PX, crop_top_px)


class _Tokens:
    """A folder of shards, all of one tokenizer."""

    def __init__(self, folder: Path, tokenizer: FrameTokenizer) -> None:
        self.folder, self.tokenizer = folder, tokenizer
        known = known_entries(folder)
        self.shards: dict[str, ShardOrigin] = {}
        self.entries: dict[str, Entry] = {}
        for path in shard_files(folder) if any(folder.glob(f'*{SUFFIX}')) else []:
            shard = read_shard(path)
            if shard.origin.tokenizer_identity != tokenizer.identity:
                raise InputError(
                    f'{path} holds tokens of the tokenizer {shard.origin.tokenizer_identity}, '
                    f'this one is {tokenizer.identity}: tokens of different tokenizers cannot be '
                    'mixed, so choose another folder'
                )
            self._note(path, shard, known.get(path.name))

    def has(self, work: Work) -> bool:
        """Whether it was tokenised before, from a source of the same size."""
        origin = self.shards.get(work.name)
        return origin is not None and origin.source_bytes == source_bytes(work.path)

    def make(self, missing: list[Work]) -> None:
        """Tokenise one drive after the other; a line for each bag, and now and then."""
        started = shown = time.monotonic()
        frames = 0
        for count, work in enumerate(missing, 1):
            shard = work.make(work.path)
            write_shard(self.folder / work.name, shard)
            self._note(self.folder / work.name, shard, None)
            frames += len(shard)
            now = time.monotonic()
            if shard.origin.seed is None or now - shown > _PROGRESS_S:
                shown = now
                print(
                    f'{count} of {len(missing)}, {work.path}: {", ".join(described(shard))} '
                    f'({frames / (now - started):.0f} frames a second)',
                    flush=True,
                )

    def write(self) -> None:
        """Bring the manifest up to date."""
        about = {
            'kind': 'tokens',
            'package_version': __version__,
            'tokenizer_identity': self.tokenizer.identity,
            'codebook_size': self.tokenizer.codebook_size,
            'seeds': sorted({one.seed for one in self.shards.values() if one.seed is not None}),
        }
        write_manifest(self.folder, self.entries.values(), about)

    def summary(self) -> str:
        """What there is, for a person."""
        frames = sum(entry['frames'] for entry in self.entries.values())
        windows = sum(entry['windows'] for entry in self.entries.values())
        return (
            f'{self.folder}: {len(self.entries)} drives, {frames} frames, {windows} windows, '
            f'tokenizer {self.tokenizer.identity}'
        )

    def _note(self, path: Path, shard: TokenShard, known: Entry | None) -> None:
        self.shards[path.name] = shard.origin
        self.entries[path.name] = known or file_entry(
            path,
            shard.commands,
            drive=shard.origin.drive,
            seed=shard.origin.seed,
            windows=windows_in(shard),
            source=shard.origin.source['source'],
        )
