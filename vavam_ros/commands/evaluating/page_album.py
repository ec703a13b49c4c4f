"""The worst windows of the page: where in which recording, how far off, and what was seen."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vavam_ros.commands.evaluating.page_map import window_map
from vavam_ros.commands.evaluating.page_svg import Plot
from vavam_ros.commands.evaluating.page_tables import Lines
from vavam_ros.commands.evaluating.page_text import number
from vavam_ros.evaluation.deviation import deviation
from vavam_ros.evaluation.displacement import best_of_samples, displacement
from vavam_ros.evaluation.window import Window

if TYPE_CHECKING:
    from vavam_ros.commands.evaluating.album import Album, Shot

WITHOUT_PICTURES = 8  # windows where there is no album
_WIDEST_PX = 960
_QUALITY = 82  # of JPEG


@dataclass(frozen=True)
class Picture:
    """One image of the page."""

    caption: str
    alt: str
    source: str  # a data URI
    width_px: int
    height_px: int


@dataclass(frozen=True)
class ShotSection:
    """One of the worst windows."""

    recording: str
    stamp_ns: int
    into_s: float | None  # from the recording's first frame; None: not known here
    facts: Lines
    pictures: tuple[Picture, ...]
    plot: Plot


def shot_sections(windows: Sequence[Window], album: Album | None) -> tuple[ShotSection, ...]:
    """The album's, or the worst of the windows without pictures."""
    if album is not None and album.shots:
        return tuple(_section(at, one.window, one) for at, one in enumerate(album.shots))
    known = [one for one in windows if one.truth is not None]
    most = WITHOUT_PICTURES if album is None else min(album.worst, WITHOUT_PICTURES)
    worst = sorted(known, key=_ade_m, reverse=True)[:most]
    return tuple(_section(at, one, None) for at, one in enumerate(worst))


def _section(at: int, window: Window, shot: Shot | None) -> ShotSection:
    return ShotSection(
        window.recording,
        window.stamp_ns,
        None if shot is None else shot.into_s,
        list(_facts(window)),
        () if shot is None else tuple(_pictures(shot)),
        window_map(f'window-{at}', window),
    )


def _facts(window: Window) -> Iterator[tuple[str, str]]:
    yield 'command', window.command.name.lower()
    if window.truth is not None:
        plans, truths = window.plan[None], window.truth[None]
        off, aside = displacement(plans, truths), deviation(plans, truths)
        best = best_of_samples(window.samples[None], truths)
        yield 'ADE, 3 s', f'{number(float(off.ade_3s_m[0]))} m'
        yield 'FDE, 3 s', f'{number(float(off.fde_3s_m[0]))} m'
        yield 'best sample, ADE', f'{number(float(best.min_ade_m[0]))} m'
        yield 'too far ahead', f'{number(float(aside.ahead_m[0]))} m'
        yield 'too far left', f'{number(float(aside.aside_m[0]))} m'
    if window.steering is not None:
        yield 'driven wheel', f'{window.steering:.3g}'
    if window.speed_mps is not None:
        yield 'speed', f'{number(window.speed_mps)} m/s'
    if window.frame is not None:
        yield 'surprise', f'{number(window.frame.nats)} nats a token'
    if window.objection:
        yield 'the gate withholds it', window.objection


def _pictures(shot: Shot) -> Iterator[Picture]:
    where = f'{shot.window.recording} at {shot.window.stamp_ns} ns'
    yield picture_of(shot.painted, 'Seen, with the plans', f'Camera image of {where}, plans on it')
    for pixels, what in ((shot.predicted_next, 'Predicted next'), (shot.real_next, 'Real next')):
        if pixels is not None:
            yield picture_of(pixels, what, f'{what} frame, half a second after {where}')


def picture_of(pixels: NDArray[np.uint8], caption: str, alt: str) -> Picture:
    """Of pixels [H, W, 3] RGB, no larger than a page needs."""
    image = Image.fromarray(np.ascontiguousarray(pixels))
    image.thumbnail((_WIDEST_PX, _WIDEST_PX))
    file = io.BytesIO()
    image.save(file, 'JPEG', quality=_QUALITY, optimize=True)
    uri = f'data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}'
    return Picture(caption, alt, uri, *image.size)


def _ade_m(window: Window) -> float:
    assert window.truth is not None
    return float(displacement(window.plan[None], window.truth[None]).ade_3s_m[0])
