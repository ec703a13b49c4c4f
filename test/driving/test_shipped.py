"""Weights by name: files that come with the package, or one line that says they do not."""

from __future__ import annotations

import pytest
from mini_model import write_mini_model

from vavam_ros.driving import shipped
from vavam_ros.driving.assembly import assemble
from vavam_ros.driving.settings import PilotSettings
from vavam_ros.errors import InputError
from vavam_ros.model.checkpoint import read_checkpoint
from vavam_ros.model.config import PRESETS


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A folder of shipped weights, with mini ones in the place of tiny's."""
    monkeypatch.setattr(shipped, 'FOLDER', tmp_path)
    folder = tmp_path / 'tiny'
    folder.mkdir()
    for role, file in write_mini_model(folder).items():
        named = {'weights': shipped.WEIGHTS_FILE, 'tokenizer': shipped.TOKENIZER_FILE}[role]
        (folder / file).rename(folder / named)
    return folder


def test_a_name_stands_for_both_files(installed):
    assembled = assemble(PilotSettings(weights='tiny', context_frames=2))
    assert assembled.pilot.settings.weights == str(installed / 'vavam.safetensors')
    assert assembled.pilot.settings.tokenizer == str(installed / 'tokenizer.safetensors')


def test_files_of_ones_own_are_left_alone():
    own = PilotSettings(weights='./tiny', tokenizer='tokenizer')
    assert shipped.with_files(own) is own


def test_another_tokenizer_does_not_belong_to_them():
    with pytest.raises(InputError, match=r"'tiny', which brings its own tokenizer.*leave"):
        assemble(PilotSettings(weights='tiny', tokenizer='other'))


def test_a_file_that_is_not_installed_is_named(installed):
    (installed / 'tokenizer.safetensors').unlink()
    with pytest.raises(InputError, match=r'no .*tiny/tokenizer.safetensors \(reinstall'):
        assemble(PilotSettings(weights='tiny'))


def test_what_comes_with_the_package_is_trained_fits_together_and_is_small():
    weights, tokenizer = (read_checkpoint(path) for path in shipped.shipped_files('tiny'))
    assert weights.provenance['trained'] is True
    assert weights.provenance['tokenizer'] == tokenizer.identity
    assert (weights.video, weights.action) == (PRESETS['tiny'].video, PRESETS['tiny'].action)
    files = [path for path in (shipped.FOLDER / 'tiny').iterdir() if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 15e6
    commands = [str(one.provenance['command']) for one in (weights, tokenizer)]
    words = ' '.join(commands).split()
    assert not any(word.startswith('/') for word in words), 'names folders of a machine'
