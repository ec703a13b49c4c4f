"""A pickle is read for what it says; nothing that it names is imported or called."""

from __future__ import annotations

import collections
import pickle
import sys

import hypothesis
import pytest
from hostile_pickles import hostile_pickles, registered_extension
from hypothesis import strategies

from vavam_ros.errors import InputError
from vavam_ros.model import inert_pickle
from vavam_ros.model.inert_pickle import load_inert

OPCODES = list(hostile_pickles(made=None))


def refuse_references(pid: object) -> object:
    raise InputError('no references here')


def load(data: bytes) -> object:
    return load_inert(data, refuse_references)


def complaint_about(data: bytes) -> str:
    """What the user is told; nothing where the pickle is read."""
    try:
        load(data)
    except InputError as error:
        return str(error)
    return ''


@pytest.mark.parametrize('opcode', OPCODES)
def test_a_pickle_that_would_run_code_runs_nothing(opcode, tmp_path):
    made = tmp_path / 'made'
    data = hostile_pickles(made)[opcode]
    with registered_extension():
        pickle.loads(data)
        assert made.exists(), 'the pickle is not hostile: the test would show nothing'
        made.unlink()
        assert '\n' not in complaint_about(data)
    assert not made.exists()


def test_extension_codes_are_refused_because_they_go_around_names(tmp_path):
    with (
        registered_extension(),
        pytest.raises(InputError, match='opcode EXT1 does not occur in checkpoints'),
    ):
        load(hostile_pickles(tmp_path / 'made')['EXT1'])


def test_nothing_is_imported(tmp_path):
    assert 'antigravity' not in sys.modules
    read = load(b'cantigravity\nfly\n)R.')
    assert read.path == 'antigravity.fly'
    assert 'antigravity' not in sys.modules


def test_what_a_call_would_get_is_recorded():
    read = load(pickle.dumps(collections.deque([1, 2], maxlen=3)))
    assert read.path == 'collections.deque'
    assert read.arguments == ((), 3)
    assert read.elements == [1, 2]


def test_state_entries_and_elements_are_recorded():
    counter = collections.Counter(a=2)
    error = ValueError('x')
    error.note = 'kept'
    read_counter, read_error = load(pickle.dumps([counter, error]))
    assert read_counter.arguments == ({'a': 2},)
    assert (read_error.arguments, read_error.state) == (('x',), {'note': 'kept'})
    default = load(pickle.dumps(collections.defaultdict(int, {'a': 1}), protocol=2))
    assert default.entries == {'a': 1}


def test_plain_things_come_as_themselves():
    plain = {'n': [1, 2.5, None, True], 't': ('a', b'b'), 's': {1, 2}, 'f': frozenset([3])}
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        read = load(pickle.dumps(plain, protocol=protocol))
        assert read['n'] == [1, 2.5, None, True]
        assert read['t'][0] == 'a'


def test_an_ordered_dict_is_a_dict_without_its_attributes():
    ordered = collections.OrderedDict(a=1)
    ordered._metadata = {'version': 1}
    read = load(pickle.dumps(ordered))
    assert read == {'a': 1}
    assert not hasattr(read, '_metadata')


def test_a_cycle_is_read():
    parent: dict[str, object] = {}
    parent['child'] = [parent]
    read = load(pickle.dumps(parent))
    assert read['child'][0] is read


@pytest.mark.parametrize(
    ('data', 'said'),
    [
        (b'', 'damaged or hostile'),
        (b'\x80\x02}q\x00', 'damaged or hostile'),  # no end
        (b'\x80\x02K\x01K\x02s.', 'damaged or hostile'),  # an entry for a number
        (b'\x80\x63N.', 'damaged or hostile'),  # protocol 99
        (b'not a pickle', 'damaged or hostile'),
        (b'\x80\x02\x8b\xff\xff\xff\x7f.', 'damaged or hostile'),  # an integer of 2 GB
        (
            b'\x80\x05\x96' + b'\xff' * 7 + b'\x00.',
            'damaged or hostile',
        ),  # a bytearray of exabytes
        (b'\x80\x02Nr\xff\xff\xff\x7f.', 'memo index 2147483647 after 2 opcodes'),
        (b'PX\n.', 'no references here'),
    ],
)
def test_a_broken_or_greedy_pickle_is_one_line(data, said):
    with pytest.raises(InputError, match=said) as caught:
        load(data)
    assert '\n' not in str(caught.value)


def test_a_flood_of_names_is_stopped(monkeypatch):
    monkeypatch.setattr(inert_pickle, 'MOST_NAMES', 5)
    names = b''.join(b'cm\nn%d\n0' % number for number in range(6))
    with pytest.raises(InputError, match='class number 6 does not occur'):
        load(names + b'N.')


def test_objects_of_the_reader_cannot_be_changed_from_inside():
    seen = []

    def answer(pid):
        seen.append(('k',))
        return seen[-1]

    with pytest.raises(InputError, match='damaged or hostile'):
        load_inert(b'\x80\x02X\x01\x00\x00\x00aQ}X\x01\x00\x00\x00xK\x01sb.', answer)


@hypothesis.settings(max_examples=150, deadline=None, derandomize=True)
@hypothesis.given(strategies.data())
def test_any_damage_is_an_input_error_or_harmless(data):
    whole = pickle.dumps({'a': [1, ('b', 2.5)], 'c': collections.deque([3])}, protocol=2)
    position = data.draw(strategies.integers(0, len(whole) - 1))
    byte = data.draw(strategies.integers(0, 255))
    cut = data.draw(strategies.integers(0, len(whole)))
    damaged = (whole[:position] + bytes([byte]) + whole[position + 1 :])[:cut]
    assert '\n' not in complaint_about(damaged)
