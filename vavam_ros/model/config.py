"""Sizes of the networks: read from a checkpoint, or from a preset for fresh weights."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vavam_ros.errors import InputError

PATCH_PX = 16  # the tokenizer's downsampling: one token stands for 16 x 16 pixels


def _positive(config: object, *names: str) -> None:
    for name in names:
        value = getattr(config, name)
        if not value > 0:
            raise InputError(f'{type(config).__name__}.{name} is {value}: it must be positive')


@dataclass(frozen=True)
class VideoConfig:
    """VaViM's sizes (`network` or `gpt_config` in the released files)."""

    embedding_dim: int  # D
    base_dim: int  # muP: the width at which learning rates were tuned
    dim_heads: int
    nb_layers: int
    vocabulary_size: int
    nb_timesteps: int  # T, frames of context
    nb_tokens_per_timestep: int  # S, cells per frame
    mlp_dim_mult: int = 4
    output_tied: bool = True
    output_scale: float = 1.0
    attn_scale: float = 1.0
    grid: tuple[int, int] | None = None  # rows, columns of a frame's cells, where known

    def __post_init__(self) -> None:
        _positive(self, 'embedding_dim', 'base_dim', 'dim_heads', 'nb_layers', 'vocabulary_size')
        _positive(self, 'nb_timesteps', 'nb_tokens_per_timestep', 'mlp_dim_mult')
        if self.embedding_dim % self.dim_heads:
            raise InputError(
                f'embedding_dim {self.embedding_dim} is no multiple of dim_heads {self.dim_heads}'
            )
        if self.grid is not None:
            self._check_grid(self.grid)

    def _check_grid(self, grid: tuple[int, ...]) -> None:
        shown, cells = 'x'.join(str(size) for size in grid), self.nb_tokens_per_timestep
        if len(grid) != 2 or min(grid) < 1 or grid[0] * grid[1] != cells:
            raise InputError(
                f'grid {shown} does not fit: expected rows x columns with a product of {cells}, '
                'the tokens per frame'
            )

    @property
    def width_mult(self) -> float:
        """MuP's multiplier, which divides the readout: no weight, yet plans are wrong without."""
        return self.embedding_dim / self.base_dim

    @property
    def heads(self) -> int:
        """Number of attention heads."""
        return self.embedding_dim // self.dim_heads

    @property
    def context_tokens(self) -> int:
        """Tokens of a full context, T * S."""
        return self.nb_timesteps * self.nb_tokens_per_timestep


@dataclass(frozen=True)
class ActionConfig:
    """The action expert's sizes, and the constants of its flow."""

    embedding_dim: int  # A
    base_dim: int  # muP base of A
    attention_dim: int  # equals the video model's width
    dim_heads: int
    nb_layers: int
    action_horizon: int = 6  # H, waypoints at 2 Hz
    action_dim: int = 2
    nb_commands: int = 3
    mlp_dim_mult: int = 4
    action_scaling: float = 70.0  # metres per unit of the flow's state
    flow_sig_min: float = 0.001
    num_inference_steps: int = 10
    final_action_clip_value: float | None = None

    def __post_init__(self) -> None:
        _positive(self, 'embedding_dim', 'base_dim', 'attention_dim', 'dim_heads', 'nb_layers')
        _positive(self, 'action_horizon', 'action_dim', 'nb_commands', 'num_inference_steps')
        _positive(self, 'action_scaling', 'mlp_dim_mult')
        if self.embedding_dim % 2 or self.embedding_dim < 4:
            raise InputError(f'action embedding_dim {self.embedding_dim} must be even and over 2')

    @property
    def width_mult(self) -> float:
        """MuP's multiplier of the action readout."""
        return self.embedding_dim / self.base_dim


@dataclass(frozen=True)
class TokenizerConfig:
    """VQ-16's sizes."""

    channels: int = 128
    multipliers: tuple[int, ...] = (1, 1, 2, 2, 4)
    res_blocks: int = 2
    z_channels: int = 256
    codebook_size: int = 16384
    codebook_dim: int = 8


@dataclass(frozen=True)
class Preset:
    """A family member that fresh weights can be built for."""

    video: VideoConfig
    action: ActionConfig
    tokenizer: TokenizerConfig


def _released_size(width: int) -> Preset:
    video = VideoConfig(
        embedding_dim=width,
        base_dim=256,
        dim_heads=128,
        nb_layers=24,
        vocabulary_size=16385,
        nb_timesteps=8,
        nb_tokens_per_timestep=576,
        grid=(18, 32),
    )
    return Preset(video, _expert_for(video, base_dim=64), TokenizerConfig())


def _expert_for(video: VideoConfig, base_dim: int) -> ActionConfig:
    return ActionConfig(
        embedding_dim=video.embedding_dim // 4,
        base_dim=base_dim,
        attention_dim=video.embedding_dim,
        dim_heads=video.dim_heads,
        nb_layers=video.nb_layers,
    )


def _tiny_size() -> Preset:
    """Small enough to be trained in hours and to drive at 2 Hz, both on two cores."""
    video = VideoConfig(
        embedding_dim=128,
        base_dim=64,
        dim_heads=32,
        nb_layers=6,
        vocabulary_size=1025,
        nb_timesteps=8,
        nb_tokens_per_timestep=144,
        grid=(9, 16),
    )
    tokenizer = TokenizerConfig(
        channels=16,
        multipliers=(1, 1, 2, 4, 4),
        res_blocks=1,
        z_channels=64,
        codebook_size=1024,
    )
    expert = replace(
        _expert_for(video, base_dim=32),
        embedding_dim=96,  # more than a quarter
        action_scaling=8.0,  # the flow then reaches as far as its noise: towns are driven slowly
    )
    return Preset(video, expert, tokenizer)


PRESETS: dict[str, Preset] = {
    'tiny': _tiny_size(),
    'S': _released_size(768),
    'B': _released_size(1024),
    'L': _released_size(2048),
}
