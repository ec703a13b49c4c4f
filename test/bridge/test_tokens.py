"""Tokens travel as 16-bit images."""

from __future__ import annotations

import array

import numpy as np
import pytest
from sensor_msgs.msg import Image

from vavam_ros.bridge.tokens import image_from_tokens, tokens_from_image
from vavam_ros.errors import InputError
from vavam_ros.records import FrameTokens


def frame(tokens: np.ndarray) -> FrameTokens:
    return FrameTokens(stamp_ns=3_000_000_007, camera='front', tokens=tokens.astype(np.int32))


@pytest.mark.parametrize('shape', [(18, 32), (1, 1), (4, 6)])
def test_tokens_and_image_are_a_pair(shape):
    sent = frame(np.random.default_rng(0).integers(0, 2**16, shape))
    msg = image_from_tokens(sent)
    assert (msg.height, msg.width, msg.encoding) == (*shape, '16UC1')
    received = tokens_from_image(msg)
    assert (received.stamp_ns, received.camera) == (sent.stamp_ns, sent.camera)
    assert received.tokens.dtype == np.int32
    np.testing.assert_array_equal(received.tokens, sent.tokens)


def test_big_endian_and_padded_rows_are_read():
    msg = Image(height=2, width=1, encoding='16UC1', is_bigendian=1, step=4)
    msg.data = array.array('B', [1, 2, 99, 99, 0x40, 0, 99, 99])
    np.testing.assert_array_equal(tokens_from_image(msg).tokens, [[0x0102], [0x4000]])


def test_little_endian_is_what_is_written():
    msg = image_from_tokens(frame(np.array([[0x0102]])))
    assert (bytes(msg.data), msg.is_bigendian) == (b'\x02\x01', 0)


@pytest.mark.parametrize('index', [-1, 2**16])
def test_an_index_beyond_16_bits_is_refused(index):
    with pytest.raises(InputError, match=str(index)):
        image_from_tokens(frame(np.array([[5, index]])))


@pytest.mark.parametrize(
    ('field', 'value', 'said'),
    [
        ('encoding', 'mono8', "'mono8'"),
        ('width', 0, 'no pixels'),
        ('step', 3, 'step is 3, a row needs 4'),
        ('height', 5, 'holds 8 bytes, its size needs 20'),
    ],
)
def test_another_image_is_not_tokens(field, value, said):
    msg = image_from_tokens(frame(np.array([[1, 2], [3, 4]])))
    setattr(msg, field, value)
    with pytest.raises(InputError, match=said):
        tokens_from_image(msg)
