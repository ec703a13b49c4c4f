from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from vavam_ros.errors import InputError
from vavam_ros.simulation.video import write_video

av = pytest.importorskip('av')


def frames(count: int, height: int = 48, width: int = 64):
    for i in range(count):
        yield np.full((height, width, 3), (200, 40 + 10 * i, 30), np.uint8)


def test_a_film_has_its_frames_at_their_pace_in_a_format_that_browsers_play(tmp_path: Path):
    path = tmp_path / 'film.mp4'
    assert write_video(frames(12), path, fps=10.0) == 12
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        pictures = [picture.to_ndarray(format='rgb24') for picture in container.decode(stream)]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ('h264', 'yuv420p')
        assert stream.average_rate == 10
    assert len(pictures) == 12
    assert np.abs(pictures[5].mean(axis=(0, 1)) - (200, 90, 30)).max() < 6
    # A browser starts to play before it has the whole file only if the index comes first.
    content = path.read_bytes()
    assert content.index(b'moov') < content.index(b'mdat')
    assert [entry.name for entry in tmp_path.iterdir()] == ['film.mp4']


def test_an_odd_last_row_and_column_are_left_out(tmp_path: Path):
    write_video(frames(2, height=35, width=33), tmp_path / 'film.mp4', 10.0)
    with av.open(str(tmp_path / 'film.mp4')) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == (32, 34)


def test_when_the_frames_end_in_an_error_no_file_is_left_and_an_old_film_stays(tmp_path: Path):
    path = tmp_path / 'film.mp4'
    path.write_bytes(b'old')

    def failing():
        yield from frames(3)
        raise RuntimeError('the drive broke off')

    with pytest.raises(RuntimeError, match='broke off'):
        write_video(failing(), path, 10.0)
    assert [entry.name for entry in tmp_path.iterdir()] == ['film.mp4']
    assert path.read_bytes() == b'old'


def test_what_cannot_be_written_is_said(tmp_path: Path):
    with pytest.raises(InputError, match=r'film.gif: .*ends in .mp4'):
        write_video(frames(1), tmp_path / 'film.gif', 10.0)
    with pytest.raises(InputError, match='no frame'):
        write_video(frames(0), tmp_path / 'film.mp4', 10.0)
    with pytest.raises(InputError, match=r'nowhere.*film.mp4 cannot be written: No such file'):
        write_video(frames(1), tmp_path / 'nowhere' / 'film.mp4', 10.0)
    with pytest.raises(InputError, match='frame 1 of a film is 30x20 px'):
        write_video([*frames(1), *frames(1, 20, 30)], tmp_path / 'film.mp4', 10.0)
    assert not list(tmp_path.iterdir())


def test_a_missing_pyav_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, 'av', None)
    with pytest.raises(InputError, match='pip install av'):
        write_video(frames(1), tmp_path / 'film.mp4', 10.0)
