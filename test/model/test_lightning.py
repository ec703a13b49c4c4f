"""Released files of any size, and in every form that training may have left them in."""

from __future__ import annotations

import dataclasses
import sys
import zipfile

import pytest
import torch
from hostile_pickles import Evil
from lightning_files import (
    DictConfig,
    Sizes,
    action_weights,
    gpt_config,
    gpt_weights,
    save,
    vam_conf,
    vavam_content,
    vavim_content,
)

from vavam_ros.errors import InputError
from vavam_ros.model import load_vavam, load_vavim
from vavam_ros.model.checkpoint import read_checkpoint

SIZES = Sizes()


def plan(path, sizes=SIZES, grid=(3, 7), frames=2, samples=3):
    planner = load_vavam(path)
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randint(sizes.vocabulary, (2, frames, *grid), generator=generator)
    noise = torch.randn(2, samples, sizes.horizon, sizes.action_dim, generator=generator)
    return planner.plan(tokens, torch.tensor([0, sizes.commands - 1]), noise)


def logits(path, sizes=SIZES, grid=(3, 7), frames=2):
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randint(sizes.vocabulary, (1, frames, *grid), generator=generator)
    return load_vavim(path).logits(tokens)


@pytest.fixture(scope='module')
def vavam(tmp_path_factory):
    return save(vavam_content(SIZES), tmp_path_factory.mktemp('files') / 'vavam.pt')


@pytest.mark.parametrize('sizes', [
    SIZES,
    Sizes(tied=False, mlp=2),
    Sizes(width=48, dim_heads=48, base=48, layers=1, frames=1, finetuning=1),
    Sizes(width=64, dim_heads=4, base=2, action_width=4, action_base=2, horizon=1, commands=1),
    Sizes(action_width=64, action_base=32, action_mlp=5, horizon=20, finetuning=8),
])  # fmt: skip
def test_every_size_comes_from_the_file(tmp_path, sizes):
    path = save(vavam_content(sizes), tmp_path / 'a.pt')
    checkpoint = read_checkpoint(path)
    video, action = checkpoint.video, checkpoint.action
    assert video.width_mult == sizes.width / sizes.base
    assert action.width_mult == sizes.action_width / sizes.action_base
    assert (video.heads, video.nb_timesteps) == (sizes.width // sizes.dim_heads, sizes.frames)
    assert video.grid is None
    assert (action.num_inference_steps, action.flow_sig_min) == (6, 0.002)
    trajectories = plan(path, sizes, frames=1)
    assert trajectories.shape == (2, 3, sizes.horizon, sizes.action_dim)
    assert torch.isfinite(trajectories).all()
    assert logits(path, sizes, frames=1).shape == (1, sizes.cells, sizes.vocabulary)


@pytest.mark.parametrize('tied', [True, False])
def test_weights_of_both_kinds_are_those_of_the_file(tmp_path, tied):
    sizes = dataclasses.replace(SIZES, tied=tied)
    expected = gpt_weights(sizes)
    if tied:
        del expected['lm_head.weight']
    for content in (vavim_content(sizes), vavam_content(sizes)):
        read = read_checkpoint(save(content, tmp_path / 'a.pt'))
        video = {name[4:]: read.tensors[name] for name in read.tensors if name.startswith('gpt.')}
        assert video.keys() == expected.keys()
        assert all(torch.equal(video[name], tensor) for name, tensor in expected.items())
    for name, tensor in action_weights(sizes).items():
        assert torch.equal(read.tensors[f'action_expert.{name}'], tensor)


def test_provenance_names_source_and_licence(vavam):
    origin = read_checkpoint(vavam).provenance
    assert (origin['source'], origin['format'], origin['trained']) == (
        'vavam.pt',
        'lightning',
        True,
    )
    assert 'RAIL-M' in origin['licence']


def test_the_released_number_of_cells_has_the_released_grid(tmp_path):
    sizes = dataclasses.replace(SIZES, cells=576)
    assert read_checkpoint(save(vavim_content(sizes), tmp_path / 'a.pt')).video.grid == (18, 32)


def as_dicts(sizes):
    return vam_conf(sizes)


def as_typed_nodes(sizes):
    return DictConfig(vam_conf(sizes), typed=True)


def as_dict_within_a_config(sizes):
    """OmegaConf with the flag allow_objects keeps what it is given."""
    conf = DictConfig(vam_conf(sizes))
    conf._content['gpt_config'] = gpt_config(sizes)
    return conf


@pytest.mark.parametrize('form', [as_dicts, as_typed_nodes, as_dict_within_a_config])
def test_configurations_may_be_plain_typed_or_mixed(tmp_path, vavam, form):
    content = vavam_content(SIZES)
    content['hyper_parameters']['vam_conf'] = form(SIZES)
    path = save(content, tmp_path / 'a.pt')
    assert read_checkpoint(path).identity == read_checkpoint(vavam).identity


def test_hyper_parameters_may_be_one_config(tmp_path, vavam):
    content = vavam_content(SIZES)
    content['hyper_parameters'] = DictConfig({'vam_conf': vam_conf(SIZES), 'compile': False})
    path = save(content, tmp_path / 'a.pt')
    assert read_checkpoint(path).identity == read_checkpoint(vavam).identity


def test_keys_that_files_leave_out_have_defaults(tmp_path):
    sizes = dataclasses.replace(SIZES, mlp=4, action_mlp=4)
    content, bare = vavam_content(sizes), vavam_content(sizes)
    conf = vam_conf(sizes)
    del conf['gpt_config']['mlp_dim_mult'], conf['gpt_config']['output_tied']
    del conf['action_config']['mlp_dim_mult'], conf['final_action_clip_value']
    bare['hyper_parameters']['vam_conf'] = DictConfig(conf)
    first, second = save(content, tmp_path / 'a.pt'), save(bare, tmp_path / 'b.pt')
    assert read_checkpoint(first).identity == read_checkpoint(second).identity


def test_scales_are_applied(tmp_path):
    scaled = vavim_content(SIZES, output_scale=2.5)
    plain, twice = save(vavim_content(SIZES), tmp_path / 'a.pt'), save(scaled, tmp_path / 'b.pt')
    torch.testing.assert_close(logits(twice), 2.5 * logits(plain), rtol=1e-5, atol=1e-5)
    sharper = save(vavim_content(SIZES, attn_scale=3), tmp_path / 'c.pt')
    assert (logits(sharper) - logits(plain)).abs().max() > 0.01


def test_the_clip_is_read(tmp_path):
    path = save(vavam_content(SIZES, final_action_clip_value=0.01), tmp_path / 'a.pt')
    assert plan(path).abs().max() <= 0.01 * 50


@pytest.mark.parametrize('dtype', [torch.float64, torch.bfloat16, torch.float16])
def test_other_precisions_are_kept_and_used(tmp_path, dtype):
    sizes = dataclasses.replace(SIZES, dtype=dtype)
    path = save(vavam_content(sizes), tmp_path / 'a.pt')
    assert {tensor.dtype for tensor in read_checkpoint(path).tensors.values()} == {dtype}
    assert plan(path, sizes).dtype == torch.float32


def test_a_frozen_half_in_bfloat16_is_read(tmp_path):
    content = vavam_content(SIZES)
    states = content['state_dict']
    for name in states:
        if '.gpt.' in name:
            states[name] = states[name].bfloat16()
    checkpoint = read_checkpoint(save(content, tmp_path / 'a.pt'))
    assert checkpoint.tensors['gpt.transformer.wie.weight'].dtype == torch.bfloat16
    assert checkpoint.tensors['action_expert.action_decoder.weight'].dtype == torch.float32


def test_one_storage_for_everything_is_read(tmp_path, vavam):
    """Weights that are slices of one long vector."""
    content = vavam_content(SIZES)
    states = content['state_dict']
    weights = {name: tensor for name, tensor in states.items() if tensor.dtype != torch.bool}
    flat, start = torch.cat([tensor.reshape(-1) for tensor in weights.values()]), 0
    for name, tensor in weights.items():
        states[name] = flat.narrow(0, start, tensor.numel()).view(tensor.shape)
        start += tensor.numel()
    path = save(content, tmp_path / 'a.pt')
    assert read_checkpoint(path).identity == read_checkpoint(vavam).identity


def test_turned_weights_give_the_same_plans(tmp_path, vavam):
    content = vavam_content(SIZES)
    states = content['state_dict']
    for name in states:
        states[name] = states[name].T.contiguous().T
    path = save(content, tmp_path / 'a.pt')
    assert not read_checkpoint(path).tensors['gpt.transformer.wie.weight'].is_contiguous()
    assert read_checkpoint(path).identity == read_checkpoint(vavam).identity
    assert torch.equal(plan(path), plan(vavam))


def test_the_mask_of_training_is_not_needed(tmp_path, vavam):
    content = vavam_content(SIZES)
    del content['state_dict']['vam.attn_mask']
    path = save(content, tmp_path / 'a.pt')
    assert read_checkpoint(path).identity == read_checkpoint(vavam).identity


def test_copies_under_the_joint_model_are_not_needed(tmp_path, vavam):
    content = vavam_content(SIZES)
    for name in [name for name in content['state_dict'] if name.startswith('vam.joint_model.')]:
        del content['state_dict'][name]
    path = save(content, tmp_path / 'a.pt')
    assert read_checkpoint(path).identity == read_checkpoint(vavam).identity


@pytest.mark.parametrize('optimizer', ['absent', 'garbage'])
def test_optimizer_state_is_never_read(tmp_path, vavam, optimizer):
    """Its records may be missing or be anything: nobody looks."""
    needed = {tensor.untyped_storage().data_ptr() for tensor in gpt_weights(SIZES).values()}
    weights = 1 + len(needed) + len(action_weights(SIZES))  # with the mask
    path, left = tmp_path / 'a.pt', 0
    with zipfile.ZipFile(vavam) as before, zipfile.ZipFile(path, 'w') as after:
        for record in before.infolist():
            folder, _, number = record.filename.rpartition('/')
            if folder.endswith('/data') and int(number) >= weights:
                left += 1
                if optimizer == 'garbage':
                    after.writestr(record.filename, b'?')
            else:
                after.writestr(record.filename, before.read(record))
    assert left == 3
    assert read_checkpoint(path).identity == read_checkpoint(vavam).identity


def test_nothing_of_training_is_imported(vavam):
    plan(vavam)
    for name in ('omegaconf', 'mup', 'hydra', 'lightning', 'pytorch_lightning', 'vam'):
        assert name not in sys.modules
        with pytest.raises(ModuleNotFoundError):
            __import__(name)


def test_code_in_a_part_that_nobody_reads_does_not_run(tmp_path, vavam):
    made = tmp_path / 'made'
    content = vavam_content(SIZES) | {'callbacks': {'bad': Evil(made)}}
    path = save(content, tmp_path / 'a.pt')
    assert read_checkpoint(path).identity == read_checkpoint(vavam).identity
    assert not made.exists()


@pytest.mark.parametrize('place', ['hyper_parameters', 'state_dict', 'gpt_mup_base_shapes'])
def test_code_in_a_part_that_is_read_is_an_error_and_does_not_run(tmp_path, place):
    made = tmp_path / 'made'
    content = vavam_content(SIZES)
    content[place] = Evil(made)
    with pytest.raises(InputError, match=place) as caught:
        read_checkpoint(save(content, tmp_path / 'a.pt'))
    assert '\n' not in str(caught.value)
    assert not made.exists()
