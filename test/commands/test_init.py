"""vavam init: random weights, said to be random; both files or none."""

from __future__ import annotations

import resource

import pytest
import torch

from vavam_ros.__main__ import main
from vavam_ros.model import config, load_vavam
from vavam_ros.model.checkpoint import read_checkpoint
from vavam_ros.model.vq_loading import load_tokenizer

NANO = config.Preset(
    config.VideoConfig(64, 32, 16, 2, 97, 3, 24, grid=(4, 6)),
    config.ActionConfig(16, 8, 64, 16, 2),
    config.TokenizerConfig(channels=32, z_channels=32, codebook_size=96),
)
FILES = ['tokenizer.safetensors', 'vavam.safetensors']


@pytest.fixture(autouse=True)
def nano(monkeypatch):
    monkeypatch.setitem(config.PRESETS, 'tiny', NANO)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_it_writes_a_planner_and_its_tokenizer(tmp_path, capsys):
    assert main(['init', 'tiny', str(tmp_path / 'weights')]) == 0
    assert names(tmp_path / 'weights') == FILES
    planner = load_vavam(tmp_path / 'weights' / 'vavam.safetensors')
    tokens = torch.zeros(1, 2, 4, 6, dtype=torch.int64)
    assert planner.plan(tokens, torch.tensor([2]), torch.zeros(1, 1, 6, 2)).shape == (1, 1, 6, 2)
    tokenizer = load_tokenizer(tmp_path / 'weights' / 'tokenizer.safetensors')
    assert tokenizer.codec.codebook_size == planner.video.config.vocabulary_size - 1
    assert tokenizer.provenance['trained'] is False
    checkpoint = read_checkpoint(tmp_path / 'weights' / 'vavam.safetensors')
    printed = capsys.readouterr().out
    for text in (
        '2 layers, width 64, 4 heads of 16, vocabulary 97, 3 frames of 24 tokens (4x6)',
        'video 2, action 2 (muP)',
        checkpoint.identity,
        tokenizer.identity,
        'RANDOM WEIGHTS, never trained',
    ):
        assert text in printed


def test_the_same_seed_gives_the_same_weights(tmp_path):
    for name, arguments in (('a', []), ('b', ['--seed', '0']), ('c', ['--seed', '7'])):
        assert main(['init', 'tiny', str(tmp_path / name), *arguments]) == 0
    first, again, other = (
        [(tmp_path / name / file).read_bytes() for file in FILES] for name in ('a', 'b', 'c')
    )
    assert first == again
    assert first[0] != other[0]
    assert first[1] != other[1]


@pytest.mark.parametrize('existing', FILES)
def test_existing_files_are_kept_and_nothing_is_put_beside_them(tmp_path, capsys, existing):
    (tmp_path / existing).write_text('precious')
    assert main(['init', 'tiny', str(tmp_path)]) == 2
    assert f'{tmp_path / existing}: exists already' in capsys.readouterr().err
    assert names(tmp_path) == [existing]
    assert (tmp_path / existing).read_text() == 'precious'


def complaint(capsys, *arguments):
    assert main(['init', *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.err.startswith('vavam init: error: ')
    assert printed.err.count('\n') == 1
    return printed.err


def test_bad_arguments_are_one_line(tmp_path, capsys):
    (tmp_path / 'file').touch()
    missing, taken = tmp_path / 'none' / 'weights', tmp_path / 'file'
    assert 'weights cannot be made (No such file' in complaint(capsys, 'tiny', str(missing))
    assert 'file cannot be made (File exists)' in complaint(capsys, 'tiny', str(taken))
    assert '--seed is -1' in complaint(capsys, 'tiny', str(tmp_path / 'w'), '--seed', '-1')
    assert names(tmp_path) == ['file']


def test_an_unknown_preset_lists_the_known_ones(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(['init', 'XL', str(tmp_path)])
    assert "invalid choice: 'XL' (choose from" in capsys.readouterr().err


@pytest.mark.parametrize('limit', [100_000, 1_000_000])  # within the first file, the second
def test_a_disk_that_fills_up_leaves_nothing(tmp_path, capsys, limit):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        said = complaint(capsys, 'tiny', str(tmp_path / 'weights'))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert 'cannot be written (File too large)' in said
    assert names(tmp_path) == []
