"""Tables of numbers in one safetensors file, with a header that says what they are."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from vavam_ros.errors import InputError

METADATA_KEY = 'vavam_ros'
FORMAT_VERSION = 1

Tables = dict[str, NDArray[Any]]


def write_tables(
    path: Path, kind: str, tables: Mapping[str, NDArray[Any]], header: Mapping[str, Any]
) -> None:
    """Write beside `path`, then rename, so no half file is ever seen under its name.

    Raises InputError, having removed what was written, when the disk is full or gone.
    """
    text = json.dumps({'format_version': FORMAT_VERSION, 'kind': kind, 'header': header})
    whole = {name: np.ascontiguousarray(table) for name, table in tables.items()}
    write_bytes(path, safetensors.numpy.save(whole, {METADATA_KEY: text}))


def read_tables(path: Path, kind: str) -> tuple[Tables, dict[str, Any]]:
    """Tables, mapped (read-only use), and the header of a file of `write_tables`.

    Raises InputError for a missing, damaged or other file.
    """
    if not path.is_file():
        raise InputError(f'{path} is not there: expected a {kind} file')
    try:
        with safe_open(path, framework='pt') as file:
            tables = {name: file.get_tensor(name).numpy() for name in file.keys()}  # noqa: SIM118
            stored = json.loads((file.metadata() or {}).get(METADATA_KEY, 'null'))
    except (SafetensorError, OSError, ValueError) as error:
        raise InputError(f'{path} is damaged or cut off ({error}): make it again') from error
    if not isinstance(stored, dict) or stored.get('kind') != kind:
        found = stored.get('kind') if isinstance(stored, dict) else None
        raise InputError(f'{path} holds {found or "something else"}: expected a {kind} file')
    if stored.get('format_version') != FORMAT_VERSION or not isinstance(stored['header'], dict):
        raise InputError(
            f'{path} has format version {stored.get("format_version")}: this program knows '
            f'{FORMAT_VERSION}; make the file again'
        )
    return tables, stored['header']


def write_bytes(path: Path, content: bytes) -> None:
    """Write a whole file or nothing; InputError when that fails."""
    unfinished = path.with_name(f'.{path.name}.{os.getpid()}.part')
    try:
        with unfinished.open('wb') as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        advice = 'free some space and run the same command again; what is finished stays'
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            advice = 'choose another place'
        raise InputError(
            f'{path} cannot be written: {error.strerror or error}: {advice}'
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)
