"""Files of torch.save: the pickle read inertly, tensors as views of the mapped file.

The format (torch >= 1.6) is a zip archive: `<name>/data.pkl`, a pickle whose persistent ids name
storages, and the bytes of each storage uncompressed in `<name>/data/<key>`. Reading it here
and not with torch.load means that no stored class, TorchScript code or optimizer state is ever
brought to life; tensors that nobody asks for cost nothing.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import torch
from torch import Tensor

from vavam_ros.errors import InputError
from vavam_ros.model.inert_pickle import Inert, load_inert

MOST_PICKLE_BYTES = 64 << 20  # of released files: below 1 MB, however much training added

DTYPES = {
    'torch.DoubleStorage': torch.float64,
    'torch.FloatStorage': torch.float32,
    'torch.HalfStorage': torch.float16,
    'torch.BFloat16Storage': torch.bfloat16,
    'torch.LongStorage': torch.int64,
    'torch.IntStorage': torch.int32,
    'torch.ShortStorage': torch.int16,
    'torch.CharStorage': torch.int8,
    'torch.ByteStorage': torch.uint8,
    'torch.BoolStorage': torch.bool,
}

REBUILT_PARAMETERS = (  # a tensor first; muP hangs its shapes on parameters, hence a state
    'torch._utils._rebuild_parameter',
    'torch._utils._rebuild_parameter_with_state',
)

BROKEN_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    LookupError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


class StoredStorage(NamedTuple):
    """A storage that the pickle refers to; a tuple, because a pickle can alter other objects."""

    key: str  # name of its record in the archive
    type_path: str  # such as torch.FloatStorage
    elements: int


class TorchArchive:
    """An opened torch.save file: `root` is its content, `tensor` turns a stored tensor real.

    Tensors are private (copy-on-write) views of the mapped file: they need no memory until they
    are read, and the file must not be truncated while they are in use.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = path.stat().st_size
        with _told_of_damage(), zipfile.ZipFile(path) as archive:
            self._records = _members(archive)
            pickled = self._small(archive, 'data.pkl')
            self._check_byte_order(archive)
        self._storages: dict[str, torch.UntypedStorage] = {}
        self.root = load_inert(pickled, _stored_storage)

    def tensor(self, stored: object, name: str) -> Tensor:
        """The tensor that `stored`, found in `root`, describes; `name` is for the errors.

        Raises InputError when it is no tensor, or does not fit into its storage.
        """
        storage, offset, size, stride = _rebuild_arguments(stored, name)
        dtype = DTYPES.get(storage.type_path)
        if dtype is None:
            raise InputError(f'{name} has a storage of unknown type {storage.type_path}')
        extent = sum((n - 1) * step for n, step in zip(size, stride, strict=True))
        if 0 not in size and offset + extent >= storage.elements:
            raise InputError(
                f'{name}: shape {list(size)} at {offset} reaches beyond the {storage.elements} '
                f'elements of its storage {storage.key}'
            )
        untyped = self._storage(storage, dtype, name)
        try:
            return torch.empty(0, dtype=dtype).set_(untyped, offset, size, stride)
        except RuntimeError as error:  # sizes whose product overflows
            raise InputError(f'{name} has the impossible shape {list(size)}') from error

    def _storage(
        self, storage: StoredStorage, dtype: torch.dtype, name: str
    ) -> torch.UntypedStorage:
        record = self._records.get(f'data/{storage.key}')
        expected = storage.elements * dtype.itemsize
        if record is None or record.file_size != expected:
            found = 'none' if record is None else f'{record.file_size} bytes'
            raise InputError(
                f'{name}: expected a record data/{storage.key} of {expected} bytes, found {found}'
            )
        if storage.key not in self._storages:
            self._storages[storage.key] = self._bytes(record, dtype.itemsize, name)
        return self._storages[storage.key]

    def _bytes(self, record: zipfile.ZipInfo, alignment: int, name: str) -> torch.UntypedStorage:
        if record.compress_type != zipfile.ZIP_STORED:
            raise InputError(
                f'{name}: its record is compressed, which torch.save never does: unpack the '
                'archive and pack it again with zip -0'
            )
        with _told_of_damage():
            start = self._data_offset(record)
        stop = start + record.file_size
        if stop > self._size:
            raise InputError(f'{name}: its record ends at byte {stop}, the file at {self._size}')
        if record.file_size == 0:
            return torch.empty(0, dtype=torch.uint8).untyped_storage()
        if start % alignment:  # packed again by a zip tool: it cannot be mapped, so it is read
            with _told_of_damage(), zipfile.ZipFile(self._path) as archive:
                copied = bytearray(archive.read(record))
            return torch.frombuffer(copied, dtype=torch.uint8).untyped_storage()
        return self._mapped[start:stop]  # type: ignore[no-any-return]

    @cached_property
    def _mapped(self) -> Any:
        try:
            return torch.UntypedStorage.from_file(str(self._path), False, self._size)
        except RuntimeError as error:  # an address space or a file system that does not allow it
            reason = str(error).splitlines()[0]
            raise InputError(f'cannot be mapped into memory ({reason})') from error

    def _data_offset(self, record: zipfile.ZipInfo) -> int:
        """Where the record's bytes begin: behind a local header of its own length."""
        with self._path.open('rb') as file:
            file.seek(record.header_offset)
            header = file.read(30)
        if len(header) < 30 or header[:4] != b'PK\x03\x04':
            raise InputError(f'the archive is damaged: no record at byte {record.header_offset}')
        name_length, extra_length = struct.unpack('<26xHH', header)
        return int(record.header_offset + 30 + name_length + extra_length)

    def _small(self, archive: zipfile.ZipFile, name: str) -> bytes:
        record = self._records[name]
        if record.file_size > MOST_PICKLE_BYTES:
            raise InputError(
                f'{record.filename} has {record.file_size} bytes: no checkpoint has over '
                f'{MOST_PICKLE_BYTES}'
            )
        return archive.read(record)

    def _check_byte_order(self, archive: zipfile.ZipFile) -> None:
        if 'byteorder' in self._records and self._small(archive, 'byteorder') != b'little':
            raise InputError('it was saved on a big-endian machine: save it again on a usual one')


@contextmanager
def _told_of_damage() -> Iterator[None]:
    try:
        yield
    except InputError:
        raise
    except BROKEN_ZIP as error:
        raise InputError(
            f'the archive is truncated or damaged ({error}): copy or download it again'
        ) from error


def _members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The archive's records, by their names inside the one folder that everything is in."""
    names = archive.namelist()
    if any(name.endswith('/constants.pkl') or '/code/' in name for name in names):
        raise InputError(
            'it is a TorchScript archive, which holds code: only tokenizers are read from those, '
            'as the released encoder and decoder .jit files'
        )
    pickles = [name for name in names if name.count('/') == 1 and name.endswith('/data.pkl')]
    if len(pickles) != 1:
        raise InputError(
            f'it is a zip archive with {len(pickles)} data.pkl: expected a file of torch.save, '
            'which has one'
        )
    prefix = pickles[0].removesuffix('data.pkl')
    return {record.filename.removeprefix(prefix): record for record in archive.infolist()}


def _stored_storage(pid: Any) -> StoredStorage:
    """Answer a persistent id: ('storage', class, key, device, number of elements)."""
    match pid:
        case ('storage', type() as kind, str() as key, str(), int() as elements) if (
            issubclass(kind, Inert) and elements >= 0
        ):
            return StoredStorage(key, kind.path, elements)
    raise InputError('its pickle refers to something outside itself that is no tensor storage')


def _rebuild_arguments(
    stored: object, name: str
) -> tuple[StoredStorage, int, tuple[int, ...], tuple[int, ...]]:
    """(storage, offset, size, stride) out of the recorded call that would make the tensor."""
    while isinstance(stored, Inert) and stored.path in REBUILT_PARAMETERS and stored.arguments:
        stored = stored.arguments[0]
    if not isinstance(stored, Inert):
        _no_tensor(name, f'a {type(stored).__name__}')
    if stored.path != 'torch._utils._rebuild_tensor_v2':
        _no_tensor(name, stored.path or 'a call')
    match stored.arguments:
        case (StoredStorage() as storage, int() as offset, tuple() as size, tuple() as stride, *_):
            numbers = (offset, *size, *stride)
            natural = all(type(n) is int and 0 <= n < 1 << 62 for n in numbers)
            if natural and len(size) == len(stride):
                return storage, offset, size, stride
    _no_tensor(name, 'a tensor with broken sizes')


def _no_tensor(name: str, found: str) -> NoReturn:
    raise InputError(f'{name}: expected a dense tensor, found {found}')
