"""Nothing to start: CARLA's ROS bridge runs already, with config/carla_objects.json."""

from launch import LaunchDescription


def generate_launch_description() -> LaunchDescription:
    """No node."""
    return LaunchDescription([])
