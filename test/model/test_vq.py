from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from vavam_ros.errors import InputError
from vavam_ros.model.checkpoint import read_checkpoint
from vavam_ros.model.config import PRESETS, TokenizerConfig
from vavam_ros.model.vq import Codebook, VQModel
from vavam_ros.model.vq_layout import tokenizer_shapes
from vavam_ros.model.vq_loading import build_tokenizer

SMALL = TokenizerConfig(
    channels=32,
    multipliers=(1, 1, 1, 2, 1),
    res_blocks=1,
    z_channels=8,
    codebook_size=20,
    codebook_dim=4,
)


@pytest.fixture(scope='module')
def golden_model(golden_checkpoint) -> VQModel:
    return build_tokenizer(read_checkpoint(golden_checkpoint('vq_tiny')), 'cpu', torch.float32)


@pytest.fixture(scope='module')
def arrays(goldens: Path) -> dict[str, Tensor]:
    with np.load(goldens / 'vq_tiny.npz') as stored:
        return {name: torch.from_numpy(stored[name]) for name in stored}


@pytest.fixture(scope='module')
def small() -> VQModel:
    torch.manual_seed(0)
    return VQModel(SMALL).eval().requires_grad_(False)


def assert_close(found: Tensor, expected: Tensor, atol: float) -> None:
    torch.testing.assert_close(found, expected, atol=atol, rtol=0)


def test_vectors_before_quantisation_are_the_references(golden_model, arrays):
    assert_close(golden_model.pre_quant(arrays['images']), arrays['pre_quant'], atol=3e-5)


def test_indices_are_exactly_the_references(golden_model, arrays):
    indices = golden_model.encode(arrays['images'])
    assert indices.dtype == torch.int64
    assert torch.equal(indices, arrays['indices'])


def test_quantised_vectors_are_the_references(golden_model, arrays):
    assert_close(golden_model.quant(arrays['indices']), arrays['quant'], atol=1e-6)


def test_reconstruction_is_the_references(golden_model, arrays):
    images = golden_model.decode(golden_model.encode(arrays['images']))
    assert_close(images, arrays['reconstruction'], atol=1e-4)


def test_decoding_any_indices_gives_the_references_image(golden_model, arrays):
    _, _, height, width = arrays['decode_of_arange'].shape
    cells = torch.arange(height // 16 * width // 16) % golden_model.codebook_size
    images = golden_model.decode(cells.view(1, height // 16, width // 16))
    assert_close(images, arrays['decode_of_arange'], atol=1e-4)


def test_each_image_of_a_batch_is_tokenised_on_its_own(golden_model, arrays):
    alone = torch.cat([golden_model.encode(image[None]) for image in arrays['images']])
    assert torch.equal(alone, arrays['indices'])


@pytest.mark.parametrize('config', [PRESETS['S'].tokenizer, PRESETS['tiny'].tokenizer, SMALL])
def test_parameters_have_llamagens_names_and_shapes(config: TokenizerConfig):
    with torch.device('meta'):
        model = VQModel(config)
    shapes = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    assert shapes == tokenizer_shapes(config)


def test_released_size_has_71_88_million_parameters():
    with torch.device('meta'):
        model = VQModel(TokenizerConfig())
    assert sum(p.numel() for p in model.parameters()) == 71_883_403


def test_nearest_code_is_the_one_at_the_smallest_angle_not_distance():
    codebook = Codebook(2, 2)
    codebook.embedding.weight.data = torch.tensor([[10.0, 1.0], [0.7, 0.7]])
    z = torch.tensor([1.0, 0.2]).view(1, 2, 1, 1)  # nearer to the second, aligned with the first
    assert codebook.nearest(z).item() == 0
    assert codebook.nearest(100 * z).item() == 0


def test_codes_are_read_as_unit_vectors():
    codebook = Codebook(2, 2)
    codebook.embedding.weight.data = torch.tensor([[3.0, 4.0], [0.0, 0.5]])
    vectors = codebook.vectors(torch.tensor([[[0, 1]]]))
    assert_close(vectors[0, :, 0].T, torch.tensor([[0.6, 0.8], [0.0, 1.0]]), atol=1e-6)


def test_images_of_any_patch_multiple_are_accepted(small):
    assert small.encode(torch.zeros(2, 3, 16, 48)).shape == (2, 1, 3)
    assert small.decode(torch.zeros(2, 1, 3, dtype=torch.int64)).shape == (2, 3, 16, 48)


@pytest.mark.parametrize('size', [(16, 40), (20, 32), (0, 16)])
def test_image_sizes_without_whole_patches_are_refused(small, size):
    with pytest.raises(InputError, match=f'{size[1]}x{size[0]}.*multiples of 16'):
        small.encode(torch.zeros(1, 3, *size))


@pytest.mark.parametrize('token', [-1, 20, 16384])
def test_a_token_without_a_codebook_entry_never_reaches_the_decoder(small, token):
    with pytest.raises(InputError, match=rf'token {token} .* 0 to 19'):
        small.decode(torch.tensor([[[0, token]]]))


def test_widths_that_the_norms_cannot_group_are_refused():
    with pytest.raises(InputError, match='level of 48, which is no multiple of 32'):
        VQModel(TokenizerConfig(channels=48))


def test_a_narrow_level_has_a_norm_group_for_each_channel():
    model = VQModel(TokenizerConfig(16, (1, 1, 2, 4, 4), 1, 64, 20))
    norms = [one for one in model.modules() if isinstance(one, torch.nn.GroupNorm)]
    groups = {norm.num_channels: norm.num_groups for norm in norms}
    assert groups == {16: 16, 32: 32, 64: 32}


def test_with_bfloat16_weights_the_codebook_still_decides_in_float32(small):
    half = VQModel(SMALL).to(torch.bfloat16)
    half.load_state_dict(small.state_dict())
    half.quantize.float()
    assert half.quant(torch.zeros(1, 1, 2, dtype=torch.int64)).dtype == torch.float32
    assert half.encode(torch.zeros(1, 3, 16, 32, dtype=torch.bfloat16)).dtype == torch.int64
    assert half.decode(torch.zeros(1, 1, 2, dtype=torch.int64)).dtype == torch.float32
