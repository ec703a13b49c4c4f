"""Demos run to their end within a test, with a quick model, and what is left of them."""

from __future__ import annotations

import contextlib
import dataclasses
import io
from pathlib import Path

import pytest

from vavam_ros.__main__ import main
from vavam_ros.model import config

MARK = 'VAVAM_DEMO_TEST'  # in the environment of every process that a demo here starts


def quick_preset() -> config.Preset:
    """As the preset tiny, but for images of 4 x 6 tokens."""
    tiny = config.PRESETS['tiny']
    video = dataclasses.replace(tiny.video, nb_tokens_per_timestep=24, grid=(4, 6))
    return config.Preset(video, tiny.action, tiny.tokenizer)


def survivors(mark: str) -> list[str]:
    """Command lines of running processes that inherited the mark."""
    found = []
    for process in Path('/proc').glob('[0-9]*'):
        with contextlib.suppress(OSError):
            if f'{MARK}={mark}'.encode() in (process / 'environ').read_bytes().split(b'\0'):
                found.append((process / 'cmdline').read_text())
    return found


def what_is_said(mark: object, arguments: list[str]) -> tuple[int, str]:
    """Status and output of `vavam ARGUMENTS...`; its processes inherit the mark."""
    said = io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(said),
    ):
        patch.setenv(MARK, str(mark))
        patch.setenv('OMP_NUM_THREADS', '1')
        patch.setitem(config.PRESETS, 'tiny', quick_preset())
        status = main(arguments)
    return status, said.getvalue()
