"""Released files with something wrong: refused by file, key, expected and found."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from lightning_files import DictConfig, Sizes, save, vam_conf, vavam_content, vavim_content

from vavam_ros.errors import InputError
from vavam_ros.model.checkpoint import read_checkpoint

SIZES = Sizes()


def removed(key):
    def change(content):
        del content['state_dict'][key]

    return change


def replaced(key, tensor):
    def change(content):
        content['state_dict'][key] = tensor

    return change


def spoiled(key):
    def change(content):
        content['state_dict'][key] = content['state_dict'][key].clone()
        content['state_dict'][key][0, 0] += 1

    return change


def conf(path, value):
    """Set a key of vam_conf, or of its section; `...` takes it out."""
    *section, key = path.split('.')

    def change(content):
        tree = vam_conf(SIZES)
        place = tree[section[0]] if section else tree
        if value is ...:
            del place[key]
        else:
            place[key] = value
        content['hyper_parameters']['vam_conf'] = DictConfig(tree)

    return change


def dropped(*names):
    def change(content):
        for name in names:
            del content[name]

    return change


WIE, JOINT = 'vam.gpt.transformer.wie.weight', 'vam.joint_model.gpt.transformer.wie.weight'
FC = 'vam.gpt.transformer.h.1.mlp.c_fc.weight'
HYPER = 'hyper_parameters.vam_conf'


@pytest.mark.parametrize(('change', 'said'), [
    (removed(FC), f'{FC} is missing: expected a tensor of shape [120, 40]'),
    (removed(JOINT), f'{JOINT} is missing: expected a tensor of shape [37, 40]'),
    (replaced(FC, torch.zeros(120, 41)), f'{FC} has shape [120, 41]: expected [120, 40]'),
    (replaced(FC, torch.zeros(120, 40, dtype=torch.int8)), f'{FC} holds torch.int8: expected fl'),
    (replaced(FC, 'x'), f'{FC}: expected a dense tensor, found a str'),
    (replaced('vam.new', torch.zeros(1)), 'vam.new is unexpected'),
    (spoiled(JOINT), f'{JOINT} differs from {WIE} in 1 of 1480 elements'),
    (spoiled('vam.gpt.lm_head.weight'), 'vam.joint_model.gpt.lm_head.weight differs from vam'),
    (replaced(JOINT, torch.zeros(37, 40, dtype=torch.float64)), f'{JOINT} holds torch.float64'),
    (replaced('vam.attn_mask', torch.ones(9, 9)), 'attn_mask is torch.float32 [9, 9]: expected'),
    (dropped('gpt_mup_base_shapes'), 'gpt_mup_base_shapes is missing: without the base shapes'),
    (dropped('action_mup_base_shapess'), 'action_mup_base_shapess is missing'),
    (dropped('state_dict'), 'state_dict is missing'),
    (dropped('hyper_parameters'), 'unknown layout: its keys are epoch, state_dict, optimizer_sta'),
    (conf('gpt_config', ...), f'{HYPER}.gpt_config is missing: expected a mapping, found'),
    (conf('gpt_config.embedding_dim', ...), f'{HYPER}.gpt_config.embedding_dim is missing: expec'),
    (conf('gpt_config.embedding_dim', '40'), f"{HYPER}.gpt_config.embedding_dim is '40': exp"),
    (conf('gpt_config.embedding_dim', 44), 'no multiple of dim_heads 10'),
    (conf('gpt_config.embedding_dim', 50), 'has shape [37, 40]: expected [37, 50] by the sizes'),
    (conf('gpt_config.nb_layers', 2), "gpt_mup_base_shapes['transformer.h.2."),
    (conf('gpt_config.nb_layers', 10**9), 'nb_layers is 1000000000: no checkpoint has over'),
    (conf('gpt_config.nb_layers', -1), 'nb_layers is -1: expected a positive integer'),
    (conf('gpt_config.nb_layers', '${data.layers}'), "nb_layers is '${data.layers}': expected"),
    (conf('gpt_config.output_tied', 1), 'output_tied is 1: expected true or false'),
    (conf('gpt_config.attn_scale', 2.0), 'has attn_scale 1.0: expected 2.0, as in the video'),
    (conf('action_config.dim_heads', 20), 'has dim_heads 20: expected 10, as in the video model'),
    (conf('action_config.output_scale', 2.0), 'output_scale is 2: only 1.0 is supported'),
    (conf('action_scaling', ...), f'{HYPER}.action_scaling is missing'),
    (conf('action_scaling', float('nan')), f'{HYPER}.action_scaling is nan: expected a finite'),
    (conf('finetuning_timesteps', 3), '[112, 112]: expected torch.bool [84, 84]'),
])  # fmt: skip
def test_what_is_wrong_is_named(tmp_path, change, said):
    content = vavam_content(SIZES)
    change(content)
    path = save(content, tmp_path / 'a.pt')
    with pytest.raises(InputError) as caught:
        read_checkpoint(path)
    message = str(caught.value)
    assert message.startswith(f'{path}: ')
    assert said in message
    assert '\n' not in message


def test_a_tied_readout_that_differs_is_refused(tmp_path):
    content = vavim_content(dataclasses.replace(SIZES, tied=False), output_tied=True)
    del content['mup_base_shapes']['lm_head.weight']
    with pytest.raises(InputError, match=r'network.lm_head.weight differs from network.transf'):
        read_checkpoint(save(content, tmp_path / 'a.pt'))


def test_a_path_to_base_shapes_is_none(tmp_path):
    content = vavim_content(SIZES)
    del content['mup_base_shapes']
    with pytest.raises(InputError, match='mup_base_shapes is missing'):
        read_checkpoint(save(content, tmp_path / 'a.pt'))


def test_another_lightning_model_is_named_by_its_parameters(tmp_path):
    content = vavim_content(SIZES) | {'hyper_parameters': {'lr': 0.1, 'backbone': 'resnet'}}
    with pytest.raises(InputError, match=r'neither vam_conf .* found backbone, lr'):
        read_checkpoint(save(content, tmp_path / 'a.pt'))
