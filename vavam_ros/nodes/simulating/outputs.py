"""What the simulator publishes, with the names, types and quality of service of CARLA's bridge."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from nav_msgs.msg import Odometry, Path
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy, QoSProfile
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Float32, String

from vavam_ros.bridge.actuation import control_message
from vavam_ros.bridge.camera import camera_info_from_pinhole
from vavam_ros.bridge.carla import (
    SimulationStatus,
    carla_status,
    info_from_vehicle,
    vehicle_status,
)
from vavam_ros.bridge.flavours import control_of
from vavam_ros.bridge.image import Pixels, bgra_image_from_rgb
from vavam_ros.bridge.odometry import odometry_from_state
from vavam_ros.bridge.optional_messages import is_there, optional_class
from vavam_ros.bridge.route import path_from_route
from vavam_ros.bridge.stamp import time_from_ns
from vavam_ros.bridge.transform import TF_MESSAGE, tf_from_transforms
from vavam_ros.control.vehicle import VehicleParameters
from vavam_ros.geometry.mounted_camera import CameraMount
from vavam_ros.geometry.pinhole import Pinhole
from vavam_ros.geometry.pose import BODY_FROM_OPTICAL, Transform, quaternion_from_yaw
from vavam_ros.nodes.simulating.moment import Moment, StampedEvent
from vavam_ros.records import Actuation

_DEPTH = 10
_LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
_CONTROL = control_of('carla_ros_bridge', 'carla')
SENSOR = 'rgb_front'
MAP = 'map'
VEHICLE_TYPE = 'vehicle.vavam.embedded'


class SimulatorOutputs:
    """Publishers of one vehicle, `role`; those whose messages are not installed are left out."""

    def __init__(self, node: Node, role: str, vehicle: VehicleParameters) -> None:
        self._node, self._role, self._vehicle = node, role, vehicle
        self.left_out: list[tuple[str, str]] = []  # message type and topic
        own = f'/carla/{role}'
        self._camera_frame = f'{role}/{SENSOR}'
        publish = node.create_publisher
        self._clock = publish(Clock, '/clock', _DEPTH)
        self._image = publish(Image, f'{own}/{SENSOR}/image', _DEPTH)
        self._camera_info = publish(CameraInfo, f'{own}/{SENSOR}/camera_info', _DEPTH)
        self._odometry = publish(Odometry, f'{own}/odometry', _DEPTH)
        self._speed = publish(Float32, f'{own}/speedometer', _DEPTH)
        self._route = publish(Path, f'{own}/waypoints', _LATCHED)
        self._events = publish(String, '~/events', 100)
        self._tf = self._optional(TF_MESSAGE, '/tf', QoSProfile(depth=100))
        carla = 'carla_msgs/msg/Carla'
        self._status = self._optional(f'{carla}EgoVehicleStatus', f'{own}/vehicle_status', _DEPTH)
        self._info = self._optional(f'{carla}EgoVehicleInfo', f'{own}/vehicle_info', _LATCHED)
        self._carla = self._optional(f'{carla}Status', '/carla/status', _DEPTH)

    @property
    def image_listeners(self) -> int:
        """How many subscribe to the images."""
        return int(self._image.get_subscription_count())

    @property
    def odometry_listeners(self) -> int:
        """How many subscribe to the odometry."""
        return int(self._odometry.get_subscription_count())

    def publish_latched(self, route: Any, stamp_ns: int) -> None:
        """The route's points [N, 2] in `map`, and what the vehicle is."""
        self._route.publish(path_from_route(route, MAP, stamp_ns))
        if self._info is not None:
            self._info.publish(info_from_vehicle(self._vehicle, self._role, VEHICLE_TYPE))

    def publish_clock(self, stamp_ns: int) -> None:
        """What time it is."""
        self._clock.publish(Clock(clock=time_from_ns(stamp_ns)))

    def publish_image(self, rgb: Pixels, pinhole: Pinhole, stamp_ns: int) -> None:
        """One image with its intrinsics."""
        self._camera_info.publish(camera_info_from_pinhole(pinhole, stamp_ns, self._camera_frame))
        self._image.publish(bgra_image_from_rgb(rgb, stamp_ns, self._camera_frame))

    def publish_vehicle(
        self, moment: Moment, mount: CameraMount, in_force: Actuation | None
    ) -> None:
        """Frames, status, speed, and last the odometry: it is what a controller answers.

        `in_force` is what moved the vehicle in the tick that is over.
        """
        state, ahead_m = moment.state, self._vehicle.rear_axle_to_centre_m
        odometry = odometry_from_state(state, MAP, self._role, ahead_m, moment.yaw_rate_radps)
        if self._tf is not None:
            place = odometry.pose.pose.position
            transforms = (
                Transform(
                    MAP, self._role, (place.x, place.y, 0.0), quaternion_from_yaw(state.yaw_rad)
                ),
                Transform(
                    self._role,
                    self._camera_frame,
                    (mount.x_m - ahead_m, mount.y_m, mount.z_m),
                    BODY_FROM_OPTICAL,
                ),
            )
            self._tf.publish(tf_from_transforms(transforms, state.stamp_ns))
        if self._status is not None:
            self._status.publish(
                vehicle_status(
                    state, moment.acceleration_mps2, MAP, self._control(moment, in_force)
                )
            )
        self._speed.publish(Float32(data=float(state.speed_mps)))
        self._odometry.publish(odometry)

    def publish_simulation(self, status: SimulationStatus) -> None:
        """How the simulation runs, where there is a message for it."""
        if self._carla is not None:
            self._carla.publish(carla_status(status))

    def publish_event(self, event: StampedEvent) -> None:
        """One event as JSON."""
        self._events.publish(String(data=json.dumps(asdict(event))))

    def _control(self, moment: Moment, in_force: Actuation | None) -> Any:
        if in_force is None:
            return None
        return control_message(_CONTROL, in_force, self._vehicle, moment.state.speed_mps)

    def _optional(self, type_name: str, topic: str, qos: QoSProfile | int) -> Publisher | None:
        if not is_there(type_name):
            self.left_out.append((type_name, topic))
            return None
        return self._node.create_publisher(optional_class(type_name), topic, qos)
