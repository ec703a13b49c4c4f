import json

import pytest

from vavam_ros.__main__ import main


def demo(out, *options):
    return main(['demo', '--out', str(out), *map(str, options)])


@pytest.mark.dds
def test_a_drive_leaves_film_pictures_figures_and_the_bag(tmp_path, capsys):
    pytest.importorskip('panda3d')
    out = tmp_path / 'out'
    assert demo(out, '--seconds', 3, '--seed', 9001, '--weights', 'random') == 0
    left = {path.name for path in out.iterdir()}
    assert left == {'drive.mp4', 'drive.png', 'route.png', 'report.json', 'recording'}
    report = json.loads((out / 'report.json').read_text())
    said = capsys.readouterr().out
    assert '3 s in town 9001 (held out from training)' in said
    assert '60 commands, hash' in said
    assert (report['finished'], report['random_weights']) == (True, True)
    assert report['town']['seed'] == 9001
    assert report['town']['start'] == 'moving'
    assert report['figures']['metres'] > 5
    assert report['figures']['seconds'] == pytest.approx(3.0)
    assert 'RANDOM WEIGHTS' in report['warning']


@pytest.mark.parametrize(
    ('options', 'said'),
    [
        (['--seed', 20_000], 'there is no town of seed 20000'),
        (['--seconds', 1], '--seconds is 1: choose 2 to 600'),
        (['--rate', 1], '--rate has a meaning only with --clip'),
        (['--weights', 'w'], '--weights FILE and --tokenizer FILE belong together'),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_left(options, said, tmp_path, capsys):
    assert demo(tmp_path / 'out', *options) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / 'out').exists()
