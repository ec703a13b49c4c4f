"""The embedded world as CARLA's ROS bridge would show it: the process of the node `simulator`.

Its settings are ROS parameters (config/simulator.yaml lists them). Ends with the route, after
`duration_s`, or at SIGINT or SIGTERM, and says the hash of its command log.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from vavam_ros.errors import InputError
from vavam_ros.nodes.large_images import allow_large_images
from vavam_ros.nodes.lifetime import StopRequest, add_ros_arguments, ros, stop_at_signals


def main(argv: Sequence[str] | None = None) -> int:
    """Run to the end; 0 is a clean one, 2 a user's error, already printed."""
    stop = stop_at_signals()
    parser = argparse.ArgumentParser('simulator', description=__doc__)
    add_ros_arguments(parser)
    arguments = parser.parse_args(argv)
    warning = allow_large_images()
    try:
        with ros(arguments.ros_args):
            _run(stop, warning)
    except InputError as error:
        print(f'simulator: error: {error}', file=sys.stderr)
        return 2
    return 0


def _run(stop: StopRequest, warning: str | None) -> None:
    # Here, since it takes a while: a signal meanwhile must find its handler.
    import rclpy
    from rclpy.executors import SingleThreadedExecutor

    from vavam_ros.nodes.settings import declared_settings, unknown_parameters
    from vavam_ros.nodes.simulating.drive import Drive
    from vavam_ros.nodes.simulating.settings import SimulatorSettings
    from vavam_ros.simulation.camera import SceneCamera
    from vavam_ros.simulation.world import World

    node = rclpy.create_node('simulator')
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    try:
        settings = declared_settings(node, SimulatorSettings)
        for name in unknown_parameters(node):
            node.get_logger().warning(f'parameter {name} is unknown here and has no effect')
        if warning:
            node.get_logger().warning(warning)
        world = World(settings.seed, settings.world)
        world.start(settings.start)
        size = (settings.image_width_px, settings.image_height_px)
        with SceneCamera(world.town, *size, pipe=settings.pipe) as camera:
            drive = Drive(node, executor, stop, settings, world, camera)
            drive.run()
            print(f'simulator: {drive.finish()}', flush=True)
    finally:
        executor.shutdown()
        node.destroy_node()


if __name__ == '__main__':
    sys.exit(main())
