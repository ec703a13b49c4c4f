"""Plan paths from a bag: plays it with /clock into a planner on simulated time.

    ros2 launch vavam_ros replay.launch.py bag:=drive weights:=... tokenizer:=...

Takes the arguments of planner.launch.py as well. Ends with the bag.
"""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription, Shutdown
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

BOOLEANS = ['true', 'false', 'True', 'False']


def generate_launch_description() -> LaunchDescription:
    """Arguments, then the planner as planner.launch.py starts it, then `vavam replay`."""
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                'bag',
                default_value='bag',
                description='rosbag2 folder, .mcap, .db3 or ROS 1 .bag',
            ),
            DeclareLaunchArgument(
                'rate',
                default_value='1.0',
                description='speed; 2 is twice as fast',
            ),
            DeclareLaunchArgument(
                'loop',
                default_value='false',
                choices=BOOLEANS,
                description='start again at the end, whereby the clock jumps back',
            ),
            DeclareLaunchArgument(
                'start',
                default_value='0.0',
                description='how many seconds of the bag to skip',
            ),
            DeclareLaunchArgument(
                'wait',
                default_value='120.0',
                description='seconds to wait at most for the subscribers of the images, that is, '
                'until the planner has loaded its weights',
            ),
            DeclareLaunchArgument(
                'subscribers',
                default_value='1',
                description='how many of them: more than the planner if RViz or a recorder also '
                'subscribes to the images',
            ),
            DeclareLaunchArgument(
                'bag_image_topic',
                default_value='/camera/image_raw',
                description='the images, by their name in the bag',
            ),
            DeclareLaunchArgument(
                'bag_camera_info_topic',
                default_value='/camera/camera_info',
                description='their intrinsics, by their name in the bag, which may have none',
            ),
            DeclareLaunchArgument(
                'image_topic',
                default_value=LaunchConfiguration('bag_image_topic'),
                description='the name to play the images under',
            ),
            DeclareLaunchArgument(
                'camera_info_topic',
                default_value=LaunchConfiguration('bag_camera_info_topic'),
                description='the name to play the intrinsics under',
            ),
            DeclareLaunchArgument(
                'namespace',
                default_value='',
                description="namespace of both nodes; '' is the root",
            ),
            DeclareLaunchArgument(
                'use_sim_time',
                default_value='true',
                choices=BOOLEANS,
                description='whether the planner takes the time from /clock, which the bag sets',
            ),
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(
                    PathJoinSubstitution(
                        [FindPackageShare('vavam_ros'), 'launch', 'planner.launch.py']
                    )
                ),
                launch_arguments={
                    'image_topic': LaunchConfiguration('image_topic'),
                    'camera_info_topic': LaunchConfiguration('camera_info_topic'),
                    'namespace': LaunchConfiguration('namespace'),
                    'use_sim_time': LaunchConfiguration('use_sim_time'),
                }.items(),
            ),
            Node(
                package='vavam_ros',
                executable='vavam',
                exec_name='replay',
                namespace=LaunchConfiguration('namespace'),
                output='screen',
                arguments=[
                    'replay',
                    LaunchConfiguration('bag'),
                    '--rate',
                    LaunchConfiguration('rate'),
                    '--start',
                    LaunchConfiguration('start'),
                    '--wait',
                    LaunchConfiguration('wait'),
                    '--subscribers',
                    LaunchConfiguration('subscribers'),
                    '--remap',
                    [
                        LaunchConfiguration('bag_image_topic'),
                        ':=',
                        LaunchConfiguration('image_topic'),
                    ],
                ],
                parameters=[
                    {'loop': ParameterValue(LaunchConfiguration('loop'), value_type=bool)}
                ],
                remappings=[
                    (
                        LaunchConfiguration('bag_camera_info_topic'),
                        LaunchConfiguration('camera_info_topic'),
                    ),
                ],
                on_exit=Shutdown(reason='the bag has ended'),
            ),
        ]
    )
