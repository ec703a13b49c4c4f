"""Message classes by the names that bags and the ROS graph use."""

from __future__ import annotations

import importlib
import re
from typing import Any

from vavam_ros.errors import InputError

_NAME = re.compile(r'([a-z][a-z0-9_]*)/msg/([A-Z][A-Za-z0-9]*)')


def message_class(type_name: str) -> Any:
    """Import the class of, for example, `sensor_msgs/msg/Image`.

    Raises InputError, naming the package to install, where there is no such class.
    """
    match = _NAME.fullmatch(type_name)
    if match is None:
        raise InputError(f'{type_name!r} is not a message type such as sensor_msgs/msg/Image')
    package, name = match.groups()
    try:
        return getattr(importlib.import_module(f'{package}.msg'), name)
    except (ImportError, AttributeError) as error:
        raise InputError(
            f'{type_name} is not known to this ROS installation: install the package {package}'
        ) from error
