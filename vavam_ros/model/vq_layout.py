"""Name and shape of each weight of VQ-16, as LlamaGen's files have them.

Written out beside the modules of vq.py, because a file is checked before any module is built.
"""

from __future__ import annotations

import itertools

from vavam_ros.errors import InputError
from vavam_ros.model.config import PATCH_PX, TokenizerConfig
from vavam_ros.model.layout import Shapes

LARGEST = 1 << 24  # far above any real size: a broken number must not fill the memory


def tokenizer_shapes(config: TokenizerConfig) -> Shapes:
    """All weights by name; raises InputError for sizes that no such tokenizer can have."""
    _check_sizes(config)
    widths = [config.channels * mult for mult in config.multipliers]
    shapes = _VqShapes()
    shapes.conv('encoder.conv_in', 3, config.channels)
    shapes.levels('encoder', [config.channels, *widths], config.res_blocks, lowest=len(widths) - 1)
    shapes.middle('encoder', widths[-1])
    shapes.exit('encoder', widths[-1], config.z_channels)
    shapes.conv('quant_conv', config.z_channels, config.codebook_dim, size=1)
    shapes['quantize.embedding.weight'] = (config.codebook_size, config.codebook_dim)
    shapes.conv('post_quant_conv', config.codebook_dim, config.z_channels, size=1)
    shapes.conv('decoder.conv_in', config.z_channels, widths[-1])
    shapes.middle('decoder', widths[-1])
    upwards = [widths[-1], *reversed(widths)]
    shapes.levels('decoder', upwards, config.res_blocks + 1, lowest=0)
    shapes.exit('decoder', widths[0], 3)
    return dict(shapes)


class _VqShapes(Shapes):
    def conv(self, name: str, channels_in: int, channels_out: int, size: int = 3) -> None:
        self[f'{name}.weight'] = (channels_out, channels_in, size, size)
        self[f'{name}.bias'] = (channels_out,)

    def norm(self, name: str, channels: int) -> None:
        self[f'{name}.weight'] = self[f'{name}.bias'] = (channels,)

    def res(self, name: str, channels_in: int, channels_out: int) -> None:
        self.norm(f'{name}.norm1', channels_in)
        self.conv(f'{name}.conv1', channels_in, channels_out)
        self.norm(f'{name}.norm2', channels_out)
        self.conv(f'{name}.conv2', channels_out, channels_out)
        if channels_in != channels_out:
            self.conv(f'{name}.nin_shortcut', channels_in, channels_out, size=1)

    def attention(self, name: str, channels: int) -> None:
        self.norm(f'{name}.norm', channels)
        for part in ('q', 'k', 'v', 'proj_out'):
            self.conv(f'{name}.{part}', channels, channels, size=1)

    def levels(self, part: str, widths: list[int], blocks: int, lowest: int) -> None:
        """`widths` begins with what comes in; all levels but the last change the resolution."""
        resample = 'downsample' if part == 'encoder' else 'upsample'
        last = len(widths) - 2
        for level, (before, width) in enumerate(itertools.pairwise(widths)):
            name = f'{part}.conv_blocks.{level}'
            for block in range(blocks):
                self.res(f'{name}.res.{block}', before if block == 0 else width, width)
                if level == lowest:
                    self.attention(f'{name}.attn.{block}', width)
            if level != last:
                self.conv(f'{name}.{resample}.conv', width, width)

    def middle(self, part: str, channels: int) -> None:
        self.res(f'{part}.mid.0', channels, channels)
        self.attention(f'{part}.mid.1', channels)
        self.res(f'{part}.mid.2', channels, channels)

    def exit(self, part: str, channels_in: int, channels_out: int) -> None:
        self.norm(f'{part}.norm_out', channels_in)
        self.conv(f'{part}.conv_out', channels_in, channels_out)


def _check_sizes(config: TokenizerConfig) -> None:
    sizes = (config.channels, config.z_channels, config.codebook_size, config.codebook_dim)
    if not 1 <= min(*sizes, *config.multipliers) <= max(*sizes, *config.multipliers) <= LARGEST:
        raise InputError(f'sizes that no tokenizer has: {config}')
    if not 1 <= config.res_blocks <= 100:
        raise InputError(f'res_blocks that no tokenizer has: {config}')
    patch_px = 2 ** (len(config.multipliers) - 1)
    if patch_px != PATCH_PX:
        raise InputError(
            f'the tokenizer has {patch_px} x {patch_px} pixels a token: expected {PATCH_PX} x '
            f'{PATCH_PX}, as in vq_ds16_c2i.pt'
        )
