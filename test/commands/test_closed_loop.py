import json
import os
import signal

import pytest

from vavam_ros.__main__ import main


def closed_loop(*options):
    return main(['closed-loop', *map(str, options)])


def told(path):
    content = json.loads(path.read_text())
    del content['timing']
    return content


def test_two_policies_side_by_side_and_the_same_numbers_from_any_workers(tmp_path, capsys):
    options = ('--policy', 'expert', 'constant-velocity', '--seeds', '9000,9003', '--seconds', 20)
    assert closed_loop(*options, '--json', tmp_path / 'one.json', '--plot', tmp_path / 'p') == 0
    said = capsys.readouterr().out
    assert 'metres between events' in said
    assert 'NOT HELD OUT' not in said
    found = told(tmp_path / 'one.json')
    assert found['held_out'] is True
    assert found['partial'] is False
    policies = found['policies']
    assert policies['expert']['all_drives']['event_count'] == 0
    assert policies['expert']['all_drives']['completion'] == pytest.approx(1.0)
    assert policies['constant-velocity']['all_drives']['event_count'] > 0
    assert set(policies['expert']['by_seed']) == {'9000', '9003'}
    assert len(list((tmp_path / 'p').glob('*.png'))) == 2
    assert closed_loop(*options, '--json', tmp_path / 'two.json', '--workers', 2) == 0
    assert told(tmp_path / 'two.json') == found


@pytest.mark.parametrize(
    ('options', 'said'),
    [
        (['--seeds', '12000'], 'there is no town of seed 12000'),
        (['--weights', 'none.pt', '--tokenizer', 'no.pt'], '--weights: there is no none.pt'),
        (['--context', '0'], 'context_frames'),
        (['--policy', 'expert', '--seconds', '1'], '--seconds is 1: choose 5 to 3600'),
        (['--scenarios', '--start', 'standing'], '--start is of drives'),
        (['--policy', 'expert', '--check'], '--check judges vavam'),
        (['--policy', 'expert', '--json', 'none/out.json'], 'there is no folder none'),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_driven(options, said, capsys):
    assert closed_loop(*options) == 2
    assert said in capsys.readouterr().err


def test_towns_that_training_may_have_seen_are_marked(capsys):
    assert closed_loop('--policy', 'constant-velocity', '--seeds', 5, '--seconds', 5) == 0
    assert 'NOT HELD OUT: training may have seen the towns 5' in capsys.readouterr().out


def test_what_was_finished_before_ctrl_c_is_kept_and_called_partial(tmp_path, capsys, monkeypatch):
    def press(progress, cost):  # once the first drive is done
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr('vavam_ros.commands.work_pool._Progress.add', press)
    out = tmp_path / 'out.json'
    options = ('--policy', 'expert', '--seeds', '9000-9009', '--seconds', 5, '--json', out)
    assert closed_loop(*options) == 130
    found = told(out)
    assert found['partial'] is True
    assert found['of'] == 10
    assert 1 <= found['finished'] == len(found['policies']['expert']['drives']) < 10
    assert f'PARTIAL: only {found["finished"]} of 10 drives' in capsys.readouterr().out


def test_the_weights_of_the_package_drive_a_held_out_town_and_grey_images_do_not(tmp_path):
    """What steers is the camera: the same weights without it soon need the safety driver."""
    options = ('--seeds', 9001, '--seconds', 30, '--noise-seeds', 0, '--json', tmp_path / 'o.json')
    assert closed_loop('--policy', 'vavam', 'blind', *options, '--workers', 2) == 0
    found = json.loads((tmp_path / 'o.json').read_text())['policies']
    seeing, blind = (found[name]['all_drives'] for name in ('vavam-8', 'blind'))
    assert seeing['completion'] > 0.8
    assert seeing['event_count'] < blind['event_count']
