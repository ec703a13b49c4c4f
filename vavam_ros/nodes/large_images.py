"""Lets this process publish images that are larger than Fast DDS passes on by default."""

from __future__ import annotations

import os
import shutil
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from vavam_ros.installed import shared_file

_VARIABLES = ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE')
_SHARED_MEMORY = Path('/dev/shm')
_SEGMENT = './/{http://www.eprosima.com}segment_size'
_BESIDES = 8 * 2**20  # bytes; for the segments' own tables and the other processes' ports


def allow_large_images() -> str | None:
    """Choose config/fastdds.xml, before ROS starts, unless the environment names a profile.

    Returns a warning where the profile's shared memory does not fit: Fast DDS then keeps its
    default, which loses most images above half a megabyte.
    """
    if any(os.environ.get(variable) for variable in _VARIABLES):
        return None
    profile = shared_file('config/fastdds.xml')
    needed = _segment_bytes(profile) + _BESIDES
    free = shutil.disk_usage(_SHARED_MEMORY).free
    if free < needed:
        return (
            f'{_SHARED_MEMORY} has {free / 2**20:.0f} MB free and large images need '
            f'{needed / 2**20:.0f} MB: images above 0.5 MB may be lost '
            '(in a container: docker run --shm-size=512m)'
        )
    for variable in _VARIABLES:
        os.environ[variable] = str(profile)
    return None


def _segment_bytes(profile: Path) -> int:
    segment = ElementTree.parse(profile).find(_SEGMENT)
    assert segment is not None, f'{profile} has no segment_size'
    return int(segment.text or '')
