"""VQ-16, LlamaGen's image tokenizer: images -> codebook indices -> images.

Modules carry LlamaGen's own parameter names, so that its files load strictly
(github.com/FoundationVision/LlamaGen, tokenizer/tokenizer_image/vq_model.py, MIT).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vavam_ros.errors import InputError
from vavam_ros.model.config import TokenizerConfig

NORM_GROUPS = 32  # at every width, or one a channel where there are fewer; it is in no file


def group_norm(channels: int) -> nn.GroupNorm:
    """GroupNorm of 32 groups with weights, eps 1e-6; of fewer channels each is a group."""
    return nn.GroupNorm(min(NORM_GROUPS, channels), channels, eps=1e-6)


def conv3(channels_in: int, channels_out: int) -> nn.Conv2d:
    """3x3 convolution that keeps the size."""
    return nn.Conv2d(channels_in, channels_out, 3, padding=1)


def norm_swish(norm: nn.Module, x: Tensor) -> Tensor:
    """Norm, then swish in the norm's own output: a full-size activation is 75 MB."""
    return F.silu(norm(x), inplace=True)


class ResBlock(nn.Module):
    """Two convolutions, each behind a norm and a swish, added to the input."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.norm1 = group_norm(channels_in)
        self.conv1 = conv3(channels_in, channels_out)
        self.norm2 = group_norm(channels_out)
        self.conv2 = conv3(channels_out, channels_out)
        changes = channels_in != channels_out
        self.nin_shortcut = nn.Conv2d(channels_in, channels_out, 1) if changes else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """[N, in, h, w] -> [N, out, h, w]."""
        y = self.conv1(norm_swish(self.norm1, x))
        y = self.conv2(norm_swish(self.norm2, y))
        return y + self.nin_shortcut(x)  # type: ignore[no-any-return]


class AttentionBlock(nn.Module):
    """Every cell looks at every other, with one head, added to the input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = group_norm(channels)
        self.q = nn.Conv2d(channels, channels, 1)
        self.k = nn.Conv2d(channels, channels, 1)
        self.v = nn.Conv2d(channels, channels, 1)
        self.proj_out = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, h, w] -> the same."""
        y = self.norm(x)
        q, k, v = (conv(y).flatten(2).mT[:, None] for conv in (self.q, self.k, self.v))
        mixed = F.scaled_dot_product_attention(q, k, v)  # [N, 1, h*w, C], scale 1/sqrt(C)
        return x + self.proj_out(mixed.mT.reshape(x.shape))  # type: ignore[no-any-return]


class Downsample(nn.Module):
    """Halves the size; the one row and column of padding are below and at the right."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, h, w] -> [N, C, h/2, w/2]."""
        return self.conv(F.pad(x, (0, 1, 0, 1)))  # type: ignore[no-any-return]


class Upsample(nn.Module):
    """Doubles the size: nearest neighbour, then a convolution."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = conv3(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, h, w] -> [N, C, 2h, 2w]."""
        return self.conv(F.interpolate(x, scale_factor=2.0))  # type: ignore[no-any-return]


class Level(nn.Module):
    """The blocks of one resolution; attention only at the lowest."""

    def __init__(self, channels_in: int, channels: int, blocks: int, *, attends: bool) -> None:
        super().__init__()
        inputs = [channels_in] + [channels] * (blocks - 1)
        self.res = nn.ModuleList(ResBlock(before, channels) for before in inputs)
        self.attn = nn.ModuleList(AttentionBlock(channels) for _ in inputs if attends)

    def forward(self, x: Tensor) -> Tensor:
        """[N, in, h, w] -> [N, out, h, w]."""
        for index, block in enumerate(self.res):
            x = block(x)
            x = self.attn[index](x) if self.attn else x
        return x


class EncoderLevel(Level):
    """A level that ends by halving the size, unless it is the lowest."""

    def __init__(self, channels_in: int, channels: int, blocks: int, *, lowest: bool) -> None:
        super().__init__(channels_in, channels, blocks, attends=lowest)
        self.downsample = nn.Identity() if lowest else Downsample(channels)

    def forward(self, x: Tensor) -> Tensor:
        """[N, in, h, w] -> [N, out, h/2, w/2]."""
        return self.downsample(super().forward(x))  # type: ignore[no-any-return]


class DecoderLevel(Level):
    """A level that ends by doubling the size, unless it is the highest."""

    def __init__(
        self, channels_in: int, channels: int, blocks: int, *, lowest: bool, highest: bool
    ) -> None:
        super().__init__(channels_in, channels, blocks, attends=lowest)
        self.upsample = nn.Identity() if highest else Upsample(channels)

    def forward(self, x: Tensor) -> Tensor:
        """[N, in, h, w] -> [N, out, 2h, 2w]."""
        return self.upsample(super().forward(x))  # type: ignore[no-any-return]


def middle(channels: int) -> nn.Sequential:
    """The blocks between the levels and the latent."""
    return nn.Sequential(
        ResBlock(channels, channels), AttentionBlock(channels), ResBlock(channels, channels)
    )


class Encoder(nn.Module):
    """Image -> latent, from high to low resolution."""

    def __init__(self, config: TokenizerConfig) -> None:
        super().__init__()
        widths = [config.channels * mult for mult in config.multipliers]
        inputs = [config.channels, *widths[:-1]]
        self.conv_in = conv3(3, config.channels)
        self.conv_blocks = nn.ModuleList(
            EncoderLevel(before, width, config.res_blocks, lowest=level == len(widths) - 1)
            for level, (before, width) in enumerate(zip(inputs, widths, strict=True))
        )
        self.mid = middle(widths[-1])
        self.norm_out = group_norm(widths[-1])
        self.conv_out = conv3(widths[-1], config.z_channels)

    def forward(self, images: Tensor) -> Tensor:
        """[N, 3, H, W] -> [N, z, H/16, W/16]."""
        x = self.conv_in(images)
        for level in self.conv_blocks:
            x = level(x)
        return self.conv_out(norm_swish(self.norm_out, self.mid(x)))  # type: ignore[no-any-return]


class Decoder(nn.Module):
    """Latent -> image, from low to high resolution, one more block a level than the encoder."""

    def __init__(self, config: TokenizerConfig) -> None:
        super().__init__()
        widths = [config.channels * mult for mult in reversed(config.multipliers)]
        inputs = [widths[0], *widths[:-1]]
        last = len(widths) - 1
        self.conv_in = conv3(config.z_channels, widths[0])
        self.mid = middle(widths[0])
        self.conv_blocks = nn.ModuleList(
            DecoderLevel(
                before, width, config.res_blocks + 1, lowest=level == 0, highest=level == last
            )
            for level, (before, width) in enumerate(zip(inputs, widths, strict=True))
        )
        self.norm_out = group_norm(widths[-1])
        self.conv_out = conv3(widths[-1], 3)

    def forward(self, latent: Tensor) -> Tensor:
        """[N, z, h, w] -> [N, 3, 16h, 16w]."""
        x = self.mid(self.conv_in(latent))
        for level in self.conv_blocks:
            x = level(x)
        return self.conv_out(norm_swish(self.norm_out, x))  # type: ignore[no-any-return]


class Codebook(nn.Module):
    """Unit vectors; a latent vector's code is the one at the smallest angle to it."""

    def __init__(self, codes: int, dim: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(codes, dim)

    def nearest(self, z: Tensor) -> Tensor:
        """[N, dim, h, w] of any length -> [N, h, w] int64 indices."""
        rows = z.float().movedim(1, -1)  # float32 whatever the weights: near ties decide tokens
        # A latent vector's own length does not move its argmax, so only the codes are normalised.
        return (rows @ self.unit_codes().T).argmax(-1)

    def vectors(self, indices: Tensor) -> Tensor:
        """[N, h, w] -> unit vectors [N, dim, h, w] float32."""
        return self.unit_codes()[indices].movedim(-1, 1)

    def unit_codes(self) -> Tensor:
        """[codes, dim] float32; 16384 rows take 0.2 ms, too little to keep a second copy."""
        return F.normalize(self.embedding.weight.float(), dim=-1)


class VQModel(nn.Module):
    """The whole tokenizer. Convolutions run in the weights' dtype, the codebook in float32."""

    can_decode = True

    def __init__(self, config: TokenizerConfig) -> None:
        super().__init__()
        for width in (config.channels * mult for mult in config.multipliers):
            if width % min(NORM_GROUPS, width):
                raise InputError(
                    f'tokenizer channels {config.channels} make a level of {width}, which is no '
                    f'multiple of {NORM_GROUPS}: its norms need that'
                )
        self.patch_px = 2 ** (len(config.multipliers) - 1)
        self.codebook_size = config.codebook_size
        self.encoder = Encoder(config)
        self.quant_conv = nn.Conv2d(config.z_channels, config.codebook_dim, 1)
        self.quantize = Codebook(config.codebook_size, config.codebook_dim)
        self.post_quant_conv = nn.Conv2d(config.codebook_dim, config.z_channels, 1)
        self.decoder = Decoder(config)

    def encode(self, images: Tensor) -> Tensor:
        """[N, 3, H, W] in [-1, 1] -> indices [N, H/16, W/16] int64.

        Raises InputError when H or W is no multiple of 16.
        """
        return self.quantize.nearest(self.pre_quant(images))

    def decode(self, indices: Tensor) -> Tensor:
        """Indices [N, h, w] -> images [N, 3, 16h, 16w] float32, about [-1, 1] but not clamped.

        Raises InputError for an index without a codebook entry.
        """
        latent = self.post_quant_conv(self.quant(indices).to(self.post_quant_conv.weight.dtype))
        return self.decoder(latent).float()  # type: ignore[no-any-return]

    def pre_quant(self, images: Tensor) -> Tensor:
        """[N, 3, H, W] -> the vectors that are about to be quantised [N, dim, H/16, W/16]."""
        check_image_size(images, self.patch_px)
        return self.quant_conv(self.encoder(images))  # type: ignore[no-any-return]

    def quant(self, indices: Tensor) -> Tensor:
        """Indices [N, h, w] -> the unit vectors they stand for [N, dim, h, w] float32."""
        check_indices(indices, self.codebook_size)
        return self.quantize.vectors(indices)


def check_image_size(images: Tensor, patch_px: int) -> None:
    """Raise InputError unless [..., H, W] images divide into whole patches."""
    height, width = images.shape[-2:]
    if height % patch_px or width % patch_px or 0 in (height, width):
        raise InputError(
            f'image {width}x{height} cannot be tokenised: '
            f'its sides must be multiples of {patch_px}'
        )


def check_indices(indices: Tensor, codebook_size: int) -> None:
    """Raise InputError for a token without a codebook entry, as the vocabulary's last one is."""
    low, high = (int(value) for value in torch.aminmax(indices))
    if low < 0 or high >= codebook_size:
        raise InputError(
            f'token {low if low < 0 else high} cannot be decoded: '
            f'the codebook has entries 0 to {codebook_size - 1}'
        )
