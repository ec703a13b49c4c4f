"""The tokenizer as its authors released it: an encoder and a decoder in TorchScript."""

from __future__ import annotations

import warnings
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from vavam_ros.errors import InputError
from vavam_ros.model.config import PATCH_PX
from vavam_ros.model.released import RELEASED_DECODER, RELEASED_ENCODER, SHA256, file_sha256
from vavam_ros.model.torch_archive import BROKEN_ZIP
from vavam_ros.model.vq import check_image_size, check_indices

Role = Literal['encoder', 'decoder']

RGB = 3  # channels
RELEASED: dict[str, Role] = {
    SHA256[RELEASED_ENCODER]: 'encoder',
    SHA256[RELEASED_DECODER]: 'decoder',
}
RELEASED_CODEBOOK = 16384  # entries


@dataclass(frozen=True, eq=False)
class TorchScriptPart:
    """One of the two files, loaded."""

    module: nn.Module
    codebook_size: int
    sha256: str  # of the file, 64 hex digits


@dataclass(frozen=True, eq=False)
class TorchScriptCodec:
    """Images <-> indices through the released files, always in float32."""

    encoder: TorchScriptPart
    decoder: TorchScriptPart | None

    @property
    def codebook_size(self) -> int:
        """Number of indices that can be decoded."""
        return self.encoder.codebook_size

    @property
    def can_decode(self) -> bool:
        """Whether the decoder's file was given, too."""
        return self.decoder is not None

    def encode(self, images: Tensor) -> Tensor:
        """[N, 3, H, W] float32 in [-1, 1] -> indices [N, H/16, W/16] int64.

        Raises InputError when H or W is no multiple of 16, or the file gives something else.
        """
        check_image_size(images, PATCH_PX)
        indices = self.encoder.module(images)
        expected = (len(images), images.shape[2] // PATCH_PX, images.shape[3] // PATCH_PX)
        _check_output('encoder', indices, expected, floating=False)
        return indices.long()  # type: ignore[no-any-return]

    def decode(self, indices: Tensor) -> Tensor:
        """Indices [N, h, w] -> images [N, 3, 16h, 16w] float32, about [-1, 1] but not clamped.

        Raises InputError without a decoder, or for an index without a codebook entry.
        """
        if self.decoder is None:
            raise InputError(
                'tokens cannot become images without the decoder: set tokenizer_decoder to '
                'the released decoder .jit, or tokenizer to the folder that holds both files'
            )
        check_indices(indices, self.codebook_size)
        images = self.decoder.module(indices)
        expected = (len(indices), RGB, *(PATCH_PX * cells for cells in indices.shape[1:]))
        _check_output('decoder', images, expected, floating=True)
        return images.float()  # type: ignore[no-any-return]


def is_torchscript(path: Path) -> bool:
    """Whether a file is a whole TorchScript archive; torch.save files hold no constants."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith('/constants.pkl') for name in archive.namelist())
    except BROKEN_ZIP:
        return False


def read_torchscript_codec(
    encoder: Path, decoder: Path | None, device: str | torch.device
) -> TorchScriptCodec:
    """The codec of one or both released files, on a device.

    Raises InputError for a file that is no TorchScript, has the other role, or another codebook.
    """
    encodes = _read_part(encoder, 'encoder', device)
    if decoder is None:
        return TorchScriptCodec(encodes, None)
    decodes = _read_part(decoder, 'decoder', device)
    if decodes.codebook_size != encodes.codebook_size:
        raise InputError(
            f'{decoder} has a codebook of {decodes.codebook_size} entries, its encoder {encoder} '
            f'one of {encodes.codebook_size}: give the two files of one tokenizer'
        )
    return TorchScriptCodec(encodes, decodes)


def _read_part(path: Path, role: Role, device: str | torch.device) -> TorchScriptPart:
    try:
        digest = file_sha256(path)
    except OSError as error:
        raise InputError(f'{path} cannot be read: {error.strerror or error}') from error
    if not is_torchscript(path):
        raise InputError(
            f'{path} is no TorchScript archive, or only a part of one: expected the {role} as a '
            'whole .jit file'
        )
    module = _load(path)
    known = RELEASED.get(digest)  # certain, however these two files look inside
    roles = {known} if known else _roles(module)
    if role not in roles:
        found = f'a tokenizer {min(roles)}' if roles else 'another network'
        raise InputError(f'{path} is {found} in TorchScript: expected the tokenizer {role}')
    codes = RELEASED_CODEBOOK if known else _codebook_size(module, path)
    return TorchScriptPart(module.to(device), codes, digest)


def _load(path: Path) -> nn.Module:
    with warnings.catch_warnings():
        # The released files exist in this format only, so the advice to export is not for users.
        warnings.filterwarnings('ignore', r'`torch\.jit\.load` is', DeprecationWarning)
        try:
            load: Any = torch.jit.load  # it has no types
            module: nn.Module = load(path, map_location='cpu')
        except (RuntimeError, UnicodeDecodeError) as error:
            reason = str(error).strip().splitlines()[0]
            raise InputError(f'{path} cannot be read as TorchScript: {reason}') from error
    return module.eval()


def _roles(module: nn.Module) -> set[Role]:
    """An encoder has a convolution that reads RGB, a decoder one that makes it."""
    kernels = [tensor for tensor in _weights(module) if tensor.ndim == 4]
    roles: set[Role] = set()
    if any(kernel.shape[1] == RGB for kernel in kernels):
        roles.add('encoder')
    if any(kernel.shape[0] == RGB for kernel in kernels):
        roles.add('decoder')
    return roles


def _codebook_size(module: nn.Module, path: Path) -> int:
    """The long side of the codebook: the one matrix among convolution kernels and norms."""
    sizes = {max(tensor.shape) for tensor in _weights(module) if tensor.ndim == 2}
    if len(sizes) != 1:
        raise InputError(
            f'{path} is no tokenizer in TorchScript: expected one matrix, the codebook, '
            f'found {len(sizes)}'
        )
    return sizes.pop()


def _weights(module: nn.Module) -> list[Tensor]:
    """The parameters, or what became of them in a frozen module: constants of its graph."""
    parameters = list(module.state_dict().values())
    if parameters:
        return parameters
    graph: Any = module.inlined_graph  # its nodes live no longer than it
    tensors = [node for node in graph.findAllNodes('prim::Constant') if node.hasAttribute('value')]
    return [node.t('value') for node in tensors if node.kindOf('value') == 't']


def _check_output(role: str, output: object, shape: tuple[int, ...], *, floating: bool) -> None:
    kind = 'float' if floating else 'integer'
    if not isinstance(output, Tensor):
        raise InputError(
            f'the TorchScript {role} gives {type(output).__name__}: expected a tensor'
        )
    if output.is_floating_point() != floating or tuple(output.shape) != shape:
        raise InputError(
            f'the TorchScript {role} gives {output.dtype} {list(output.shape)}: expected '
            f'{kind} {list(shape)}'
        )
