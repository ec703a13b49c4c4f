"""Camera messages of every layout become the same RGB pixels."""

from __future__ import annotations

import array
import io
import sys
import types

import numpy as np
import pytest
from PIL import Image as PillowImage
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from vavam_ros.bridge.image import (
    bgra_image_from_rgb,
    compressed_from_rgb,
    image_converter,
    image_from_rgb,
    rgb_from_compressed,
    rgb_from_image,
)
from vavam_ros.errors import InputError

PILLOW_RAW_MODES = {'rgb8': 'RGB', 'bgr8': 'BGR', 'rgba8': 'RGBX', 'bgra8': 'BGRX', 'mono8': 'L'}
CHANNELS = {'rgb8': 3, 'bgr8': 3, 'rgba8': 4, 'bgra8': 4, 'mono8': 1}


def message(encoding: str, width: int = 5, height: int = 3, padding: int = 0) -> Image:
    step = width * CHANNELS[encoding] + padding
    data = np.random.default_rng(7).integers(0, 256, height * step, np.uint8)
    return Image(
        header=Header(frame_id='camera'),
        width=width,
        height=height,
        encoding=encoding,
        step=step,
        data=array.array('B', data.tobytes()),
    )


def pillow_rgb(msg: Image) -> np.ndarray:
    """The same pixels as an independent decoder reads them."""
    mode = PILLOW_RAW_MODES[msg.encoding]
    stored = 'L' if mode == 'L' else 'RGB'
    picture = PillowImage.frombytes(
        stored, (msg.width, msg.height), bytes(msg.data), 'raw', mode, msg.step, 1
    )
    return np.array(picture.convert('RGB'))


@pytest.fixture
def fresh_converter():
    image_converter.cache_clear()
    yield
    image_converter.cache_clear()


@pytest.mark.parametrize('padding', [0, 1, 7, 64])
@pytest.mark.parametrize('encoding', list(CHANNELS))
def test_every_encoding_and_padding_reads_as_an_independent_decoder_does(encoding, padding):
    msg = message(encoding, padding=padding)
    rgb = rgb_from_image(msg)
    np.testing.assert_array_equal(rgb, pillow_rgb(msg))
    assert rgb.dtype == np.uint8
    assert rgb.flags.c_contiguous


@pytest.mark.parametrize('encoding', list(CHANNELS))
def test_rows_after_the_last_are_ignored(encoding):
    msg = message(encoding)
    expected = rgb_from_image(msg).copy()
    msg.data.extend(b'\xff' * 9)
    np.testing.assert_array_equal(rgb_from_image(msg), expected)


def test_the_byte_order_flag_means_nothing_for_8_bit_pixels():
    msg = message('bgra8')
    expected = rgb_from_image(msg)
    msg.is_bigendian = 1
    np.testing.assert_array_equal(rgb_from_image(msg), expected)


@pytest.mark.parametrize('encoding', list(CHANNELS))
def test_a_single_pixel_is_an_image(encoding):
    assert rgb_from_image(message(encoding, width=1, height=1)).shape == (1, 1, 3)


def test_rgb8_without_padding_is_not_copied():
    msg = message('rgb8')
    assert np.shares_memory(rgb_from_image(msg), np.frombuffer(msg.data, np.uint8))


def test_image_and_rgb_are_a_pair():
    rgb = np.random.default_rng(1).integers(0, 256, (4, 6, 3), np.uint8)
    msg = image_from_rgb(rgb[:, ::-1], stamp_ns=1_500_000_001, frame_id='front')
    assert (msg.header.stamp.sec, msg.header.stamp.nanosec) == (1, 500_000_001)
    assert msg.header.frame_id == 'front'
    np.testing.assert_array_equal(rgb_from_image(msg), rgb[:, ::-1])


@pytest.mark.parametrize(
    ('field', 'value', 'said'),
    [
        (
            'encoding',
            'yuv422_yuy2',
            "'yuv422_yuy2', supported are rgb8, bgr8, rgba8, bgra8, mono8",
        ),
        ('encoding', '', "''"),
        ('width', 0, 'no pixels'),
        ('height', 0, 'no pixels'),
        ('step', 14, 'step is 14, a row of rgb8 needs 15'),
        ('height', 4, 'holds 45 bytes, 4 rows of 15 bytes need 60'),
        ('height', 2**32 - 1, 'holds 45 bytes'),
        ('width', 2**32 - 1, 'step is 15'),
    ],
)
def test_a_wrong_layout_is_named_with_its_values(field, value, said):
    msg = message('rgb8')
    setattr(msg, field, value)
    with pytest.raises(InputError, match=said) as caught:
        rgb_from_image(msg)
    assert "frame 'camera'" in str(caught.value)
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize(
    ('kind', 'mode'),
    [('PNG', 'L'), ('PNG', 'RGB'), ('PNG', 'RGBA'), ('PNG', 'P'), ('JPEG', 'L'), ('JPEG', 'RGB')],
)
def test_compressed_pictures_become_rgb(kind, mode):
    picture = PillowImage.new('RGB', (16, 8), (250, 20, 20)).convert(mode)
    encoded = io.BytesIO()
    picture.save(encoded, kind)
    msg = CompressedImage(data=array.array('B', encoded.getvalue()))
    rgb = rgb_from_compressed(msg)
    assert (rgb.shape, rgb.dtype, rgb.flags.writeable) == ((8, 16, 3), np.uint8, True)
    np.testing.assert_allclose(rgb, np.array(picture.convert('RGB')), atol=3)


def test_compressed_from_rgb_is_a_jpeg_of_the_same_picture():
    rgb = np.zeros((16, 16, 3), np.uint8)
    rgb[..., 0] = 200
    msg = compressed_from_rgb(rgb, stamp_ns=2_000_000_000, frame_id='front')
    assert 'jpeg' in msg.format
    assert (msg.header.stamp.sec, msg.header.frame_id) == (2, 'front')
    np.testing.assert_allclose(rgb_from_compressed(msg), rgb, atol=4)


def encoded_png(mode: str) -> bytes:
    encoded = io.BytesIO()
    PillowImage.effect_noise((32, 32), 50).convert(mode).save(encoded, 'PNG')
    return encoded.getvalue()


def test_damaged_pictures_are_errors_or_pictures_but_nothing_else():
    random = np.random.default_rng(3)
    jpeg = bytes(compressed_from_rgb(random.integers(0, 256, (24, 24, 3), np.uint8), 0, '').data)
    outcomes = set()
    for whole in (jpeg, encoded_png('RGB'), encoded_png('L')):
        for _ in range(60):
            broken = bytearray(whole)
            broken[random.integers(len(whole))] ^= int(random.integers(1, 256))
            try:
                rgb_from_compressed(CompressedImage(data=array.array('B', broken)))
                outcomes.add('read')
            except InputError:
                outcomes.add('refused')
    assert outcomes == {'read', 'refused'}


@pytest.mark.parametrize(
    'data',
    [
        b'',
        b'\xff\xd8\xff',
        b'not a picture',
        b'GIF89a' + bytes(40),
        encoded_png('RGB')[:-200],
        b'\x89PNG\r\n\x1a\n\0\0\0\x01IHDR' + bytes(9),
    ],
    ids=['empty', 'stub', 'text', 'gif', 'truncated', 'short header'],
)
def test_what_is_no_jpeg_or_png_is_refused_with_its_size(data):
    msg = CompressedImage(header=Header(frame_id='front'), format='jpeg')
    msg.data = array.array('B', data)
    with pytest.raises(InputError, match=f"frame 'front' .*'jpeg', {len(data)} bytes"):
        rgb_from_compressed(msg)


def test_sixteen_bit_pictures_are_refused_rather_than_clipped():
    msg = CompressedImage(data=array.array('B', encoded_png('I;16')))
    with pytest.raises(InputError, match='mode I;16'):
        rgb_from_compressed(msg)


class StandInBridge:
    """A labelled stand-in for cv_bridge.CvBridge: its contract, read by Pillow."""

    def imgmsg_to_cv2(self, msg, desired_encoding):
        assert desired_encoding == 'rgb8'
        return pillow_rgb(msg)


class StepDividingBridge(StandInBridge):
    """Reads rows of step // channels pixels, as some releases of cv_bridge do."""

    def imgmsg_to_cv2(self, msg, desired_encoding):
        pixels = np.frombuffer(msg.data, np.uint8)
        channels = CHANNELS[msg.encoding]
        columns = msg.step // channels
        rows = pixels[: msg.height * columns * channels].reshape(msg.height, columns, channels)
        return rows[:, : msg.width, ::-1]


def provide_cv_bridge(monkeypatch, bridge: object) -> None:
    module = types.ModuleType('cv_bridge')
    module.CvBridge = bridge
    monkeypatch.setitem(sys.modules, 'cv_bridge', module)


@pytest.mark.usefixtures('fresh_converter')
@pytest.mark.parametrize('padding', [0, 3])
@pytest.mark.parametrize('encoding', list(CHANNELS))
def test_a_working_cv_bridge_is_used_and_gives_the_same(monkeypatch, encoding, padding):
    msg = message(encoding, padding=padding)
    expected = rgb_from_image(msg)
    image_converter.cache_clear()
    provide_cv_bridge(monkeypatch, StandInBridge)
    assert image_converter().description == 'cv_bridge'
    np.testing.assert_array_equal(rgb_from_image(msg), expected)
    msg.encoding = 'bayer_rggb8'
    with pytest.raises(InputError, match='bayer_rggb8'):
        rgb_from_image(msg)


def built_for_another_numpy():
    raise AttributeError('_ARRAY_API not found')


@pytest.mark.usefixtures('fresh_converter')
@pytest.mark.parametrize(
    ('bridge', 'reason'),
    [(built_for_another_numpy, '_ARRAY_API not found'), (StepDividingBridge, 'padded rows')],
)
def test_a_broken_cv_bridge_is_left_aside_and_said(monkeypatch, bridge, reason):
    provide_cv_bridge(monkeypatch, bridge)
    assert image_converter().description.startswith('numpy')
    assert reason in image_converter().description
    assert rgb_from_image(message('bgr8')).shape == (3, 5, 3)


@pytest.mark.usefixtures('fresh_converter')
def test_without_cv_bridge_numpy_converts(monkeypatch):
    monkeypatch.setitem(sys.modules, 'cv_bridge', None)  # what makes an import fail
    assert image_converter().description.startswith('numpy (cv_bridge does not work here')


def test_a_bgra_image_is_opaque_and_read_back_as_the_same():
    rgb = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    msg = bgra_image_from_rgb(rgb, 5_000_000_000, 'ego/rgb_front')
    assert (msg.encoding, msg.step, msg.header.frame_id) == ('bgra8', 12, 'ego/rgb_front')
    assert list(msg.data[:4]) == [2, 1, 0, 255]
    np.testing.assert_array_equal(rgb_from_image(msg), rgb)
