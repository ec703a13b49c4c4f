"""The embedded world as CARLA's ROS bridge would show it: the process of the node `simulator`.

Its settings are ROS parameters (config/simulator.yaml lists them). Ends with the route, after
`duration_s`, or at SIGINT or SIGTERM, and says the hash of its command log.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from vavam_ros.nodes.large_images import allow_large_images
from vavam_ros.nodes.lifetime import StopRequest
from vavam_ros.nodes.running import run_process


def main(argv: Sequence[str] | None = None) -> int:
    """Run to the end; 0 is a clean one, 2 a user's error, already printed."""
    warning = allow_large_images()  # before DDS is loaded
    return run_process('simulator', __doc__, lambda stop: _run(stop, warning), argv)


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
