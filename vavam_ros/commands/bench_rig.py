"""One set of random weights, the engine around it, and a made-up drive to time."""

from __future__ import annotations

from copy import copy
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from vavam_ros.driving.pilot import Pilot
from vavam_ros.driving.settings import PilotSettings
from vavam_ros.geometry.ego_track import STEP_S
from vavam_ros.model.config import PATCH_PX, PRESETS
from vavam_ros.model.context import TokenLoop, VideoContext
from vavam_ros.model.fresh import fresh_checkpoint, fresh_tokenizer
from vavam_ros.model.loading import build_vavam
from vavam_ros.model.vq_loading import build_tokenizer
from vavam_ros.perception.tokenizer import FrameTokenizer
from vavam_ros.perception.virtual_camera import VirtualCamera
from vavam_ros.records import NS_PER_S, CameraFrame, Plan

CAMERA_SIZE = (900, 1600, 3)  # rows, columns of the images that come in


class Rig:
    """Two pilots on the same weights and buffers: one draws K samples, one a single sample."""

    def __init__(
        self, preset: str, samples: int, device: str = 'cpu', dtype: torch.dtype = torch.float32
    ) -> None:
        self.device = torch.device(device)
        self.video = PRESETS[preset].video
        assert self.video.grid is not None
        rows, columns = self.video.grid
        self.camera = VirtualCamera(rows * PATCH_PX, columns * PATCH_PX)
        codec = build_tokenizer(fresh_tokenizer(preset), device, dtype)
        self.tokenizer = FrameTokenizer(codec, device, dtype, 'random')
        self.planner = build_vavam(fresh_checkpoint(preset), device, dtype)
        settings = PilotSettings(samples=samples, context_frames=self.video.nb_timesteps)
        self.pilot = Pilot(self.planner, self.tokenizer, self.camera, settings)
        self.single = copy(self.pilot)  # the same history and the same buffers
        self.single.settings = replace(settings, samples=1)
        self.drive: list[CameraFrame] = []
        self.last_plan: Plan | None = None  # of `single`, for the newest context

    @property
    def cells(self) -> int:
        """Tokens of a frame."""
        return self.video.nb_tokens_per_timestep

    def next_frame(self) -> CameraFrame:
        """Coarse noise that changes with every frame, so that tokens differ."""
        number = len(self.drive)
        rows, columns, channels = CAMERA_SIZE
        coarse = np.random.default_rng(number).integers(
            0, 256, (rows // 50, columns // 50, channels), dtype=np.uint8
        )
        image = coarse.repeat(50, axis=0).repeat(50, axis=1)
        self.drive.append(CameraFrame(round(number * STEP_S * NS_PER_S), 'bench', image))
        return self.drive[-1]

    def fill(self) -> None:
        """Remember a full context without planning."""
        for _ in range(self.video.nb_timesteps):
            frame = self.next_frame()
            self.pilot.remember(frame, self.pilot.admit(frame.stamp_ns, frame.camera))

    def tokenise(self, frame: CameraFrame) -> NDArray[np.int32]:
        """What each frame costs once in the engine, and every time in the plain way."""
        return self.tokenizer.encode(self.camera.view(frame.image))

    def images(self) -> list[NDArray[np.uint8]]:
        """Those of the newest full context."""
        return [frame.image for frame in self.drive[-self.video.nb_timesteps :]]

    def prefill_gflop(self) -> float:
        """Work of showing all frames but one: matrices, and half of the attention's square."""
        video = self.video
        rows = video.context_tokens - video.nb_tokens_per_timestep
        width, layers = video.embedding_dim, video.nb_layers
        matrices = 2 * rows * width * width * (4 + 2 * video.mlp_dim_mult)
        attention = 2 * rows * rows * width
        last_layer_kv = 2 * rows * width * 2 * width
        return ((layers - 1) * (matrices + attention) + last_layer_kv) / 1e9

    def token_gbyte(self) -> float:
        """Bytes that one token of the loop must read: all weights, and all keys and values."""
        gpt, video = self.planner.video.gpt, self.video
        tables = (gpt.transformer.wse, gpt.transformer.wte)  # of these one row each
        weights = sum(p.nbytes for p in gpt.parameters()) - sum(t.weight.nbytes for t in tables)
        rows = video.context_tokens
        kept = 2 * video.nb_layers * rows * video.embedding_dim * gpt.token_table.element_size()
        return (weights + kept) / 1e9


@torch.inference_mode()
def engine_tokens(context: VideoContext, count: int) -> NDArray[np.int64]:
    """The first `count` greedy tokens of the frame after the held ones."""
    loop = TokenLoop(context)
    made = [loop.first_logits().argmax(-1, keepdim=True)]
    while len(made) < count:
        made.append(loop.step(made[-1]).argmax(-1, keepdim=True))
    return np.asarray(torch.cat(made, dim=1)[0].cpu())
