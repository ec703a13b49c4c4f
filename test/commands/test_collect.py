import contextlib
import json
import resource

import pytest

from vavam_ros.__main__ import main
from vavam_ros.commands.collect import parse_seeds
from vavam_ros.errors import InputError
from vavam_ros.training.drives import read_drive


def collect(out, *options):
    return main(['collect', str(out), *options])


def test_seeds_are_ranges_and_numbers():
    assert parse_seeds('3-5,1, 4') == [3, 4, 5, 1]


@pytest.mark.parametrize('text', ['', 'a', '5-3', '1-2-3', '-1'])
def test_seeds_that_make_no_sense_are_refused(text):
    with pytest.raises(InputError, match='--seeds'):
        parse_seeds(text)


def test_held_out_seeds_are_never_recorded(tmp_path, capsys):
    assert collect(tmp_path / 'out', '--seeds', '8999-9001') == 2
    assert 'seed 9000 is held out' in capsys.readouterr().err
    assert not (tmp_path / 'out').exists()


@contextlib.contextmanager
def files_up_to(size):
    """As a full disk would, in the worker processes as well."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_drives_are_recorded_once_and_neither_other_settings_nor_a_full_disk_harm_them(
    tmp_path, capsys
):
    pytest.importorskip('panda3d')
    wanted = ('--seeds', '7', '--cars', '0')
    assert collect(tmp_path, *wanted, '--seconds', '4') == 0
    path = tmp_path / 'town-0007.drive.safetensors'
    drive = read_drive(path)
    assert len(drive) == 8
    assert drive.frames[0].shape == (144, 256, 3)
    assert (drive.origin.seed, drive.origin.command_rule) == (7, 'route-20m')
    manifest = json.loads((tmp_path / 'manifest.json').read_text())
    assert (manifest['frames'], manifest['seeds']) == (8, [7])
    before = path.stat().st_mtime_ns
    assert collect(tmp_path, *wanted, '--seconds', '4') == 0
    assert '0 drives to record, 1 are there' in capsys.readouterr().out
    assert path.stat().st_mtime_ns == before
    assert collect(tmp_path, *wanted, '--seconds', '5') == 2
    assert 'other settings (seconds 4.0, now 5.0)' in capsys.readouterr().err
    with files_up_to(20_000):
        assert collect(tmp_path, '--seeds', '7,8', '--cars', '0', '--seconds', '4') == 2
    said = capsys.readouterr().err
    assert 'town-0008.drive.safetensors cannot be written: File too large' in said
    assert said.count('error: ') == said.count('\n') == 1
    assert path.stat().st_mtime_ns == before
    assert json.loads((tmp_path / 'manifest.json').read_text()) == manifest
    assert {one.name for one in tmp_path.iterdir()} == {path.name, 'manifest.json'}
