from __future__ import annotations

import warnings
import zipfile
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from vavam_ros.errors import InputError
from vavam_ros.model.checkpoint import Checkpoint, write_checkpoint
from vavam_ros.model.config import TokenizerConfig
from vavam_ros.model.released import RELEASED_DECODER, RELEASED_ENCODER
from vavam_ros.model.vq import VQModel
from vavam_ros.model.vq_loading import load_tokenizer

SIZE = (3, 32, 48)


class EncoderHalf(nn.Module):
    def __init__(self, model: VQModel) -> None:
        super().__init__()
        self.encoder, self.quant_conv, self.quantize = (
            model.encoder,
            model.quant_conv,
            model.quantize,
        )

    def forward(self, images: Tensor) -> Tensor:
        return self.quantize.nearest(self.quant_conv(self.encoder(images)))


class DecoderHalf(nn.Module):
    def __init__(self, model: VQModel) -> None:
        super().__init__()
        self.decoder, self.post_quant_conv, self.quantize = (
            model.decoder,
            model.post_quant_conv,
            model.quantize,
        )

    def forward(self, indices: Tensor) -> Tensor:
        return self.decoder(self.post_quant_conv(self.quantize.vectors(indices)))


def config_with(codes: int) -> TokenizerConfig:
    return TokenizerConfig(
        channels=32,
        multipliers=(1, 1, 1, 1, 1),
        res_blocks=1,
        z_channels=8,
        codebook_size=codes,
        codebook_dim=4,
    )


def model_with(codes: int) -> VQModel:
    torch.manual_seed(codes)
    return VQModel(config_with(codes)).eval().requires_grad_(False)


def save_traced(module: nn.Module, example: Tensor, path: Path, freeze: bool = False) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', DeprecationWarning)  # torch.jit's, on writing
        warnings.simplefilter('ignore', torch.jit.TracerWarning)  # of torch's own group_norm
        traced = torch.jit.trace(module.eval(), example, check_trace=False)
        (torch.jit.freeze(traced) if freeze else traced).save(str(path))


@pytest.fixture(scope='module')
def native() -> VQModel:
    return model_with(codes=20)


@pytest.fixture(scope='module')
def images() -> Tensor:
    return torch.rand(2, *SIZE, generator=torch.Generator().manual_seed(5)) * 2 - 1


@pytest.fixture(scope='module')
def released(native: VQModel, tmp_path_factory) -> Path:
    """A folder like the released one: the two halves as TorchScript under the released names."""
    folder = tmp_path_factory.mktemp('released')
    example = torch.zeros(1, *SIZE)
    save_traced(EncoderHalf(native), example, folder / RELEASED_ENCODER)
    save_traced(DecoderHalf(native), native.encode(example), folder / RELEASED_DECODER)
    return folder


@pytest.fixture(scope='module')
def own_file(native: VQModel, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp('own') / 'tokenizer.safetensors'
    provenance: dict[str, object] = {'trained': False}
    weights = dict(native.state_dict())
    write_checkpoint(
        Checkpoint('tokenizer', None, None, config_with(codes=20), weights, provenance), path
    )
    return path


def test_released_pair_gives_what_the_native_model_gives(released, native, images):
    codec = load_tokenizer(released / RELEASED_ENCODER, released / RELEASED_DECODER).codec
    indices = codec.encode(images)
    assert indices.dtype == torch.int64
    assert torch.equal(indices, native.encode(images))
    torch.testing.assert_close(codec.decode(indices), native.decode(indices))


def test_released_folder_gives_both_files(released, native):
    loaded = load_tokenizer(released)
    assert loaded.codec.can_decode
    assert loaded.codec.codebook_size == native.codebook_size
    assert loaded.provenance == {'source': RELEASED_ENCODER, 'format': 'torchscript'}


def test_a_frozen_file_is_understood_too(native, images, tmp_path):
    save_traced(EncoderHalf(native), images, tmp_path / 'frozen.jit', freeze=True)
    codec = load_tokenizer(tmp_path / 'frozen.jit').codec
    assert codec.codebook_size == 20
    assert torch.equal(codec.encode(images), native.encode(images))


def test_torchscript_takes_float32_whatever_was_asked(released):
    assert load_tokenizer(released, dtype=torch.bfloat16).dtype == torch.float32


def test_torchscript_is_told_from_others_by_content_not_by_name(released, tmp_path):
    renamed = tmp_path / 'tokenizer.bin'
    renamed.write_bytes((released / RELEASED_ENCODER).read_bytes())
    assert load_tokenizer(renamed).identity == load_tokenizer(released).identity


def test_without_the_decoder_it_only_encodes_and_says_what_to_set(released, images):
    codec = load_tokenizer(released / RELEASED_ENCODER).codec
    assert not codec.can_decode
    with pytest.raises(InputError, match='set tokenizer_decoder'):
        codec.decode(codec.encode(images))


def test_torchscript_decodes_no_token_without_a_codebook_entry(released):
    with pytest.raises(InputError, match=r'token 20 .* 0 to 19'):
        load_tokenizer(released).codec.decode(torch.tensor([[[0, 20]]]))


def test_torchscript_refuses_images_without_whole_patches(released):
    with pytest.raises(InputError, match='multiples of 16'):
        load_tokenizer(released).codec.encode(torch.zeros(1, 3, 30, 48))


def test_own_file_gives_the_same_model_with_its_provenance(own_file, native, images):
    loaded = load_tokenizer(own_file)
    assert torch.equal(loaded.codec.encode(images), native.encode(images))
    assert loaded.codec.can_decode
    assert loaded.provenance['trained'] is False
    assert len(loaded.identity) == 12


def test_lower_precision_leaves_the_codebook_alone(own_file, native):
    codec = load_tokenizer(own_file, dtype=torch.bfloat16).codec
    assert codec.encoder.conv_in.weight.dtype == torch.bfloat16
    assert torch.equal(codec.quantize.embedding.weight, native.quantize.embedding.weight)


def test_llamagens_own_file_loads(golden_checkpoint):
    loaded = load_tokenizer(golden_checkpoint('vq_tiny'))
    assert loaded.codec.codebook_size == 96
    assert loaded.codec.encode(torch.zeros(1, *SIZE)).shape == (1, 2, 3)


@pytest.mark.parametrize('stem', ['vavam_a', 'vavim_a'])
def test_a_driving_model_is_no_tokenizer(golden_checkpoint, stem):
    with pytest.raises(InputError, match=f'{stem[:5]} checkpoint: expected a tokenizer'):
        load_tokenizer(golden_checkpoint(stem))


def test_swapped_files_are_told_apart(released):
    with pytest.raises(InputError, match=r'is a tokenizer decoder .* expected the tokenizer enc'):
        load_tokenizer(released / RELEASED_DECODER)
    with pytest.raises(InputError, match=r'is a tokenizer encoder .* expected the tokenizer dec'):
        load_tokenizer(released / RELEASED_ENCODER, released / RELEASED_ENCODER)


def test_files_of_two_tokenizers_do_not_pair(released, tmp_path):
    other = model_with(codes=24)
    save_traced(DecoderHalf(other), torch.zeros(1, 2, 3).long(), tmp_path / 'other.jit')
    with pytest.raises(InputError, match=r'24 entries.* one of 20'):
        load_tokenizer(released / RELEASED_ENCODER, tmp_path / 'other.jit')


def test_another_network_in_torchscript_is_refused(tmp_path):
    save_traced(nn.Linear(3, 2), torch.zeros(1, 3), tmp_path / 'line.jit')
    with pytest.raises(InputError, match=r'another network .* expected the tokenizer encoder'):
        load_tokenizer(tmp_path / 'line.jit')


class FloatTokens(EncoderHalf):
    def forward(self, images: Tensor) -> Tensor:
        return super().forward(images).float()


def test_an_encoder_that_gives_no_integers_is_refused(native, images, tmp_path):
    save_traced(FloatTokens(native), images, tmp_path / 'float.jit')
    with pytest.raises(InputError, match=r'torch.float32 \[2, 2, 3\]: expected integer'):
        load_tokenizer(tmp_path / 'float.jit').codec.encode(images)


@pytest.mark.parametrize('name', ['tokenizer.jit', 'tokenizer.pt', 'tokenizer.safetensors'])
def test_a_text_file_is_refused_by_name(tmp_path, name):
    (tmp_path / name).write_text('<html>404 Not Found</html>')
    with pytest.raises(InputError, match=name):
        load_tokenizer(tmp_path / name)


def test_a_truncated_torchscript_file_is_refused(released, tmp_path):
    whole = (released / RELEASED_ENCODER).read_bytes()
    (tmp_path / 'cut.jit').write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r'cut\.jit is no TorchScript archive, or only a part'):
        load_tokenizer(tmp_path / 'cut.jit')


def test_torchscript_without_its_code_is_refused_in_one_line(released, tmp_path):
    with (
        zipfile.ZipFile(released / RELEASED_ENCODER) as whole,
        zipfile.ZipFile(tmp_path / 'bad.jit', 'w') as bad,
    ):
        for record in whole.infolist():
            if '/code/' not in record.filename:
                bad.writestr(record.filename, whole.read(record))
    with pytest.raises(InputError, match=r'bad\.jit cannot be read as TorchScript') as caught:
        load_tokenizer(tmp_path / 'bad.jit')
    assert '\n' not in str(caught.value)


def test_missing_files_are_named(released, tmp_path):
    with pytest.raises(InputError, match=r'nowhere\.pt does not exist'):
        load_tokenizer(tmp_path / 'nowhere.pt')
    with pytest.raises(InputError, match=f'holds no {RELEASED_ENCODER}'):
        load_tokenizer(tmp_path)
    with pytest.raises(InputError, match=r'nowhere\.jit cannot be read'):
        load_tokenizer(released / RELEASED_ENCODER, tmp_path / 'nowhere.jit')


def test_a_decoder_beside_a_file_that_decodes_itself_is_refused(own_file, released):
    with pytest.raises(InputError, match='leave out the decoder'):
        load_tokenizer(own_file, released / RELEASED_DECODER)
