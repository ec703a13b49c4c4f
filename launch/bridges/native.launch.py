"""Nothing to start: the CARLA server runs already, with --ros2 and a camera named rgb_front."""

from launch import LaunchDescription


def generate_launch_description() -> LaunchDescription:
    """No node."""
    return LaunchDescription([])
