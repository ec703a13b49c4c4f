import json
from dataclasses import replace
from pathlib import Path

import pytest
from evaluated_windows import moved, nearer, windows

from vavam_ros.__main__ import main

SUMMARY = {
    'kind': 'evaluation',
    'valid': True,
    'objections': [],
    'model': {'weights': 'aaa', 'tokenizer': 'ttt'},
    'settings': {'pilot': {'weights': 'a.pt', 'seed': 0, 'crop_top_px': 0}, 'stride_s': 0.5},
}


def a_run(folder: Path, found, summary=SUMMARY) -> Path:
    folder.mkdir()
    (folder / 'results.jsonl').write_text(''.join(f'{one.line()}\n' for one in found))
    if summary is not None:
        (folder / 'summary.json').write_text(json.dumps(summary))
    return folder


def changed(**settings):
    return {**SUMMARY, 'settings': {**SUMMARY['settings'], **settings}}


@pytest.fixture
def first(tmp_path) -> Path:
    return a_run(tmp_path / 'first', windows())


def test_a_gate(tmp_path, first, capsys):
    same = a_run(tmp_path / 'seed', windows(seed=1))
    assert main(['diff', str(first), str(same)]) == 0
    assert 'B is NOT WORSE: no difference beyond noise' in capsys.readouterr().out
    left = a_run(tmp_path / 'left', moved(windows(seed=1), aside_m=0.3))
    assert main(['diff', str(first), str(left)]) == 1
    said = capsys.readouterr().out
    assert 'B is WORSE\n' in said
    assert ': aside_m ' in said
    better = a_run(tmp_path / 'better', nearer(windows(seed=1), 0.9))
    assert main(['diff', str(first), str(better)]) == 0
    assert 'better: ade_3s_m from ' in capsys.readouterr().out


def test_everything_is_in_the_json(tmp_path, first):
    found = moved(windows(), aside_m=-0.4)
    other = a_run(tmp_path / 'other', found[1:], changed(pilot={'seed': 7}))
    out = tmp_path / 'diff.json'
    assert main(['diff', str(first), str(other), '--json', str(out)]) == 1
    told = json.loads(out.read_text())
    assert told['verdict'] == 'worse'
    assert 'seed: 0 in A, 7 in B' in told['differs']
    assert told['windows'] == 39
    assert told['not_compared'] == {
        'only in A': [{'recording': 'drive-0', 'stamp_ns': found[0].stamp_ns}]
    }
    aside = told['figures']['aside_m']
    assert aside['difference'] == pytest.approx(-0.4, abs=0.05)
    assert aside['low'] <= aside['difference'] <= aside['high']
    worst = [one['ade_3s_m'] for one in told['worst']]
    assert worst == sorted(worst, reverse=True)
    assert len(worst) > 2


def test_windows_of_one_run_alone_are_named(tmp_path, first, capsys):
    other = a_run(tmp_path / 'other', windows(5)[5:])
    assert main(['diff', str(first), str(other)]) == 0
    said = capsys.readouterr().out
    assert '35 windows in both' in said
    assert '5 only in A: drive-0 at 1500000000.000 s, drive-0 at 1500000000.500 s' in said
    assert 'and 2 more' in said
    assert '10 only in B: drive-4 at' in said


def test_rows_alone_are_enough_but_for_the_surprise(tmp_path, first, capsys):
    rows = tmp_path / 'rows.jsonl'
    rows.write_bytes((first / 'results.jsonl').read_bytes())
    assert main(['diff', str(rows), str(first)]) == 0
    said = capsys.readouterr().out
    assert f'A: {rows}: 40 windows, no summary.json beside it: settings not known' in said
    assert 'surprise_nats is not compared: without summary.json' in said


@pytest.mark.parametrize(('summary', 'said'), [
    ({**SUMMARY, 'model': {'weights': 'bbb', 'tokenizer': 'uuu'}},
     ['weights: aaa in A, bbb in B', 'surprise_nats is not compared: tokens of another']),
    (changed(pilot={'seed': 0, 'crop_top_px': 9}),
     ['crop_top_px: 0 in A, 9 in B', 'surprise_nats is not compared: another part']),
    (changed(stride_s=1.0), ['stride_s: 0.5 in A, 1.0 in B']),
])  # fmt: skip
def test_what_differs_is_said(tmp_path, first, capsys, summary, said):
    other = a_run(tmp_path / 'other', windows(), summary)
    assert main(['diff', str(first), str(other)]) == 0
    found = capsys.readouterr().out
    assert all(one in found for one in said)


def test_the_best_of_more_samples_is_not_compared(tmp_path, first, capsys):
    fewer = [replace(one, samples=one.samples[:3], repeats=()) for one in windows()]
    assert main(['diff', str(first), str(a_run(tmp_path / 'other', fewer))]) == 0
    assert 'min_ade_m is not compared: the best of more' in capsys.readouterr().out


def refused(capsys, before: Path, after: Path, *arguments: str) -> str:
    assert main(['diff', str(before), str(after), *arguments]) == 2
    return capsys.readouterr().err


def test_an_invalid_run_is_refused_unless_anyway(tmp_path, first, capsys):
    broken = {**SUMMARY, 'valid': False, 'objections': ['3 windows failed: no picture']}
    invalid = a_run(tmp_path / 'invalid', windows(), broken)
    assert 'is an INVALID run (3 windows failed: no picture)' in refused(capsys, first, invalid)
    assert main(['diff', str(first), str(invalid), '--anyway']) == 0


def test_what_cannot_be_compared_is_refused(tmp_path, first, capsys):
    others = windows(5)[40:]
    assert 'share no window: 40 only in A' in refused(
        capsys, first, a_run(tmp_path / 'others', others)
    )
    elsewhere = windows(1, 2)
    assert 'windows of a single stretch of driving' in refused(
        capsys, first, a_run(tmp_path / 'short', elsewhere)
    )
    assert 'has no windows' in refused(capsys, first, a_run(tmp_path / 'empty', []))
    assert 'holds no results.jsonl' in refused(capsys, first, tmp_path)
    assert 'cannot be written' in refused(capsys, first, first, '--json', '/nowhere/x.json')
