"""The linters that ROS 2 packages share, where they are installed."""

from __future__ import annotations

from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
CHECKED = [str(REPOSITORY / name) for name in ('vavam_ros', 'launch', 'test', 'setup.py')]

# D213, D401 and D403 contradict the docstrings that `make lint` asks for: they start on their
# first line, describe things as well as actions, and may begin with a name such as LlamaGen.
OWN_DOCSTRING_RULES = ['D213', 'D401', 'D403']


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # both walk all of the working directory, .venv included


def test_ament_flake8_finds_nothing() -> None:
    ament_flake8 = pytest.importorskip(
        'ament_flake8.main', reason='ament_flake8 is not installed: its rules stay unchecked'
    )
    _, errors = ament_flake8.main_with_errors(
        argv=['--config', str(REPOSITORY / 'setup.cfg'), *CHECKED]
    )
    assert errors == []


def test_ament_pep257_finds_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    ament_pep257 = pytest.importorskip(
        'ament_pep257.main', reason='ament_pep257 is not installed: its rules stay unchecked'
    )
    code = ament_pep257.main(argv=[*CHECKED, '--add-ignore', *OWN_DOCSTRING_RULES])
    assert code == 0, capfd.readouterr().err
