"""Our own checkpoint format: safetensors with the configuration in its header."""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from vavam_ros.errors import InputError
from vavam_ros.model.config import ActionConfig, TokenizerConfig, VideoConfig
from vavam_ros.model.contents import Checkpoint, Kind
from vavam_ros.model.hyperparameters import MOST

METADATA_KEY = 'vavam_ros'
FORMAT_VERSION = 1
HEADER_KEYS = {
    'format_version', 'kind', 'video', 'action', 'tokenizer', 'width_mult', 'identity',
    'provenance',
}  # fmt: skip
DTYPE_NAMES = {
    torch.float64: 'F64',
    torch.float32: 'F32',
    torch.float16: 'F16',
    torch.bfloat16: 'BF16',
}
ALIGNMENT = 8  # bytes; of the widest weights
BLOCK_BYTES = 16 << 20  # written at a time
SPARE_BYTES = 1 << 20  # for the header, when asking whether a file fits on the disk

Config = TypeVar('Config', VideoConfig, ActionConfig, TokenizerConfig)


def read_native(path: Path) -> Checkpoint:
    """A file of `write_native`; raises InputError for any other, or a newer version of it."""
    try:
        with safe_open(path, framework='pt') as file:
            header = _header(file.metadata())
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise InputError(f'the safetensors file is truncated or damaged ({error})') from error
    checkpoint = Checkpoint(
        header['kind'],
        _config(VideoConfig, header, 'video'),
        _config(ActionConfig, header, 'action'),
        _config(TokenizerConfig, header, 'tokenizer'),
        tensors,
        header['provenance'],
    )
    if header['width_mult'] != _multipliers(checkpoint):
        raise InputError(
            f'its header says width_mult {header["width_mult"]!s:.80}, its sizes '
            f'{_multipliers(checkpoint)}: the header was changed, convert the file again'
        )
    if header['identity'] != checkpoint.identity:
        raise InputError(
            f'its header says identity {header["identity"]!r:.20}, its content has '
            f'{checkpoint.identity!r}: header or weights were changed, convert the file again'
        )
    return checkpoint


def write_native(
    checkpoint: Checkpoint, path: Path, progress: Callable[[int], object] | None = None
) -> None:
    """Write beside `path`, then rename: no half file is ever seen under its name.

    Weights go from where they are to the disk block by block, so a mapped file of gigabytes is
    copied without ever being in memory; `progress` is told the bytes written so far. Raises
    OSError, or InputError when the folder is missing or the disk too full.
    """
    check_room(path.parent, checkpoint.nbytes)
    # Wide elements first, so that every tensor is aligned where the file is mapped.
    order = sorted(checkpoint.tensors.items(), key=lambda item: (-item[1].itemsize, item[0]))
    unfinished = path.with_name(f'.{path.name}.{os.getpid()}.part')
    try:
        with unfinished.open('wb') as file:
            file.write(_head(checkpoint, order))
            for block in itertools.chain.from_iterable(_blocks(tensor) for _, tensor in order):
                file.write(block)
                if progress:
                    progress(file.tell())
            file.flush()
            os.fsync(file.fileno())  # a disk that fills up late says so here
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def check_room(folder: Path, weight_bytes: int) -> None:
    """Raise InputError unless the folder is there, and has room for a file of these weights."""
    if not folder.is_dir():
        raise InputError(f'there is no folder {folder}: make it first')
    needed, free = weight_bytes + SPARE_BYTES, shutil.disk_usage(folder).free
    if free < needed:
        raise InputError(
            f'needs {needed / 1e6:.0f} MB, and only {free / 1e6:.0f} MB are free on that disk'
        )


def _head(checkpoint: Checkpoint, order: list[tuple[str, Tensor]]) -> bytes:
    """What safetensors begins with: a length, then JSON with each tensor's place."""
    header = {
        'format_version': FORMAT_VERSION,
        'kind': checkpoint.kind,
        **{part: _as_json(getattr(checkpoint, part)) for part in ('video', 'action', 'tokenizer')},
        'width_mult': _multipliers(checkpoint),
        'identity': checkpoint.identity,
        'provenance': checkpoint.provenance,
    }
    entries: dict[str, object] = {
        '__metadata__': {METADATA_KEY: json.dumps(header, sort_keys=True)}
    }
    stop = 0
    for name, tensor in order:
        start, stop = stop, stop + tensor.nbytes
        shape, dtype = list(tensor.shape), DTYPE_NAMES[tensor.dtype]
        entries[name] = {'dtype': dtype, 'shape': shape, 'data_offsets': [start, stop]}
    text = json.dumps(entries, separators=(',', ':')).encode()
    text += b' ' * (-len(text) % ALIGNMENT)
    return len(text).to_bytes(8, 'little') + text


def _blocks(tensor: Tensor) -> Iterator[memoryview]:
    array: Any = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()
    whole = memoryview(array)
    for start in range(0, len(whole), BLOCK_BYTES):
        yield whole[start : start + BLOCK_BYTES]


def _as_json(config: VideoConfig | ActionConfig | TokenizerConfig | None) -> object:
    return None if config is None else dataclasses.asdict(config)


def _multipliers(checkpoint: Checkpoint) -> dict[str, float]:
    """Kept beside the sizes they follow from: it is the one number nobody may get wrong."""
    configs = {'video': checkpoint.video, 'action': checkpoint.action}
    return {part: config.width_mult for part, config in configs.items() if config is not None}


def _header(metadata: dict[str, str] | None) -> dict[str, Any]:
    if not metadata or METADATA_KEY not in metadata:
        raise InputError(
            f'is a safetensors file without a {METADATA_KEY!r} header: expected one written by '
            '`vavam convert` or `vavam init`'
        )
    try:
        header = json.loads(metadata[METADATA_KEY])
    except (ValueError, RecursionError) as error:
        raise InputError(f'its {METADATA_KEY!r} header is no JSON ({error})') from error
    version = header.get('format_version') if isinstance(header, dict) else None
    if type(version) is not int or version < 1:
        raise InputError(f'its {METADATA_KEY!r} header has no format_version')
    if version > FORMAT_VERSION:
        raise InputError(
            f'has format version {version}: this program knows {FORMAT_VERSION}, so a newer '
            'vavam_ros wrote it; update this one'
        )
    wrong = sorted(header.keys() ^ HEADER_KEYS)
    if not wrong and header['kind'] not in get_args(Kind):
        wrong = ['kind']
    if not wrong and not isinstance(header['provenance'], dict):
        wrong = ['provenance']
    if wrong:
        raise InputError(f'its {METADATA_KEY!r} header lacks or misuses: {", ".join(wrong)}')
    return dict(header)


def _config(kind: type[Config], header: dict[str, Any], part: str) -> Config | None:
    """A configuration from its JSON; each field must be there and have its declared type."""
    stored = header[part]
    if stored is None:
        return None
    hints = get_type_hints(kind)
    if not isinstance(stored, dict) or stored.keys() != hints.keys():
        raise InputError(f'its header has a {part} section other than {", ".join(hints)}')
    return kind(**{key: _typed(stored[key], hints[key], f'{part}.{key}') for key in hints})


def _typed(value: Any, hint: Any, name: str) -> Any:
    """The value as the hint declares it (JSON knows no tuples, and writes 1.0 as it likes)."""
    if value is None and type(None) in get_args(hint):
        return None
    options = [option for option in get_args(hint) if option is not type(None)]
    if get_origin(hint) is not tuple and options:
        hint = options[0]
    if get_origin(hint) is tuple and isinstance(value, list):
        if all(type(number) is int for number in value) and len(value) > 0:
            return tuple(value)
    elif hint is float and type(value) in (int, float) and abs(value) < MOST:
        return float(value)
    elif hint in (int, bool) and type(value) is hint:
        return value
    raise InputError(f'its header has {name} = {value!r:.60}: expected {hint}')
