"""A checkpoint in words, for those who made or converted one."""

from __future__ import annotations

from collections.abc import Iterator

from vavam_ros.model.checkpoint import Checkpoint, one_line
from vavam_ros.model.config import ActionConfig, TokenizerConfig, VideoConfig

NAMES = {'vavim': 'VaViM', 'vavam': 'VaVAM', 'tokenizer': 'a tokenizer'}


def described(checkpoint: Checkpoint) -> str:
    """Kind and size in the first line; then one line each for parts, multipliers, origin, hash."""
    rows = [*_parts(checkpoint), *_origin(checkpoint), ('identity', checkpoint.identity)]
    head = f'{NAMES[checkpoint.kind]}, {checkpoint.nbytes / 1e6:.1f} MB of weights'
    return '\n'.join([head, *(f'  {label:<14} {text}' for label, text in rows)])


def _parts(checkpoint: Checkpoint) -> Iterator[tuple[str, str]]:
    multipliers = []
    if checkpoint.video:
        yield 'video model', _video(checkpoint.video)
        multipliers.append(f'video {checkpoint.video.width_mult:g}')
    if checkpoint.action:
        yield 'action expert', _action(checkpoint.action)
        multipliers.append(f'action {checkpoint.action.width_mult:g}')
    if checkpoint.tokenizer:
        yield 'tokenizer', _tokenizer(checkpoint.tokenizer)
    if multipliers:
        yield 'width_mult', f'{", ".join(multipliers)} (muP)'
    yield 'parameters', _parameters(checkpoint)


def _origin(checkpoint: Checkpoint) -> Iterator[tuple[str, str]]:
    origin = checkpoint.provenance
    for label, key in (('source', 'source'), ('SHA-256', 'source_sha256'), ('licence', 'licence')):
        if key in origin:
            yield label, one_line(str(origin[key]))


def _video(config: VideoConfig) -> str:
    grid = 'grid unknown' if config.grid is None else f'{config.grid[0]}x{config.grid[1]}'
    tied = '' if config.output_tied else ', readout of its own'
    return (
        f'{config.nb_layers} layers, width {config.embedding_dim}, {config.heads} heads of '
        f'{config.dim_heads}, vocabulary {config.vocabulary_size}, {config.nb_timesteps} frames '
        f'of {config.nb_tokens_per_timestep} tokens ({grid}){tied}'
    )


def _action(config: ActionConfig) -> str:
    return (
        f'width {config.embedding_dim}, {config.action_horizon} waypoints, {config.nb_commands} '
        f'commands, {config.num_inference_steps} steps of the flow, scale '
        f'{config.action_scaling:g} m'
    )


def _tokenizer(config: TokenizerConfig) -> str:
    return (
        f'VQ-16, {config.channels} channels, {config.codebook_size} codes of dimension '
        f'{config.codebook_dim}'
    )


def _parameters(checkpoint: Checkpoint) -> str:
    counts = {'gpt.': 0, 'action_expert.': 0, '': 0}
    for name, tensor in checkpoint.tensors.items():
        part = next(prefix for prefix in counts if name.startswith(prefix))
        counts[part] += tensor.numel()
    shown = {'gpt.': ' video', 'action_expert.': ' action expert', '': ''}
    each = [f'{count / 1e6:.2f} M{shown[part]}' for part, count in counts.items() if count]
    dtypes = sorted(
        {str(tensor.dtype).removeprefix('torch.') for tensor in checkpoint.tensors.values()}
    )
    return f'{", ".join(each)} ({", ".join(dtypes)})'
