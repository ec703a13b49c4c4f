"""The simulator that this package brings, in the place of CARLA and its ROS bridge.

Part of carla.launch.py with bridge:=embedded; all its settings are in config/simulator.yaml.
"""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, Shutdown
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterFile, ParameterValue
from launch_ros.substitutions import FindPackageShare

BOOLEANS = ['true', 'false', 'True', 'False']


def generate_launch_description() -> LaunchDescription:
    """Arguments, then the node, whose end is the end of all."""
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                'role_name',
                default_value='ego_vehicle',
                description="the vehicle's name in topics and frames",
            ),
            DeclareLaunchArgument(
                'seed',
                default_value='9000',
                description='which town, from 0 to 9999; 9000 to 9011 are never trained on',
            ),
            DeclareLaunchArgument(
                'rtf',
                default_value='1.0',
                description='without lock_step: simulated seconds in a second',
            ),
            DeclareLaunchArgument(
                'duration_s',
                default_value='0.0',
                description='simulated seconds after which it ends; 0: with the route',
            ),
            DeclareLaunchArgument(
                'lock_step',
                default_value='false',
                choices=BOOLEANS,
                description='whether each tick waits for its control command, and each image for '
                'its path',
            ),
            DeclareLaunchArgument(
                'params_file',
                default_value=PathJoinSubstitution(
                    [FindPackageShare('vavam_ros'), 'config', 'empty.yaml']
                ),
                description='parameters of the simulator, which win over the arguments',
            ),
            DeclareLaunchArgument(
                'namespace',
                default_value='',
                description="namespace of the node and its own topics; '' is the root",
            ),
            Node(
                package='vavam_ros',
                executable='simulator',
                namespace=LaunchConfiguration('namespace'),
                output='screen',
                parameters=[
                    {
                        'role_name': ParameterValue(
                            LaunchConfiguration('role_name'), value_type=str
                        ),
                        'seed': ParameterValue(LaunchConfiguration('seed'), value_type=int),
                        'rtf': ParameterValue(LaunchConfiguration('rtf'), value_type=float),
                        'duration_s': ParameterValue(
                            LaunchConfiguration('duration_s'), value_type=float
                        ),
                        'lock_step': ParameterValue(
                            LaunchConfiguration('lock_step'), value_type=bool
                        ),
                        'wait_for_path': ParameterValue(
                            LaunchConfiguration('lock_step'), value_type=bool
                        ),
                        'wait_for_turn': ParameterValue(
                            LaunchConfiguration('lock_step'), value_type=bool
                        ),
                    },
                    ParameterFile(LaunchConfiguration('params_file'), allow_substs=True),
                ],
                remappings=[('path', 'planner/path'), ('command', 'planner/command')],
                on_exit=Shutdown(reason='the simulation has ended'),
            ),
        ]
    )
