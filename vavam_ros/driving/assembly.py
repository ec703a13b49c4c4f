"""Settings -> a pilot that has proven it can run."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from vavam_ros.driving.device_errors import reported
from vavam_ros.driving.foresight import Foresight
from vavam_ros.driving.pilot import Pilot
from vavam_ros.driving.settings import PilotSettings
from vavam_ros.driving.shipped import with_files
from vavam_ros.errors import InputError
from vavam_ros.geometry.ego_track import STEP_S
from vavam_ros.model.checkpoint import Checkpoint, read_checkpoint
from vavam_ros.model.config import PATCH_PX, VideoConfig
from vavam_ros.model.context import Interrupted, never
from vavam_ros.model.loading import build_vavam
from vavam_ros.model.vq_loading import load_tokenizer
from vavam_ros.perception.tokenizer import FrameTokenizer
from vavam_ros.perception.virtual_camera import VirtualCamera
from vavam_ros.records import NS_PER_S, CameraFrame, DriveCommand


@dataclass(frozen=True)
class ModelIdentity:
    """Which weights run, for diagnostics, recordings and reports."""

    weights: str  # start of the weights file's hash
    tokenizer: str  # start of the tokenizer file's hash
    trained: bool  # False: random weights, whose plans mean nothing
    width_mult: tuple[float, float]  # muP multipliers of the video model and the action expert
    provenance: dict[str, Any]


@dataclass(frozen=True)
class Assembled:
    """A pilot, what it sees ahead, and what it is made of."""

    pilot: Pilot
    foresight: Foresight
    identity: ModelIdentity
    warm_up_s: float  # image to path with a full context and a prepared prefix, measured


class AssemblyInterruptedError(Exception):
    """Whoever wanted the pilot wants it no more."""


def assemble(settings: PilotSettings, interrupted: Interrupted = never) -> Assembled:
    """Load the weights, build the pilot and run the real path once.

    Raises InputError with the reason when a file, the device or the memory does not allow it,
    and AssemblyInterruptedError soon after `interrupted` says so: large weights take minutes.
    """
    settings = with_files(settings)
    device, dtype = usable_device(settings.device), getattr(torch, settings.dtype)
    checkpoint = _planner_checkpoint(settings)
    assert checkpoint.video is not None
    assert checkpoint.action is not None
    with reported(settings, memory_budget_bytes(checkpoint, settings)):
        tokenizer = _tokenizer(settings, device, dtype)
        _check_belongs(tokenizer, checkpoint, settings)
        _go_on_unless(interrupted)
        pilot = Pilot(
            build_vavam(checkpoint, device, dtype),
            tokenizer,
            _camera(checkpoint.video, settings),
            settings,
        )
        foresight = Foresight(pilot)
        warm_up_s = warm_up(pilot, foresight, interrupted)
    identity = ModelIdentity(
        checkpoint.identity,
        tokenizer.identity,
        bool(checkpoint.provenance.get('trained')),
        (checkpoint.video.width_mult, checkpoint.action.width_mult),
        dict(checkpoint.provenance),
    )
    return Assembled(pilot, foresight, identity, warm_up_s)


def warm_up(pilot: Pilot, foresight: Foresight, interrupted: Interrupted = never) -> float:
    """Drive the real path over grey frames until the context is full; forget them again.

    Returns the seconds from image to path of the last frame, with its prefix prepared.
    """
    size = (pilot.camera.height_px, pilot.camera.width_px, 3)
    grey = np.full(size, 128, np.uint8)
    seconds = 0.0
    for step in range(pilot.settings.context_frames + 1):
        _go_on_unless(interrupted)
        start = time.perf_counter()
        frame = CameraFrame(round(step * STEP_S * NS_PER_S), 'warm-up', grey)
        plan = pilot.observe(frame, DriveCommand.STRAIGHT, what_ifs=True)
        assert plan is not None
        seconds = time.perf_counter() - start
        pilot.surprise()
        pilot.prepare(interrupted)
    for _ in foresight.frames(interrupted=_after_calls(8)):
        pass
    if pilot.tokenizer.can_decode and pilot.settings.future_frames > 0:
        _go_on_unless(interrupted)
        pilot.tokenizer.decode(pilot.tokenizer.encode(grey))
    pilot.forget()
    return seconds


def memory_budget_bytes(checkpoint: Checkpoint, settings: PilotSettings) -> int:
    """Bytes of weights and kept keys and values; the kernels' own work space comes on top."""
    video, action = checkpoint.video, checkpoint.action
    assert video is not None
    assert action is not None
    each = torch.empty(0, dtype=getattr(torch, settings.dtype)).element_size()
    weights = sum(tensor.numel() for tensor in checkpoint.tensors.values())
    spare = settings.samples * len(DriveCommand) * action.action_horizon
    rows = video.context_tokens + spare
    kept = (2 * video.nb_layers * rows + video.context_tokens) * video.embedding_dim
    return (weights + kept) * each


def usable_device(name: str) -> torch.device:
    """The torch device of that name, once it has held a tensor; InputError if it cannot."""
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:  # torch asserts that it was built with CUDA
        reason = str(error).splitlines()[0]
        raise InputError(f'device {name!r} cannot be used: {reason}') from error
    return device


def _planner_checkpoint(settings: PilotSettings) -> Checkpoint:
    if not settings.weights:
        raise InputError(
            "weights is not set: give a VaVAM file, or 'tiny' for those that the package brings "
            '(vavam init tiny FOLDER writes random ones)'
        )
    checkpoint = read_checkpoint(settings.weights)
    if checkpoint.video is None or checkpoint.action is None:
        raise InputError(
            f'{settings.weights} is a {checkpoint.kind} checkpoint: planning needs VaVAM weights'
        )
    return checkpoint


def _tokenizer(
    settings: PilotSettings, device: torch.device, dtype: torch.dtype
) -> FrameTokenizer:
    if not settings.tokenizer:
        raise InputError(
            'tokenizer is not set: give the tokenizer that the weights were trained with '
            '(vavam init tiny FOLDER writes a random one)'
        )
    decoder = settings.tokenizer_decoder or None
    loaded = load_tokenizer(settings.tokenizer, decoder, device, dtype)
    return FrameTokenizer(loaded.codec, loaded.device, loaded.dtype, loaded.identity)


def _check_belongs(
    tokenizer: FrameTokenizer, checkpoint: Checkpoint, settings: PilotSettings
) -> None:
    """By the number of codes and, where the weights say which tokenizer is theirs, by that."""
    assert checkpoint.video is not None
    needed = checkpoint.video.vocabulary_size - 1
    if tokenizer.codebook_size != needed:
        raise InputError(
            f'the tokenizer has {tokenizer.codebook_size} codes, these weights were trained with '
            f'{needed}: give the tokenizer that belongs to the weights'
        )
    trained_on = checkpoint.provenance.get('tokenizer')
    if trained_on is not None and trained_on != tokenizer.identity:
        raise InputError(
            f'{settings.weights} was trained on tokens of the tokenizer {trained_on}, '
            f'{settings.tokenizer} is {tokenizer.identity}: give the tokenizer that belongs to '
            'the weights'
        )


def _camera(video: VideoConfig, settings: PilotSettings) -> VirtualCamera:
    if video.grid is None:
        raise InputError(
            f'{settings.weights} does not say how its {video.nb_tokens_per_timestep} tokens per '
            'frame are laid out: convert it with vavam convert --grid ROWSxCOLUMNS'
        )
    rows, columns = video.grid
    size = (rows * PATCH_PX, columns * PATCH_PX)
    return VirtualCamera(*size, settings.crop_top_px, settings.camera_mount())


def _go_on_unless(interrupted: Interrupted) -> None:
    if interrupted():
        raise AssemblyInterruptedError('it was stopped before the model was ready')


def _after_calls(count: int) -> Any:
    """An interruption after so many questions: the loop is warmed, not run to its end."""
    left = iter(range(count))
    return lambda: next(left, None) is None
