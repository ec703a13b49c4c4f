"""What the planner says of itself: waiting, stale, degraded, and what to do about it."""

from __future__ import annotations

import dataclasses
import re
import time

import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CompressedImage
from std_msgs.msg import String

from vavam_ros.bridge.image import compressed_from_rgb, image_from_rgb
from vavam_ros.bridge.stamp import ns_from_time, time_from_ns
from vavam_ros.model.checkpoint import read_checkpoint, write_checkpoint

pytestmark = pytest.mark.dds

STEP_NS = 500_000_000


def activates(rig, **values: object) -> None:
    """As `rig.start`, without waiting for a match of publisher and subscriber."""
    assert rig.set(**values).successful
    assert rig.change('configure')
    assert rig.change('activate')
    rig.forget()


class Camera:
    """Sends pictures four times as fast as real, so that a context of two is full at once."""

    def __init__(self, rig, pictures, start_ns: int = 10**18) -> None:
        self._rig, self._pictures = rig, pictures
        self.stamp_ns = start_ns

    def next(self):
        """The next image, half a second after the one before."""
        self.stamp_ns += STEP_NS
        return image_from_rgb(self._pictures(0), self.stamp_ns, 'front')

    def runs_until(self, condition, timeout_s: float = 90.0):
        """Images at 8 Hz until a status fulfils the condition; returns that status."""
        statuses = self._rig.heard['/planner/status']
        statuses.clear()
        end_s = time.monotonic() + timeout_s
        while time.monotonic() < end_s:
            self._rig.image.publish(self.next())
            self._rig.spin_for(0.125)
            for status in filter(condition, statuses):
                return status
        pytest.fail(f'never so; the last was {statuses[-1].message!r}')


def said(state: str, *parts: str):
    """A condition: a state, and parts of its reason."""
    return lambda status: (
        status.message.startswith(state) and all(part in status.message for part in parts)
    )


@pytest.fixture
def camera(rig, pictures) -> Camera:
    """Of a planner that has seen enough to be OK."""
    rig.start(context_frames=2)
    camera = Camera(rig, pictures)
    camera.runs_until(said('OK'))
    return camera


def shows(status, **expected: str) -> dict[str, str]:
    values = {pair.key: pair.value for pair in status.values}
    assert expected.items() <= values.items()
    return values


def test_waiting_says_what_is_missing_and_what_to_do(rig, images):
    """Nobody publishes; somebody publishes another type; the right type, but nothing comes."""
    rig.node.destroy_publisher(rig.image)
    activates(rig)
    waiting = 'WAITING: no image yet, for'
    status = rig.status_where(said(waiting, 'nobody publishes on /image: check the remapping'))
    assert status.level == status.WARN
    rig.image = rig.node.create_publisher(CompressedImage, 'image', 10)
    status = rig.status_where(said(waiting, 'carries sensor_msgs/msg/CompressedImage'))
    assert 'expected sensor_msgs/msg/Image; set compressed to true' in status.message
    rig.carry(type(images(0)))
    status = rig.status_where(said(waiting, '1 publisher(s) on /image'))
    assert 'larger than 0.5 MB, start the publisher with config/fastdds.xml' in status.message
    rig.path_for(images(0))
    rig.status_where(said('WARMING UP'))


def test_images_that_stop_are_stale_and_come_back(rig, camera):
    begun_s = time.monotonic()
    rig.forget()
    status = rig.status_where(said('STALE: no image for', '1 publisher(s) on /image'))
    assert status.level == status.ERROR
    assert time.monotonic() - begun_s < 3.0
    assert rig.paths == []
    camera.runs_until(said('OK'))


def test_faulty_stamps_and_images_are_counted_by_cause_with_a_remedy(rig, camera, pictures):
    received = int(shows(camera.runs_until(said('OK')))['received'])
    for stamp_ns, encoding, cause, remedy in (
        (lambda: camera.stamp_ns, 'rgb8', 'duplicate', 'does the camera driver set header.stamp?'),
        (lambda: camera.stamp_ns - 10**8, 'rgb8', 'out_of_order', 'do two cameras publish on'),
        (lambda: time.time_ns() + 10**10, 'rgb8', 'future', 'or set use_sim_time with a bag'),
        (lambda: camera.stamp_ns + 10**8, 'yuv422', 'undecodable', "'yuv422', supported are rgb8"),
    ):
        msg = image_from_rgb(pictures(0), stamp_ns(), 'front')
        msg.encoding = encoding
        rig.image.publish(msg)
        rig.spin_for(0.1)
        status = camera.runs_until(said('DEGRADED', f'1 images dropped ({cause})', remedy))
        assert status.level == status.WARN
        shows(status, **{f'dropped_{cause}': '1'})
    values = shows(status, dropped='4', resets='0')
    counts = {key: int(values[key]) for key in ('received', 'used', 'between', 'dropped')}
    assert counts['received'] > received
    assert counts['received'] == counts['used'] + counts['between'] + counts['dropped']


def test_damaged_pictures_are_counted_and_end_nothing(rig, pictures):
    rig.carry(CompressedImage)
    rig.start(compressed=True, context_frames=1)
    whole = compressed_from_rgb(pictures(0), 10**18, 'front')
    rig.path_for(whole)
    cut = compressed_from_rgb(pictures(0), 10**18 + STEP_NS, 'front')
    cut.data = cut.data[: len(cut.data) // 2]
    text = CompressedImage(header=whole.header, format='jpeg', data=b'<html>404')
    for msg, words in (
        (cut, 'is not a readable 8-bit JPEG or PNG'),
        (text, 'does not begin like'),
    ):
        rig.heard['/planner/status'].clear()
        rig.image.publish(msg)
        status = rig.status_where(said('DEGRADED: no path for the newest image', words))
        assert f'{len(msg.data)} bytes' in status.message
    rig.path_for(compressed_from_rgb(pictures(0), 10**18 + 2 * STEP_NS, 'front'))
    rig.shown(dropped_undecodable='2', plans='2')


def test_simulated_time_that_does_not_run_is_told(rig):
    assert rig.set(use_sim_time=True).successful
    activates(rig)
    rig.status_where(said('WAITING', '/clock has'))  # not come, or stood still since some test
    clock = rig.node.create_publisher(Clock, '/clock', 10)
    rig.spin_until(lambda: clock.get_subscription_count() > 0)
    for tick in range(15):
        clock.publish(Clock(clock=time_from_ns(10**18 + tick * 10**8)))
        rig.spin_for(0.1)
    assert 'clock' not in rig.latest_status().message
    status = rig.status_where(said('WAITING', 'the /clock has stood still for'))
    assert re.search(r'stood still for [12]\.\d s', status.message)
    rig.node.destroy_publisher(clock)


def test_images_ahead_of_simulated_time_are_of_the_future(rig, images):
    """The node's clock decides, not the wall's, by which all bags are old."""
    assert rig.set(use_sim_time=True).successful
    clock = rig.node.create_publisher(Clock, '/clock', 10)
    rig.spin_until(lambda: clock.get_subscription_count() > 0)
    rig.start()
    clock.publish(Clock(clock=images(0).header.stamp))
    rig.spin_for(0.3)
    rig.path_for(images(0))
    rig.image.publish(images(5))
    rig.shown(dropped_future='1', plans='1')
    clock.publish(Clock(clock=images(5).header.stamp))
    rig.spin_for(0.3)
    rig.path_for(images(5))
    rig.node.destroy_publisher(clock)


def test_incompatible_partners_are_named_with_the_remedy_until_they_leave(rig, camera):
    latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    best_effort = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
    path_type = type(rig.paths[0])
    subscription = rig.node.create_subscription(
        path_type, '/planner/path', lambda _: None, latched
    )
    publisher = rig.node.create_publisher(String, '/planner/command', best_effort)
    status = camera.runs_until(said('DEGRADED', '/planner/path', '/planner/command'))
    for words in (
        '/rig gets nothing of /planner/path (',
        'it is offered as reliable, volatile, let the subscriber ask for no more',
        '/rig is not heard on /planner/command (',
        'reliable, volatile is asked for, let the publisher offer that',
    ):
        assert words in status.message
    rig.node.destroy_subscription(subscription)
    rig.node.destroy_publisher(publisher)
    camera.runs_until(said('OK'))


def test_diagnostics_come_once_a_second_with_everything_worth_knowing(rig, camera, mini_model):
    arrays = rig.heard['/diagnostics']
    camera.runs_until(lambda status: len(arrays) > 0)
    arrays.clear()
    begun_s = time.monotonic()
    status = camera.runs_until(lambda status: len(arrays) == 3)
    assert 1.8 < time.monotonic() - begun_s < 4.0
    stamps_s = [ns_from_time(array.header.stamp) / 1e9 for array in arrays]
    assert stamps_s[2] - stamps_s[0] == pytest.approx(2.0, abs=0.5)
    (status,) = arrays[-1].status
    assert (status.name, status.hardware_id) == ('planner: planning', 'cpu')
    shown = shows(
        status,
        state='OK',
        weights=read_checkpoint(mini_model['weights']).identity,
        tokenizer=read_checkpoint(mini_model['tokenizer']).identity,
        context_frames='2/2',
        command='straight (default)',
        dtype='float32',
    )
    p50, p95, most = (float(shown[f'image_to_path_ms_{part}']) for part in ('p50', 'p95', 'max'))
    assert 0 < p50 <= p95 <= most
    assert float(shown['surprise_nats_per_token']) > 0
    assert 4 < float(shown['image_rate_hz']) < 9
    assert 4 < float(shown['plan_rate_hz']) < 9
    in_work = int(shown['received']) - int(shown['used'])
    assert 0 <= in_work <= 1  # the newest image may be on its way to a path
    assert int(shown['dropped']) == 0


def test_random_weights_are_said_wherever_one_looks(rig, camera, process):
    status, shown = rig.diagnostics()
    assert shown['training'] == 'RANDOM'
    assert status.message.endswith('(RANDOM WEIGHTS: its plans mean nothing)')
    assert 'RANDOM' in rig.latest_status().message
    assert 'RANDOM WEIGHTS: the plans mean nothing, do not drive' in process.said
    rig.stop()
    status = rig.status_where(said('UNCONFIGURED'))
    assert 'RANDOM' not in status.message
    assert 'weights' not in shows(status)


def test_trained_weights_are_not_called_random(rig, images, mini_model, tmp_path):
    checkpoint = read_checkpoint(mini_model['weights'])
    trained = dataclasses.replace(checkpoint, provenance={'trained': True})
    write_checkpoint(trained, tmp_path / 'trained')
    rig.start(weights=str(tmp_path / 'trained'))
    rig.path_for(images(0))
    status, shown = rig.diagnostics()
    assert shown['training'] == 'trained'
    assert 'RANDOM' not in status.message
