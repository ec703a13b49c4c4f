"""Drive in CARLA, or in the simulator that this package brings: planner, commander, controller.

    ros2 launch vavam_ros carla.launch.py bridge:=carla_ros_bridge weights:=... tokenizer:=...
    ros2 launch vavam_ros carla.launch.py bridge:=native role_name:=hero weights:=...
    ros2 launch vavam_ros carla.launch.py bridge:=embedded seed:=9003 weights:=tiny

Takes the arguments of planner.launch.py as well, and those of launch/bridges/embedded.launch.py.
"""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterFile, ParameterValue
from launch_ros.substitutions import FindPackageShare

BOOLEANS = ['true', 'false', 'True', 'False']
BRIDGES = ['carla_ros_bridge', 'native', 'embedded']


def generate_launch_description() -> LaunchDescription:
    """Arguments, the side that is driven, the planner, then commander and controller."""
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                'bridge',
                default_value='carla_ros_bridge',
                choices=BRIDGES,
                description="what is driven: CARLA's ROS bridge, CARLA's native ROS 2, or the "
                'embedded simulator, which is then started',
            ),
            DeclareLaunchArgument(
                'role_name',
                default_value='ego_vehicle',
                description="the vehicle's name in topics and frames",
            ),
            DeclareLaunchArgument(
                'lock_step',
                default_value='false',
                choices=BOOLEANS,
                description='one control command for each odometry message: for a CARLA in '
                'synchronous mode that waits for commands, and for runs that repeat exactly',
            ),
            DeclareLaunchArgument(
                'path_period_s',
                default_value='0.0',
                description='with lock_step: a command waits for the path of the image so long '
                'after the last; the embedded simulator needs its sensor_tick_s here, 0.5',
            ),
            DeclareLaunchArgument(
                'params_file',
                default_value=PathJoinSubstitution(
                    [FindPackageShare('vavam_ros'), 'config', 'empty.yaml']
                ),
                description='parameters of all nodes, in a block /**/planner, /**/controller and '
                'so on each; they win over the arguments and over config/bridges',
            ),
            DeclareLaunchArgument(
                'use_sim_time',
                default_value='true',
                choices=BOOLEANS,
                description='take the time from /clock, as CARLA publishes it',
            ),
            DeclareLaunchArgument(
                'namespace',
                default_value='',
                description="namespace of the nodes and their own topics; '' is the root",
            ),
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(
                    [
                        PathJoinSubstitution(
                            [
                                FindPackageShare('vavam_ros'),
                                'launch',
                                'bridges',
                                LaunchConfiguration('bridge'),
                            ]
                        ),
                        '.launch.py',
                    ]
                ),
                launch_arguments={
                    'role_name': LaunchConfiguration('role_name'),
                    'lock_step': LaunchConfiguration('lock_step'),
                    'params_file': LaunchConfiguration('params_file'),
                    'namespace': LaunchConfiguration('namespace'),
                }.items(),
            ),
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(
                    PathJoinSubstitution(
                        [FindPackageShare('vavam_ros'), 'launch', 'planner.launch.py']
                    )
                ),
                launch_arguments={
                    'image_topic': [
                        '/carla/',
                        LaunchConfiguration('role_name'),
                        '/rgb_front/image',
                    ],
                    'camera_info_topic': [
                        '/carla/',
                        LaunchConfiguration('role_name'),
                        '/rgb_front/camera_info',
                    ],
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
                        'role_name': ParameterValue(
                            LaunchConfiguration('role_name'), value_type=str
                        ),
                        'lock_step': ParameterValue(
                            LaunchConfiguration('lock_step'), value_type=bool
                        ),
                        'use_sim_time': ParameterValue(
                            LaunchConfiguration('use_sim_time'), value_type=bool
                        ),
                    },
                    ParameterFile(
                        [
                            PathJoinSubstitution(
                                [
                                    FindPackageShare('vavam_ros'),
                                    'config',
                                    'bridges',
                                    LaunchConfiguration('bridge'),
                                ]
                            ),
                            '.yaml',
                        ],
                        allow_substs=True,
                    ),
                    ParameterFile(LaunchConfiguration('params_file'), allow_substs=True),
                ],
                remappings=[('command', 'planner/command')],
            ),
            Node(
                package='vavam_ros',
                executable='controller',
                namespace=LaunchConfiguration('namespace'),
                output='screen',
                parameters=[
                    {
                        'role_name': ParameterValue(
                            LaunchConfiguration('role_name'), value_type=str
                        ),
                        'lock_step': ParameterValue(
                            LaunchConfiguration('lock_step'), value_type=bool
                        ),
                        'path_period_s': ParameterValue(
                            LaunchConfiguration('path_period_s'), value_type=float
                        ),
                        'use_sim_time': ParameterValue(
                            LaunchConfiguration('use_sim_time'), value_type=bool
                        ),
                    },
                    ParameterFile(
                        [
                            PathJoinSubstitution(
                                [
                                    FindPackageShare('vavam_ros'),
                                    'config',
                                    'bridges',
                                    LaunchConfiguration('bridge'),
                                ]
                            ),
                            '.yaml',
                        ],
                        allow_substs=True,
                    ),
                    ParameterFile(LaunchConfiguration('params_file'), allow_substs=True),
                ],
                remappings=[('path', 'planner/path')],
            ),
        ]
    )
