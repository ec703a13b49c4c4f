"""Where the tokens of a bag come from: a latched text beside them, that every bag tool keeps."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any

from vavam_ros.errors import InputError

ORIGIN_TYPE = 'std_msgs/msg/String'


@dataclass(frozen=True)
class TokenOrigin:
    """What tokens depend on, and which frames there are."""

    tokenizer: str  # start of its file's hash
    crop_top_px: int  # rows that were cut off the images
    camera_z_m: float  # the camera's height and pitch, which the view was made with
    camera_pitch_deg: float
    stride_s: float | None  # frames of windows that far apart are there; None: all frames
    step_tolerance_s: float  # those frames were chosen with
    source: str  # the recording's name

    def text(self) -> str:
        """As the topic has it."""
        return json.dumps(asdict(self))


def origin_topic(image_topic: str) -> str:
    """Where the origin of the tokens of an image topic is."""
    return f'{image_topic}/tokenizer'


def origin_of(text: Any, place: str) -> TokenOrigin:
    """What `text` made; InputError, with `place`, for anything else."""
    try:
        told = json.loads(text)
        return TokenOrigin(**{one.name: told[one.name] for one in fields(TokenOrigin)})
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f'{place} does not say where the tokens come from ({error}): make them again with '
            'vavam tokenize-bag'
        ) from error
