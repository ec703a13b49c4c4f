"""The film of a demo, a GIF: each overlay beside the frame that was predicted for its moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vavam_ros.commands.demo_folder import writing
from vavam_ros.commands.picture_sheet import GREY, LINE_PX, WHITE, YELLOW, Sheet
from vavam_ros.errors import InputError
from vavam_ros.records import NS_PER_S, CameraFrame

_WIDTH_PX = 880  # of the film: what a README shows without shrinking it
_TALLEST_PX = 400  # of its pictures
_GAP_PX = 4
_COLOURS, _PREDICTED_COLOURS = 160, 96  # of a frame's 256: predictions can be very colourful
_FAST_OCTREE = 2  # of Pillow's ways to choose them, a hundred times as fast as its default
_LAST_MS = 1500  # how long the last picture stays, before the film starts again

Pair = tuple[CameraFrame, CameraFrame | None]  # the overlay, and what was predicted for then


@dataclass(frozen=True)
class FilmTitle:
    """What stands above the pictures."""

    name: str  # of the drive
    warning: str | None = None  # such as that the weights are random


def write_film(pairs: Sequence[Pair], title: FilmTitle, path: Path) -> None:
    """Write an animated GIF at the drive's own speed; InputError without any overlay."""
    if not pairs:
        raise InputError('no overlay was recorded, so there is no film')
    film = _Film(pairs, title)
    frames = [film.frame(pair) for pair in pairs]
    with writing(path):
        frames[0].save(
            path,
            save_all=True,
            append_images=frames[1:],
            duration=_durations_ms([overlay.stamp_ns for overlay, _ in pairs]),
            loop=0,
        )


def _durations_ms(stamps_ns: Sequence[int]) -> list[int]:
    """How long each picture stays; a GIF counts hundredths of a second."""
    steps_s = np.diff(np.array(stamps_ns, np.int64)) / NS_PER_S
    return [max(20, 10 * round(100 * step_s)) for step_s in steps_s.tolist()] + [_LAST_MS]


class _Film:
    """Lays out every frame alike: lines of text, below them two pictures of one height."""

    def __init__(self, pairs: Sequence[Pair], title: FilmTitle) -> None:
        self._title = title
        self._start_ns = pairs[0][0].stamp_ns
        left = _aspect(pairs[0][0].image)
        right = next((_aspect(predicted.image) for _, predicted in pairs if predicted), left)
        room = _WIDTH_PX - _GAP_PX
        self._height = min(_TALLEST_PX, round(room / (left + right)))
        self._left_width = min(round(self._height * left), room - 1)
        self._right_width = min(round(self._height * right), room - self._left_width)

    def frame(self, pair: Pair) -> Image.Image:
        """One picture of the film."""
        overlay, predicted = pair
        right_x = self._left_width + _GAP_PX
        seconds = (overlay.stamp_ns - self._start_ns) / NS_PER_S
        lines = [(self._title.warning, YELLOW)] if self._title.warning else []
        lines.append((f'{self._title.name}, {seconds:.1f} s', WHITE))
        top = LINE_PX * (len(lines) + 1)
        sheet = Sheet(_WIDTH_PX, top + self._height)
        for row, (text, colour) in enumerate(lines):
            sheet.write(0, row * LINE_PX, text, colour)
        sheet.write(0, top - LINE_PX, 'camera image and plan', GREY)
        sheet.write(right_x, top - LINE_PX, 'as predicted 0.5 s before', GREY)
        sheet.lay(_scaled(overlay.image, self._left_width, self._height), 0, top)
        if predicted is None:
            sheet.write(right_x, top, 'nothing was predicted', GREY)
            return sheet.image.quantize(_COLOURS, _FAST_OCTREE)
        beside = _scaled(predicted.image, self._right_width, self._height)
        return _joined(sheet.image, beside, (right_x, top))


def _aspect(image: NDArray[np.uint8]) -> float:
    height, width, _ = image.shape
    return float(width / height)


def _scaled(image: NDArray[np.uint8], width: int, height: int) -> Image.Image:
    return Image.fromarray(image).resize((width, height))


def _joined(picture: Image.Image, beside: Image.Image, place: tuple[int, int]) -> Image.Image:
    """Paste one picture into another, each with colours of its own."""
    joined = picture.quantize(_COLOURS, _FAST_OCTREE)
    part = beside.quantize(_PREDICTED_COLOURS, _FAST_OCTREE)
    palette = (joined.getpalette() or [])[: 3 * _COLOURS]
    palette += [0] * (3 * _COLOURS - len(palette))
    joined.putpalette(palette + (part.getpalette() or [])[: 3 * _PREDICTED_COLOURS])
    joined.paste(part.point(lambda index: index + _COLOURS), place)
    return joined
