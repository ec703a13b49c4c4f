"""Weights that come with the package, and are called by a name instead of a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from vavam_ros.driving.settings import PilotSettings
from vavam_ros.errors import InputError

FOLDER = Path(__file__).resolve().parent.parent / 'weights'
SHIPPED = ('tiny',)  # each a folder of FOLDER
WEIGHTS_FILE, TOKENIZER_FILE = 'vavam.safetensors', 'tokenizer.safetensors'


def shipped_files(name: str) -> tuple[Path, Path]:
    """The weights of that name, one of SHIPPED, and their tokenizer.

    Raises InputError where they are not installed.
    """
    files = FOLDER / name / WEIGHTS_FILE, FOLDER / name / TOKENIZER_FILE
    for path in files:
        if not path.is_file():
            raise InputError(
                f'the weights {name!r} are not installed: there is no {path} (reinstall vavam_ros)'
            )
    return files


def with_files(settings: PilotSettings) -> PilotSettings:
    """Settings that name files where they named weights that are shipped.

    Raises InputError where these are not installed, or another tokenizer is given with them.
    """
    if settings.weights not in SHIPPED:
        return settings
    if settings.tokenizer:
        raise InputError(
            f'weights is {settings.weights!r}, which brings its own tokenizer, and tokenizer is '
            f'{settings.tokenizer}: leave tokenizer empty'
        )
    weights, tokenizer = shipped_files(settings.weights)
    return replace(settings, weights=str(weights), tokenizer=str(tokenizer))
