"""What bags say of cameras, ROS 1 and ROS 2 alike."""

from __future__ import annotations

import numpy as np
import pytest
from rosbags.rosbag1 import Writer as Ros1Writer
from rosbags.typesys import Stores, get_typestore

from vavam_ros.bags.reader import BagReader
from vavam_ros.bags.writer import BagWriter
from vavam_ros.geometry.camera_info import calibration_from_camera_info
from vavam_ros.geometry.lens import lens_of
from vavam_ros.geometry.pinhole import Pinhole
from vavam_ros.records import CameraCalibration

PINHOLE = Pinhole(64, 48, 500.0, 510.0, 31.0, 23.0)
INFO = 'sensor_msgs/msg/CameraInfo'
D = (-0.3, 0.1, 0.001, 0.002, 0.0)
K = (500.0, 0.0, 31.0, 0.0, 510.0, 23.0, 0.0, 0.0, 1.0)
P = (400.0, 0.0, 30.0, -9.0, 0.0, 401.0, 22.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def calibration_in(path, rectified: bool = False) -> CameraCalibration:
    with BagReader(path) as reader:
        (message,) = reader.messages()
        return calibration_from_camera_info(reader.deserialize(message), rectified)


@pytest.fixture
def ros1_bag(tmp_path):
    types = get_typestore(Stores.ROS1_NOETIC)
    info, header, roi, time = (
        types.types[name]
        for name in (INFO, 'std_msgs/msg/Header', 'sensor_msgs/msg/RegionOfInterest',
                     'builtin_interfaces/msg/Time')
    )  # fmt: skip
    message = info(
        header(0, time(1, 2), 'front'), 48, 64, 'plumb_bob', np.array(D), np.array(K),
        np.eye(3).ravel(), np.array(P), 2, 1, roi(4, 6, 10, 20, False),
    )  # fmt: skip
    path = tmp_path / 'drive.bag'
    with Ros1Writer(path) as writer:
        connection = writer.add_connection('/camera_info', INFO, typestore=types)
        writer.write(connection, 10**9, types.serialize_ros1(message, INFO))
    return path


def test_a_calibration_comes_back_from_a_bag(tmp_path):
    with BagWriter(tmp_path / 'bag') as writer:
        writer.write_camera_info('/camera_info', 10**9, 'front', PINHOLE)
    found = calibration_in(tmp_path / 'bag')
    assert found == CameraCalibration(
        'front', 64, 48, 'plumb_bob', (0.0,) * 5, K, (0, 0), (0, 0, 0, 0)
    )
    assert lens_of(found).pinhole == PINHOLE


def test_ros1_has_the_same_under_large_letters(ros1_bag):
    assert calibration_in(ros1_bag) == CameraCalibration(
        'front', 64, 48, 'plumb_bob', D, K, (2, 1), (4, 6, 20, 10)
    )


def test_of_rectified_images_p_is_the_camera_and_there_is_no_distortion(ros1_bag):
    found = calibration_in(ros1_bag, rectified=True)
    assert (found.distortion_model, found.coefficients) == ('none', ())
    assert found.k == (400.0, 0.0, 30.0, 0.0, 401.0, 22.0, 0.0, 0.0, 1.0)
