"""Message classes of packages that not every ROS installation has, imported when first asked for.

Nothing here is needed by the planner; carla.md in docs/ says how to get the packages.
"""

from __future__ import annotations

import importlib
from typing import Any

from vavam_ros.errors import InputError

_SOURCES = {
    'carla_msgs': 'build github.com/carla-simulator/ros-carla-msgs with colcon, and source it',
}


def optional_class(type_name: str) -> Any:
    """The class of, for example, `carla_msgs/msg/CarlaStatus`.

    Raises InputError that names the missing package and how to get it.
    """
    package, _, name = type_name.split('/')
    try:
        return getattr(importlib.import_module(f'{package}.msg'), name)
    except (ImportError, AttributeError) as error:
        raise InputError(
            f'{type_name} needs the package {package}, which cannot be imported here ({error}): '
            f'{how_to_get(package)}'
        ) from error


def how_to_get(package: str) -> str:
    """What a user does to have a message package."""
    usual = f'apt install ros-$ROS_DISTRO-{package.replace("_", "-")}'
    return f'{_SOURCES.get(package, usual)}; docs/carla.md says more'


def is_there(type_name: str) -> bool:
    """Whether `optional_class` would succeed."""
    try:
        optional_class(type_name)
    except InputError:
        return False
    return True
