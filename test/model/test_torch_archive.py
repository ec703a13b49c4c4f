"""Files of torch.save: tensors as views of the mapped file, and every kind of damage."""

from __future__ import annotations

import io
import pickle
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest
import torch
from hostile_pickles import hostile_pickles, registered_extension
from hypothesis import strategies

from vavam_ros.errors import InputError
from vavam_ros.model import torch_archive
from vavam_ros.model.torch_archive import TorchArchive

DTYPES = [
    torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32,
    torch.int16, torch.int8, torch.uint8, torch.bool,
]  # fmt: skip


def saved(path: Path, content: object, **options: object) -> Path:
    torch.save(content, path, **options)
    return path


def opened(path: Path, content: object) -> TorchArchive:
    return TorchArchive(saved(path, content))


def repacked(source: Path, target: Path, change=lambda name, data: data, **options) -> Path:
    """The archive written anew by a zip tool; a record for which `change` gives None is lost."""
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(target, 'w', **options) as after:
        for record in before.infolist():
            data = change(record.filename, before.read(record))
            if data is not None:
                after.writestr(record.filename, data)
    return target


def archive_of(path: Path, pickled: bytes, **records: bytes) -> Path:
    with zipfile.ZipFile(path, 'w') as archive:
        archive.writestr('archive/data.pkl', pickled)
        for name, data in records.items():
            archive.writestr(f'archive/data/{name}', data)
    return path


def complaint_about(path: Path) -> str:
    """What the user is told when all tensors are read; nothing where they can be."""
    try:
        archive = TorchArchive(path)
        content = archive.root if isinstance(archive.root, dict) else {'root': archive.root}
        for name, stored in content.items():
            archive.tensor(stored, str(name)).sum()
    except InputError as error:
        return str(error)
    return ''


@pytest.mark.parametrize('dtype', DTYPES)
def test_each_dtype_comes_as_it_was(tmp_path, dtype):
    tensor = torch.arange(6).reshape(2, 3).to(dtype)
    archive = opened(tmp_path / 'a.pt', {'a': tensor})
    read = archive.tensor(archive.root['a'], 'a')
    assert read.dtype == dtype
    assert torch.equal(read, tensor)


def test_views_strides_and_shared_storages_survive(tmp_path):
    flat = torch.arange(24.0)
    content = {
        'flat': flat,
        'part': flat[6:18].view(3, 4),
        'turned': flat.view(4, 6).T,
        'repeated': flat[:1].expand(5),
        'number': torch.tensor(3.0),
        'empty': torch.empty(0, 4),
    }
    archive = opened(tmp_path / 'a.pt', content)
    read = {name: archive.tensor(stored, name) for name, stored in archive.root.items()}
    for name, tensor in content.items():
        assert torch.equal(read[name], tensor)
        assert read[name].stride() == tensor.stride()
    assert read['part'].data_ptr() == read['flat'].data_ptr() + 6 * 4


def test_parameters_are_tensors_whatever_hangs_on_them(tmp_path):
    plain = torch.nn.Parameter(torch.ones(2))
    marked = torch.nn.Parameter(torch.ones(3))
    marked.infshape = (None,)
    archive = opened(tmp_path / 'a.pt', {'plain': plain, 'marked': marked})
    for name, size in (('plain', 2), ('marked', 3)):
        assert torch.equal(archive.tensor(archive.root[name], name), torch.ones(size))


def mapped_file_at(address: int) -> str:
    for line in Path('/proc/self/maps').read_text().splitlines():
        first, last = (int(number, 16) for number in line.split()[0].split('-'))
        if first <= address < last:
            return line.split()[-1]
    raise AssertionError(f'nothing is mapped at {address:x}')


@pytest.mark.skipif(not Path('/proc/self/maps').exists(), reason='no /proc: not Linux')
def test_weights_stay_in_the_file_until_they_are_used(tmp_path):
    path = saved(tmp_path / 'a.pt', {'a': torch.ones(5000)})
    archive = TorchArchive(path)
    tensor = archive.tensor(archive.root['a'], 'a')
    assert mapped_file_at(tensor.data_ptr()) == str(path)


def test_writing_to_a_view_leaves_the_file_alone(tmp_path):
    path = saved(tmp_path / 'a.pt', {'a': torch.ones(50)})
    before = path.read_bytes()
    archive = TorchArchive(path)
    archive.tensor(archive.root['a'], 'a').zero_()
    assert path.read_bytes() == before


def test_an_archive_packed_again_without_alignment_is_read(tmp_path):
    tensor = torch.arange(7.0)
    path = saved(tmp_path / 'a.pt', {'a': tensor, 'b': tensor[2:], 'none': torch.empty(0)})
    archive = TorchArchive(repacked(path, tmp_path / 'b.pt'))
    assert torch.equal(archive.tensor(archive.root['b'], 'b'), tensor[2:])
    assert archive.tensor(archive.root['none'], 'none').numel() == 0


def test_a_compressed_record_says_how_to_pack(tmp_path):
    path = saved(tmp_path / 'a.pt', {'a': torch.zeros(1000)})
    packed = repacked(path, tmp_path / 'b.pt', compression=zipfile.ZIP_DEFLATED)
    archive = TorchArchive(packed)
    with pytest.raises(InputError, match=r'^a: its record is compressed.* zip -0'):
        archive.tensor(archive.root['a'], 'a')


def test_a_damaged_record_that_must_be_read_is_refused(tmp_path):
    path = saved(tmp_path / 'a.pt', {'a': torch.full((8,), 7.0)})
    packed = repacked(path, tmp_path / 'b.pt')
    data = packed.read_bytes().replace(torch.full((8,), 7.0).numpy().tobytes(), b'x' * 32)
    packed.write_bytes(data)
    archive = TorchArchive(packed)
    with pytest.raises(InputError, match=r'truncated or damaged .*Bad CRC-32'):
        archive.tensor(archive.root['a'], 'a')


@pytest.mark.parametrize('kept', [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_archive_is_refused(tmp_path, kept):
    whole = saved(tmp_path / 'a.pt', {'a': torch.zeros(5000)}).read_bytes()
    (tmp_path / 'cut.pt').write_bytes(whole[: int(kept * len(whole))])
    with pytest.raises(InputError, match=r'truncated or damaged .*: copy or download it again'):
        TorchArchive(tmp_path / 'cut.pt')


@pytest.mark.parametrize(
    ('change', 'said'),
    [
        (
            lambda n, d: None if n.endswith('/data/0') else d,
            'a record data/0 of 20 bytes, found n',
        ),
        (
            lambda n, d: d[:-4] if n.endswith('/data/0') else d,
            r'a: expected a record data/0 of 20 bytes, found 16 bytes',
        ),
        (
            lambda n, d: None if n.endswith('data.pkl') else d,
            'with 0 data.pkl: expected a file of',
        ),
        (lambda n, d: b'big' if n.endswith('byteorder') else d, 'big-endian machine'),
        (lambda n, d: d[:-1] if n.endswith('data.pkl') else d, 'pickle is damaged'),
    ],
)
def test_missing_and_short_records_are_named(tmp_path, change, said):
    path = saved(tmp_path / 'a.pt', {'a': torch.zeros(5)})
    packed = repacked(path, tmp_path / 'b.pt', change)
    assert re.search(said, complaint_about(packed))


@dataclass
class Named:
    """A class that exists by its name only."""

    path: str  # module, line end, name


@dataclass
class Reference:
    """What torch writes as a persistent id."""

    pid: object


class Writer(pickle._Pickler):
    def save(self, one: object, **options: object) -> None:
        if isinstance(one, Named):
            self.write(b'c' + one.path.encode() + b'\n')
        else:
            super().save(one, **options)

    def persistent_id(self, one: object) -> object:
        return one.pid if isinstance(one, Reference) else None


def stored_tensor(storage_type='FloatStorage', elements=4, offset=0, size=(4,), stride=(1,)):
    """The pickle of a tensor with any numbers, consistent or not."""
    out = io.BytesIO()
    storage = Reference(('storage', Named(f'torch\n{storage_type}'), '0', 'cpu', elements))
    writer = Writer(out, 2)
    writer.write(b'\x80\x02')
    writer.save(Named('torch._utils\n_rebuild_tensor_v2'))
    writer.save((storage, offset, size, stride, False, {}))
    writer.write(b'R.')
    return out.getvalue()


@pytest.mark.parametrize(
    ('numbers', 'said'),
    [
        ({'size': (5,)}, r'root: shape \[5\] at 0 reaches beyond the 4 elements of its storage 0'),
        ({'offset': 1}, r'shape \[4\] at 1 reaches beyond'),
        ({'stride': (2,)}, 'reaches beyond'),
        ({'offset': -1}, 'found a tensor with broken sizes'),
        ({'size': (-4,)}, 'broken sizes'),
        ({'stride': (1, 1)}, 'broken sizes'),
        ({'size': (1 << 61, 1 << 61), 'stride': (0, 0)}, 'impossible shape'),
        ({'elements': 40}, 'expected a record data/0 of 160 bytes, found 16 bytes'),
        ({'elements': -4}, 'no tensor storage'),
        ({'elements': 'x'}, 'no tensor storage'),
        ({'storage_type': 'ComplexFloatStorage'}, 'unknown type torch.ComplexFloatStorage'),
    ],
)
def test_numbers_that_reach_outside_are_refused(tmp_path, numbers, said):
    path = archive_of(tmp_path / 'a.pt', stored_tensor(**numbers), **{'0': bytes(16)})
    assert re.search(said, complaint_about(path))


def test_one_storage_under_two_types_is_measured_for_each(tmp_path):
    path = archive_of(tmp_path / 'a.pt', stored_tensor(), **{'0': bytes(16)})
    archive = TorchArchive(path)
    assert torch.equal(archive.tensor(archive.root, 't'), torch.zeros(4))
    wider = TorchArchive(
        archive_of(tmp_path / 'b.pt', stored_tensor('DoubleStorage'), **{'0': bytes(16)})
    )
    with pytest.raises(InputError, match='a record data/0 of 32 bytes, found 16 bytes'):
        archive.tensor(wider.root, 't')


@pytest.mark.parametrize(
    ('content', 'said'),
    [
        (5, 'found a int'),
        (torch.ones(3).to_sparse(), r'found torch._utils._rebuild_sparse_tensor'),
        (torch.Size([3]), r'found torch.Size'),
    ],
)
def test_what_is_no_dense_tensor_is_named(tmp_path, content, said):
    archive = opened(tmp_path / 'a.pt', {'a': content})
    with pytest.raises(InputError, match=f'^a: expected a dense tensor, {said}'):
        archive.tensor(archive.root['a'], 'a')


def test_a_pickle_that_is_far_too_long_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(torch_archive, 'MOST_PICKLE_BYTES', 10_000)
    bomb = tmp_path / 'bomb.pt'
    with zipfile.ZipFile(bomb, 'w', compression=zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('archive/data.pkl', bytes(20_000_000))
    assert bomb.stat().st_size < 100_000
    with pytest.raises(InputError, match=r'data.pkl has 20000000 bytes: no checkpoint has over'):
        TorchArchive(bomb)


def test_torchscript_is_no_checkpoint(tmp_path):
    with zipfile.ZipFile(tmp_path / 'a.pt', 'w') as archive:
        archive.writestr('archive/data.pkl', b'\x80\x02N.')
        archive.writestr('archive/constants.pkl', b'\x80\x02N.')
    with pytest.raises(InputError, match='TorchScript archive, which holds code'):
        TorchArchive(tmp_path / 'a.pt')


@pytest.mark.parametrize('opcode', list(hostile_pickles(made=None)))
def test_a_hostile_pickle_in_a_real_archive_runs_nothing(tmp_path, opcode):
    made = tmp_path / 'made'
    path = archive_of(tmp_path / 'a.pt', hostile_pickles(made)[opcode])
    with registered_extension():
        said = complaint_about(path)
    assert said
    assert '\n' not in said
    assert not made.exists()


@hypothesis.settings(max_examples=150, deadline=None, derandomize=True)
@hypothesis.given(strategies.data())
def test_any_damage_is_an_input_error_or_harmless(tmp_path_factory, data):
    folder = tmp_path_factory.getbasetemp()
    whole = folder / 'whole.pt'
    if not whole.exists():
        torch.save({'a': torch.arange(3.0), 'b': torch.ones(2, 2)}, whole)
    content = bytearray(whole.read_bytes())
    for _ in range(data.draw(strategies.integers(1, 3))):
        position = data.draw(strategies.integers(0, len(content) - 1))
        content[position] = data.draw(strategies.integers(0, 255))
    (folder / 'damaged.pt').write_bytes(content)
    assert '\n' not in complaint_about(folder / 'damaged.pt')
