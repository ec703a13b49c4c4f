"""Released VaViM and VaVAM files (Lightning checkpoints of valeoai/VideoActionModel)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from vavam_ros.errors import InputError
from vavam_ros.model.base_shapes import BaseShapes
from vavam_ros.model.config import ActionConfig, VideoConfig
from vavam_ros.model.contents import Checkpoint
from vavam_ros.model.hyperparameters import Hyperparameters
from vavam_ros.model.layout import Shapes, action_shapes, check_tensors, video_shapes
from vavam_ros.model.torch_archive import TorchArchive

RELEASED_GRIDS = {576: (18, 32)}  # cells per frame -> rows, columns; a file has only their product
COPIES = 'vam.joint_model.'  # under which a file holds all weights once more
LICENCE = 'the weights released by valeo.ai are under a research-only RAIL-M licence'


def read_lightning(archive: TorchArchive, content: Mapping[Any, Any], source: str) -> Checkpoint:
    """The weights and sizes of a released file, with everything checked and nothing guessed.

    `content` is what the archive holds, `source` the file's name for the provenance. Raises
    InputError that names the key, what was expected and what was found.
    """
    hyper = Hyperparameters(content['hyper_parameters'], 'hyper_parameters')
    stored = content.get('state_dict')
    if not isinstance(stored, Mapping):
        raise InputError('state_dict is missing: expected the mapping of all weights')
    tensors = {str(key): archive.tensor(value, str(key)) for key, value in stored.items()}
    provenance: dict[str, object] = {
        'source': source,
        'format': 'lightning',
        'trained': True,
        'licence': LICENCE,
    }
    if 'vam_conf' in hyper:
        return _vavam(hyper.section('vam_conf'), content, tensors, provenance)
    if 'network' in hyper:
        return _vavim(hyper.section('network'), content, tensors, provenance)
    raise InputError(
        'hyper_parameters has neither vam_conf (VaVAM) nor network (VaViM): found '
        f'{", ".join(hyper.keys())}'
    )


def _vavim(
    network: Hyperparameters,
    content: Mapping[Any, Any],
    tensors: dict[str, Tensor],
    provenance: dict[str, object],
) -> Checkpoint:
    video = _video_config(network, BaseShapes(content.get('mup_base_shapes'), 'mup_base_shapes'))
    check_tensors(tensors, _prefixed('network.', video_shapes(video)))
    weights = _video_weights(tensors, 'network.', video)
    return Checkpoint('vavim', video, None, None, weights, provenance)


def _vavam(
    conf: Hyperparameters,
    content: Mapping[Any, Any],
    tensors: dict[str, Tensor],
    provenance: dict[str, object],
) -> Checkpoint:
    gpt_bases = BaseShapes(content.get('gpt_mup_base_shapes'), 'gpt_mup_base_shapes')
    action_bases = BaseShapes(content.get('action_mup_base_shapess'), 'action_mup_base_shapess')
    video = _video_config(conf.section('gpt_config'), gpt_bases)
    action = _action_config(conf, action_bases)
    _drop_mask(tensors, conf.integer('finetuning_timesteps'), video, action)
    own = _prefixed('gpt.', video_shapes(video)) | _prefixed(
        'action_expert.', action_shapes(action)
    )
    _check_twice(tensors, own)
    weights = _video_weights(tensors, 'vam.gpt.', video)
    expert = _without_prefix('vam.action_expert.', tensors)
    weights |= {f'action_expert.{name}': tensor for name, tensor in expert.items()}
    return Checkpoint('vavam', video, action, None, weights, provenance)


def _video_config(stored: Hyperparameters, bases: BaseShapes) -> VideoConfig:
    """Sizes as stored; defaults only for the keys that files leave out."""
    tied = stored.flag('output_tied', default=True)
    cells = stored.integer('nb_tokens_per_timestep')
    readout = 'transformer.wie.weight' if tied else 'lm_head.weight'
    config = VideoConfig(
        embedding_dim=stored.integer('embedding_dim'),
        base_dim=bases.width(readout, 1),
        dim_heads=stored.integer('dim_heads'),
        nb_layers=stored.integer('nb_layers'),
        vocabulary_size=stored.integer('vocabulary_size'),
        nb_timesteps=stored.integer('nb_timesteps'),
        nb_tokens_per_timestep=cells,
        mlp_dim_mult=stored.integer('mlp_dim_mult', default=4),
        output_tied=tied,
        output_scale=stored.number('output_scale', default=1.0),
        attn_scale=stored.number('attn_scale', default=1.0),
        grid=RELEASED_GRIDS.get(cells),
    )
    alias = 'lm_head.weight' if tied else None
    bases.check(video_shapes(config), video_shapes(config, config.base_dim), optional=alias)
    return config


def _action_config(conf: Hyperparameters, bases: BaseShapes) -> ActionConfig:
    stored = conf.section('action_config')
    for unused in ('attn_scale', 'output_scale'):
        if stored.number(unused, default=1.0) != 1.0:
            raise InputError(
                f'action_config.{unused} is {stored.number(unused):g}: only 1.0 is supported, '
                'as in all released files'
            )
    config = ActionConfig(
        embedding_dim=stored.integer('embedding_dim'),
        base_dim=bases.width('action_decoder.weight', 1),
        attention_dim=stored.integer('attention_dim'),
        dim_heads=stored.integer('dim_heads'),
        nb_layers=stored.integer('nb_layers'),
        action_horizon=stored.integer('action_horizon'),
        action_dim=stored.integer('action_dim'),
        nb_commands=stored.integer('number_high_level_command'),
        mlp_dim_mult=stored.integer('mlp_dim_mult', default=4),
        action_scaling=conf.number('action_scaling'),
        flow_sig_min=conf.number('flow_sig_min'),
        num_inference_steps=conf.integer('num_inference_steps'),
        final_action_clip_value=conf.optional_number('final_action_clip_value'),
    )
    attention = bases.width('transformer.h.0.attn.c_proj.weight', 1, config.attention_dim)
    bases.check(action_shapes(config), action_shapes(config, config.base_dim, attention))
    return config


def _drop_mask(
    tensors: dict[str, Tensor], frames: int, video: VideoConfig, action: ActionConfig
) -> None:
    """Take out the training's attention mask, once its size was seen to fit.

    It is a constant that planning makes for itself, so a file may lack it.
    """
    mask = tensors.pop('vam.attn_mask', None)
    rows = frames * (video.nb_tokens_per_timestep + action.action_horizon)
    if mask is None or (mask.dtype == torch.bool and tuple(mask.shape) == (rows, rows)):
        return
    raise InputError(
        f'vam.attn_mask is {mask.dtype} {list(mask.shape)}: expected torch.bool {[rows, rows]} by '
        'the sizes in its configuration'
    )


def _check_twice(tensors: Mapping[str, Tensor], own: Shapes) -> None:
    """All weights, and all of them a second time and the same; or none a second time."""
    expected = _prefixed('vam.', own)
    if any(name.startswith(COPIES) for name in tensors):
        expected = expected | _prefixed(COPIES, own)
    check_tensors(tensors, expected)
    for name in own:
        if COPIES + name in tensors:
            _check_same(tensors, COPIES + name, f'vam.{name}')


def _video_weights(
    tensors: Mapping[str, Tensor], prefix: str, video: VideoConfig
) -> dict[str, Tensor]:
    """Canonical names; a tied readout must be the token table itself, and is dropped."""
    named = _without_prefix(prefix, tensors)
    if video.output_tied:
        _check_same(tensors, f'{prefix}lm_head.weight', f'{prefix}transformer.wie.weight')
        del named['lm_head.weight']
    return {f'gpt.{name}': tensor for name, tensor in named.items()}


def _check_same(tensors: Mapping[str, Tensor], copy: str, original: str) -> None:
    a, b = tensors[copy], tensors[original]
    if a.dtype != b.dtype:
        raise InputError(f'{copy} holds {a.dtype}: expected {b.dtype}, as {original} holds')
    one_storage = a.data_ptr() == b.data_ptr() and a.stride() == b.stride()
    if not (one_storage or torch.equal(a, b)):
        count = int((a != b).sum())
        raise InputError(
            f'{copy} differs from {original} in {count} of {a.numel()} elements: expected the '
            'same weights under both names'
        )


def _prefixed(prefix: str, shapes: Shapes) -> Shapes:
    return {prefix + name: shape for name, shape in shapes.items()}


def _without_prefix(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}
