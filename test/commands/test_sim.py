from __future__ import annotations

import re
from pathlib import Path

import pytest

from vavam_ros.__main__ import main


def test_a_drive_is_told_in_one_line(capsys: pytest.CaptureFixture[str]):
    assert main(['sim', '--seed', '9001', '--seconds', '4']) == 0
    assert re.fullmatch(r'seed 9001: \d+ m in 4\.0 s, no event\n', capsys.readouterr().out)


def test_a_drive_can_be_filmed(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    av = pytest.importorskip('av')
    path = tmp_path / 'drive.mp4'
    assert main(['sim', '--seed', '9001', '--seconds', '0.4', '--view', str(path)]) == 0
    assert f'{path}: 4 frames, 0.4 s' in capsys.readouterr().out
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, stream.average_rate) == (1250, 450, 10)


@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        (['--seed', '99999'], 'no town of seed 99999'),
        (['--seconds', '0'], '--seconds 0.0: choose'),
        (['--seconds', '1', '--view', 'film.avi'], 'film.avi: a film is written as MP4'),
    ],
)
def test_what_cannot_be_simulated_is_said(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
):
    assert main(['sim', *arguments]) == 2
    assert said in capsys.readouterr().err
