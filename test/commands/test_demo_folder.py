"""A demo's folder is replaced by the next demo; any other folder is left alone."""

from __future__ import annotations

import json

import pytest

from vavam_ros.commands.demo_folder import DemoFolder, demo_folder
from vavam_ros.errors import InputError


def leave_a_demo(path):
    with demo_folder(path) as folder:
        folder.start_anew()
        folder.recording.mkdir()
        for place in (folder.film, folder.plot, folder.logs / 'planner.log'):
            place.write_text('of the first')
        folder.write_report({'finished': True})
    return folder


def names(path):
    return sorted(place.name for place in path.iterdir())


def test_the_second_demo_replaces_the_first_ones_results_and_nothing_else(tmp_path):
    leave_a_demo(tmp_path / 'out')
    (tmp_path / 'out' / 'notes.txt').write_text('mine')
    with demo_folder(tmp_path / 'out') as folder:
        assert folder.film.read_text() == 'of the first'  # until the second one is sure to run
        folder.start_anew()
        assert names(folder.path) == ['logs', 'notes.txt', 'report.json', 'work']
        assert names(folder.logs) == []


@pytest.mark.parametrize('content', ['report.json', 'clip.csv'])
def test_a_folder_with_something_else_is_left_alone(tmp_path, content):
    (tmp_path / content).write_text('{"made_by": "me"}')
    with pytest.raises(InputError, match='holds something else'), demo_folder(tmp_path):
        pass
    assert names(tmp_path) == [content]


def test_an_empty_folder_is_used_and_a_new_one_made_with_its_parents(tmp_path):
    (tmp_path / 'empty').mkdir()
    for path in (tmp_path / 'empty', tmp_path / 'a' / 'b'):
        leave_a_demo(path)
        assert 'report.json' in names(path)


def test_a_demo_that_never_ran_leaves_no_folder(tmp_path):
    with demo_folder(tmp_path / 'out') as folder:
        (folder.work / 'clip').mkdir()
    assert names(tmp_path) == []


def test_a_demo_that_was_killed_at_its_beginning_is_taken_over(tmp_path):
    (tmp_path / 'work' / 'clip.partial').mkdir(parents=True)
    with demo_folder(tmp_path) as folder:
        assert names(folder.work) == []


def test_two_demos_do_not_write_to_one_folder(tmp_path):
    with demo_folder(tmp_path / 'out') as first:
        first.start_anew()
        with pytest.raises(InputError, match='another demo'), demo_folder(tmp_path / 'out'):
            pass
        assert first.work.is_dir()
    leave_a_demo(tmp_path / 'out')


def test_a_file_and_a_place_that_cannot_be_written_are_refused(tmp_path):
    (tmp_path / 'file').write_text('')
    with pytest.raises(InputError, match='is a file'), demo_folder(tmp_path / 'file'):
        pass
    with (
        pytest.raises(InputError, match='cannot be written'),
        demo_folder(tmp_path / 'file' / 'x'),
    ):
        pass


def test_a_failure_is_noted_beside_what_was_counted(tmp_path):
    folder = DemoFolder(tmp_path)
    folder.write_report({'finished': True, 'counts': {'paths': 0}})
    folder.write_failure('no path')
    report = json.loads(folder.report.read_text())
    assert (report['finished'], report['error']) == (False, 'no path')
    assert report['counts'] == {'paths': 0}
