import pytest
from PIL import Image

from vavam_ros.bags.clip import read_clip
from vavam_ros.errors import InputError
from vavam_ros.records import EgoState

POSED = 'stamp,file,x,y,yaw,v\n1.0,0.png,1,2,0.5,3\n1.5,1.png,2,2,0.6,4\n'


def test_a_row_becomes_a_frame_with_its_truth(write_clip):
    folder = write_clip(POSED)
    clip = read_clip(folder)
    assert clip.name == 'drive'
    assert clip.has_poses
    assert clip.duration_s == 0.5
    first = clip.frames[0]
    assert first.path == folder / '0.png'
    assert first.ego == EgoState(1_000_000_000, 1.0, 2.0, 0.5, 3.0)
    assert first.extra == {}


@pytest.mark.parametrize(
    ('text', 'stamp_ns'),
    [
        ('1531884156.948944', 1531884156948944000),
        ('1531884156.948944123', 1531884156948944123),
        ('1531884156.9489441236', 1531884156948944124),
        ('1531884156', 1531884156000000000),
        ('1531884156.', 1531884156000000000),
        ('1.531884156948944123e9', 1531884156948944123),
        ('.5', 500000000),
        ('+0', 0),
        ('2147483647.999999999', 2147483647999999999),
    ],
)
def test_stamps_are_exact_to_the_nanosecond(write_clip, text, stamp_ns):
    assert read_clip(write_clip(f'stamp,file\n{text},0.png\n')).frames[0].stamp_ns == stamp_ns


def test_spreadsheet_habits_are_understood(write_clip):
    table = '\ufeff"file", stamp\r\n\r\n"0.png", 1.0\r\n1.png ,2.0\r\n\r\n'
    frames = read_clip(write_clip(table)).frames
    assert [(frame.path.name, frame.stamp_ns) for frame in frames] == [
        ('0.png', 1_000_000_000),
        ('1.png', 2_000_000_000),
    ]


def test_columns_without_a_pose_are_kept_as_extra(write_clip):
    clip = read_clip(write_clip('stamp,file,wheel_rad,v,note\n1,0.png,-0.25,7.5,wet\n'))
    assert not clip.has_poses
    assert clip.frames[0].extra == {'wheel_rad': -0.25, 'v': 7.5, 'note': 'wet'}


def test_meta_is_read_where_it_is(write_clip):
    folder = write_clip(POSED)
    assert read_clip(folder).meta == {}
    (folder / 'meta.json').write_text('{"hz": 2}')
    assert read_clip(folder).meta == {'hz': 2}


@pytest.mark.parametrize(
    ('bad_row', 'complaint'),
    [
        ('1.5,1.png,2,2,0.6', r'line 3: 5 fields, but the header names 6'),
        ('1.5,1.png,2,2,0.6,4,9', r'line 3: 7 fields'),
        (',,,,,', r'line 3: stamp .* is not a number'),
        ('soon,1.png,2,2,0.6,4', r"line 3: stamp 'soon' is not a number"),
        ('nan,1.png,2,2,0.6,4', r"line 3: stamp 'nan'"),
        ('1_5,1.png,2,2,0.6,4', r"line 3: stamp '1_5'"),
        ('-1.5,1.png,2,2,0.6,4', r'line 3: stamp -1.5 s is outside'),
        ('1531884156948,1.png,2,2,0.6,4', r'line 3: .* outside .* not milli-'),
        ('1e999,1.png,2,2,0.6,4', r'line 3: stamp 1e999 s is outside'),
        ('1.5,1.png,2,,0.6,4', r"line 3: y is ''"),
        ('1.5,1.png,2,inf,0.6,4', r"line 3: y is 'inf'"),
        ('1.5,1.png,2,1e999,0.6,4', r"line 3: y is '1e999'"),
        ('1.5,1.png,2,2,NaN,4', r"line 3: yaw is 'NaN'"),
        ('1.0,1.png,2,2,0.6,4', r'line 3: stamp 1.0 is not after'),
        ('0.9,1.png,2,2,0.6,4', r'line 3: stamp 0.9 is not after'),
        ('1.5,,2,2,0.6,4', r'line 3: no image file is named'),
        ('1.5,gone.png,2,2,0.6,4', r'line 3: image .*gone.png is not there'),
        (f'1.5,{"long" * 100},2,2,0.6,4', r'line 3: image .* is not there'),
        ('1.5,../drive,2,2,0.6,4', r'line 3: image .* is not there'),
        ('1.5,"1.png,2,2,0.6,4', r'line 3: not readable as csv'),
        ('1.5,1\0.png,2,2,0.6,4', r'line 3: NUL byte'),
    ],
)
def test_a_broken_row_is_named_with_its_line(write_clip, bad_row, complaint):
    table = 'stamp,file,x,y,yaw,v\n1.0,0.png,1,2,0.5,3\n' + bad_row + '\n'
    with pytest.raises(InputError, match=r'drive/frames.csv ' + complaint) as raised:
        read_clip(write_clip(table))
    assert '\n' not in str(raised.value)


def test_lines_are_counted_past_blank_ones(write_clip):
    with pytest.raises(InputError, match='line 5: 1 fields'):
        read_clip(write_clip('stamp,file\n\n1,0.png\n\nbroken\n'))


def test_a_broken_number_in_an_extra_column_is_no_text(write_clip):
    with pytest.raises(InputError, match=r"line 3: wheel_rad is '-\.\.2'"):
        read_clip(write_clip('stamp,file,wheel_rad\n1,0.png,0.1\n2,1.png,-..2\n'))


@pytest.mark.parametrize(
    ('table', 'complaint'),
    [
        ('', 'empty: expected a header'),
        ('\n\n', 'empty: expected a header'),
        ('stamp,file\n', 'no frames under the header'),
        ('time,file\n1,0.png\n', r'line 1: no column stamp \(found time,file\)'),
        ('1.0,0.png\n2.0,1.png\n', r'line 1: no column stamp, file'),
        ('stamp,file,x,y\n1,0.png,1,2\n', r'line 1: no column yaw, v .* all of x,y,yaw,v'),
        ('stamp,file,stamp\n1,0.png,1\n', r"line 1: column 'stamp' is there twice"),
    ],
)
def test_a_table_that_is_none_is_refused(write_clip, table, complaint):
    with pytest.raises(InputError, match=complaint):
        read_clip(write_clip(table))


def test_a_folder_without_a_table_is_no_clip(tmp_path):
    with pytest.raises(InputError, match=r'is no clip folder: it has no frames.csv'):
        read_clip(tmp_path / 'nowhere')


def test_a_table_in_another_encoding_is_refused(write_clip):
    folder = write_clip(POSED)
    (folder / 'frames.csv').write_bytes(b'stamp,file\n1,\xff\xfe.png\n')
    with pytest.raises(InputError, match=r'frames.csv cannot be read as text'):
        read_clip(folder)


@pytest.mark.parametrize('meta', ['{"hz": ', '[1, 2]'])
def test_broken_meta_is_named(write_clip, meta):
    folder = write_clip(POSED)
    (folder / 'meta.json').write_text(meta)
    with pytest.raises(InputError, match=r'meta.json'):
        read_clip(folder)


def test_an_unreadable_image_is_named_with_its_line_when_it_is_read(write_clip):
    folder = write_clip(POSED)
    (folder / '1.png').write_bytes(b'not an image')
    frames = read_clip(folder).frames
    assert frames[0].read_still().rgb.shape == (2, 4, 3)
    with pytest.raises(InputError, match=r'frames.csv line 3: image .*1.png cannot be decoded'):
        frames[1].read_still()


@pytest.mark.parametrize(
    ('name', 'frames', 'duration_s', 'has_poses'),
    [
        ('nuscenes_scene0006', 40, 19.5, True),
        ('kitti_0005', 154, 15.8, True),
        ('udacity_ch2_30s', 300, 29.9, False),
    ],
)
def test_real_clips_are_read(clips, name, frames, duration_s, has_poses):
    clip = read_clip(clips / name)
    assert len(clip.frames) == frames
    assert clip.duration_s == pytest.approx(duration_s, abs=0.05)
    assert clip.has_poses is has_poses
    with Image.open(clip.frames[-1].path) as image:
        assert clip.frames[-1].read_still().rgb.shape == (image.height, image.width, 3)
