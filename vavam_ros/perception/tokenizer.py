"""One image <-> its tokens, whatever network stands behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vavam_ros.errors import InputError
from vavam_ros.perception.virtual_camera import normalised

Interrupted = Callable[[], bool]


class ImageCodec(Protocol):
    """A network between batches of images and of codebook indices."""

    @property
    def codebook_size(self) -> int:
        """Number of indices that can be decoded."""

    @property
    def can_decode(self) -> bool:
        """Whether `decode` works."""

    def encode(self, images: Tensor) -> Tensor:
        """[N, 3, H, W] in [-1, 1] -> indices [N, H/16, W/16]."""

    def decode(self, indices: Tensor) -> Tensor:
        """Indices [N, h, w] int64 -> float images [N, 3, 16h, 16w], about [-1, 1]."""


class Tokenizer(Protocol):
    """What the pilot and the foresight need of a tokenizer."""

    @property
    def codebook_size(self) -> int:
        """Number of tokens that can be decoded: 0 up to this."""

    @property
    def can_decode(self) -> bool:
        """Whether `decode` works."""

    @property
    def identity(self) -> str:
        """Short hash; tokens of different identities must not be mixed."""

    def encode(self, image: NDArray[np.uint8]) -> NDArray[np.int32]:
        """Image [H, W, 3] RGB -> tokens [H/16, W/16]."""

    def decode(
        self, tokens: NDArray[np.integer], interrupted: Interrupted | None = None
    ) -> NDArray[np.uint8] | None:
        """Tokens [rows, columns] -> image [16 rows, 16 columns, 3] RGB; None if interrupted."""


class FrameTokenizer:
    """A codec for single images in numpy."""

    def __init__(
        self, codec: ImageCodec, device: torch.device | str, dtype: torch.dtype, identity: str
    ) -> None:
        self.identity = identity
        self._codec = codec
        self._device = torch.device(device)
        self._dtype = dtype

    @property
    def codebook_size(self) -> int:
        """Number of tokens that can be decoded: 0 up to this."""
        return self._codec.codebook_size

    @property
    def can_decode(self) -> bool:
        """Whether `decode` works; an encoder's file alone cannot."""
        return self._codec.can_decode

    def encode(self, image: NDArray[np.uint8]) -> NDArray[np.int32]:
        """Image [H, W, 3] RGB -> tokens [H/16, W/16].

        Raises InputError for another type or shape, or sides that are no multiples of 16.
        """
        tokens: NDArray[np.int32] = self.encode_all([image])[0]
        return tokens

    @torch.inference_mode()
    def encode_all(self, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.int32]:
        """Images [H, W, 3] RGB of one size -> tokens [N, H/16, W/16], as `encode` gives them."""
        for image in images:
            if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
                raise InputError(
                    f'image is {image.dtype} {list(image.shape)}: '
                    'expected uint8 [height, width, 3]'
                )
        batch = torch.from_numpy(np.stack([normalised(image) for image in images]))
        tokens = self._codec.encode(batch.to(self._device, self._dtype))
        return tokens.to('cpu', torch.int32).numpy()

    @torch.inference_mode()
    def decode(
        self, tokens: NDArray[np.integer], interrupted: Interrupted | None = None
    ) -> NDArray[np.uint8] | None:
        """Tokens [rows, columns] -> image [16 rows, 16 columns, 3] RGB; None if interrupted.

        Asks `interrupted` before each layer, or once where the codec is TorchScript. Raises
        InputError for a token without a codebook entry, or when the codec only encodes.
        """
        indices = torch.from_numpy(np.array(tokens, np.int64))[None].to(self._device)
        try:
            with _giving_way(self._codec, interrupted):
                image = self._codec.decode(indices)[0]
        except _InterruptedError:
            return None
        levels = (127.5 * image + 128).clamp(0, 255).to(torch.uint8)  # cut, as the reference does
        return levels.permute(1, 2, 0).contiguous().cpu().numpy()


class _InterruptedError(Exception):
    """Carries the interruption out of the network."""


@contextmanager
def _giving_way(codec: ImageCodec, interrupted: Interrupted | None) -> Iterator[None]:
    """Ask before each layer of the block: at full size a decoder takes seconds on a CPU."""

    def ask(*_: Any) -> None:
        if interrupted is not None and interrupted():
            raise _InterruptedError

    ask()
    asked = codec.modules() if interrupted and isinstance(codec, nn.Module) else ()
    hooks = [module.register_forward_pre_hook(ask) for module in asked]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
