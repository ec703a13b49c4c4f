"""The multiplier comes from mup's base shapes, which must be there, complete and consistent."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from lightning_files import (
    InfDim,
    InfShape,
    Sizes,
    gpt_base_shapes,
    save,
    vavim_content,
)

from vavam_ros.errors import InputError
from vavam_ros.model import load_vavim
from vavam_ros.model.checkpoint import read_checkpoint

SIZES = Sizes(layers=1)
C_ATTN = 'transformer.h.0.attn.c_attn.weight'
WIE = 'transformer.wie.weight'


def width_mult(path):
    return read_checkpoint(path).video.width_mult


def file_with(shapes, path):
    return save(vavim_content(SIZES) | {'mup_base_shapes': shapes}, path / 'a.pt')


def inf(*sizes):
    return InfShape(tuple(InfDim(size) for size in sizes))


@pytest.mark.parametrize('base', [1, 8, 40, 80])
def test_the_multiplier_is_width_over_base_width_and_divides_the_logits(tmp_path, base):
    sizes = dataclasses.replace(SIZES, base=base)
    path = save(vavim_content(sizes), tmp_path / 'a.pt')
    assert width_mult(path) == 40 / base
    tokens = torch.ones(1, 1, 3, 7, dtype=torch.int64)
    unscaled = save(vavim_content(dataclasses.replace(SIZES, base=40)), tmp_path / 'b.pt')
    torch.testing.assert_close(
        load_vavim(path).logits(tokens) * 40 / base, load_vavim(unscaled).logits(tokens)
    )


@pytest.mark.parametrize('form', [tuple, list, torch.Size])
def test_plain_shapes_are_understood_as_mup_does(tmp_path, form):
    rows = {'wie': SIZES.vocabulary, 'wse': SIZES.cells, 'wte': SIZES.frames}
    shapes = {}
    for name, shape in gpt_base_shapes(SIZES).items():
        fixed = rows.get(name.split('.')[1])
        shapes[name] = form([fixed if dim.base_dim is None else dim.base_dim for dim in shape])
    assert width_mult(file_with(shapes, tmp_path)) == 5


def test_a_tied_readout_may_have_a_shape_of_its_own(tmp_path):
    shapes = gpt_base_shapes(SIZES) | {'lm_head.weight': inf(None, 8)}
    assert width_mult(file_with(shapes, tmp_path)) == 5
    shapes['lm_head.weight'] = inf(None, 4)
    with pytest.raises(InputError, match=r"mup_base_shapes\['lm_head.weight'\] is \[None, 4\]"):
        width_mult(file_with(shapes, tmp_path))


@pytest.mark.parametrize(('weight', 'shape', 'said'), [
    (C_ATTN, None, f"mup_base_shapes['{C_ATTN}'] is missing: expected [24, 8], as the other"),
    (WIE, None, f"mup_base_shapes['{WIE}'] is missing: the multiplier follows from it"),
    (WIE, inf(None, None), f"['{WIE}'] has no base width"),
    (C_ATTN, inf(24, 16), f"mup_base_shapes['{C_ATTN}'] is [24, 16]: expected [24, 8]"),
    (C_ATTN, inf(24, 8, 8), 'is [24, 8, 8]: expected [24, 8]'),
    (WIE, inf(None, 20), 'is [None, 8]: expected [21, 20], as the other base shapes have it'),
    (WIE, inf(38, 8), 'is [38, 8]: expected [37, 8]'),
    ('transformer.h.7.new', inf(8, 8), "['transformer.h.7.new'] belongs to no weight"),
    (C_ATTN, 'text', f"mup_base_shapes['{C_ATTN}'] is no base shape of mup"),
    (C_ATTN, (24, 0), 'a dimension that is no InfDim with a base width'),
    (C_ATTN, (24, 8.0), 'a dimension that is no InfDim'),
    (C_ATTN, InfShape((InfDim(24), InfDim('8'))), 'a dimension that is no InfDim'),
    (C_ATTN, (24, torch.Size([8])), 'a dimension that is no InfDim'),
])  # fmt: skip
def test_what_is_wrong_is_named(tmp_path, weight, shape, said):
    shapes = gpt_base_shapes(SIZES) | {weight: shape}
    if shape is None:
        del shapes[weight]
    path = file_with(shapes, tmp_path)
    with pytest.raises(InputError) as caught:
        read_checkpoint(path)
    assert str(caught.value).startswith(f'{path}: ')
    assert said in str(caught.value)


@pytest.mark.parametrize('shapes', [{}, [], None, 'mup_shapes/gpt.bsh'])
def test_without_base_shapes_nothing_is_read(tmp_path, shapes):
    with pytest.raises(InputError, match=r'mup_base_shapes is missing: without .* would be wrong'):
        read_checkpoint(file_with(shapes, tmp_path))
