"""Tell the planner where to turn: the process of the node `commander`.

The command comes from a request on ~/command, else from the route, else it is the default. Its
settings are ROS parameters, read at start (config/commander.yaml lists them). Stops at SIGINT or
SIGTERM.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from vavam_ros.nodes.running import run_node


def main(argv: Sequence[str] | None = None) -> int:
    """Run until a signal; 0 is a clean end, 2 a user's error, already printed."""
    return run_node('commander', __doc__, _make, argv)


def _make() -> Any:
    from vavam_ros.nodes.controlling.commander_node import CommanderNode

    return CommanderNode()


if __name__ == '__main__':
    sys.exit(main())
