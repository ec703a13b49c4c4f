"""Plan on a vehicle, and drive it if asked to: planner and commander, and the controller too.

    ros2 launch vavam_ros drive.launch.py weights:=... tokenizer:=... controller:=true
        output:=ackermann ackermann_topic:=/drive odometry_topic:=/odom

Without controller:=true nothing commands the vehicle. Takes the arguments of planner.launch.py as
well.
"""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.conditions import IfCondition
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterFile, ParameterValue
from launch_ros.substitutions import FindPackageShare

BOOLEANS = ['true', 'false', 'True', 'False']
OUTPUTS = ['twist', 'ackermann', 'ackermann_stamped']


def generate_launch_description() -> LaunchDescription:
    """Arguments, the planner, the commander, and the controller behind its switch."""
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                'controller',
                default_value='false',
                choices=BOOLEANS,
                description='whether the vehicle is driven: true starts the controller',
            ),
            DeclareLaunchArgument(
                'output',
                default_value='twist',
                choices=OUTPUTS,
                description='what the vehicle takes',
            ),
            DeclareLaunchArgument(
                'cmd_vel_topic',
                default_value='cmd_vel',
                description='where the controller sends a geometry_msgs/Twist',
            ),
            DeclareLaunchArgument(
                'ackermann_topic',
                default_value='ackermann_cmd',
                description='where the controller sends an ackermann_msgs/AckermannDrive',
            ),
            DeclareLaunchArgument(
                'ackermann_stamped_topic',
                default_value='ackermann_cmd_stamped',
                description='where the controller sends an ackermann_msgs/AckermannDriveStamped',
            ),
            DeclareLaunchArgument(
                'odometry_topic',
                default_value='odom',
                description="the vehicle's nav_msgs/Odometry, of its rear axle",
            ),
            DeclareLaunchArgument(
                'waypoints_topic',
                default_value='waypoints',
                description="the route, a nav_msgs/Path in the odometry's frame; without one the "
                'command is the default, or what is sent to commander/command',
            ),
            DeclareLaunchArgument(
                'params_file',
                default_value=PathJoinSubstitution(
                    [FindPackageShare('vavam_ros'), 'config', 'empty.yaml']
                ),
                description='parameters of all nodes, in a block /**/planner, /**/controller and '
                'so on each; they win over the arguments',
            ),
            DeclareLaunchArgument(
                'use_sim_time',
                default_value='false',
                choices=BOOLEANS,
                description='take the time from /clock: true with a bag or a simulator',
            ),
            DeclareLaunchArgument(
                'namespace',
                default_value='',
                description="namespace of the nodes and their own topics; '' is the root",
            ),
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(
                    PathJoinSubstitution(
                        [FindPackageShare('vavam_ros'), 'launch', 'planner.launch.py']
                    )
                ),
                launch_arguments={
                    'params_file': LaunchConfiguration('params_file'),
                    'use_sim_time': LaunchConfiguration('use_sim_time'),
                    'namespace': LaunchConfiguration('namespace'),
                }.items(),
            ),
            Node(
                package='vavam_ros',
                executable='commander',
                namespace=LaunchConfiguration('namespace'),
                output='screen',
                parameters=[
                    {
                        'use_sim_time': ParameterValue(
                            LaunchConfiguration('use_sim_time'), value_type=bool
                        ),
                    },
                    ParameterFile(LaunchConfiguration('params_file'), allow_substs=True),
                ],
                remappings=[
                    ('command', 'planner/command'),
                    ('odom', LaunchConfiguration('odometry_topic')),
                    ('waypoints', LaunchConfiguration('waypoints_topic')),
                ],
            ),
            Node(
                package='vavam_ros',
                executable='controller',
                namespace=LaunchConfiguration('namespace'),
                condition=IfCondition(LaunchConfiguration('controller')),
                output='screen',
                parameters=[
                    {
                        'output': ParameterValue(LaunchConfiguration('output'), value_type=str),
                        'use_sim_time': ParameterValue(
                            LaunchConfiguration('use_sim_time'), value_type=bool
                        ),
                    },
                    ParameterFile(LaunchConfiguration('params_file'), allow_substs=True),
                ],
                remappings=[
                    ('path', 'planner/path'),
                    ('odom', LaunchConfiguration('odometry_topic')),
                    ('cmd_vel', LaunchConfiguration('cmd_vel_topic')),
                    ('ackermann_cmd', LaunchConfiguration('ackermann_topic')),
                    ('ackermann_cmd_stamped', LaunchConfiguration('ackermann_stamped_topic')),
                ],
            ),
        ]
    )
