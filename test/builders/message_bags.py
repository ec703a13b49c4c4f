"""Bags of any storage with the messages that tell where a vehicle was."""

from __future__ import annotations

import functools
import math

import numpy as np
from rosbags.rosbag1 import Writer as Ros1Writer
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

STORAGES = ('mcap', 'sqlite3', 'ROS 1')
S = 1_000_000_000
START_NS = 1_531_884_156 * S + 948_944_000
RADIUS_M, SPEED_MPS = 40.0, 8.0  # of the drive: to the left, at constant speed
LEVEL = (0.0, 0.0, 0.0, 1.0)


@functools.cache
def types(store):
    """Standard definitions; rosbags' own of ROS 1 lack tf2."""
    found = get_typestore(store)
    if store is Stores.ROS1_NOETIC:
        fields = 'geometry_msgs/TransformStamped[] transforms'
        found.register(get_types_from_msg(fields, 'tf2_msgs/msg/TFMessage'))
    return found


def on_circle(seconds, ahead_m=0.0):
    """x m, y m, yaw rad of a place `ahead_m` before the rear axle, which drives the circle."""
    yaw = SPEED_MPS * seconds / RADIUS_M
    x, y = RADIUS_M * math.sin(yaw), RADIUS_M * (1 - math.cos(yaw))
    return x + ahead_m * math.cos(yaw), y + ahead_m * math.sin(yaw), yaw


def stamps(duration_s, rate_hz, start_s=0.0):
    """Seconds since the start, and nanoseconds."""
    for index in range(round(duration_s * rate_hz) + 1):
        since = start_s + index / rate_hz
        yield since, START_NS + round(since * S)


def turn(yaw, pitch=0.0):
    """Quaternion of yaw, then pitch about the turned y axis."""
    sy, cy, sp, cp = math.sin(yaw / 2), math.cos(yaw / 2), math.sin(pitch / 2), math.cos(pitch / 2)
    return (-sy * sp, cy * sp, sy * cp, cy * cp)


def times(first, second):
    """The product of two quaternions: turned by `second`, then by `first`."""
    x1, y1, z1, w1 = first
    x2, y2, z2, w2 = second
    return (
        w1 * x2 + x1 * w2 + y1 * z2 - z1 * y2,
        w1 * y2 - x1 * z2 + y1 * w2 + z1 * x2,
        w1 * z2 + x1 * y2 - y1 * x2 + z1 * w2,
        w1 * w2 - x1 * x2 - y1 * y2 - z1 * z2,
    )


class MessageBag:
    """A bag under construction; each method writes one message at its stamp."""

    def __init__(self, path, storage='mcap'):
        self.path = path.with_suffix('.bag') if storage == 'ROS 1' else path
        self.ros1 = storage == 'ROS 1'
        if self.ros1:
            self.types, self.writer = types(Stores.ROS1_NOETIC), Ros1Writer(self.path)
        else:
            self.types = types(Stores.ROS2_JAZZY)
            plugin = StoragePlugin.MCAP if storage == 'mcap' else StoragePlugin.SQLITE3
            self.writer = Writer(self.path, version=8, storage_plugin=plugin)
        self.connections = {}
        self.bag_ns = None  # one bag time for all that follows, instead of each stamp

    def __enter__(self):
        self.writer.open()
        return self

    def __exit__(self, *_):
        self.writer.close()

    def make(self, name, *fields):
        return self.types.types[name](*fields)

    def write(self, topic, name, message, stamp_ns):
        if topic not in self.connections:
            self.connections[topic] = self.writer.add_connection(topic, name, typestore=self.types)
        code = self.types.serialize_ros1 if self.ros1 else self.types.serialize_cdr
        bag_ns = stamp_ns if self.bag_ns is None else self.bag_ns
        self.writer.write(self.connections[topic], bag_ns, code(message, name))

    def header(self, stamp_ns, frame):
        time = self.make('builtin_interfaces/msg/Time', *divmod(stamp_ns, S))
        count = (0,) if self.ros1 else ()
        return self.make('std_msgs/msg/Header', *count, time, frame)

    def vector(self, x=0.0, y=0.0, z=0.0, name='Vector3'):
        return self.make(f'geometry_msgs/msg/{name}', x, y, z)

    def pose(self, x, y, z, rotation):
        quaternion = self.make('geometry_msgs/msg/Quaternion', *rotation)
        return self.make('geometry_msgs/msg/Pose', self.vector(x, y, z, 'Point'), quaternion)

    def odometry(
        self,
        stamp_ns,
        x,
        y,
        yaw,
        speed,
        topic='/odom',
        child='base_link',
        frame='odom',
        rotation=None,
    ):
        twist = self.make('geometry_msgs/msg/Twist', self.vector(speed), self.vector())
        message = self.make(
            'nav_msgs/msg/Odometry',
            self.header(stamp_ns, frame),
            child,
            self.make(
                'geometry_msgs/msg/PoseWithCovariance',
                self.pose(x, y, 0.0, rotation or turn(yaw)),
                np.zeros(36),
            ),
            self.make('geometry_msgs/msg/TwistWithCovariance', twist, np.zeros(36)),
        )
        self.write(topic, 'nav_msgs/msg/Odometry', message, stamp_ns)

    def transform(self, stamp_ns, parent, child, place, rotation=LEVEL, topic='/tf'):
        one = self.make(
            'geometry_msgs/msg/TransformStamped',
            self.header(stamp_ns, parent),
            child,
            self.make(
                'geometry_msgs/msg/Transform',
                self.vector(*place),
                self.make('geometry_msgs/msg/Quaternion', *rotation),
            ),
        )
        message = self.make('tf2_msgs/msg/TFMessage', [one])
        self.write(topic, 'tf2_msgs/msg/TFMessage', message, stamp_ns)

    def pose_stamped(self, stamp_ns, x, y, yaw, topic='/pose', frame='map'):
        message = self.make(
            'geometry_msgs/msg/PoseStamped',
            self.header(stamp_ns, frame),
            self.pose(x, y, 0.0, turn(yaw)),
        )
        self.write(topic, 'geometry_msgs/msg/PoseStamped', message, stamp_ns)

    def fix(self, stamp_ns, latitude, longitude, topic='/fix', frame='base_link', status=0):
        message = self.make(
            'sensor_msgs/msg/NavSatFix',
            self.header(stamp_ns, frame),
            self.make('sensor_msgs/msg/NavSatStatus', status, 1),
            latitude,
            longitude,
            float('nan'),
            np.zeros(9),
            0,
        )
        self.write(topic, 'sensor_msgs/msg/NavSatFix', message, stamp_ns)

    def imu(self, stamp_ns, rotation, topic='/imu', frame='base_link', known=True):
        covariance = np.zeros(9)
        covariance[0] = 0.0 if known else -1.0
        message = self.make(
            'sensor_msgs/msg/Imu',
            self.header(stamp_ns, frame),
            self.make('geometry_msgs/msg/Quaternion', *rotation),
            covariance,
            self.vector(),
            np.zeros(9),
            self.vector(),
            np.zeros(9),
        )
        self.write(topic, 'sensor_msgs/msg/Imu', message, stamp_ns)

    def image(
        self,
        stamp_ns,
        pixels=None,
        topic='/camera/image_raw',
        frame='camera',
        encoding='rgb8',
        is_bigendian=0,
    ):
        pixels = np.zeros((2, 3, 3), np.uint8) if pixels is None else pixels
        height, width = pixels.shape[:2]
        data = np.frombuffer(pixels.tobytes(), np.uint8)
        message = self.make(
            'sensor_msgs/msg/Image',
            self.header(stamp_ns, frame),
            height,
            width,
            encoding,
            is_bigendian,
            len(data) // height,
            data,
        )
        self.write(topic, 'sensor_msgs/msg/Image', message, stamp_ns)

    def camera_info(self, stamp_ns, focal_px, topic='/camera/camera_info', frame='camera'):
        """No distortion, 3x2 pixels."""
        k = np.array([focal_px, 0, 1, 0, focal_px, 0.5, 0, 0, 1], np.float64)
        message = self.make(
            'sensor_msgs/msg/CameraInfo',
            self.header(stamp_ns, frame),
            2,
            3,
            'plumb_bob',
            np.zeros(5),
            k,
            np.eye(3).reshape(-1),
            np.insert(k, [3, 6, 9], 0.0),
            0,
            0,
            self.make('sensor_msgs/msg/RegionOfInterest', 0, 0, 0, 0, False),
        )
        self.write(topic, 'sensor_msgs/msg/CameraInfo', message, stamp_ns)

    def string(self, stamp_ns, text, topic='/command'):
        message = self.make('std_msgs/msg/String', text)
        self.write(topic, 'std_msgs/msg/String', message, stamp_ns)
