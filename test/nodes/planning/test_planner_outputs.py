"""What goes out beside the path, to whom, and what it costs."""

from __future__ import annotations

import time

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from expected_paths import expected_plan, pilot_with
from nav_msgs.msg import Path
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from visualization_msgs.msg import Marker, MarkerArray

from vavam_ros.bridge.image import image_from_rgb, rgb_from_compressed, rgb_from_image
from vavam_ros.bridge.markers import candidates_markers
from vavam_ros.bridge.stamp import ns_from_time
from vavam_ros.bridge.tokens import tokens_from_image
from vavam_ros.geometry.plan_shapes import COMMAND_COLOURS
from vavam_ros.records import DriveCommand

pytestmark = pytest.mark.dds

CANDIDATES, OVERLAY, TOKENS = '/planner/candidates', '/planner/overlay', '/planner/tokens'
PREDICTED, SMALL = '/planner/predicted_image', '/planner/predicted_image/compressed'
STEP_NS = 500_000_000
COSTLY = {
    CANDIDATES: MarkerArray,
    OVERLAY: Image,
    TOKENS: Image,
    PREDICTED: Image,
    SMALL: CompressedImage,
}


@pytest.fixture(scope='module')
def pilot(mini_model):
    return pilot_with(**mini_model, samples=4)


def listens(rig, *topics: str) -> None:
    """Subscribe, and wait until the planner knows."""
    for topic in topics:
        rig.listen(COSTLY[topic], topic)
    rig.spin_until(lambda: all(rig.node.count_publishers(topic) for topic in topics))
    rig.spin_for(0.2)


def answer(rig, topic: str, msg):
    """Send an image; the output of a topic for it."""
    rig.path_for(msg)
    stamp = msg.header.stamp

    def answers() -> list:
        return [one for one in rig.heard[topic] if header_of(one).stamp == stamp]

    rig.spin_until(answers)
    return answers()[0]


def header_of(msg):
    return msg.markers[0].header if isinstance(msg, MarkerArray) else msg.header


def colour_of(marker: Marker) -> list[int]:
    return [round(255 * value) for value in (marker.color.r, marker.color.g, marker.color.b)]


def colours(picture: np.ndarray) -> set[DriveCommand]:
    """The commands whose colours a picture shows."""
    return {
        command
        for command, colour in COMMAND_COLOURS.items()
        if (picture == colour).all(axis=-1).any()
    }


def camera_info(fx_px: float) -> CameraInfo:
    """Of a camera of 96x64 pixels with its axis in the middle."""
    k = [fx_px, 0.0, 47.5, 0.0, fx_px, 31.5, 0.0, 0.0, 1.0]
    return CameraInfo(width=96, height=64, k=k)


def test_candidates_are_the_samples_of_all_commands(rig, images, pilot):
    rig.start(default_command='left')
    pilot.forget()
    listens(rig, CANDIDATES)
    for index in range(2):
        msg = images(index)
        markers = answer(rig, CANDIDATES, msg).markers
        plan = expected_plan(pilot, msg, command=DriveCommand.LEFT, what_ifs=True)
        expected = candidates_markers(plan).markers
        assert len(markers) == 1 + 1 + 3 * 4
        for ours, theirs in zip(markers, expected, strict=True):
            assert (ours.ns, ours.id, colour_of(ours)) == (theirs.ns, theirs.id, colour_of(theirs))
            assert ours.header == theirs.header
            points, right = (np.array([(p.x, p.y) for p in m.points]) for m in (ours, theirs))
            np.testing.assert_allclose(points, right, rtol=1e-3, atol=1e-3)
    assert markers[0].action == Marker.DELETEALL
    assert markers[1].header.frame_id == 'base_link'


def test_what_ifs_are_planned_only_while_somebody_looks_at_candidates(rig, images, pilot):
    """The overlay draws whatever there is."""
    rig.start(max_start_offset_m=1e6)
    pilot.forget()
    listens(rig, OVERLAY)
    alone = rgb_from_image(answer(rig, OVERLAY, images(0)))
    listens(rig, CANDIDATES)
    beside = rgb_from_image(answer(rig, OVERLAY, images(1)))
    assert DriveCommand.STRAIGHT in colours(alone)
    assert not colours(alone) & {DriveCommand.LEFT, DriveCommand.RIGHT}
    assert colours(beside) & {DriveCommand.LEFT, DriveCommand.RIGHT}


def test_the_overlay_is_the_image_with_the_plan_and_a_warning(rig, pictures):
    rig.start()
    listens(rig, OVERLAY)
    grey = np.full((360, 640, 3), 90, np.uint8)
    msg = answer(rig, OVERLAY, image_from_rgb(grey, 10**18, 'front'))
    assert (msg.width, msg.height, msg.encoding) == (640, 360, 'rgb8')
    assert msg.header.frame_id == 'front'
    picture = rgb_from_image(msg)
    assert (picture[60:180] == 90).all()  # below the words, above the horizon
    assert (picture[180:] != 90).any()
    assert yellow_rows(picture).max() < 20  # RANDOM WEIGHTS


def yellow_rows(picture: np.ndarray) -> np.ndarray:
    red, _, blue = picture.astype(int).transpose(2, 0, 1)
    return ((red > 150) & (blue < 100)).nonzero()[0]


def test_the_overlay_uses_the_intrinsics_of_camera_info(rig):
    """An uncalibrated camera's are none, and that is as if none had come."""
    rig.start(camera_hfov_deg=60.0)
    listens(rig, OVERLAY)
    publisher = rig.node.create_publisher(CameraInfo, 'camera_info', 10)
    grey = image_from_rgb(np.full((128, 192, 3), 90, np.uint8), 10**18, 'front')

    def drawn_with(info: CameraInfo | None) -> np.ndarray:
        """The part below the words, for the same image in a new drive: with the same plan."""
        rig.spin_until(lambda: publisher.get_subscription_count() > 0)
        rig.spin_for(0.2)
        if info is not None:
            publisher.publish(info)
            rig.spin_for(0.2)
        rig.forget()
        picture = rgb_from_image(answer(rig, OVERLAY, grey))
        assert rig.change('deactivate')
        assert rig.change('activate')
        return picture[64:]

    assumed = drawn_with(None)
    wide, uncalibrated, same_in_small = (
        drawn_with(camera_info(fx_px)) for fx_px in (40.0, 0.0, 48 * 3**0.5)
    )
    rig.node.destroy_publisher(publisher)
    assert (assumed != 90).any()
    np.testing.assert_array_equal(uncalibrated, assumed)
    np.testing.assert_array_equal(same_in_small, assumed)
    assert (wide != assumed).any()


def test_predicted_frames_are_of_the_models_size_at_the_images_stamp(rig, images):
    rig.start(future_frames=2)
    listens(rig, PREDICTED, SMALL)
    msg = images(0)
    rig.path_for(msg)
    rig.spin_until(lambda: len(rig.heard[PREDICTED]) == len(rig.heard[SMALL]) == 2)
    pairs = zip(rig.heard[PREDICTED], rig.heard[SMALL], strict=True)
    for steps, (raw, small) in enumerate(pairs, start=1):
        for one in (raw, small):
            assert one.header.stamp == msg.header.stamp
            assert one.header.frame_id == f'front/plus_{steps / 2:.1f}s'
        assert (raw.width, raw.height, raw.encoding) == (96, 64, 'rgb8')
        pixels, jpeg = rgb_from_image(raw).astype(int), rgb_from_compressed(small).astype(int)
        assert np.abs(pixels - jpeg).mean() < 20  # of noise, which is the worst for a JPEG


def test_predictions_give_way_to_images(rig, pictures):
    """Each image comes when the first of sixteen predictions is out, and has its path at once."""
    rig.start(future_frames=16)
    listens(rig, PREDICTED)
    took_s = []
    for index in range(12):
        begun_s = time.monotonic()
        rig.path_for(image_from_rgb(pictures(index), 10**18 + index * STEP_NS, 'front'))
        took_s.append(time.monotonic() - begun_s)
        rig.heard[PREDICTED].clear()
        rig.spin_until(lambda: rig.heard[PREDICTED])
    rig.spin_until(lambda: len(rig.heard[PREDICTED]) == 16)  # of the last image, since none came
    all_predictions_s = time.monotonic() - begun_s - took_s[-1]
    assert np.median(took_s[1:]) < all_predictions_s / 2
    _, shown = rig.diagnostics()
    assert (shown['plans'], shown['caught_up'], shown['dropped']) == ('12', '0', '0')


def test_tokens_are_the_tokenizers(rig, images, pilot):
    rig.start()
    pilot.forget()
    listens(rig, TOKENS)
    msg = images(3)
    tokens = answer(rig, TOKENS, msg)
    assert (tokens.width, tokens.height, tokens.encoding) == (6, 4, '16UC1')
    expected_plan(pilot, msg)
    expected = pilot.window().frames[-1]
    received = tokens_from_image(tokens)
    np.testing.assert_array_equal(received.tokens, expected.tokens)
    assert (received.stamp_ns, received.camera) == (expected.stamp_ns, 'front')


def test_what_nobody_listens_to_is_not_computed(rig, images):
    rig.start()
    for index in range(3):
        rig.path_for(images(index))
    _, shown = rig.diagnostics()
    stages = {key.removesuffix('_ms_p50') for key in shown if key.endswith('_ms_p50')}
    assert stages == {'decode', 'tokenise', 'plan', 'image_to_path', 'surprise', 'prepare'}
    listens(rig, OVERLAY, SMALL)
    rig.heard['/planner/status'].clear()
    rig.path_for(images(3))
    rig.spin_until(lambda: rig.heard[SMALL])
    rig.status_where(lambda s: {'overlay_ms_p50', 'predict_ms_max'} <= keys(s))


def keys(status: DiagnosticStatus) -> set[str]:
    return {pair.key for pair in status.values}


def test_who_comes_late_is_told_the_status_at_once_but_no_old_path(rig, images):
    rig.start()
    rig.path_for(images(0))
    (status,) = rig.node.get_publishers_info_by_topic('/planner/status')
    assert status.qos_profile.durability == DurabilityPolicy.TRANSIENT_LOCAL
    late: list[DiagnosticStatus] = []
    latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    statuses = rig.node.create_subscription(
        DiagnosticStatus, '/planner/status', late.append, latched
    )
    paths: list[Path] = []
    path = rig.node.create_subscription(Path, '/planner/path', paths.append, 10)
    rig.spin_until(lambda: late)
    assert late[0].name == 'planner: planning'
    assert paths == []
    for subscription in (statuses, path):
        rig.node.destroy_subscription(subscription)


def test_nothing_is_published_while_inactive(rig, images):
    rig.start()
    listens(rig, *COSTLY)
    answer(rig, TOKENS, images(0))
    assert rig.change('deactivate')
    rig.spin_for(0.2)
    rig.forget()
    for index in range(1, 6):
        rig.image.publish(images(index))
        rig.spin_for(0.1)
    assert [topic for topic in ('/planner/path', *COSTLY) if rig.heard[topic]] == []
    assert rig.change('activate')
    rig.spin_until(lambda: rig.image.get_subscription_count() > 0)
    rig.spin_for(0.2)
    answer(rig, OVERLAY, images(6))


def test_every_output_carries_the_images_stamp(rig, images):
    rig.start()
    listens(rig, *COSTLY)
    sent = [images(index) for index in range(3)]
    for msg in sent:
        rig.path_for(msg)
        rig.spin_until(lambda stamp=msg.header.stamp: has(rig.heard[SMALL], stamp))
    stamps_ns = {ns_from_time(msg.header.stamp) for msg in sent}
    for topic in ('/planner/path', *COSTLY):
        received = {ns_from_time(header_of(msg).stamp) for msg in rig.heard[topic]}
        assert received == stamps_ns, topic


def has(messages: list, stamp) -> bool:
    return any(msg.header.stamp == stamp for msg in messages)
