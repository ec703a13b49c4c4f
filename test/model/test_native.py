"""Our own format: what goes in comes out, and nothing changed or half-written passes."""

from __future__ import annotations

import json
import resource
import tracemalloc
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from lightning_files import Sizes, save, vavam_content
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from vavam_ros.errors import InputError
from vavam_ros.model import native
from vavam_ros.model.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from vavam_ros.model.config import VideoConfig
from vavam_ros.model.contents import checkpoint_shapes

SIZES = Sizes(layers=2)
VIDEO = VideoConfig(16, 8, 8, 1, 11, 2, 6, grid=(2, 3))


def small(dtype=torch.float32, video=VIDEO):
    generator = torch.Generator().manual_seed(3)
    tensors = {
        name: torch.randn(shape, generator=generator).to(dtype)
        for name, shape in checkpoint_shapes(video, None, None).items()
    }
    return Checkpoint('vavim', video, None, None, tensors, {'source': 'test', 'trained': False})


@pytest.fixture(scope='module')
def original(tmp_path_factory):
    return save(vavam_content(SIZES), tmp_path_factory.mktemp('native') / 'a.pt')


@pytest.fixture
def file(tmp_path):
    write_checkpoint(small(), tmp_path / 'a.safetensors')
    return tmp_path / 'a.safetensors'


def assert_same(read, written):
    assert (read.kind, read.video, read.action) == (written.kind, written.video, written.action)
    assert read.tokenizer == written.tokenizer
    assert read.provenance == written.provenance
    assert read.identity == written.identity
    assert read.tensors.keys() == written.tensors.keys()
    for name, tensor in written.tensors.items():
        assert read.tensors[name].dtype == tensor.dtype
        assert torch.equal(read.tensors[name], tensor)


def test_a_lightning_file_survives_with_its_multipliers(original, tmp_path):
    first = read_checkpoint(original)
    write_checkpoint(first, tmp_path / 'b.safetensors')
    again = read_checkpoint(tmp_path / 'b.safetensors')
    assert_same(again, first)
    assert (again.video.width_mult, again.action.width_mult) == (5, 2)


@pytest.mark.parametrize('dtype', [torch.float64, torch.bfloat16, torch.float16])
def test_every_precision_is_kept(tmp_path, dtype):
    write_checkpoint(small(dtype), tmp_path / 'a.safetensors')
    assert_same(read_checkpoint(tmp_path / 'a.safetensors'), small(dtype))


def test_mixed_precisions_and_views_are_written_in_full(tmp_path):
    checkpoint = small()
    flat = torch.cat([tensor.reshape(-1) for tensor in checkpoint.tensors.values()])
    start = 0
    for name, tensor in checkpoint.tensors.items():
        checkpoint.tensors[name] = flat[start : start + tensor.numel()].view(tensor.shape)
        start += tensor.numel()
    turned, narrow = 'gpt.transformer.h.0.mlp.c_fc.weight', 'gpt.transformer.wte.weight'
    checkpoint.tensors[turned] = checkpoint.tensors[turned].T.contiguous().T
    checkpoint.tensors[narrow] = checkpoint.tensors[narrow].bfloat16()
    write_checkpoint(checkpoint, tmp_path / 'a.safetensors')
    assert_same(read_checkpoint(tmp_path / 'a.safetensors'), checkpoint)


def test_other_programs_read_it(file):
    tensors = load_file(file)
    assert all(torch.equal(tensors[name], each) for name, each in small().tensors.items())
    with safe_open(file, framework='pt') as opened:
        header = json.loads(opened.metadata()['vavam_ros'])
    assert header['width_mult'] == {'video': 2.0}


@pytest.mark.skipif(not Path('/proc/self/maps').exists(), reason='no /proc: not Linux')
def test_weights_stay_in_the_file_until_they_are_used(file):
    checkpoint = read_checkpoint(file)
    address = checkpoint.tensors['gpt.transformer.wie.weight'].data_ptr()
    lines = Path('/proc/self/maps').read_text().splitlines()
    spans = [(line, *(int(each, 16) for each in line.split()[0].split('-'))) for line in lines]
    (holder,) = [line for line, first, last in spans if first <= address < last]
    assert holder.endswith(str(file))


def test_writing_needs_no_second_copy(tmp_path):
    checkpoint = small(video=VideoConfig(512, 8, 8, 1, 10_000, 2, 6))
    assert checkpoint.nbytes > 30e6
    tracemalloc.start()
    write_checkpoint(checkpoint, tmp_path / 'a.safetensors')
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1e6


def test_progress_counts_bytes_up_to_the_last(tmp_path, monkeypatch):
    monkeypatch.setattr(native, 'BLOCK_BYTES', 100)
    seen = []
    write_checkpoint(small(), tmp_path / 'a.safetensors', seen.append)
    assert seen == sorted(seen)
    assert len(seen) > 20
    assert seen[-1] == (tmp_path / 'a.safetensors').stat().st_size


def test_the_usual_permissions_are_given(file):
    (file.parent / 'usual').touch()
    assert file.stat().st_mode == (file.parent / 'usual').stat().st_mode


def test_a_write_that_fails_half_way_leaves_nothing_and_is_one_line(tmp_path):
    """Where the file may not grow on, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, hard))
    try:
        with pytest.raises(InputError, match=r'a\.safetensors: cannot be written \(File too l'):
            write_checkpoint(small(), tmp_path / 'a.safetensors')
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_before_it_is_full(tmp_path, monkeypatch):
    monkeypatch.setattr(native.shutil, 'disk_usage', lambda _: SimpleNamespace(free=1000))
    with pytest.raises(InputError, match='needs 1 MB, and only 0 MB are free on that disk'):
        write_checkpoint(small(), tmp_path / 'a.safetensors')


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(InputError, match=f'there is no folder {tmp_path / "none"}'):
        write_checkpoint(small(), tmp_path / 'none' / 'a.safetensors')


def rewritten(file, change):
    """The same weights under a changed header."""
    with safe_open(file, framework='pt') as opened:
        header = json.loads(opened.metadata()['vavam_ros'])
    header = change(header) or header
    text = header if isinstance(header, str) else json.dumps(header)
    save_file(load_file(file), file, {'vavam_ros': text})


def video(**changes):
    return lambda header: header['video'].update(changes)


def top(**changes):
    return lambda header: header.update(changes)


@pytest.mark.parametrize(('change', 'said'), [
    (top(format_version=2), 'has format version 2: this program knows 1'),
    (top(format_version='1'), 'has no format_version'),
    (top(kind=['vavim']), 'lacks or misuses: kind'),
    (top(kind='vavam'), r'a vavam checkpoint with (video, action, tokenizer) = (True, False, Fal'),
    (top(provenance='me'), 'lacks or misuses: provenance'),
    (top(new=1), 'lacks or misuses: new'),
    (top(width_mult={'video': 1.0}), "says width_mult {'video': 1.0}, its sizes {'video': 2.0}"),
    (top(identity='0'), "says identity '0', its content has"),
    (top(video={}), 'a video section other than embedding_dim'),
    (video(base_dim=16), "says width_mult {'video': 2.0}, its sizes {'video': 1.0}"),
    (video(dim_heads=4), 'header or weights were changed'),
    (video(attn_scale=2.0), 'header or weights were changed'),
    (video(grid=[3, 2]), 'header or weights were changed'),
    (video(grid=[3, 3]), 'grid 3x3 does not fit'),
    (video(grid=[6]), 'grid 6 does not fit'),
    (video(grid=[-2, -3]), 'grid -2x-3 does not fit'),
    (video(grid='2x3'), "its header has video.grid = '2x3'"),
    (video(nb_layers=2), 'gpt.transformer.h.1.attn.c_attn.weight is missing'),
    (video(vocabulary_size=12), 'wie.weight has shape [11, 16]: expected [12, 16]'),
    (video(output_tied=False), 'gpt.lm_head.weight is missing'),
    (video(embedding_dim=16.0), 'video.embedding_dim = 16.0'),
    (video(output_scale=float('nan')), 'video.output_scale = nan'),
    (video(nb_timesteps=True), 'video.nb_timesteps = True'),
    (lambda header: '{"format_version":', 'header is no JSON'),
    (lambda header: '[' * 100_000, 'header is no JSON'),
    (lambda header: '[1]', 'has no format_version'),
])  # fmt: skip
def test_a_changed_header_is_refused(file, change, said):
    rewritten(file, change)
    with pytest.raises(InputError) as caught:
        read_checkpoint(file)
    message = str(caught.value)
    assert message.startswith(f'{file}: ')
    assert said in message
    assert '\n' not in message


def test_changed_weights_are_noticed_at_their_ends(file):
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    with pytest.raises(InputError, match='header or weights were changed'):
        read_checkpoint(file)


def test_a_foreign_file_is_told_from_ours(tmp_path):
    save_file({'a': torch.zeros(3)}, tmp_path / 'a.safetensors')
    with pytest.raises(InputError, match="a safetensors file without a 'vavam_ros' header"):
        read_checkpoint(tmp_path / 'a.safetensors')


@pytest.mark.parametrize('kept', [9, 100, 0.5, 0.999])
def test_a_truncated_file_is_refused(file, kept):
    data = file.read_bytes()
    file.write_bytes(data[: kept if isinstance(kept, int) else int(kept * len(data))])
    with pytest.raises(InputError, match=r'a\.safetensors: the safetensors file is truncated or'):
        read_checkpoint(file)
