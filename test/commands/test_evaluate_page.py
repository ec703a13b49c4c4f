from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass, field, replace
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from evaluated_runs import drive, evaluated, run_of

from vavam_ros.commands.evaluating import page_drives as evaluate_page_drives
from vavam_ros.commands.evaluating.album import Album, Shot
from vavam_ros.commands.evaluating.page import looked_for, page, write_page
from vavam_ros.commands.evaluating.page_album import shot_sections
from vavam_ros.commands.evaluating.quality import PictureQuality
from vavam_ros.evaluation.flags import ColourTest
from vavam_ros.evaluation.independence import described

BROWSER = next(
    filter(None, map(shutil.which, ('chromium', 'google-chrome', 'chromium-browser'))), None
)
WITHOUT_END = {'meta', 'img', 'path', 'use', 'br', 'link'}
# Tells the title of the page around it how far this one scrolls sideways, and what it threw.
PROBE = """<script>
addEventListener('error', event => { parent.document.title += ' threw ' + event.message; });
addEventListener('load', () => {
  for (const one of document.querySelectorAll('details')) one.open = true;
  const all = document.documentElement;
  parent.document.title += innerWidth + ' wide, beyond: ' + (all.scrollWidth - all.clientWidth);
});
</script>"""


@dataclass
class Page(HTMLParser):
    """What a page consists of; fails where its elements are not nested as they should be."""

    text: str
    classes: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    images: list[dict[str, str | None]] = field(default_factory=list)
    drawings: list[dict[str, str | None]] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    _open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.classes += (told.get('class') or '').split()
        self.ids += [told['id'] or ''] if 'id' in told else []
        for name, found in (('img', self.images), ('svg', self.drawings)):
            found += [told] if tag == name else []
        if tag == 'tr':
            self.rows.append([])
        if tag in ('td', 'th'):
            self.rows[-1].append('')
        if tag == 'h2':
            self.headings.append('')
        if tag not in WITHOUT_END:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in WITHOUT_END:
            assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if {'td', 'th'} & set(self._open):
            self.rows[-1][-1] += data
        if 'h2' in self._open:
            self.headings[-1] += data

    def row(self, first: str) -> list[str]:
        cells = [[' '.join(cell.split()) for cell in row] for row in self.rows]
        return next(row[1:] for row in cells if row and row[0].startswith(first))


def album() -> Album:
    picture = np.full((36, 64, 3), 90, np.uint8)
    one, other = drive('town <1>', 2)
    by_source = {name: (20.0, 18.0) for name in ('predicted', 'copy', 'copy_of_tokens')}
    return Album(
        (Shot(one, picture, picture, picture, 12.34), Shot(other, picture, None, None, 12.84)),
        PictureQuality((0.5, 1.0), by_source, by_source, 16),
        ('so many frames were compared',),
    )


@pytest.fixture(scope='module')
def valid_text() -> str:
    return page(run_of(evaluated(drive('town <1>', 14))), album())


@pytest.fixture(scope='module')
def valid(valid_text: str) -> Page:
    return Page(valid_text)


def test_a_valid_run_says_so_in_small_and_shows_everything_in_order(valid: Page) -> None:
    assert 'valid' in valid.classes
    assert 'invalid' not in valid.classes
    assert valid.headings == [
        'Flags', 'What was run', 'Figures', 'Plots', 'Recording', 'The worst windows',
    ]  # fmt: skip


def test_the_page_names_weights_settings_host_and_command(valid: Page) -> None:
    assert valid.row('Weights') == ['5389f0fcc046 (tiny), trained']
    assert valid.row('Width multipliers') == ['video model 2, action expert 3']
    assert valid.row('Device and type') == ['cpu, float32']
    assert valid.row('context_frames') == ['8']
    assert '--out &lt;here&gt;</pre>' in valid.text


def test_windows_are_counted_by_what_became_of_them(valid: Page) -> None:
    assert valid.row('expected') == ['21']
    assert valid.row('evaluated') == ['14']
    assert valid.row('skipped: fewer frames') == ['7']


def test_the_model_stands_beside_the_baselines_with_intervals_and_seeds(valid: Page) -> None:
    model, seeds, *baselines = valid.row('ADE, 3 s')
    assert len(baselines) == 3
    assert all(re.fullmatch(r'[\d.]+ ?[\d.]+ to [\d.]+', cell) for cell in (model, *baselines))
    assert re.fullmatch(r'± [\d.]+', seeds)
    assert '95 % intervals by bootstrap over' in valid.text


def test_nothing_is_fetched_from_anywhere(valid: Page) -> None:
    assert not re.search(r'https?:|//\w|@import|<script|<link', valid.text)
    assert all((one['src'] or '').startswith('data:image/jpeg;base64,') for one in valid.images)


def test_every_picture_and_plot_says_what_it_shows(valid: Page) -> None:
    assert len(valid.images) == 4
    assert len({one['alt'] for one in valid.images} - {None, ''}) == 4
    assert len(valid.drawings) > 10
    assert all(one['role'] == 'img' and one['aria-label'] for one in valid.drawings)


def test_plots_share_no_name_and_take_the_colours_of_the_page(valid: Page) -> None:
    assert len(valid.ids) == len(set(valid.ids))
    assert set(re.findall(r'url\(#([^)]*)\)', valid.text)) <= set(valid.ids)
    assert '#0101' not in valid.text
    assert not re.search(r'(?:fill|stroke): #(?!000000)', valid.text)


def test_each_worst_window_can_be_found_again(valid: Page) -> None:
    assert '1. town &lt;1&gt;, 12.3 s into it' in valid.text
    assert '<code>1700000000123456789</code> ns' in valid.text
    assert 'so many frames were compared' in valid.text


def test_only_what_could_be_seen_is_said_to_have_been_looked_for() -> None:
    found = run_of(evaluated(drive('a', 3)))
    assert looked_for(found) == (
        'random weights, frozen images and surprising images were looked for; exchanged colours '
        'could not be seen'
    )
    assert looked_for(replace(found, colours_tested=True)) == (
        'random weights, frozen images, surprising images and exchanged colours were looked for'
    )
    blind = [replace(one, frame=None) for one in drive('a', 3)]
    assert looked_for(run_of(evaluated(blind))).startswith('random weights were looked for; ')


@pytest.mark.parametrize(
    ('given_db', 'swapped_db', 'tells'), [(24, 20, True), (16, 20, True), (16, 17, False)]
)
def test_a_tokenizer_that_does_not_know_such_images_cannot_tell_colours(
    given_db: float, swapped_db: float, tells: bool
) -> None:
    assert ColourTest((given_db,), (swapped_db,)).tells == tells
    assert not ColourTest((), ()).tells


def test_one_block_is_one_block() -> None:
    assert described(1, 'blocks of 3 s') == '1 block of 3 s'
    assert described(1, 'sequences') == '1 sequence'
    assert described(4, 'blocks of 3 s') == '4 blocks of 3 s'


def test_no_worst_windows_are_listed_if_none_are_wanted() -> None:
    windows = drive('a', 3)
    assert shot_sections(windows, Album((), None, worst=0)) == ()
    assert len(shot_sections(windows, Album((), None, worst=2))) == 2
    assert len(shot_sections(windows, None)) == 3


def test_an_invalid_run_has_a_banner_with_every_reason() -> None:
    failures = [f'cause <{number}>' for number in range(14)]
    windows = drive('a', 3, wheel_only=True)
    text = page(run_of(evaluated(windows, failures), trained=False), None)
    found = Page(text)
    assert 'invalid' in found.classes
    assert found.headings[0] == 'INVALID: these figures do not count'
    assert all(f'1 window failed: cause &lt;{number}&gt;' in text for number in range(14))
    assert 'RANDOM WEIGHTS' in text
    assert found.row('Weights')[0].endswith('RANDOM: its plans mean nothing')
    assert found.row('failed: cause <3>') == ['1']


def test_of_a_steering_wheel_alone_there_are_correlations_and_surprise() -> None:
    run = run_of(evaluated(drive('wheel', 12, wheel_only=True)))
    text = page(run, None)
    found = Page(text)
    assert 'Steering' in found.headings
    assert 'Figures' not in found.headings
    assert not found.images
    assert float(found.row('Correlation')[0].split()[0]) > 0.5
    assert float(found.row('Share that bends')[0].split()[0]) > 0.3
    assert 'Surprise over time' in text
    assert page(run, None) == text  # the same on every run


def test_a_run_without_any_window_is_a_page_that_says_so(tmp_path: Path) -> None:
    write_page(tmp_path / 'report.html', run_of(evaluated([], names=['empty'])), None)
    text = (tmp_path / 'report.html').read_text()
    assert 'invalid' in Page(text).classes
    assert 'No window was evaluated: there is nothing to show' in text


def test_of_many_recordings_only_the_worst_have_maps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate_page_drives, 'DRAWN_MOST', 1)
    worse = drive('b', 3, 1)
    for one in worse:
        one.plan[:] += 5.0
    run = run_of(evaluated([*drive('a', 3), *worse, *drive('c', 3, 2)]))
    sections = evaluate_page_drives.drive_sections(run)
    assert [one.name for one in sections if one.maps and one.times] == ['b']
    assert all(one.ade_m is not None for one in sections)


def test_the_page_says_of_which_recordings_it_has_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate_page_drives, 'DRAWN_MOST', 1)
    windows = [one for name in ('x', 'zoo') for one in drive(name, 3, wheel_only=True)]
    text = page(run_of(evaluated(windows)), None)
    assert 'of the 1 recordings with the highest errors alone' in ' '.join(text.split())
    assert Page(text).row('zoo')[1] == '3 of 10'
    assert 'id="recording-0-surprise' in text
    assert 'id="recording-1-surprise' not in text


def test_the_page_fits_a_telephone_and_throws_nothing(tmp_path: Path, valid_text: str) -> None:
    if BROWSER is None:
        pytest.skip('NO BROWSER: chromium or google-chrome is not installed, page not looked at')
    # Browsers make no window as narrow as a telephone, so the page is in a frame.
    page_in_frame = escape(valid_text.replace('</head>', f'{PROBE}</head>'), quote=True)
    around = tmp_path / 'around.html'
    around.write_text(
        f'<title></title><iframe width="360" height="800" srcdoc="{page_in_frame}"></iframe>'
    )
    title = re.search(r'<title>(.*?)</title>', loaded(around, tmp_path))
    assert title is not None
    assert title.group(1) == '360 wide, beyond: 0'


def loaded(file: Path, folder: Path) -> str:
    """A page's HTML after a browser has loaded it and run its scripts."""
    assert BROWSER is not None
    command = [
        BROWSER, '--headless', '--no-sandbox', '--disable-gpu', '--dump-dom',
        f'--user-data-dir={folder / "profile"}', file.as_uri(),
    ]  # fmt: skip
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        start_new_session=True,
    )  # fmt: skip
    try:
        return process.communicate(timeout=240)[0]
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
