from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import Tensor

from vavam_ros.errors import InputError
from vavam_ros.model.checkpoint import read_checkpoint
from vavam_ros.model.config import TokenizerConfig
from vavam_ros.model.vq import VQModel
from vavam_ros.model.vq_loading import build_tokenizer
from vavam_ros.perception.tokenizer import FrameTokenizer, Tokenizer


@dataclass
class GreyCodec:
    """The code of a patch is its mean's place in [-1, 1], in steps of 1/8."""

    codebook_size: int = 17
    can_decode: bool = True
    dtype: torch.dtype = torch.float32

    def encode(self, images: Tensor) -> Tensor:
        assert images.dtype == self.dtype
        means = torch.nn.functional.avg_pool2d(images, 16).mean(1)
        return torch.round((means + 1) * 8).long()

    def decode(self, indices: Tensor) -> Tensor:
        assert indices.dtype == torch.int64
        values = indices[:, None].float() / 4 - 2  # from -2 to 2: beyond what an image holds
        return values.expand(-1, 3, -1, -1).repeat_interleave(16, 2).repeat_interleave(16, 3)


def grey_tokenizer() -> FrameTokenizer:
    return FrameTokenizer(GreyCodec(), 'cpu', torch.float32, identity='grey')


def test_image_becomes_one_small_integer_per_patch():
    image = np.zeros((32, 48, 3), np.uint8)
    image[16:, 32:] = 255
    tokens = grey_tokenizer().encode(image)
    assert tokens.dtype == np.int32
    np.testing.assert_array_equal(tokens, [[0, 0, 0], [0, 0, 16]])


@pytest.mark.parametrize('dtype', [np.int32, np.int64, np.uint16])
def test_tokens_become_an_image_clamped_to_its_range(dtype):
    tokens = np.array([[0, 4], [8, 16]], dtype)
    tokens.flags.writeable = False
    image = grey_tokenizer().decode(tokens)
    assert image.dtype == np.uint8
    assert image.shape == (32, 32, 3)
    assert image[::16, ::16, 0].tolist() == [[0, 0], [128, 255]]  # -2, -1 -> 0.5, 0, 2


def test_levels_are_cut_not_rounded():
    tokens = np.array([[9]])  # 0.25 * 127.5 + 128 = 159.875
    assert grey_tokenizer().decode(tokens)[0, 0, 0] == 159


def test_images_reach_the_codec_in_its_dtype():
    codec = GreyCodec(dtype=torch.bfloat16)
    tokenizer = FrameTokenizer(codec, 'cpu', torch.bfloat16, identity='grey')
    assert tokenizer.encode(np.full((16, 16, 3), 255, np.uint8)).tolist() == [[16]]


def test_tokenizer_says_what_it_can_do():
    tokenizer: Tokenizer = FrameTokenizer(
        GreyCodec(can_decode=False), 'cpu', torch.float32, identity='grey'
    )
    assert (tokenizer.codebook_size, tokenizer.can_decode) == (17, False)
    assert tokenizer.identity == 'grey'


@pytest.mark.parametrize(
    'image', [np.zeros((16, 16), np.uint8), np.zeros((16, 16, 3)), np.zeros((16, 16, 4), np.uint8)]
)
def test_what_is_no_rgb_image_is_refused(image):
    with pytest.raises(InputError, match=r'expected uint8 \[height, width, 3\]'):
        grey_tokenizer().encode(image)


def test_golden_image_gives_golden_tokens_and_comes_back(golden_checkpoint, goldens):
    model = build_tokenizer(read_checkpoint(golden_checkpoint('vq_tiny')), 'cpu', torch.float32)
    tokenizer = FrameTokenizer(model, 'cpu', torch.float32, identity='vq_tiny')
    with np.load(goldens / 'vq_tiny.npz') as stored:
        expected = np.clip(127.5 * stored['decode_of_arange'][0] + 128, 0, 255).astype(np.uint8)
    image = tokenizer.decode(np.arange(60).reshape(6, 10) % 96)
    off = np.abs(image.astype(int) - expected.transpose(1, 2, 0))
    assert off.max() <= 1
    assert (off == 0).mean() > 0.999
    assert tokenizer.encode(image).shape == (6, 10)


@pytest.fixture(scope='module')
def real_tokenizer() -> FrameTokenizer:
    """A native network of 32 channels and 24 codes, with random weights."""
    model = VQModel(TokenizerConfig(32, (1, 1, 1, 1, 1), z_channels=32, codebook_size=24))
    for weights in model.parameters():
        torch.nn.init.normal_(weights, std=0.1)
    codec = model.eval().requires_grad_(False)
    return FrameTokenizer(codec, 'cpu', torch.float32, identity='random')


def test_decoding_ends_at_an_interruption_wherever_it_comes(real_tokenizer):
    tokens = np.arange(6).reshape(2, 3)
    whole = real_tokenizer.decode(tokens)
    questions = 0

    def counted() -> bool:
        nonlocal questions
        questions += 1
        return False

    np.testing.assert_array_equal(real_tokenizer.decode(tokens, counted), whole)
    assert questions > 30  # before each layer
    for asked in (0, 1, questions // 2, questions - 1):
        answers = iter([False] * asked)
        assert real_tokenizer.decode(tokens, lambda left=answers: next(left, True)) is None
    np.testing.assert_array_equal(real_tokenizer.decode(tokens), whole)


def test_an_interruption_leaves_nothing_behind(real_tokenizer):
    assert real_tokenizer.decode(np.zeros((2, 2), np.int64), lambda: True) is None
    assert real_tokenizer.encode(np.zeros((32, 48, 3), np.uint8)).shape == (2, 3)


def test_a_codec_that_cannot_be_interrupted_is_asked_once_before():
    tokens = np.array([[9]])
    assert grey_tokenizer().decode(tokens, lambda: True) is None
    answers = iter([False])
    assert grey_tokenizer().decode(tokens, lambda: next(answers, True)) is not None
