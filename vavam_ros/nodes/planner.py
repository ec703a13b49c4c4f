"""Plan paths from camera images: the process of the lifecycle node `planner`.

Its settings are ROS parameters (config/planner.yaml lists them). They are read at configure, and
with autostart the node configures and activates itself. Stops at SIGINT or SIGTERM.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from vavam_ros.nodes.large_images import allow_large_images
from vavam_ros.nodes.lifetime import StopRequest, spin_until_stopped
from vavam_ros.nodes.running import run_process


def main(argv: Sequence[str] | None = None) -> int:
    """Run until a signal; 0 is a clean end, 2 a user's error, already printed."""
    # Before torch is loaded. Threads that spin while they wait cost seconds on a busy machine.
    os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')
    warning = allow_large_images()  # before DDS is loaded
    return run_process('planner', __doc__, lambda stop: _run(stop, warning), argv)


def _run(stop: StopRequest, warning: str | None) -> None:
    # Here, since it takes seconds and brings torch: a signal meanwhile must find its handler.
    from rclpy.executors import SingleThreadedExecutor

    from vavam_ros.nodes.planning.node import PlannerNode

    node = PlannerNode(interrupted=lambda: stop.requested)
    if warning:
        node.get_logger().warning(warning)
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    try:
        if node.get_parameter('autostart').value:
            node.start()
        spin_until_stopped(executor, stop)
        node.finish()
    finally:
        executor.shutdown()
        node.destroy_node()


if __name__ == '__main__':
    sys.exit(main())
