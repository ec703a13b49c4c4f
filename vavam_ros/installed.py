"""Files that the package installs beside its code (config/, launch/)."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from vavam_ros.errors import InputError


def shared_file(relative: str) -> Path:
    """Path of an installed file, for example `config/fastdds.xml`.

    Looks in the checkout first (editable installs), then in every ament prefix, then in the
    environment's own prefix. Raises InputError when the file is nowhere.
    """
    checkout = Path(__file__).resolve().parent.parent
    prefixes = [Path(p) for p in os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep) if p]
    shares = [prefix / 'share' / 'vavam_ros' for prefix in (*prefixes, Path(sys.prefix))]
    candidates = [checkout] if (checkout / 'package.xml').exists() else []
    for folder in (*candidates, *shares):
        if (folder / relative).exists():
            return folder / relative
    searched = ', '.join(str(folder) for folder in (*candidates, *shares))
    raise InputError(f'{relative} is not installed (searched {searched}): reinstall vavam_ros')
