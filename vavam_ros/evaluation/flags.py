"""What makes a run suspicious: weights, colours, cameras and frozen images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vavam_ros.evaluation.window import Window

FROZEN_SHARE = 0.9  # of tokens that are those of the frame before; noise changes up to 8 %
FROZEN_MPS = 1.0  # a vehicle that is faster sees something new
FROZEN_WINDOWS = 0.05  # of a recording's windows
FAR_ABOVE = 1.0  # nats over the usual surprise
BLIND_SHARE = 0.9  # of the surprise of knowing only how frequent each token is
SWAPPED_DB = 1.5  # by which images with exchanged colours come back better, on average
SWAPPED_SHARE = 0.9  # of the images that do
NAMED = 3  # recordings, of those with the same complaint
KNOWN_DB = 18.0  # a tokenizer that gives back either way worse does not know such images


@dataclass(frozen=True)
class Flag:
    """One suspicion."""

    kind: str
    text: str
    invalidates: bool  # the figures mean nothing then


@dataclass(frozen=True)
class ColourTest:
    """Images through the tokenizer and back, once with red and blue exchanged: what is kept.

    A tokenizer knows the colours of skies, roads and trees, and gives back others badly. The video
    model says less: in a world of wrong colours it expects more of the same.
    """

    as_given_db: tuple[float, ...]  # PSNR, of each image
    swapped_db: tuple[float, ...]

    @property
    def gains_db(self) -> NDArray[np.float64]:
        """How much better the exchanged ones come back, by image."""
        return np.subtract(self.swapped_db, self.as_given_db, dtype=np.float64)

    @property
    def tells(self) -> bool:
        """Whether the tokenizer knows such images well enough to tell."""
        best = max(np.mean(self.as_given_db), np.mean(self.swapped_db)) if self.as_given_db else 0
        return bool(best >= KNOWN_DB)


def weight_flags(trained: bool) -> list[Flag]:
    """Random weights drive nowhere."""
    if trained:
        return []
    return [Flag('random weights', 'RANDOM WEIGHTS: these plans mean nothing', True)]


def camera_flags(warnings: Mapping[str, Sequence[str]]) -> list[Flag]:
    """What the model does not see as it was trained to, by recording; each once."""
    names: dict[str, list[str]] = {}
    for name, texts in warnings.items():
        for text in texts:
            names.setdefault(text, []).append(name)
    return [
        Flag('camera', f'{_listed(recordings, len(warnings))}: {text}', False)
        for text, recordings in names.items()
    ]


def gate_flags(windows: Sequence[Window]) -> list[Flag]:
    """Plans that are no plans for a vehicle: they count here, and the planner withholds them."""
    withheld = [one.objection for one in windows if one.objection]
    if not withheld:
        return []
    text = f'the planner would withhold {len(withheld)} of {len(windows)} plans: {withheld[0]}'
    return [Flag('gate', text, False)]


def frozen_flags(windows: Sequence[Window]) -> list[Flag]:
    """Images that stay the same while the vehicle moves, by recording."""
    found = []
    for name in sorted({one.recording for one in windows}):
        own = [one for one in windows if one.recording == name]
        frozen = sum(map(_is_frozen, own))
        if frozen > FROZEN_WINDOWS * len(own):
            found.append(
                Flag(
                    'frozen image',
                    f'{name}: {frozen} of {len(own)} windows end with an image like the one '
                    f'before it, though the vehicle moves: is the camera frozen?',
                    True,
                )
            )
    return found


def surprise_flags(windows: Sequence[Window], usual_nats: float | None) -> list[Flag]:
    """Frames that the video model cannot make sense of: another camera, or another world."""
    known = [one.frame for one in windows if one.frame is not None]
    if not known:
        return []
    surprise = float(np.mean([one.nats for one in known]))
    blind = float(np.mean([one.unigram_nats for one in known]))
    if usual_nats is not None and surprise > usual_nats + FAR_ABOVE:
        text = (
            f'the images surprise the video model far more than its own held-back ones '
            f'({surprise:.2f} nats per token, usually {usual_nats:.2f}): another camera, or other '
            'surroundings than it was trained on'
        )
        return [Flag('surprise', text, False)]
    if usual_nats is None and surprise > BLIND_SHARE * blind:
        text = (
            f'the video model expects the images hardly better ({surprise:.2f} nats per token) '
            f'than knowing how frequent each token is ({blind:.2f}): another camera, other '
            'surroundings than it was trained on, another tokenizer, or damaged images'
        )
        return [Flag('surprise', text, False)]
    return []


def colour_flags(test: ColourTest | None) -> list[Flag]:
    """Red and blue exchanged, where nearly every image shows it."""
    if test is None or not test.as_given_db:
        return []
    gains = test.gains_db
    if np.mean(test.swapped_db) < KNOWN_DB:
        return []
    if gains.mean() < SWAPPED_DB or (gains > 0).mean() < SWAPPED_SHARE:
        return []
    text = (
        f'{len(gains)} images come back better from the tokenizer with red and blue exchanged '
        f'({np.mean(test.swapped_db):.1f} dB) than as they are '
        f'({np.mean(test.as_given_db):.1f} dB): are the colour channels swapped?'
    )
    return [Flag('colours', text, True)]


def _listed(names: Sequence[str], of: int) -> str:
    if len(names) == of > 1:
        return f'all {of} recordings'
    more = len(names) - NAMED
    return ', '.join(names[:NAMED]) + (f' and {more} more' if more > 0 else '')


def _is_frozen(window: Window) -> bool:
    moving = window.speed_mps is not None and abs(window.speed_mps) > FROZEN_MPS
    return moving and window.frame is not None and window.frame.kept >= FROZEN_SHARE
