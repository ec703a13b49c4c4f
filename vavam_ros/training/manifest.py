"""manifest.json of a folder of data: what is in it, with the files' checksums."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vavam_ros.errors import InputError
from vavam_ros.records import DriveCommand
from vavam_ros.training.table_file import write_bytes

MANIFEST = 'manifest.json'
BLOCK_BYTES = 1 << 20

Entry = dict[str, Any]


def file_entry(path: Path, commands: NDArray[np.integer], **about: Any) -> Entry:
    """What a manifest says of one file: its size, its SHA-256, and its frames by command."""
    return {
        'file': path.name,
        'bytes': path.stat().st_size,
        'sha256': _sha256(path),
        'frames': len(commands),
        'commands': command_counts(commands),
        **about,
    }


def command_counts(commands: NDArray[np.integer]) -> dict[str, int]:
    """Frames by the name of their command."""
    return {one.name.lower(): int((commands == one).sum()) for one in DriveCommand}


def write_manifest(folder: Path, entries: Iterable[Entry], about: Mapping[str, Any]) -> None:
    """Write it whole; sums over the files come with it."""
    files = sorted(entries, key=lambda entry: str(entry['file']))
    commands: Counter[str] = Counter()
    for entry in files:
        commands.update(entry['commands'])
    content = {
        **about,
        'frames': sum(entry['frames'] for entry in files),
        'bytes': sum(entry['bytes'] for entry in files),
        'commands': dict(commands),
        'files': files,
    }
    write_bytes(folder / MANIFEST, f'{json.dumps(content, indent=1)}\n'.encode())


def read_manifest(folder: Path) -> dict[str, Any]:
    """The folder's manifest, {} where there is none; InputError for one that is damaged."""
    path = folder / MANIFEST
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise InputError(f'{path} cannot be read ({error}): remove it, it is made anew') from error
    if not isinstance(content, dict) or not isinstance(content.get('files'), list):
        raise InputError(f'{path} is no manifest of this program: remove it, it is made anew')
    return content


def known_entries(folder: Path) -> dict[str, Entry]:
    """Entries of files that are there with the size that the manifest says, by file name."""
    entries = {str(entry['file']): entry for entry in read_manifest(folder).get('files', [])}
    return {
        name: entry
        for name, entry in entries.items()
        if (folder / name).is_file() and (folder / name).stat().st_size == entry['bytes']
    }


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open('rb') as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
