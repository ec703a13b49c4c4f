"""What messages say of the camera behind them, before any pixel is decoded."""

from __future__ import annotations

import numpy as np
import pytest
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from vavam_ros.bridge.camera import (
    camera_info_from_pinhole,
    camera_of,
    pinhole_from_camera_info,
)
from vavam_ros.bridge.image import compressed_from_rgb, image_from_rgb, rgb_from_image
from vavam_ros.errors import InputError
from vavam_ros.geometry.camera_info import calibration_from_camera_info
from vavam_ros.geometry.lens import lens_of
from vavam_ros.geometry.pinhole import Pinhole
from vavam_ros.records import CameraCalibration

PICTURE = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
K = [500.0, 0.0, 31.0, 0.0, 510.0, 23.0, 0.0, 0.0, 1.0]


def info(width: int = 64, height: int = 48, k: list[float] = K) -> CameraInfo:
    return CameraInfo(width=width, height=height, k=k)


def test_a_camera_is_its_frame_and_size_raw_or_compressed():
    assert camera_of(image_from_rgb(PICTURE, 0, 'front')) == 'front 64x48'
    assert camera_of(compressed_from_rgb(PICTURE, 0, 'front')) == 'front 64x48'


def broken(**changes: object) -> Image:
    msg = image_from_rgb(PICTURE, 0, 'front')
    for field, value in changes.items():
        setattr(msg, field, value)
    return msg


@pytest.mark.parametrize(
    'msg',
    [broken(width=0), broken(encoding='yuv422'), broken(step=10), broken(height=480)],
    ids=['no pixels', 'encoding', 'step', 'too little data'],
)
def test_a_raw_image_that_cannot_be_read_belongs_to_no_camera(msg):
    """With the words of the decoder, so that it never gets as far as that."""
    with pytest.raises(InputError) as by_decoder:
        rgb_from_image(msg)
    with pytest.raises(InputError) as by_header:
        camera_of(msg)
    assert str(by_header.value) == str(by_decoder.value)


@pytest.mark.parametrize('data', [b'', b'GIF89a' + bytes(50), b'\xff\xd8\xff', b'\x89PNG\r\n'])
def test_what_does_not_begin_like_a_picture_is_refused_with_what_was_found(data):
    msg = CompressedImage(format='png', data=data)
    msg.header.frame_id = 'front'
    said = rf"frame 'front' \(format 'png', {len(data)} bytes\) does not begin like"
    with pytest.raises(InputError, match=said):
        camera_of(msg)


def test_a_damaged_beginning_is_an_error_or_a_camera_but_nothing_else():
    """It is looked at in the executor's thread, where any other error would end the planner."""
    random = np.random.default_rng(3)
    whole = bytes(compressed_from_rgb(PICTURE, 0, 'front').data)
    refused = 0
    for _ in range(2000):
        data = bytearray(whole)
        for place in random.integers(0, min(len(data), 650), random.integers(1, 6)):
            data[place] = random.integers(256)
        try:
            camera_of(CompressedImage(data=bytes(data[: random.integers(1, len(data))])))
        except InputError:
            refused += 1
    assert refused > 0


def test_intrinsics_are_those_of_k():
    assert pinhole_from_camera_info(info()) == Pinhole(64, 48, 500.0, 510.0, 31.0, 23.0)


@pytest.mark.parametrize(
    'msg',
    [info(k=[0.0] * 9), info(width=0), info(k=[float('nan'), *K[1:]])],
    ids=['no focal length', 'no size', 'not a number'],
)
def test_a_camera_that_was_never_calibrated_is_refused(msg):
    with pytest.raises(InputError, match='is not calibrated'):
        pinhole_from_camera_info(msg)


def test_intrinsics_and_camera_info_are_a_pair():
    pinhole = Pinhole.from_horizontal_fov(320, 180, 64.6)
    msg = camera_info_from_pinhole(pinhole, 3_000_000_001, 'ego/rgb_front')
    assert pinhole_from_camera_info(msg) == pinhole
    assert (msg.header.frame_id, msg.distortion_model) == ('ego/rgb_front', 'plumb_bob')
    assert (msg.header.stamp.sec, msg.header.stamp.nanosec) == (3, 1)
    assert (msg.p[0], list(msg.d)) == (pinhole.fx_px, [0.0] * 5)


def test_a_calibration_is_all_that_camera_info_says_of_the_lens():
    msg = info()
    msg.header.frame_id, msg.distortion_model = 'front', 'plumb_bob'
    msg.d = [-0.3, 0.1, 0.001, 0.002, 0.0]
    msg.binning_x, msg.binning_y = 2, 1
    msg.roi.x_offset, msg.roi.y_offset, msg.roi.width, msg.roi.height = 4, 6, 20, 10
    assert calibration_from_camera_info(msg) == CameraCalibration(
        'front', 64, 48, 'plumb_bob', (-0.3, 0.1, 0.001, 0.002, 0.0), tuple(K), (2, 1),
        (4, 6, 20, 10),
    )  # fmt: skip


def test_of_rectified_images_p_is_the_camera_and_there_is_no_distortion():
    msg = info()
    msg.d, msg.distortion_model = [-0.3, 0.1, 0.001, 0.002, 0.0], 'plumb_bob'
    msg.p = [400.0, 0.0, 30.0, -9.0, 0.0, 401.0, 22.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    lens = lens_of(calibration_from_camera_info(msg, rectified=True))
    assert (lens.name, lens.pinhole) == ('undistorted', Pinhole(64, 48, 400, 401, 30, 22))


def test_a_calibration_of_what_we_publish_is_the_pinhole():
    pinhole = Pinhole.from_horizontal_fov(320, 180, 64.6)
    msg = camera_info_from_pinhole(pinhole, 0, 'front')
    assert lens_of(calibration_from_camera_info(msg)).pinhole == pinhole
