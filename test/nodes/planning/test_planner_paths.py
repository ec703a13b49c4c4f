"""Images in, paths out: over DDS, from a process of its own."""

from __future__ import annotations

import array

import numpy as np
import pytest
from expected_paths import assert_same, expected_waypoints, pilot_with
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import String

from vavam_ros.bridge.image import (
    compressed_from_rgb,
    image_from_rgb,
    rgb_from_compressed,
)
from vavam_ros.bridge.path import waypoints_from_path
from vavam_ros.bridge.stamp import ns_from_time
from vavam_ros.model.checkpoint import read_checkpoint, write_checkpoint
from vavam_ros.records import DriveCommand

pytestmark = pytest.mark.dds

CHANNELS = {'rgb8': 3, 'bgr8': 3, 'rgba8': 4, 'bgra8': 4, 'mono8': 1}


@pytest.fixture(scope='module')
def pilot(mini_model):
    return pilot_with(**mini_model, samples=4)


def test_a_path_answers_an_image_at_its_stamp(rig, images):
    rig.start(base_frame='rear_axle')
    path = rig.path_for(images(0))
    received = waypoints_from_path(path)
    assert (received.frame_id, received.stamp_ns) == ('rear_axle', 1_700_000_000 * 10**9)
    ahead_ns = (received.times_ns - received.stamp_ns).tolist()
    assert ahead_ns == [500_000_000 * (i + 1) for i in range(6)]
    assert {pose.header.frame_id for pose in path.poses} == {'rear_axle'}


def test_paths_are_those_of_a_pilot_that_sees_the_same_frames(rig, images, pilot):
    """Until the context is full, and beyond, with the prefix prepared between frames."""
    rig.start()
    pilot.forget()
    for index in range(11):
        msg = images(index)
        assert_same(rig.path_for(msg), expected_waypoints(pilot, msg))
    assert rig.diagnostics()[1]['context_frames'] == '8/8'


@pytest.mark.parametrize('encoding', list(CHANNELS))
def test_encodings_and_padded_rows_are_read(rig, pictures, pilot, encoding):
    rig.start()
    pilot.forget()
    height, width, step = 64, 96, 96 * CHANNELS[encoding] + 5
    data = np.random.default_rng(7).integers(0, 256, height * step, np.uint8)
    msg = Image(height=height, width=width, encoding=encoding, step=step)
    msg.data = array.array('B', data.tobytes())
    msg.header.stamp.sec = 5
    assert_same(rig.path_for(msg), expected_waypoints(pilot, msg))


def test_images_of_another_size_and_aspect_are_cropped_and_that_is_said(rig, pictures, pilot):
    rig.start()
    pilot.forget()
    msg = image_from_rgb(pictures(0, 300, 100), 10**18, 'wide')
    assert_same(rig.path_for(msg), expected_waypoints(pilot, msg))
    for index in range(1, 9):
        rig.path_for(image_from_rgb(pictures(0, 300, 100), 10**18 + index * 5 * 10**8, 'wide'))
    status, _ = rig.diagnostics()
    assert status.level == status.WARN
    assert "DEGRADED: image 300x100 is wider than the model's 3:2 view" in status.message


def test_compressed_images_take_the_same_path(rig, pictures, pilot):
    rig.carry(CompressedImage)
    rig.start(compressed=True)
    pilot.forget()
    for index in range(3):
        msg = compressed_from_rgb(pictures(index), 10**18 + index * 500_000_000, 'front')
        assert_same(
            rig.path_for(msg), expected_waypoints(pilot, msg, rgb=rgb_from_compressed(msg))
        )


def test_a_command_is_used_from_the_next_image_on_and_forgotten_when_deactivated(
    rig, images, pilot
):
    rig.start(default_command='right')
    pilot.forget()
    publisher = rig.node.create_publisher(String, '/planner/command', 1)
    rig.spin_until(lambda: publisher.get_subscription_count() > 0)
    for index, (word, command, shown) in enumerate(
        [
            (None, DriveCommand.RIGHT, 'right (default)'),
            (' Left', DriveCommand.LEFT, 'left (topic)'),
            ('U-turn', DriveCommand.LEFT, 'left (topic)'),
            ('straight', DriveCommand.STRAIGHT, 'straight (topic)'),
        ]
    ):
        if word is not None:
            publisher.publish(String(data=word))
            rig.spin_for(0.2)
        msg = images(index)
        assert_same(rig.path_for(msg), expected_waypoints(pilot, msg, command=command))
        rig.shown(command=shown, plans=str(index + 1))
    assert "command 'U-turn' is unknown" in rig.diagnostics()[0].message
    rig.node.destroy_publisher(publisher)
    assert rig.change('deactivate')
    assert rig.change('activate')
    rig.spin_for(0.3)
    rig.path_for(images(9))
    rig.shown(command='right (default)', plans='1')


def test_of_a_fast_camera_the_frames_at_2_hz_are_used(rig, pictures):
    rig.start()
    for index in range(24):  # 10 Hz by their stamps
        rig.image.publish(image_from_rgb(pictures(0), 10**18 + index * 10**8, 'front'))
        rig.spin_for(0.05)
    rig.spin_until(lambda: len(rig.paths) == 5)
    stamps_ns = [ns_from_time(path.header.stamp) - 10**18 for path in rig.paths]
    assert stamps_ns == [index * 500_000_000 for index in range(5)]
    rig.shown(used='5', plans='5', dropped='0')


def test_a_bag_that_loops_starts_anew_and_says_so(rig, images, pilot):
    rig.start()
    pilot.forget()
    for index in (0, 1, 2, 3):
        rig.path_for(images(index))
    msg = images(0)
    rig.paths.clear()
    assert_same(rig.path_for(msg), expected_waypoints(pilot, msg))  # the pilot sees it as first
    shown = rig.shown(resets='1', plans='5')
    assert 'jumped back' in shown['last_reset']
    assert shown['state'] == 'WARMING UP'
    assert shown['reason'].startswith('1 of 8 frames of context after a reset: time jumped back')


def test_a_camera_that_changes_its_size_is_another_camera(rig, pictures):
    rig.start()
    rig.path_for(image_from_rgb(pictures(0), 10**18, 'front'))
    rig.path_for(image_from_rgb(pictures(0, 48, 32), 10**18 + 500_000_000, 'front'))
    assert 'camera changed' in rig.shown(plans='2')['last_reset']


def test_the_gate_withholds_paths_and_counts_them_by_reason(rig, images):
    rig.start(max_speed_mps=0.1)
    for index in range(2):
        rig.heard['/planner/status'].clear()
        rig.image.publish(images(index))
        status = rig.status_where(lambda s: 'withheld' in s.message)
        assert 'm/s is over 0.1 m/s' in status.message
    rig.shown(**{'withheld (# m/s is over # m/s)': '2', 'withheld': '2', 'plans': '0'})
    assert rig.paths == []


def test_weights_that_give_no_numbers_give_no_path(rig, images, mini_model, tmp_path):
    checkpoint = read_checkpoint(mini_model['weights'])
    tensors = {name: tensor * float('nan') for name, tensor in checkpoint.tensors.items()}
    broken = tmp_path / 'nan.safetensors'
    write_checkpoint(
        type(checkpoint)('vavam', checkpoint.video, checkpoint.action, None, tensors, {}), broken
    )
    rig.start(weights=str(broken))
    rig.image.publish(images(0))
    status = rig.status_where(lambda s: 'withheld: not finite' in s.message)
    assert status.level != status.OK
    for index in range(1, 5):
        rig.image.publish(images(index))
        rig.spin_for(0.5)
    status = rig.status_where(lambda s: s.level == s.ERROR)
    assert 'images arrive, but no path for' in status.message
    assert rig.paths == []
