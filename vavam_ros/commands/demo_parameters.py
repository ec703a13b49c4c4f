"""Parameter files of a demo's nodes: unlike on a command line, any path survives in them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

from vavam_ros.commands.demo_folder import writing


def write_parameters(path: Path, by_node: Mapping[str, Mapping[str, object]]) -> Path:
    """Write a file for the nodes of these names; the path itself."""
    blocks = {f'/**/{node}': {'ros__parameters': dict(own)} for node, own in by_node.items()}
    with writing(path):
        path.write_text(yaml.safe_dump(blocks), encoding='utf-8')
    return path
