"""vavam train tokenizer: shared out by DDP, and going on from a file."""

from __future__ import annotations

import pytest
import torch
from recorded_drives import folder_of_drives

from vavam_ros.__main__ import main
from vavam_ros.model import config
from vavam_ros.model.checkpoint import read_checkpoint

SMALL = config.TokenizerConfig(8, (1, 1, 1, 1, 2), 1, 8, codebook_size=24, codebook_dim=4)


@pytest.fixture(scope='module')
def data(tmp_path_factory):
    return folder_of_drives(tmp_path_factory.mktemp('drives') / 'drives', drives=2, frames=4)


@pytest.fixture
def by_ddp(monkeypatch):
    """Where a process has joined a group, it leaves it again."""
    for name in ('MASTER_ADDR', 'MASTER_PORT', 'WORLD_SIZE', 'RANK', 'NODE_RANK', 'LOCAL_RANK'):
        monkeypatch.setenv(name, '')  # so that it is restored
        monkeypatch.delenv(name)
    yield ('--strategy', 'ddp')
    torch.distributed.destroy_process_group()


def train(data, out, *arguments):
    quick = ['--batch', '2', '--precision', '32-true', '--warmup', '1', '--accelerator', 'cpu']
    where = ['--data', str(data), '--out', str(out)]
    return main(['train', 'tokenizer', *where, *quick, *map(str, arguments)])


def test_ddp_bears_codes_that_are_not_in_use_yet_and_a_file_is_gone_on_from(
    data, tmp_path, monkeypatch, by_ddp, capsys
):
    first, second = tmp_path / 'first', tmp_path / 'second'
    preset = config.Preset(config.PRESETS['tiny'].video, config.PRESETS['tiny'].action, SMALL)
    monkeypatch.setitem(config.PRESETS, 'tiny', preset)
    assert train(data, first, '--preset', 'tiny', '--steps', 3, *by_ddp) == 0
    start = read_checkpoint(first / 'tokenizer.safetensors')
    assert train(data, second, '--from', first / 'tokenizer.safetensors', '--steps', 1) == 0
    tuned = read_checkpoint(second / 'tokenizer.safetensors')
    assert tuned.tokenizer == start.tokenizer == SMALL
    assert tuned.provenance['from'] == start.identity
    assert any(not torch.equal(tuned.tensors[name], start.tensors[name]) for name in tuned.tensors)
    assert train(data, tmp_path / 'third', '--preset', 'tiny', '--from', first) == 2
    assert 'give either --preset SIZE' in capsys.readouterr().err
