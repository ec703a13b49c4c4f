"""Turn a clip folder (frames.csv and images) into a rosbag2 that ROS 2 plays.

Topics, for the camera name `camera`: /camera/image_raw, or /camera/image_raw/compressed with
--compressed, and /camera/camera_info; where the clip has poses also /odom, /tf (odom to
base_link) and /tf_static (base_link to camera_optical_frame, mounted as the training camera was:
1.70 m ahead of the rear axle, 1.51 m up). Stamps are the clip's.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from vavam_ros.bags.clip import Clip, ClipFrame, read_clip
from vavam_ros.bags.clip_bag import ClipCamera, write_frames
from vavam_ros.bags.writer import STORAGES, BagWriter
from vavam_ros.geometry.pinhole import Pinhole
from vavam_ros.geometry.training_camera import TRAINING_HFOV_DEG

_PROGRESS_S = 2.0  # between two lines


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument('clip', metavar='CLIP_FOLDER', type=Path, help='folder with frames.csv')
    parser.add_argument('out', metavar='OUT', type=Path, help='bag folder to make')
    parser.add_argument('--storage', choices=STORAGES, default='mcap', help='default: mcap')
    parser.add_argument(
        '--compressed', action='store_true', help='keep jpeg and png files as they are'
    )
    parser.add_argument(
        '--camera', metavar='NAME', default='camera', help='in topics and frame; default: camera'
    )
    parser.add_argument(
        '--hfov',
        metavar='DEG',
        type=float,
        help='horizontal field of view, 2 atan(width / 2f) for a focal length f in pixels of an '
        'image of that width (f 721.5 at 1242, as in KITTI: 81.4); default: the training '
        f"camera's {TRAINING_HFOV_DEG}",
    )


def run(arguments: argparse.Namespace) -> None:
    """Check the clip, write the bag, say what is in it."""
    hfov_deg = TRAINING_HFOV_DEG if arguments.hfov is None else arguments.hfov
    camera = ClipCamera(arguments.camera, hfov_deg, arguments.compressed)
    clip = read_clip(arguments.clip)
    with BagWriter(arguments.out, arguments.storage) as writer:
        pinhole = write_frames(_with_progress(clip.frames), camera, writer)
    print(f'{arguments.out}: {len(clip.frames)} frames, {clip.duration_s:.1f} s, of {clip.name}')
    for topic, count in sorted(writer.counts.items()):
        print(f'  {topic:<28} {count}')
    _print_assumptions(clip, pinhole, hfov_deg, assumed=arguments.hfov is None)


def _with_progress(frames: Sequence[ClipFrame]) -> Iterator[ClipFrame]:
    due = time.monotonic() + _PROGRESS_S
    for count, frame in enumerate(frames):
        if time.monotonic() >= due:
            print(f'{count} of {len(frames)} frames', file=sys.stderr, flush=True)
            due = time.monotonic() + _PROGRESS_S
        yield frame


def _print_assumptions(clip: Clip, pinhole: Pinhole, hfov_deg: float, assumed: bool) -> None:
    source = "assumed, the training camera's: set --hfov for another" if assumed else 'as given'
    print(
        f'camera: {pinhole.width_px}x{pinhole.height_px}, horizontal field of view '
        f'{hfov_deg:g} deg ({source}), focal length {pinhole.fx_px:.1f} px'
    )
    if not clip.has_poses:
        print('no poses (columns x,y,yaw,v) in the clip: only the camera topics were written')
