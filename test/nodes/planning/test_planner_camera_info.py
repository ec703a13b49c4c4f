"""The camera's calibration reaches the model's view, and what became of it the diagnostics."""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np
import pytest
import rclpy
from expected_paths import pilot_with
from rclpy.context import Context
from sensor_msgs.msg import CameraInfo, Image

from vavam_ros.bridge.image import rgb_from_image
from vavam_ros.bridge.tokens import tokens_from_image
from vavam_ros.geometry.camera_info import calibration_from_camera_info
from vavam_ros.nodes.planning.drive import camera_info_topic

pytestmark = pytest.mark.dds

TOKENS = '/planner/tokens'


def camera_info(focal_px: float, width: int = 96, **changes: object) -> CameraInfo:
    k = [focal_px, 0.0, (width - 1) / 2, 0.0, focal_px, 31.5, 0.0, 0.0, 1.0]
    fields = {'k': k, 'distortion_model': 'plumb_bob', **changes}
    info = CameraInfo(width=width, height=64, **fields)
    info.header.frame_id = 'front'
    return info


WIDE = camera_info(60.0, d=[-0.05, 0.0, 0.0, 0.0, 0.0])
NARROW = camera_info(120.0, d=[0.0] * 5)
TRAINING = camera_info(90.0)  # of the mini model's 3:2


@pytest.fixture(scope='module')
def pilot(mini_model):
    return pilot_with(**mini_model, samples=4)


@contextmanager
def calibrating(rig):
    """A function that publishes a camera_info until the planner has heard it."""
    publisher = rig.node.create_publisher(CameraInfo, 'camera_info', 10)

    def publish(info: CameraInfo) -> None:
        fingerprint = calibration_from_camera_info(info).fingerprint

        def heard() -> bool:
            publisher.publish(info)
            rig.spin_for(0.1)
            return {'camera_info': fingerprint}.items() <= values(rig).items()

        rig.spin_until(heard)

    yield publish
    rig.node.destroy_publisher(publisher)


def values(rig) -> dict[str, str]:
    statuses = rig.heard['/planner/status']
    return {pair.key: pair.value for pair in statuses[-1].values} if statuses else {}


def tokens_of(rig, msg: Image) -> np.ndarray:
    rig.path_for(msg)
    stamp = msg.header.stamp

    def answers() -> list[Image]:
        return [one for one in rig.heard[TOKENS] if one.header.stamp == stamp]

    rig.spin_until(answers)
    return tokens_from_image(answers()[0]).tokens


def expected_tokens(pilot, msg: Image, info: CameraInfo | None) -> np.ndarray:
    calibration = calibration_from_camera_info(info) if info else None
    return pilot.tokenizer.encode(pilot.camera.view(rgb_from_image(msg), calibration))


def test_the_model_sees_what_the_training_camera_would(rig, images, pilot, process):
    """From the first image after a camera_info on; a new one starts the context anew."""
    rig.start()
    rig.listen(Image, TOKENS)
    rig.spin_until(lambda: rig.node.count_publishers(TOKENS))
    rig.spin_for(0.2)
    with calibrating(rig) as publish:
        for index, info in enumerate((None, None, WIDE, WIDE, NARROW)):
            if info is not None:
                publish(info)
            expected = expected_tokens(pilot, images(index), info)
            np.testing.assert_array_equal(tokens_of(rig, images(index)), expected)
            if index == 1:
                shown = rig.shown(used='2', resets='0')
                assert shown['camera_lens'] == 'no camera_info: taken for the training camera'
                process.wait_until_said('no camera_info: no lens and no mount is corrected')
            if index == 2:
                shown = rig.shown(used='3', resets='1')
                assert 'camera changed' in shown['last_reset']
                assert shown['camera_lens'] == 'plumb_bob, another lens'
                assert shown['camera_coverage'] == '100.0%'
        shown = rig.shown(used='5', resets='2')
        status = rig.status_where(lambda status: 'sees' in status.message)
        assert "the camera sees 56% of the model's view" in status.message
        assert float(shown['camera_coverage'].rstrip('%')) == pytest.approx(56.25, abs=2)


def test_the_training_cameras_calibration_changes_nothing(rig, images):
    rig.start()
    with calibrating(rig) as publish:
        rig.path_for(images(0))
        publish(TRAINING)
        rig.path_for(images(1))
        shown = rig.shown(camera_lens='plumb_bob, the training camera')
        assert (shown['resets'], shown['camera_coverage']) == ('0', '100.0%')


@pytest.mark.parametrize(
    ('info', 'said'),
    [
        (camera_info(0.0, k=[0.0] * 9), "camera_info of 'front' is not calibrated"),
        (camera_info(60.0, d=[0.1]), 'plumb_bob has 0 or 4 or 5 coefficients, not 1'),
        (camera_info(60.0, width=128), 'is for images 128x64, but this one is 96x64'),
    ],
    ids=['never calibrated', 'coefficients', 'size'],
)
def test_a_calibration_that_cannot_be_used_is_said_and_left(rig, images, info, said):
    """Paths come as without one, and the planner is not well."""
    rig.start()
    with calibrating(rig) as publish:
        publish(info)
        rig.path_for(images(0))
        status = rig.status_where(lambda status: said in status.message)
        assert "as the training camera's" in status.message
        assert {'camera_lens': 'not usable'}.items() <= rig.shown(used='1').items()


def test_camera_info_can_be_left_aside(rig, images):
    rig.start(use_camera_info=False)
    publisher = rig.node.create_publisher(CameraInfo, 'camera_info', 10)
    rig.spin_until(lambda: publisher.get_subscription_count() > 0)
    for index in range(2):
        publisher.publish(WIDE)
        rig.spin_for(0.3)
        rig.path_for(images(index))
    rig.node.destroy_publisher(publisher)
    shown = rig.shown(used='2')
    lens = 'use_camera_info is off: taken for the training camera'
    assert (shown['camera_lens'], shown['resets']) == (lens, '0')


@pytest.mark.parametrize(
    ('remappings', 'topic'),
    [
        ([], '/camera_info'),
        (['image:=/front/image_raw'], '/front/camera_info'),
        (['image:=/front/image_raw/compressed'], '/front/camera_info'),
        (['image:=/front/image_raw', 'camera_info:=/other/info'], '/other/info'),
        (['__ns:=/car', 'image:=rear/image_raw'], '/car/rear/camera_info'),
    ],
)
def test_it_is_looked_for_beside_the_images_or_where_it_was_remapped(
    ros_domain, remappings, topic
):
    arguments = [part for one in remappings for part in ('-r', one)]
    context = Context()
    rclpy.init(context=context, domain_id=ros_domain)
    node = rclpy.create_node('planner', context=context, cli_args=['--ros-args', *arguments])
    assert camera_info_topic(node) == topic
    node.destroy_node()
    context.shutdown()
