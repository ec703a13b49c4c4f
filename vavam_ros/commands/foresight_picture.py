"""A picture of predicted frames beside the real ones, for a few typical moments."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from vavam_ros.commands.foresight_drives import STANDING, STRAIGHT, TURNING, Moment
from vavam_ros.commands.foresight_model import Foreseer
from vavam_ros.commands.foresight_scores import Seen
from vavam_ros.commands.frame_prediction import COPY, PREDICTED, PictureScores, Pixels, Tokens
from vavam_ros.commands.picture_sheet import GREY, LINE_PX, WHITE, Colour, Sheet
from vavam_ros.geometry.ego_track import STEP_S
from vavam_ros.records import NS_PER_S

_WIDTH_PX = 256  # of a picture on the sheet
_GAP_PX = 4
_CAR_M = (6.0, 25.0)  # how far a car ahead is that can be seen well
_STRONGER = 2  # than they are, differences are shown
_DIFFERENCES = (
    'differences to the real frame,',
    'twice as strong: predicted left,',
    'the last frame that is seen right',
)
_MOST_ACROSS = 4  # predicted frames
SHOWN = 'of each kind the one of median PSNR'

WANTED: dict[str, Callable[[Moment], bool]] = {
    'along the road': lambda one: one.kind == STRAIGHT and not one.car_ahead_m < _CAR_M[1],
    'turning': lambda one: one.kind == TURNING,
    'a car ahead': lambda one: one.kind != STANDING and _CAR_M[0] < one.car_ahead_m < _CAR_M[1],
}


@dataclass(frozen=True)
class Chosen:
    """One moment to show."""

    row: int  # among the moments
    what: str


def typical(moments: Sequence[Moment], scores: PictureScores) -> list[Chosen]:
    """Of each kind in WANTED the moment that is predicted neither well nor badly for its kind.

    That is the median of the PSNR's mean over the predicted frames (the lower one of two).
    """
    quality = scores.psnr_db[PREDICTED].mean(axis=1)
    found = []
    for what, wants in WANTED.items():
        rows = [row for row, one in enumerate(moments) if wants(one)]
        if rows:
            ranked = sorted(rows, key=lambda row: (quality[row], row))
            found.append(Chosen(ranked[(len(rows) - 1) // 2], what))
    return found


@dataclass(frozen=True, eq=False)
class ForesightPicture:
    """Draws moments one below the other."""

    seen: Seen
    predicted: Tokens  # [N moments, frames, h, w]
    scores: PictureScores
    foreseer: Foreseer

    def png(self, chosen: Sequence[Chosen], heading: Sequence[tuple[str, Colour]]) -> bytes:
        """All of it, below lines of text."""
        top_px = len(heading) * LINE_PX + _GAP_PX
        columns = self._across + 1
        width_px = columns * (_WIDTH_PX + _GAP_PX) - _GAP_PX
        sheet = Sheet(width_px, top_px + len(chosen) * self._block_px)
        for line, (text, colour) in enumerate(heading):
            sheet.write(0, line * LINE_PX, text, colour)
        for place, one in enumerate(chosen):
            self._draw(sheet, top_px + place * self._block_px, one)
        content = io.BytesIO()
        sheet.image.save(content, 'PNG', optimize=True)
        return content.getvalue()

    @property
    def _across(self) -> int:
        return min(int(self.predicted.shape[1]), _MOST_ACROSS)

    @property
    def _height_px(self) -> int:
        height, width = self.foreseer.size
        return round(_WIDTH_PX * height / width)

    @property
    def _block_px(self) -> int:
        """Four lines, two pictures, a smaller one, some room."""
        return 4 * LINE_PX + 2 * self._height_px + self._height_px // 2 + 5 * _GAP_PX

    def _draw(self, sheet: Sheet, top_px: int, chosen: Chosen) -> None:
        """A line, real frames, predicted ones, differences to the real ones."""
        moment = self.seen.moments[chosen.row]
        second_px = top_px + 2 * LINE_PX + self._height_px
        third_px = second_px + LINE_PX + self._height_px
        sheet.write(0, top_px, f'{chosen.what}: {self._about(moment)}', WHITE)
        last = self.seen.real(moment, 0)
        tokens = self.seen.tokens[moment.drive][moment.frame]
        self._lay(sheet, 0, top_px + LINE_PX, last, 'the last frame that is seen')
        image = self.foreseer.picture(tokens)
        self._lay(sheet, 0, second_px, image, 'the same, through its tokens')
        for line, text in enumerate(_DIFFERENCES):
            sheet.write(0, third_px + line * LINE_PX, text, GREY)
        for step in range(1, self._across + 1):
            real = self.seen.real(moment, step)
            made = self.foreseer.picture(self.predicted[chosen.row, step - 1])
            self._lay(sheet, step, top_px + LINE_PX, real, f'+{STEP_S * step:.1f} s, real')
            self._lay(sheet, step, second_px, made, f'+{STEP_S * step:.1f} s, predicted')
            for place, (name, picture) in enumerate({PREDICTED: made, COPY: last}.items()):
                psnr_db = self.scores.psnr_db[name][chosen.row, step - 1]
                x_px = self._x_px(step) + place * (_WIDTH_PX + _GAP_PX) // 2
                sheet.write(x_px, third_px, f'{psnr_db:.1f} dB', GREY)
                half = (_WIDTH_PX - _GAP_PX) // 2, self._height_px // 2
                shown = Image.fromarray(_difference(picture, real)).resize(half)
                sheet.lay(shown, x_px, third_px + LINE_PX)

    def _lay(self, sheet: Sheet, column: int, y_px: int, image: Pixels, text: str) -> None:
        x_px = self._x_px(column)
        sheet.write(x_px, y_px, text, GREY)
        shown = Image.fromarray(image).resize((_WIDTH_PX, self._height_px))
        sheet.lay(shown, x_px, y_px + LINE_PX)

    def _x_px(self, column: int) -> int:
        return column * (_WIDTH_PX + _GAP_PX)

    def _about(self, moment: Moment) -> str:
        one = self.seen.drives[moment.drive]
        at_s = (one.drive.stamps_ns[moment.frame] - one.drive.stamps_ns[0]) / NS_PER_S
        speed_kmh = 3.6 * one.drive.speeds[moment.frame]
        return f'{one.name}, {at_s:.1f} s, {speed_kmh:.0f} km/h'


def _difference(picture: Pixels, real: Pixels) -> Pixels:
    off = np.abs(picture.astype(np.int16) - real) * _STRONGER
    shown: Pixels = off.clip(0, 255).astype(np.uint8)
    return shown
