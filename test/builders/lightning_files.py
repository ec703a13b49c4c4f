"""Files like the released Lightning ones, of any size, without lightning, omegaconf or mup.

What those libraries would pickle is built from stand-ins that carry the original classes' names,
so a reader meets the same bytes.
"""

from __future__ import annotations

import contextlib
import sys
import types
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Sizes:
    """No two of them are equal by chance, and none is as in the golden files."""

    width: int = 40
    base: int = 8
    dim_heads: int = 10
    layers: int = 3
    vocabulary: int = 37
    frames: int = 5
    cells: int = 21
    mlp: int = 3
    tied: bool = True
    action_width: int = 12
    action_base: int = 6
    action_mlp: int = 2
    horizon: int = 7
    commands: int = 4
    action_dim: int = 3
    finetuning: int = 4
    dtype: torch.dtype = torch.float32


def vavim_content(sizes: Sizes, **network: Any) -> dict[str, Any]:
    """A VaViM checkpoint as a plain tree; further keys of the network's configuration at will."""
    return {
        'epoch': 1,
        'state_dict': OrderedDict(
            (f'network.{name}', tensor) for name, tensor in gpt_weights(sizes).items()
        ),
        'hparams_name': 'kwargs',
        'hyper_parameters': {
            'network': DictConfig(gpt_config(sizes) | network),
            'mup_base_shapes': './mup_shapes/a_path_to_ignore.bsh',
        },
        'mup_base_shapes': gpt_base_shapes(sizes),
    }


def vavam_content(sizes: Sizes, **conf: Any) -> dict[str, Any]:
    """A VaVAM checkpoint as a plain tree; further keys of `vam_conf` at will."""
    own = {f'gpt.{name}': tensor for name, tensor in gpt_weights(sizes).items()}
    own |= {f'action_expert.{name}': tensor for name, tensor in action_weights(sizes).items()}
    rows = sizes.finetuning * (sizes.cells + sizes.horizon)
    states = OrderedDict([('vam.attn_mask', torch.ones(rows, rows, dtype=torch.bool))])
    states |= {f'vam.{name}': tensor for name, tensor in own.items()}
    states |= {f'vam.joint_model.{name}': tensor for name, tensor in own.items()}
    moments = {
        'step': torch.tensor(1.0),
        'exp_avg': torch.zeros(1000),
        'exp_avg_sq': torch.ones(9),
    }
    return {
        'epoch': 1,
        'state_dict': states,
        'optimizer_states': [{'state': {0: moments}, 'param_groups': [{'lr': 1e-4}]}],
        'hyper_parameters': {'vam_conf': DictConfig(vam_conf(sizes) | conf)},
        'gpt_mup_base_shapes': gpt_base_shapes(sizes),
        'action_mup_base_shapess': action_base_shapes(sizes),
    }


def save(content: object, path: Path, **options: Any) -> Path:
    """torch.save, while the stand-ins can be found under their originals' names."""
    with _installed():
        torch.save(content, path, **options)
    return path


def gpt_weights(sizes: Sizes) -> dict[str, Tensor]:
    weights = {
        'transformer.wie.weight': _noise(1, sizes, sizes.vocabulary, sizes.width),
        'transformer.wse.weight': _noise(2, sizes, sizes.cells, sizes.width),
        'transformer.wte.weight': _noise(3, sizes, sizes.frames, sizes.width),
        **_blocks(4, sizes, sizes.width, sizes.mlp),
    }
    readout = weights['transformer.wie.weight']
    if not sizes.tied:
        readout = _noise(5, sizes, sizes.vocabulary, sizes.width)
    return weights | {'lm_head.weight': readout}


def action_weights(sizes: Sizes) -> dict[str, Tensor]:
    width = sizes.action_width
    return {
        'action_encoder.linear_1.weight': _noise(11, sizes, width, sizes.action_dim),
        'action_encoder.linear_2.weight': _noise(12, sizes, width, 2 * width),
        'action_encoder.linear_3.weight': _noise(13, sizes, width, width),
        'action_encoder.command_embedding.weight': _noise(14, sizes, sizes.commands, width),
        'action_encoder.action_positional_embedding.weight': _noise(
            15, sizes, sizes.horizon, width
        ),
        **_blocks(16, sizes, width, sizes.action_mlp),
        'action_decoder.weight': _noise(17, sizes, sizes.action_dim, width),
    }


def gpt_config(sizes: Sizes) -> dict[str, Any]:
    return {
        '_target_': 'vam.video_pretraining.MupGPT2',
        'embedding_dim': sizes.width,
        'dim_heads': sizes.dim_heads,
        'nb_layers': sizes.layers,
        'mlp_dim_mult': sizes.mlp,
        'vocabulary_size': sizes.vocabulary,
        'nb_timesteps': sizes.frames,
        'nb_tokens_per_timestep': sizes.cells,
        'output_tied': sizes.tied,
    }


def action_config(sizes: Sizes) -> dict[str, Any]:
    return {
        '_target_': 'vam.action_expert.MupActionExpert',
        'embedding_dim': sizes.action_width,
        'attention_dim': sizes.width,
        'action_dim': sizes.action_dim,
        'action_horizon': sizes.horizon,
        'number_high_level_command': sizes.commands,
        'mlp_dim_mult': sizes.action_mlp,
        'dim_heads': sizes.dim_heads,
        'nb_layers': sizes.layers,
        'init_std': 0.01,
    }


def vam_conf(sizes: Sizes) -> dict[str, Any]:
    return {
        '_target_': 'vam.action_expert.VideoActionModel',
        '_recursive_': False,
        'finetuning_timesteps': sizes.finetuning,
        'num_inference_steps': 6,
        'flow_sig_min': 0.002,
        'final_action_clip_value': None,
        'action_scaling': 50.0,
        'gpt_mup_base_shapes': './mup_shapes/gpt.bsh',
        'gpt_config': gpt_config(sizes),
        'action_config': action_config(sizes),
    }


def gpt_base_shapes(sizes: Sizes) -> dict[str, InfShape]:
    """As a file of mup has them: None where the base model differs in nothing; no tied readout."""
    base, fixed = sizes.base, None
    shapes = {f'transformer.{table}.weight': (fixed, base) for table in ('wie', 'wse', 'wte')}
    if not sizes.tied:
        shapes['lm_head.weight'] = (fixed, base)
    return _inf_shapes(shapes | _block_shapes(sizes.layers, base, base, sizes.mlp))


def action_base_shapes(sizes: Sizes) -> dict[str, InfShape]:
    base, fixed = sizes.action_base, None
    shapes = {
        'action_decoder.weight': (fixed, base),
        'action_encoder.action_positional_embedding.weight': (fixed, base),
        'action_encoder.command_embedding.weight': (fixed, base),
        'action_encoder.linear_1.weight': (base, fixed),
        'action_encoder.linear_2.weight': (base, 2 * base),
        'action_encoder.linear_3.weight': (base, base),
    }
    blocks = _block_shapes(sizes.layers, base, sizes.base, sizes.action_mlp)
    return _inf_shapes(shapes | blocks)


def _block_shapes(layers: int, width: int, attention: int, mlp: int) -> dict[str, Any]:
    block = {
        'attn.c_attn.weight': (3 * attention, width),
        'attn.c_proj.weight': (width, attention),
        'mlp.c_fc.weight': (mlp * width, width),
        'mlp.c_proj.weight': (width, mlp * width),
    }
    return {
        f'transformer.h.{layer}.{name}': shape
        for layer in range(layers)
        for name, shape in block.items()
    }


def _blocks(seed: int, sizes: Sizes, width: int, mlp: int) -> dict[str, Tensor]:
    shapes = _block_shapes(sizes.layers, width, sizes.width, mlp)
    return {
        name: _noise(100 * seed + number, sizes, *shape)
        for number, (name, shape) in enumerate(shapes.items())
    }


def _noise(seed: int, sizes: Sizes, *shape: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return (torch.randn(shape, generator=generator) / shape[-1] ** 0.5).to(sizes.dtype)


def _named(path: str) -> Any:
    """Give a stand-in its original's name, `module.name`."""

    def rename(stand_in: type) -> type:
        stand_in.__module__, stand_in.__qualname__ = path.rsplit('.', 1)
        stand_in.__name__ = stand_in.__qualname__
        STAND_INS.append(stand_in)
        return stand_in

    return rename


STAND_INS: list[type] = []


@_named('mup.infshape.InfDim')
class InfDim:
    def __init__(self, base_dim: int | None) -> None:
        self.base_dim = base_dim
        self.dim = None


@_named('mup.infshape.InfShape')
class InfShape(tuple):
    def __init__(self, dims: tuple[InfDim, ...]) -> None:
        wide = [index for index, dim in enumerate(dims) if dim.base_dim is not None]
        self.main_idx = wide[-1] if wide else None
        self.main = dims[wide[-1]] if wide else None


def _inf_shapes(shapes: Mapping[str, Any]) -> dict[str, InfShape]:
    return {
        name: InfShape(tuple(InfDim(size) for size in shape)) for name, shape in shapes.items()
    }


@_named('omegaconf.base.Metadata')
class Metadata:
    def __init__(self, key: str | None) -> None:
        self.ref_type, self.object_type, self.optional, self.key = Any, dict, True, key


@_named('omegaconf.nodes.AnyNode')
class AnyNode:
    def __init__(self, value: object, key: str, parent: object) -> None:
        self._metadata, self._parent, self._val = Metadata(key), parent, value


@_named('omegaconf.nodes.IntegerNode')
class IntegerNode(AnyNode):
    pass


@_named('omegaconf.nodes.FloatNode')
class FloatNode(AnyNode):
    pass


@_named('omegaconf.nodes.BooleanNode')
class BooleanNode(AnyNode):
    pass


@_named('omegaconf.nodes.StringNode')
class StringNode(AnyNode):
    pass


@_named('omegaconf.dictconfig.DictConfig')
class DictConfig:
    """A tree that knows its parents, as OmegaConf's; `typed`: of a structured config."""

    def __init__(
        self,
        content: Mapping[str, Any],
        key: str | None = None,
        parent: object = None,
        typed: bool = False,
    ) -> None:
        self._metadata, self._parent = Metadata(key), parent
        self._content = {name: self._node(name, each, typed) for name, each in content.items()}

    def _node(self, key: str, value: object, typed: bool) -> object:
        if isinstance(value, Mapping):
            return DictConfig(value, key, self, typed)
        kinds = {int: IntegerNode, float: FloatNode, bool: BooleanNode, str: StringNode}
        kind = kinds.get(type(value), AnyNode) if typed else AnyNode
        return kind(value, key, self)


@contextlib.contextmanager
def _installed() -> Iterator[None]:
    """Put the stand-ins where pickle looks up what it writes, for the time of writing."""
    modules: dict[str, types.ModuleType] = {}
    for stand_in in STAND_INS:
        package = stand_in.__module__.split('.')[0]
        for name in (package, stand_in.__module__):
            modules.setdefault(name, types.ModuleType(name))
        setattr(modules[stand_in.__module__], stand_in.__name__, stand_in)
    before = {name: sys.modules.get(name) for name in modules}
    sys.modules.update(modules)
    try:
        yield
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
