"""Arguments that say what a recording does not say of its camera."""

from __future__ import annotations

import argparse
from typing import Any

from vavam_ros.driving.settings import PilotSettings


def add_camera_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare them."""
    add = parser.add_argument_group('the camera').add_argument
    usual = PilotSettings()
    add('--hfov', metavar='DEG', type=float, help='angle of view across, where there is no '
        'camera_info; default: the images are taken for the training camera\'s')  # fmt: skip
    add('--rectified', action='store_true', help="images are rectified: camera_info's p holds")
    add('--no-camera-info', action='store_true', help='do without it')
    add('--camera-height', metavar='M', type=float, default=usual.camera_z_m,
        help=f'above the road; default: {usual.camera_z_m:g}')  # fmt: skip
    add('--camera-pitch', metavar='DEG', type=float, default=usual.camera_pitch_deg,
        help='that it looks down; default: 0')  # fmt: skip
    add('--crop-top', metavar='PX', type=int, default=usual.crop_top_px, help='rows to cut off')


def topic_choices(arguments: argparse.Namespace) -> dict[str, Any]:
    """For RecordingTopics."""
    return {
        'use_camera_info': not arguments.no_camera_info,
        'rectified': arguments.rectified,
        'hfov_deg': arguments.hfov,
    }


def pilot_choices(arguments: argparse.Namespace) -> dict[str, Any]:
    """For PilotSettings."""
    return {
        'crop_top_px': arguments.crop_top,
        'camera_z_m': arguments.camera_height,
        'camera_pitch_deg': arguments.camera_pitch,
    }
