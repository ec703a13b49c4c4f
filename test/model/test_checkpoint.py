"""A file's kind is told by its content; whatever is no checkpoint is refused in one line."""

from __future__ import annotations

import gzip
import lzma
import os
import zipfile

import pytest
import torch
from lightning_files import Sizes, save, vavam_content

from vavam_ros.errors import InputError
from vavam_ros.model.checkpoint import is_native, read_checkpoint, write_checkpoint
from vavam_ros.model.config import TokenizerConfig
from vavam_ros.model.vq_layout import tokenizer_shapes

SIZES = Sizes(layers=1)
VQ = TokenizerConfig(32, (1, 1, 1, 1, 1), 1, 8, 20, 4)


def tokenizer_weights():
    return {name: torch.ones(shape) for name, shape in tokenizer_shapes(VQ).items()}


@pytest.mark.parametrize('section', ['ema', 'model', 'state_dict', None])
def test_llamagen_files_are_read_from_every_section(tmp_path, section):
    weights = tokenizer_weights() | {'quantize.codebook_used': torch.zeros(9)}
    torch.save(weights if section is None else {section: weights, 'steps': 3}, tmp_path / 'a.pt')
    checkpoint = read_checkpoint(tmp_path / 'a.pt')
    assert checkpoint.kind == 'tokenizer'
    assert checkpoint.tokenizer == VQ
    assert checkpoint.provenance['section'] == (section or 'bare')


def test_averaged_weights_go_first(tmp_path):
    worse = {name: 2 * tensor for name, tensor in tokenizer_weights().items()}
    torch.save({'model': worse, 'ema': tokenizer_weights()}, tmp_path / 'a.pt')
    assert read_checkpoint(tmp_path / 'a.pt').tensors['quant_conv.bias'].max() == 1


def test_a_kind_is_told_by_content_not_by_name(tmp_path):
    torch_file = save(vavam_content(SIZES), tmp_path / 'weights.safetensors')
    write_checkpoint(read_checkpoint(torch_file), tmp_path / 'weights.pt')
    own = read_checkpoint(tmp_path / 'weights.pt')
    assert own.identity == read_checkpoint(torch_file).identity
    assert is_native(tmp_path / 'weights.pt')
    assert not is_native(torch_file)


@pytest.mark.parametrize('beginning', [b'\x80', b'\x1f\x8b', b'PK'])
def test_a_header_length_that_looks_like_another_format_is_none(tmp_path, beginning):
    """Safetensors begins with a number, whose bytes can be any."""
    path = tmp_path / 'a.safetensors'
    write_checkpoint(read_checkpoint(save(vavam_content(SIZES), tmp_path / 'a.pt')), path)
    data = path.read_bytes()
    length = int.from_bytes(data[:8], 'little')
    longer = int.from_bytes(beginning, 'little')
    while longer < length:
        longer += 1 << (8 * len(beginning))
    padded = data[8 : 8 + length] + b' ' * (longer - length)
    path.write_bytes(longer.to_bytes(8, 'little') + padded + data[8 + length :])
    assert path.read_bytes().startswith(beginning)
    assert read_checkpoint(path).kind == 'vavam'


def test_identity_tells_weights_and_configurations_apart(tmp_path):
    one = read_checkpoint(save(vavam_content(SIZES), tmp_path / 'a.pt'))
    content = vavam_content(SIZES)
    for prefix in ('vam.', 'vam.joint_model.'):
        key = f'{prefix}action_expert.action_decoder.weight'
        content['state_dict'][key] = content['state_dict'][key] + 1e-3
    other = read_checkpoint(save(content, tmp_path / 'b.pt'))
    clipped = vavam_content(SIZES, final_action_clip_value=1.0)
    third = read_checkpoint(save(clipped, tmp_path / 'c.pt'))
    assert len({one.identity, other.identity, third.identity}) == 3


def lfs_pointer(path):
    path.write_text('version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 800000000\n')


def legacy_file(path):
    torch.save({'model': torch.zeros(3)}, path, _use_new_zipfile_serialization=False)


def document(path):
    with zipfile.ZipFile(path, 'w') as archive:
        archive.writestr('word/document.xml', '<x/>')


def two_pickles(path):
    with zipfile.ZipFile(path, 'w') as archive:
        archive.writestr('a/data.pkl', b'')
        archive.writestr('b/data.pkl', b'')


def foreign_weights(path):
    torch.save({f'layer{number}.weight': torch.zeros(2) for number in range(9)}, path)


@pytest.mark.parametrize(('make', 'said'), [
    (lambda path: None, 'cannot be read (No such file or directory)'),
    (lambda path: path.mkdir(), 'is a folder: expected a checkpoint file'),
    (lambda path: os.mkfifo(path), 'is no regular file'),
    (lambda path: path.touch(), 'is empty'),
    (lambda path: path.write_text('<html>404 Not Found</html>'), "it begins with b'<html>404 No'"),
    (lambda path: path.write_bytes(bytes(100)), 'is no checkpoint'),
    (lambda path: path.write_bytes(gzip.compress(b'x')), 'is compressed with gzip: unpack it fir'),
    (lambda path: path.write_bytes(lzma.compress(b'x')), 'is compressed with xz: unpack it first'),
    (lfs_pointer, 'is a Git LFS pointer, not the file itself: run `git lfs pull`'),
    (legacy_file, 'from before torch 1.6'),
    (document, 'a zip archive with 0 data.pkl: expected a file of torch.save'),
    (two_pickles, 'a zip archive with 2 data.pkl'),
    (foreign_weights, 'unknown layout: its keys are layer0.weight, layer1.weight, layer2.weight'),
    (lambda path: torch.save({}, path), 'unknown layout: its keys are '),
    (lambda path: torch.save([1, 2], path), 'unknown layout: it holds a list'),
    (lambda path: torch.save(torch.zeros(2), path), 'it holds an object of torch._utils._rebui'),
    (lambda path: torch.save({'hyper_parameters': 3}, path), 'hyper_parameters is 3: expected a'),
    (lambda path: torch.save({'model': {'a\n\x1b[2J': 1}}, path), 'unknown layout'),
    (lambda path: torch.save({'evil\n\x1b[2J': 1}, path), 'its keys are evil??[2J'),
])  # fmt: skip
def test_what_is_no_checkpoint_is_told_in_one_line(tmp_path, make, said):
    path = tmp_path / 'file.pt'
    make(path)
    with pytest.raises(InputError) as caught:
        read_checkpoint(path)
    message = str(caught.value)
    assert message.startswith(f'{path}: ')
    assert said in message
    assert message.isprintable()


@pytest.mark.parametrize('tenth', range(10))
def test_a_file_cut_anywhere_is_refused(tmp_path, tenth):
    data = save(vavam_content(SIZES), tmp_path / 'a.pt').read_bytes()
    (tmp_path / 'cut.pt').write_bytes(data[: 1 + tenth * (len(data) - 1) // 10])
    with pytest.raises(InputError, match=r'cut\.pt: '):
        read_checkpoint(tmp_path / 'cut.pt')


def test_tokenizer_weights_that_do_not_fit_are_named(tmp_path):
    weights = tokenizer_weights()
    weights['decoder.conv_out.bias'] = torch.zeros(4)
    torch.save({'model': weights}, tmp_path / 'a.pt')
    with pytest.raises(InputError, match=r'decoder.conv_out.bias has shape \[4\]: expected \[3\]'):
        read_checkpoint(tmp_path / 'a.pt')
