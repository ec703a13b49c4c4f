"""Drive by paths: the process of the node `controller`.

Its settings are ROS parameters, read at start (config/controller.yaml lists them). Stops at SIGINT
or SIGTERM, after a last command that brakes.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from vavam_ros.nodes.running import run_node


def main(argv: Sequence[str] | None = None) -> int:
    """Run until a signal; 0 is a clean end, 2 a user's error, already printed."""
    return run_node('controller', __doc__, _make, argv)


def _make() -> Any:
    from vavam_ros.nodes.controlling.controller_node import ControllerNode

    return ControllerNode()


if __name__ == '__main__':
    sys.exit(main())
