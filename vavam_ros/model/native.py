"""Our own checkpoint format: safetensors with the configuration in its header."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from vavam_ros.errors import InputError
from vavam_ros.model.config import ActionConfig, TokenizerConfig, VideoConfig
from vavam_ros.model.contents import Checkpoint
from vavam_ros.model.hyperparameters import MOST

METADATA_KEY = 'vavam_ros'
FORMAT_VERSION = 1
HEADER_KEYS = {
    'format_version', 'kind', 'video', 'action', 'tokenizer', 'width_mult', 'provenance',
}  # fmt: skip
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
            f'its header says width_mult {header["width_mult"]}, its sizes '
            f'{_multipliers(checkpoint)}: the header was changed, convert the file again'
        )
    return checkpoint


def write_native(checkpoint: Checkpoint, path: Path) -> None:
    """Write beside `path`, then rename: no half file is ever seen under its name.

    Raises OSError, or InputError when the disk is too full.
    """
    needed = sum(tensor.nbytes for tensor in checkpoint.tensors.values()) + SPARE_BYTES
    free = shutil.disk_usage(path.parent).free
    if free < needed:
        raise InputError(
            f'needs {needed / 1e6:.0f} MB, and only {free / 1e6:.0f} MB are free on that disk'
        )
    header = {
        'format_version': FORMAT_VERSION,
        'kind': checkpoint.kind,
        **{part: _as_json(getattr(checkpoint, part)) for part in ('video', 'action', 'tokenizer')},
        'width_mult': _multipliers(checkpoint),
        'provenance': checkpoint.provenance,
    }
    unfinished = path.with_name(f'.{path.name}.{os.getpid()}.part')
    try:
        unfinished.touch()
        usual_mode = unfinished.stat().st_mode  # save_file's own is for the owner only
        save_file(
            {name: tensor.contiguous() for name, tensor in checkpoint.tensors.items()},
            unfinished,
            {METADATA_KEY: json.dumps(header, sort_keys=True)},
        )
        unfinished.chmod(usual_mode)
        unfinished.replace(path)
    except SafetensorError as error:
        raise InputError(f'cannot be written ({error})') from error
    finally:
        unfinished.unlink(missing_ok=True)


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
    if header.keys() != HEADER_KEYS or not isinstance(header['provenance'], dict):
        wrong = sorted(header.keys() ^ HEADER_KEYS) or ['provenance']
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
