"""What a checkpoint file holds, whatever its format."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import torch
from torch import Tensor

from vavam_ros.errors import InputError
from vavam_ros.model.config import ActionConfig, TokenizerConfig, VideoConfig
from vavam_ros.model.layout import Shapes, action_shapes, check_tensors, video_shapes
from vavam_ros.model.vq_layout import tokenizer_shapes

Kind = Literal['vavim', 'vavam', 'tokenizer']

FINGERPRINT_ELEMENTS = 1024  # of a tensor's head, and of its tail: two pages, not the whole file


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """Weights with everything that is needed to use them; checked when built.

    Raises InputError when a tensor is missing, unexpected or of another shape than the
    configuration says, and when action expert and video model do not fit together. Tensors may
    be views of a mapped file: treat them as read-only.
    """

    kind: Kind
    video: VideoConfig | None  # vavim, vavam
    action: ActionConfig | None  # vavam
    tokenizer: TokenizerConfig | None  # tokenizer
    tensors: dict[str, Tensor]  # by `gpt.*`, `action_expert.*`, or LlamaGen's names
    provenance: dict[str, object]  # source, format, trained, ...: values that JSON can hold

    def __post_init__(self) -> None:
        parts = (self.video is not None, self.action is not None, self.tokenizer is not None)
        expected = {
            'vavim': (True, False, False),
            'vavam': (True, True, False),
            'tokenizer': (False, False, True),
        }
        if parts != expected.get(self.kind):
            raise InputError(f'a {self.kind} checkpoint with (video, action, tokenizer) = {parts}')
        if self.video and self.action:
            _check_pair(self.video, self.action)
        check_tensors(self.tensors, checkpoint_shapes(self.video, self.action, self.tokenizer))

    @cached_property
    def identity(self) -> str:
        """12 hex digits that tell checkpoints apart, the same for a released and a converted file.

        A fingerprint of names, shapes, configurations and each tensor's first and last elements,
        so that a file of gigabytes costs milliseconds. It is no proof against tampering: for that,
        compare the SHA-256 that `vavam convert` prints and keeps in the provenance, as
        `source_sha256`.
        """
        digest = hashlib.sha256(
            repr((self.kind, self.video, self.action, self.tokenizer)).encode()
        )
        for name, tensor in sorted(self.tensors.items()):
            digest.update(f'{name} {tensor.dtype} {list(tensor.shape)}'.encode())
            flat = tensor.reshape(-1)
            for part in (flat[:FINGERPRINT_ELEMENTS], flat[-FINGERPRINT_ELEMENTS:]):
                digest.update(part.contiguous().view(torch.uint8).numpy().data)
        return digest.hexdigest()[:12]

    @property
    def nbytes(self) -> int:
        """Bytes of the weights."""
        return sum(tensor.nbytes for tensor in self.tensors.values())

    @property
    def parameters(self) -> int:
        """Number of weights; a tied readout is counted once."""
        return sum(tensor.numel() for tensor in self.tensors.values())


def _check_pair(video: VideoConfig, action: ActionConfig) -> None:
    """The expert reads the video model's keys and values layer by layer, head by head."""
    for what, expected, found in (
        ('attention_dim', video.embedding_dim, action.attention_dim),
        ('dim_heads', video.dim_heads, action.dim_heads),
        ('nb_layers', video.nb_layers, action.nb_layers),
        ('attn_scale', video.attn_scale, 1.0),
    ):
        if expected != found:
            raise InputError(
                f'the action expert has {what} {found}: expected {expected}, as in the video '
                'model that it reads'
            )


def checkpoint_shapes(
    video: VideoConfig | None, action: ActionConfig | None, tokenizer: TokenizerConfig | None
) -> Shapes:
    """Canonical name and shape of each tensor of a checkpoint with these parts."""
    shapes: Shapes = {}
    if video is not None:
        shapes |= {f'gpt.{name}': shape for name, shape in video_shapes(video).items()}
        if video.output_tied:
            del shapes['gpt.lm_head.weight']
    if action is not None:
        shapes |= {f'action_expert.{name}': shape for name, shape in action_shapes(action).items()}
    return shapes | (tokenizer_shapes(tokenizer) if tokenizer is not None else {})
