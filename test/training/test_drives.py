import dataclasses
import os

import numpy as np
import pytest
from recorded_drives import drive, folder_of_drives, pictures

from vavam_ros.errors import InputError
from vavam_ros.training import table_file
from vavam_ros.training.drive_frames import DriveFrames
from vavam_ros.training.drives import PackedFrames, drive_files, read_drive, write_drive
from vavam_ros.training.split import of_split


def test_a_drive_comes_back_as_it_was_written(tmp_path):
    path, made = tmp_path / 'a.drive.safetensors', drive(frames=5)
    write_drive(path, made)
    found = read_drive(path)
    assert found.origin == made.origin
    for name in ('stamps_ns', 'poses', 'speeds', 'commands', 'targets', 'target_valid'):
        np.testing.assert_array_equal(getattr(found, name), getattr(made, name))
    for index, image in enumerate(pictures(5)):
        np.testing.assert_array_equal(found.frames[index], image)
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_frames_end_where_they_end():
    frames = PackedFrames.pack(pictures(2))
    assert len(list(frames)) == 2
    with pytest.raises(IndexError):
        frames[2]


@pytest.mark.parametrize(
    ('change', 'said'),
    [
        ({'commands': np.full(5, 3)}, 'commands hold values other than'),
        ({'stamps_ns': np.zeros(5, np.int64)}, 'stamps_ns do not increase'),
        ({'speeds': np.zeros(4, np.float32)}, r'speeds is float32 \[4\]: expected float32 \[5\]'),
        ({'targets': np.full((5, 6, 2), np.nan, np.float32)}, 'not finite'),
    ],
)
def test_parts_that_do_not_fit_are_refused(change, said):
    with pytest.raises(InputError, match=said):
        dataclasses.replace(drive(frames=5), **change)


def test_a_cut_off_file_is_named(tmp_path):
    path = tmp_path / 'a.drive.safetensors'
    write_drive(path, drive(frames=5))
    os.truncate(path, path.stat().st_size - 100)
    with pytest.raises(InputError, match=r'a\.drive\.safetensors is damaged or cut off'):
        read_drive(path)


def test_another_kind_of_file_is_named(tmp_path):
    path = tmp_path / 'a.drive.safetensors'
    table_file.write_tables(path, 'tokens', {'a': np.zeros(1)}, {})
    with pytest.raises(InputError, match='holds tokens: expected a drive file'):
        read_drive(path)


@pytest.mark.skipif(not os.path.exists('/dev/full'), reason='needs /dev/full')
def test_a_full_disk_leaves_nothing_and_says_so(tmp_path):
    path = tmp_path / 'a.drive.safetensors'
    part = path.with_name(f'.{path.name}.{os.getpid()}.part')
    part.symlink_to('/dev/full')
    with pytest.raises(InputError, match='No space left on device: free some space'):
        write_drive(path, drive(frames=5))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_drives_says_how_to_make_some(tmp_path):
    with pytest.raises(InputError, match='vavam collect'):
        drive_files(tmp_path)
    with pytest.raises(InputError, match='there is no folder'):
        drive_files(tmp_path / 'nowhere')


def test_pictures_of_all_drives_are_one_data_set(tmp_path):
    folder = folder_of_drives(tmp_path / 'drives', drives=3, frames=4)
    training, held_back = DriveFrames(folder), DriveFrames(folder, 'validation')
    assert (len(training), len(held_back)) == (8, 4)
    assert sorted(training.names + held_back.names) == ['town-0', 'town-1', 'town-2']
    seed = int(training.names[1][-1])
    found = training[5]['image'].permute(1, 2, 0).numpy()
    np.testing.assert_array_equal(found, pictures(4, seed)[1])
    assert training.identity != held_back.identity


def test_one_drive_cannot_be_divided(tmp_path):
    with pytest.raises(InputError, match='give at least two'):
        DriveFrames(folder_of_drives(tmp_path / 'drives', drives=1))


def test_about_one_drive_in_twenty_is_held_back_and_more_drives_move_none():
    names = [f'town-{seed:04d}' for seed in range(1000)]
    held_back = of_split(names, 'validation')
    assert 30 <= len(held_back) <= 70
    assert set(of_split(names, 'train')) == set(names) - set(held_back)
    assert of_split(names[:500], 'validation') == [one for one in held_back if one in names[:500]]
