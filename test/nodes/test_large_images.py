"""Large images pass Fast DDS from a process that asks for it."""

from __future__ import annotations

import os
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.serialization import serialize_message
from sensor_msgs.msg import Image

from vavam_ros.bags.qos import OfferedQos
from vavam_ros.bags.writer import BagWriter
from vavam_ros.nodes.large_images import allow_large_images

VARIABLES = ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE')
IMAGES = 6


@pytest.fixture(autouse=True)
def no_profile_yet(monkeypatch, ros_domain):
    for variable in VARIABLES:
        monkeypatch.setenv(variable, '')


def free_space(monkeypatch, free: int) -> None:
    monkeypatch.setattr(shutil, 'disk_usage', lambda path: SimpleNamespace(free=free))


def test_the_profile_is_chosen_where_its_memory_fits(monkeypatch):
    free_space(monkeypatch, 2**30)
    assert allow_large_images() is None
    assert {os.environ[variable][-len('config/fastdds.xml') :] for variable in VARIABLES} == {
        'config/fastdds.xml'
    }


def test_a_profile_of_the_users_own_stays(monkeypatch):
    monkeypatch.setenv(VARIABLES[1], '/mine.xml')
    assert allow_large_images() is None
    assert [os.environ[variable] for variable in VARIABLES] == ['', '/mine.xml']


def test_too_little_shared_memory_is_said_with_the_remedy(monkeypatch):
    free_space(monkeypatch, 40 * 2**20)
    warning = allow_large_images()
    assert '40 MB free' in warning
    assert '--shm-size' in warning
    assert [os.environ[variable] for variable in VARIABLES] == ['', '']


@pytest.mark.dds
@pytest.mark.skipif(
    shutil.disk_usage('/dev/shm').free < 200 * 2**20, reason='/dev/shm has no room for the profile'
)
def test_best_effort_images_of_1600x900_bgra8_all_arrive(tmp_path, graph, start):
    path = tmp_path / 'large'
    pixels = np.zeros(900 * 1600 * 4, np.uint8)
    image = Image(height=900, width=1600, encoding='bgra8', step=6400, data=pixels.tobytes())
    with BagWriter(path) as writer:
        writer.add_topic('/image', 'sensor_msgs/msg/Image', OfferedQos(reliable=False))
        for index in range(IMAGES):
            image.header.stamp.sec = index
            writer.write('/image', index * 150_000_000, serialize_message(image))
    seen = []
    graph.node('viewer').create_subscription(
        Image,
        '/image',
        lambda msg: seen.append(msg.header.stamp.sec),
        QoSProfile(depth=IMAGES, reliability=ReliabilityPolicy.BEST_EFFORT),
    )
    player = start('replay', path, '--wait', 90)
    graph.spin_until(lambda: len(seen) == IMAGES)
    assert player.wait() == 0
    assert seen == list(range(IMAGES))
