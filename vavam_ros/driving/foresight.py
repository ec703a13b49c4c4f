"""Predicted frames: what the video model expects to see next. They never delay a plan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from vavam_ros.driving.pilot import Pilot
from vavam_ros.driving.planning import flat_tokens
from vavam_ros.geometry.ego_track import STEP_S
from vavam_ros.model.context import Interrupted, VideoContext, never
from vavam_ros.records import NS_PER_S, FrameTokens, TokenWindow


@dataclass(frozen=True)
class PredictedFrame:
    """A frame that the model expects, steps_ahead * 0.5 s after the newest real one."""

    seen_ns: int  # stamp of the newest real frame, from which it was predicted
    steps_ahead: int
    tokens: FrameTokens  # its stamp is the time that it is predicted for
    image: NDArray[np.uint8]  # [height, width, 3] RGB, at the model's size


class Foresight:
    """Predicts frames from a pilot's history, between two plans."""

    def __init__(self, pilot: Pilot) -> None:
        self.pilot = pilot
        self.settings = pilot.settings
        self._own: VideoContext | None = None  # a second set of buffers, once it is needed

    def frames(self, interrupted: Interrupted = never) -> Iterator[PredictedFrame]:
        """The next `future_frames` frames, each as soon as it is done, until interrupted.

        The first one starts from what the pilot prepared for its next plan, so it needs no
        prefill of its own; further ones use buffers of their own and leave the pilot's alone.
        """
        window = self.pilot.window()
        if window is None:
            return
        seen_ns = window.stamp_ns
        for step in range(1, self.settings.future_frames + 1):
            tokens = self._next(window, interrupted)
            if tokens is None:
                return
            window = TokenWindow((*window.frames, tokens))
            image = self.pilot.tokenizer.decode(tokens.tokens, interrupted)
            if image is None:
                return
            yield PredictedFrame(seen_ns, step, tokens, image)

    def _most_context(self) -> int:
        """Frames to predict from: what the pilot prepares, with room for one more."""
        timesteps = self.pilot.planner.video.config.nb_timesteps
        return min(self.pilot.settings.context_frames, timesteps - 1)

    def _next(self, window: TokenWindow, interrupted: Interrupted) -> FrameTokens | None:
        """The frame after this window; None when interrupted."""
        start = flat_tokens(TokenWindow(window.frames[-self._most_context() :]).tokens)
        context = self._context_for(start)
        if not context.hold(start, interrupted):
            return None
        stamp_ns = window.stamp_ns + round(STEP_S * NS_PER_S)
        generator = torch.Generator(context.device)
        generator.manual_seed((self.settings.seed + stamp_ns) % 2**63)
        tokens = self.pilot.planner.video.next_frame(
            context,
            self.settings.temperature,
            self.settings.top_k,
            generator,
            interrupted,
            self.pilot.tokenizer.codebook_size,
        )
        if tokens is None:
            return None
        grid = tokens[0].cpu().numpy().astype(np.int32).reshape(window.frames[-1].tokens.shape)
        return FrameTokens(stamp_ns, window.frames[-1].camera, grid)

    def _context_for(self, start: NDArray[np.int64]) -> VideoContext:
        """The pilot's buffers where they hold this start already, else our own."""
        if self.pilot.context.holds(start):
            return self.pilot.context
        if self._own is None:
            self._own = VideoContext(self.pilot.planner.video.gpt)
        return self._own
