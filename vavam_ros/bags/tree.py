"""Recordings in a tree of folders: bags of every kind, and clip folders."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from vavam_ros.bags.damage import STORAGE_SUFFIXES
from vavam_ros.errors import InputError

_WHOLE = ('metadata.yaml', 'frames.csv')  # a folder with one of them is one recording


def find_recordings(paths: Sequence[Path]) -> dict[str, Path]:
    """Recordings by name, in the order of the paths and, within a folder, of their names.

    A path is a recording, or a folder in which all are looked for. Names are as short as they
    can be told apart. Raises InputError for a path that is not there or holds none.
    """
    found: list[Path] = []
    for path in paths:
        if not os.path.exists(path):
            raise InputError(f'{path} is not there: expected a bag, a clip folder, or a folder')
        inside = [path] if path.is_file() else list(_inside(path))
        if not inside:
            raise InputError(
                f'{path} holds no recording: neither a bag ({", ".join(STORAGE_SUFFIXES)}) nor a '
                'folder with frames.csv'
            )
        found += [one for one in inside if one not in found]
    return dict(zip(_names(found), found, strict=True))


def _inside(folder: Path) -> Iterator[Path]:
    if any((folder / name).exists() for name in _WHOLE):
        yield folder
        return
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            yield from _inside(path)
        elif path.suffix in STORAGE_SUFFIXES:
            yield path


def _names(paths: Sequence[Path]) -> list[str]:
    """The last parts of each path, as many as it takes that no two are the same."""
    parts = [path.resolve().with_suffix('').parts if path.is_file() else path.resolve().parts
             for path in paths]  # fmt: skip
    for count in range(1, max(map(len, parts), default=0) + 1):
        names = ['/'.join(one[-count:]) for one in parts]
        if len(set(names)) == len(names):
            return names
    return [str(path) for path in paths]
