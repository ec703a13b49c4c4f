"""Who drives: the topics, types, signs and stamps that differ between CARLA's two sides and ROS.

The one table of them. `{role}` stands for the vehicle's role name; a name without a leading / is
in the node's namespace.
"""

from __future__ import annotations

from dataclasses import dataclass

from vavam_ros.errors import InputError

LEFT, RIGHT = 1, -1
_CARLA = 'carla_msgs/msg/CarlaEgoVehicleControl'
_DRIVE = 'ackermann_msgs/msg/AckermannDrive'
_DRIVE_STAMPED = 'ackermann_msgs/msg/AckermannDriveStamped'
_TWIST = 'geometry_msgs/msg/Twist'


@dataclass(frozen=True)
class Control:
    """One way to tell a vehicle what to do."""

    flavour: str
    output: str
    topic: str
    type_name: str
    positive: int  # to which side a positive steering value turns
    stamped: bool  # whether the message has a header

    def topic_of(self, role: str) -> str:
        """The topic of a vehicle."""
        return self.topic.format(role=role)


@dataclass(frozen=True)
class Flavour:
    """Where the other topics of a vehicle are; an empty name: this side has no such topic."""

    name: str
    odometry: str
    odometry_frame: str
    odometry_child: str  # the frame whose pose it is
    at_actor_centre: bool  # whether that is the middle of the body, and not the rear axle
    speedometer: str
    vehicle_info: str
    manual_override: str
    waypoints: str

    def topic_of(self, what: str, role: str) -> str:
        """The topic `odometry`, `waypoints`, ... of a vehicle; '' where there is none."""
        return str(getattr(self, what)).format(role=role)


CONTROLS = (
    Control('carla_ros_bridge', 'carla', '/carla/{role}/vehicle_control_cmd', _CARLA, RIGHT, True),
    Control('carla_ros_bridge', 'ackermann', '/carla/{role}/ackermann_cmd', _DRIVE, LEFT, False),
    # Of the embedded simulator alone: CARLA's own bridge takes no speed and yaw rate.
    Control('carla_ros_bridge', 'twist', '/carla/{role}/cmd_vel', _TWIST, LEFT, False),
    Control('native', 'carla', '/carla/{role}/vehicle_control_cmd', _CARLA, RIGHT, True),
    Control(
        'native',
        'ackermann_stamped',
        '/carla/{role}/ackermann_control_cmd',
        _DRIVE_STAMPED,
        LEFT,
        True,
    ),
    Control('plain', 'ackermann', 'ackermann_cmd', _DRIVE, LEFT, False),
    Control('plain', 'ackermann_stamped', 'ackermann_cmd_stamped', _DRIVE_STAMPED, LEFT, True),
    Control('plain', 'twist', 'cmd_vel', _TWIST, LEFT, False),
)

FLAVOURS = (
    Flavour(
        'carla_ros_bridge',
        odometry='/carla/{role}/odometry',
        odometry_frame='map',
        odometry_child='{role}',
        at_actor_centre=True,
        speedometer='/carla/{role}/speedometer',
        vehicle_info='/carla/{role}/vehicle_info',
        manual_override='/carla/{role}/vehicle_control_manual_override',
        waypoints='/carla/{role}/waypoints',
    ),
    Flavour(
        'native',
        odometry='/carla/{role}/odometry',
        odometry_frame='odom',
        odometry_child='{role}',
        at_actor_centre=True,
        speedometer='',
        vehicle_info='',
        manual_override='',
        waypoints='/carla/{role}/waypoints',
    ),
    Flavour(
        'plain',
        odometry='odom',
        odometry_frame='odom',
        odometry_child='base_link',
        at_actor_centre=False,
        speedometer='',
        vehicle_info='',
        manual_override='manual_override',
        waypoints='waypoints',
    ),
)

FLAVOUR_NAMES = tuple(flavour.name for flavour in FLAVOURS)
OUTPUT_NAMES = tuple(dict.fromkeys(control.output for control in CONTROLS))


def flavour_of(name: str) -> Flavour:
    """The row of a flavour; InputError for a name that there is not."""
    for flavour in FLAVOURS:
        if flavour.name == name:
            return flavour
    raise InputError(f'flavour {name!r} is unknown: it is one of {", ".join(FLAVOUR_NAMES)}')


def control_of(flavour: str, output: str) -> Control:
    """The row of an output; InputError where the flavour is unknown or takes no such message."""
    name = flavour_of(flavour).name
    offered = {control.output: control for control in CONTROLS if control.flavour == name}
    if output not in offered:
        raise InputError(
            f'{flavour} takes no control output {output!r}: it takes {", ".join(offered)}'
        )
    return offered[output]
