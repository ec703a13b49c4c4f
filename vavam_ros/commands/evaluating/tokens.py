"""Whether the tokens of a recording can be planned from as its images would be."""

from __future__ import annotations

from dataclasses import asdict

from vavam_ros.bags.recording import Recording
from vavam_ros.bags.token_origin import TokenOrigin
from vavam_ros.commands.evaluating.moments import Stride
from vavam_ros.driving.pilot import Pilot
from vavam_ros.driving.settings import PilotSettings
from vavam_ros.errors import InputError
from vavam_ros.model.config import PATCH_PX

VIEW = ('crop_top_px', 'camera_z_m', 'camera_pitch_deg')


def check_tokens(recording: Recording, pilot: Pilot, stride: Stride) -> None:
    """InputError for tokens of another tokenizer, view or size, or too few frames of them.

    A recording of images passes, and so do tokens of unknown origin whose size fits.
    """
    if not recording.has_tokens:
        return
    _check_size(recording, pilot)
    origin, settings = recording.token_origin, pilot.settings
    if origin is None:
        return
    if origin.tokenizer != pilot.tokenizer.identity:
        raise InputError(
            f'{recording.path} has tokens of the tokenizer {origin.tokenizer}, the weights have '
            f'{pilot.tokenizer.identity}: evaluate it with weights of that tokenizer, or make '
            'other tokens of its source with vavam tokenize-bag'
        )
    for name in VIEW:
        made, wanted = asdict(origin)[name], getattr(settings, name)
        if made != wanted:
            raise InputError(
                f'{recording.path} has tokens of images with {name} {made:g}, not {wanted:g}: '
                'make other ones of its source with vavam tokenize-bag'
            )
    _check_frames(recording, origin, settings, stride)


def _check_frames(
    recording: Recording, origin: TokenOrigin, settings: PilotSettings, stride: Stride
) -> None:
    """Whether the frames are there that windows so far apart are made of."""
    if origin.stride_s is None:
        return
    there = set(Stride(origin.stride_s).phases_ns)
    same_choice = origin.step_tolerance_s == settings.step_tolerance_s
    if same_choice and there.issuperset(stride.phases_ns):
        return
    raise InputError(
        f'{recording.path} has only the frames for --stride {origin.stride_s:g}, not for '
        f'{stride.seconds:g}: make tokens of more frames with vavam tokenize-bag --stride '
        f'{stride.seconds:g}'
    )


def _check_size(recording: Recording, pilot: Pilot) -> None:
    rows, columns = pilot.camera.height_px // PATCH_PX, pilot.camera.width_px // PATCH_PX
    found = next(iter(recording.frames())).tokens().tokens
    if found.shape != (rows, columns):
        raise InputError(
            f'{recording.path} has {found.shape[0]} rows of {found.shape[1]} tokens, the weights '
            f'take {rows} of {columns}'
        )
    if found.max() >= pilot.tokenizer.codebook_size:
        raise InputError(
            f'{recording.path} has the token {found.max()}, the tokenizer of the weights has '
            f'{pilot.tokenizer.codebook_size}: they are of another one'
        )
