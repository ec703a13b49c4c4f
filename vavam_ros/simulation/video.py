"""Films as MP4 files that browsers play."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vavam_ros.errors import InputError

_QUALITY = '20'  # x264's crf: lower is better and larger


def write_video(frames: Iterable[NDArray[np.uint8]], path: Path, fps: float) -> int:
    """Write RGB frames [H, W, 3] of one size as H.264; how many there were.

    `path` appears when all is written, and not at all if something goes wrong. An odd last row or
    column is left out, since the format halves the colours' resolution. InputError without any
    frame, where PyAV is missing or where `path` cannot be written.
    """
    if path.suffix.lower() != '.mp4':
        raise InputError(f'{path}: a film is written as MP4: choose a name that ends in .mp4')
    av = pyav()
    with _whole_file(path) as unfinished:
        with av.open(str(unfinished), 'w', 'mp4', options={'movflags': 'faststart'}) as container:
            count = _encode(frames, container, Fraction(fps).limit_denominator(1000), av)
        if not count:
            raise InputError(f'{path}: there is no frame to write')
    return count


def pyav() -> Any:
    """The module av; InputError where it is missing."""
    try:
        import av
    except ImportError as error:
        raise InputError(f'films are written by PyAV ({error}): pip install av') from error
    return av


@contextlib.contextmanager
def _whole_file(path: Path) -> Iterator[Path]:
    """A name to write to, which becomes `path` at the end or is removed."""
    unfinished = path.with_name(f'.{path.name}.unfinished')
    try:
        yield unfinished
        os.replace(unfinished, path)
    except OSError as error:
        raise InputError(f'{path} cannot be written: {error.strerror or error}') from error
    finally:
        unfinished.unlink(missing_ok=True)


def _encode(frames: Iterable[NDArray[np.uint8]], container: Any, fps: Fraction, av: Any) -> int:
    stream, count = None, 0
    for pixels in frames:
        height, width = (side - side % 2 for side in pixels.shape[:2])
        if stream is None:
            stream = container.add_stream('libx264', rate=fps)
            stream.width, stream.height, stream.pix_fmt = width, height, 'yuv420p'
            stream.options = {'crf': _QUALITY, 'preset': 'veryfast'}
        elif (stream.width, stream.height) != (width, height):
            raise InputError(
                f'frame {count} of a film is {width}x{height} px: '
                f'those before it are {stream.width}x{stream.height}'
            )
        picture = av.VideoFrame.from_ndarray(
            np.ascontiguousarray(pixels[:height, :width]), format='rgb24'
        )
        container.mux(stream.encode(picture))
        count += 1
    if stream is not None:
        container.mux(stream.encode())
    return count
