"""Plan paths from a live camera: the node `planner`, configured and activated at once.

    ros2 launch vavam_ros planner.launch.py weights:=vavam.safetensors tokenizer:=vq.safetensors

What stands in params_file wins over the argument of the same name.
"""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterFile, ParameterValue
from launch_ros.substitutions import FindPackageShare

BOOLEANS = ['true', 'false', 'True', 'False']


def generate_launch_description() -> LaunchDescription:
    """Arguments, then the node.

    The node is not given its name, which it has by itself: launch would then write its parameters
    under the full name, and these win over any `/**` in params_file.
    """
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                'weights',
                default_value='',
                description='VaVAM weights: .safetensors of vavam convert, or a released .pt',
            ),
            DeclareLaunchArgument(
                'tokenizer',
                default_value='',
                description='tokenizer: .safetensors, vq_ds16_c2i.pt, the released encoder .jit, '
                'or its folder',
            ),
            DeclareLaunchArgument(
                'tokenizer_decoder',
                default_value='',
                description='the released decoder .jit; needed only with an encoder .jit, for '
                'predicted frames',
            ),
            DeclareLaunchArgument(
                'device',
                default_value='cpu',
                description='torch device, such as cpu, cuda or cuda:1',
            ),
            DeclareLaunchArgument(
                'dtype',
                default_value='float32',
                description='type of the weights on the device: float32, bfloat16, float16 or '
                'float64',
            ),
            DeclareLaunchArgument(
                'image_topic',
                default_value='/camera/image_raw',
                description="the camera's images; without a leading / it is in the namespace",
            ),
            DeclareLaunchArgument(
                'camera_info_topic',
                default_value='/camera/camera_info',
                description="the camera's calibration, for the model's view and the overlay",
            ),
            DeclareLaunchArgument(
                'compressed',
                default_value='false',
                choices=BOOLEANS,
                description='whether image_topic carries CompressedImage, as topics that end in '
                '/compressed do',
            ),
            DeclareLaunchArgument(
                'default_command',
                default_value='straight',
                description='command until one arrives on ~/command: right, left or straight',
            ),
            DeclareLaunchArgument(
                'base_frame',
                default_value='base_link',
                description="frame of paths: the rear axle's centre",
            ),
            DeclareLaunchArgument(
                'autostart',
                default_value='true',
                choices=BOOLEANS,
                description='configure and activate at start-up; false leaves that to a lifecycle '
                'manager',
            ),
            DeclareLaunchArgument(
                'params_file',
                default_value=PathJoinSubstitution(
                    [FindPackageShare('vavam_ros'), 'config', 'empty.yaml']
                ),
                description='parameters of the planner, all of which config/planner.yaml lists; a '
                'value there wins over the argument of the same name, the default sets none. It '
                'may refer to arguments, as in device: $(var device)',
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
                description="namespace of the node and its own topics; '' is the root",
            ),
            DeclareLaunchArgument(
                'log_level',
                default_value='info',
                description='debug, info, warn, error or fatal',
            ),
            Node(
                package='vavam_ros',
                executable='planner',
                namespace=LaunchConfiguration('namespace'),
                output='screen',
                parameters=[
                    {
                        'weights': ParameterValue(LaunchConfiguration('weights'), value_type=str),
                        'tokenizer': ParameterValue(
                            LaunchConfiguration('tokenizer'), value_type=str
                        ),
                        'tokenizer_decoder': ParameterValue(
                            LaunchConfiguration('tokenizer_decoder'), value_type=str
                        ),
                        'device': ParameterValue(LaunchConfiguration('device'), value_type=str),
                        'dtype': ParameterValue(LaunchConfiguration('dtype'), value_type=str),
                        'compressed': ParameterValue(
                            LaunchConfiguration('compressed'), value_type=bool
                        ),
                        'default_command': ParameterValue(
                            LaunchConfiguration('default_command'), value_type=str
                        ),
                        'base_frame': ParameterValue(
                            LaunchConfiguration('base_frame'), value_type=str
                        ),
                        'autostart': ParameterValue(
                            LaunchConfiguration('autostart'), value_type=bool
                        ),
                        'use_sim_time': ParameterValue(
                            LaunchConfiguration('use_sim_time'), value_type=bool
                        ),
                    },
                    ParameterFile(LaunchConfiguration('params_file'), allow_substs=True),
                ],
                remappings=[
                    ('image', LaunchConfiguration('image_topic')),
                    ('camera_info', LaunchConfiguration('camera_info_topic')),
                ],
                ros_arguments=['--log-level', LaunchConfiguration('log_level')],
            ),
        ]
    )
