"""vavam convert: released files become ours, bit for bit, or one line says why not."""

from __future__ import annotations

import hashlib
import json
import pickle
import shutil
import zipfile

import pytest
import torch
from hostile_pickles import Evil
from lightning_files import Sizes, save, vavam_content, vavim_content
from safetensors import safe_open

from vavam_ros.__main__ import main
from vavam_ros.commands import convert
from vavam_ros.errors import InputError
from vavam_ros.model import load_vavam, load_vavim
from vavam_ros.model.checkpoint import read_checkpoint
from vavam_ros.model.released import SHA256
from vavam_ros.model.vq_loading import load_tokenizer

SIZES = Sizes(layers=1)
MODELS = ['vavim_a', 'vavim_untied', 'vavim_grid18x32', 'vavam_a', 'vavam_grid18x32', 'vq_tiny']


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def source(tmp_path):
    return save(vavam_content(SIZES), tmp_path / 'vavam.pt')


@pytest.fixture
def out(tmp_path):
    return tmp_path / 'out.safetensors'


def complaint(capsys, *arguments):
    assert main(['convert', *map(str, arguments)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ''
    assert printed.err.startswith('vavam convert: error: ')
    assert printed.err.count('\n') == 1
    return printed.err


@pytest.mark.parametrize('stem', MODELS)
def test_every_golden_file_keeps_weights_multipliers_and_identity(golden_checkpoint, out, stem):
    source = golden_checkpoint(stem)
    assert main(['convert', str(source), str(out)]) == 0
    before, after = read_checkpoint(source), read_checkpoint(out)
    assert after.identity == before.identity
    assert (after.video, after.action, after.tokenizer) == (
        before.video,
        before.action,
        before.tokenizer,
    )
    assert after.tensors.keys() == before.tensors.keys()
    assert all(torch.equal(after.tensors[name], each) for name, each in before.tensors.items())
    if before.video:
        assert after.video.width_mult == before.video.width_mult > 1
    assert after.provenance == {**before.provenance, 'source_sha256': sha256(source)}


@pytest.mark.parametrize('stem', ['vavim_a', 'vavim_untied', 'vavam_a'])
def test_a_converted_video_model_gives_equal_logits(golden_checkpoint, out, stem):
    assert main(['convert', str(golden_checkpoint(stem)), str(out)]) == 0
    tokens = torch.randint(0, 65, (1, 5, 4, 6), generator=torch.Generator().manual_seed(0))
    first, second = load_vavim(golden_checkpoint(stem)), load_vavim(out)
    assert torch.equal(second.logits(tokens), first.logits(tokens))


@pytest.mark.parametrize(('stem', 'grid'), [('vavam_a', (4, 6)), ('vavam_grid18x32', (18, 32))])
def test_a_converted_planner_gives_equal_plans(golden_checkpoint, out, stem, grid):
    assert main(['convert', str(golden_checkpoint(stem)), str(out)]) == 0
    drawn = torch.Generator().manual_seed(0)
    tokens = torch.randint(0, 65, (1, 1, *grid), generator=drawn)
    noise = torch.randn(1, 2, 6, 2, generator=drawn)
    first, second = load_vavam(golden_checkpoint(stem)), load_vavam(out)
    plans = [planner.plan(tokens, torch.tensor([1]), noise) for planner in (first, second)]
    assert torch.equal(*plans)


def test_a_converted_tokenizer_gives_equal_tokens(golden_checkpoint, out):
    assert main(['convert', str(golden_checkpoint('vq_tiny')), str(out)]) == 0
    image = torch.rand(1, 3, 32, 48, generator=torch.Generator().manual_seed(0)) * 2 - 1
    first, second = (load_tokenizer(path) for path in (golden_checkpoint('vq_tiny'), out))
    assert torch.equal(first.codec.encode(image), second.codec.encode(image))
    assert first.identity == second.identity


def test_it_says_what_was_found(source, out, capsys):
    assert main(['convert', str(source), str(out)]) == 0
    printed = capsys.readouterr().out
    for text in (
        f'{out}: VaVAM',
        '1 layers, width 40, 4 heads of 10, vocabulary 37, 5 frames of 21 tokens (grid unknown)',
        'width 12, 7 waypoints, 4 commands, 6 steps of the flow, scale 50 m',
        'video 5, action 2 (muP)',
        'float32',
        'research-only RAIL-M licence',
        sha256(source),
        read_checkpoint(source).identity,
        'recorded, nothing to compare with',
        'give --grid ROWSxCOLUMNS',
    ):
        assert text in printed


def test_the_checksum_stays_with_the_weights(source, out):
    assert main(['convert', str(source), str(out)]) == 0
    with safe_open(out, framework='pt') as opened:
        header = json.loads(opened.metadata()['vavam_ros'])
    assert header['provenance']['source_sha256'] == sha256(source)
    assert header['provenance']['source'] == 'vavam.pt'


@pytest.mark.parametrize('name', [name for name in SHA256 if name.endswith('.pt')])
def test_a_released_name_with_another_content_is_refused(source, out, capsys, name):
    taken = source.with_name(name)
    shutil.copy(source, taken)
    said = complaint(capsys, taken, out)
    assert (
        f'{name} has SHA-256 {sha256(source)}, the released file of that name {SHA256[name]}'
        in said
    )
    assert 'give it another name' in said
    assert not out.exists()


def test_the_released_content_is_recognised_under_any_name(source, out, capsys, monkeypatch):
    monkeypatch.setitem(SHA256, 'VAM_width_768_pretrained_139k.pt', sha256(source))
    assert main(['convert', str(source), str(out)]) == 0
    assert 'SHA-256: that of the released VAM_width_768_pretrained' in capsys.readouterr().out


def test_video_models_have_nothing_to_compare_with():
    verdict = convert.compared('width_768_pretrained_139k_total_155k.pt', '0' * 64)
    assert verdict == 'recorded, nothing to compare with'
    with pytest.raises(InputError, match='download it again'):
        convert.compared('VAM_width_768_pretrained_139k.pt', '0' * 64)


def test_a_grid_is_set(source, out, capsys):
    assert main(['convert', str(source), str(out), '--grid', '3x7']) == 0
    assert read_checkpoint(out).video.grid == (3, 7)
    printed = capsys.readouterr().out
    assert '21 tokens (3x7)' in printed
    assert '--grid' not in printed


def test_a_grid_can_be_set_afterwards_and_only_once(source, out, capsys):
    assert main(['convert', str(source), str(out)]) == 0
    later, third = out.with_name('later.safetensors'), out.with_name('third.safetensors')
    assert main(['convert', str(out), str(later), '--grid', '3x7']) == 0
    checkpoint = read_checkpoint(later)
    assert checkpoint.video.grid == (3, 7)
    assert checkpoint.provenance['source_sha256'] == sha256(source)
    assert 'SHA-256: that of the original file' in capsys.readouterr().out
    said = complaint(capsys, later, third, '--grid', '7x3')
    assert 'converted already, with the grid 3x7' in said
    assert 'is converted already: use it as it is' in complaint(capsys, later, third)
    assert not third.exists()


def test_a_given_grid_goes_before_the_released_one(tmp_path, out):
    sizes = Sizes(layers=1, cells=576)
    source = save(vavim_content(sizes), tmp_path / 'a.pt')
    assert main(['convert', str(source), str(out), '--grid', '16x36']) == 0
    assert read_checkpoint(out).video.grid == (16, 36)


@pytest.mark.parametrize(
    ('grid', 'said'),
    [
        ('3x8', 'grid 3x8 does not fit: expected rows x columns with a product of 21'),
        ('21', "--grid is '21': expected ROWSxCOLUMNS"),
        ('-3x-7', "--grid is '-3x-7'"),
        ('0x0', 'grid 0x0 does not fit'),
    ],
)
def test_a_grid_that_does_not_fit_is_refused(source, out, capsys, grid, said):
    assert said in complaint(capsys, source, out, f'--grid={grid}')
    assert not out.exists()


def test_a_tokenizer_takes_no_grid(golden_checkpoint, out, capsys):
    said = complaint(capsys, golden_checkpoint('vq_tiny'), out, '--grid', '18x32')
    assert 'is a tokenizer, which takes any grid: leave out --grid' in said


def test_torchscript_is_used_as_it_is(tmp_path, out, capsys):
    with zipfile.ZipFile(tmp_path / 'encoder.jit', 'w') as archive:
        archive.writestr('encoder/constants.pkl', b'')
    assert 'is TorchScript: it is used as it is' in complaint(
        capsys, tmp_path / 'encoder.jit', out
    )


@pytest.mark.parametrize('part', ['aa', 'ab'])
def test_parts_of_an_archive_must_be_joined(tmp_path, out, capsys, part):
    source = tmp_path / f'VAM_width_2048_pretrained_139k_chunked.tar.gz.part_{part}'
    source.write_bytes(b'\x1f\x8b')
    assert 'join all parts and unpack them first' in complaint(capsys, source, out)


def test_an_existing_file_is_kept(source, out, capsys):
    out.write_text('precious')
    assert 'exists already, and is not overwritten' in complaint(capsys, source, out)
    assert 'exists already' in complaint(capsys, source, source)
    assert 'exists already' in complaint(capsys, source, source.parent)
    assert out.read_text() == 'precious'


def test_a_hostile_file_runs_nothing_and_is_one_line(tmp_path, out, capsys):
    made = tmp_path / 'made'
    content = {'hyper_parameters': Evil(made)} | {'state_dict': torch.zeros(1)}
    source = save(content, tmp_path / 'evil.pt')
    with zipfile.ZipFile(source) as archive, pytest.raises(pickle.UnpicklingError):
        pickle.loads(archive.read('evil/data.pkl'))  # obeys until it meets the first tensor
    assert made.exists(), 'the file is not hostile: the test would show nothing'
    made.unlink()
    assert f'{source}: hyper_parameters is an object' in complaint(capsys, source, out)
    assert not made.exists()
    assert not out.exists()


@pytest.mark.parametrize('case', ['missing', 'empty', 'text', 'folder', 'no folder'])
def test_bad_input_is_one_line_and_leaves_nothing(source, tmp_path, out, capsys, case):
    bad = tmp_path / 'bad.pt'
    if case == 'empty':
        bad.touch()
    elif case == 'text':
        bad.write_text('404')
    elif case == 'folder':
        bad.mkdir()
    before = sorted(tmp_path.iterdir())
    if case == 'no folder':
        assert 'there is no folder' in complaint(capsys, source, tmp_path / 'none' / 'o')
    else:
        assert f'{bad}: ' in complaint(capsys, bad, out)
    assert sorted(tmp_path.iterdir()) == before


def test_long_work_shows_progress(capsys, monkeypatch, source, out):
    monkeypatch.setattr('vavam_ros.commands.byte_progress._PROGRESS_S', 0.0)
    assert main(['convert', str(source), str(out)]) == 0
    said = capsys.readouterr().err
    assert f'hashing {source}: 0.00 of 0.00 GB' in said
    assert f'writing {out}: 0.00 of 0.00 GB' in said
