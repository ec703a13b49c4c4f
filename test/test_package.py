"""What the package says of itself, what it installs, and that the two agree with its code."""

from __future__ import annotations

import ast
import configparser
import importlib
import re
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import packages_distributions
from pathlib import Path
from xml.etree import ElementTree

import pytest

import vavam_ros

REPOSITORY = Path(__file__).resolve().parent.parent
NEVER_INSTALLED = {'vavam_ros', '_typeshed'}  # the package itself; what only type checkers import


@dataclass(frozen=True)
class Built:
    """What setup.py would install."""

    data: Path  # as below the prefix: share/...
    modules: Path  # as below site-packages: vavam_ros/...
    metadata: Path  # the egg-info folder


@pytest.fixture(scope='module')
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp('built')
    (folder / 'meta').mkdir()
    subprocess.run(
        [sys.executable, 'setup.py', '-q', 'egg_info', '--egg-base', folder / 'meta']
        + ['build_py', '-d', folder / 'lib', 'install_data', '-d', folder / 'data'],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        timeout=240,
    )
    return Built(folder / 'data', folder / 'lib', folder / 'meta' / 'vavam_ros.egg-info')


def manifest() -> ElementTree.Element:
    return ElementTree.parse(REPOSITORY / 'package.xml').getroot()


def run_dependencies() -> set[str]:
    return {str(element.text) for element in manifest().iter('exec_depend')}


def requirements(built: Built, section: str) -> set[str]:
    """Names of setup.py's requirements, of one extra or (section '') of the package itself."""
    text = f'[]\n{(built.metadata / "requires.txt").read_text()}'
    lines = text.split(f'[{section}]\n', 1)[1].split('\n[')[0].splitlines()
    return {re.split(r'[^\w.-]', line)[0].lower() for line in lines if line}


def imported_names(folder: str) -> set[str]:
    """Top-level names that the code of a folder imports, at its start or later."""
    names: set[str] = set()
    for file in (REPOSITORY / folder).rglob('*.py'):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.split('.')[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names.add(str(node.module).split('.')[0])
    return names


def test_the_manifest_is_valid_to_the_tools_of_ros() -> None:
    catkin_pkg = pytest.importorskip(
        'catkin_pkg.package', reason='catkin_pkg is not installed: package.xml stays unchecked'
    )
    warnings: list[str] = []
    package = catkin_pkg.parse_package(str(REPOSITORY), warnings=warnings)
    assert package.package_format == 3
    assert package.get_build_type() == 'ament_python'
    assert warnings == []


def test_all_three_places_state_one_version(built: Built) -> None:
    setup = re.search(r'^Version: (.*)$', (built.metadata / 'PKG-INFO').read_text(), re.M)
    assert setup is not None
    assert vavam_ros.__version__ == setup[1] == manifest().findtext('version')


def test_the_manifest_asks_for_nothing_that_apt_lacks() -> None:
    asked = run_dependencies() | {str(key.text) for key in manifest().iter('test_depend')}
    assert not {key for key in asked if key.endswith('-pip')}
    assert not asked & {'python3-torch', 'python3-safetensors', 'python3-rosbags'}


@pytest.mark.parametrize('folder', ['vavam_ros', 'launch'])
def test_every_import_is_declared(built: Built, folder: str) -> None:
    # Python 3.10 does not see what a wheel without top_level.txt provides.
    provided = {'skimage': ['scikit-image'], **packages_distributions()}
    parts = ('', 'simulation', 'training', 'ray')  # the latter three: imported where they are used
    required = set().union(*(requirements(built, part) for part in parts))
    undeclared = {
        name
        for name in imported_names(folder) - set(sys.stdlib_module_names) - NEVER_INSTALLED
        if name not in run_dependencies()
        and not required & {distribution.lower() for distribution in provided.get(name, [name])}
    }
    assert not undeclared, f'neither in package.xml nor in setup.py: {sorted(undeclared)}'


@pytest.mark.parametrize('script', ['vavam', 'planner', 'controller', 'commander', 'simulator'])
def test_every_console_script_leads_to_a_function(built: Built, script: str) -> None:
    points = configparser.ConfigParser(delimiters='=')
    points.read(built.metadata / 'entry_points.txt')
    module, function = points['console_scripts'][script].split(':')
    assert callable(getattr(importlib.import_module(module), function))


def test_every_module_is_installed(built: Built) -> None:
    here = {file.relative_to(REPOSITORY) for file in (REPOSITORY / 'vavam_ros').rglob('*.py')}
    assert here == {file.relative_to(built.modules) for file in built.modules.rglob('*.py')}


@pytest.mark.parametrize('folder', ['launch', 'config'])
def test_every_launch_and_config_file_is_installed(built: Built, folder: str) -> None:
    source, installed = REPOSITORY / folder, built.data / 'share' / 'vavam_ros' / folder
    here = {file.relative_to(source) for file in source.rglob('*') if file.is_file()}
    wanted = {file for file in here if '__pycache__' not in file.parts}
    assert wanted
    assert wanted == {f.relative_to(installed) for f in installed.rglob('*') if f.is_file()}


def test_every_file_of_the_weights_is_installed(built: Built) -> None:
    source, installed = REPOSITORY / 'vavam_ros', built.modules / 'vavam_ros'
    here = {file.relative_to(source) for file in source.glob('weights/**/*') if file.is_file()}
    there = {f.relative_to(installed) for f in installed.glob('weights/**/*') if f.is_file()}
    assert here == there


def test_the_package_can_be_found_by_its_name(built: Built) -> None:
    share = built.data / 'share'
    assert (share / 'ament_index' / 'resource_index' / 'packages' / 'vavam_ros').is_file()
    assert (share / 'vavam_ros' / 'package.xml').is_file()


def test_colcon_is_told_that_the_tests_are_of_pytest(built: Built) -> None:
    # without it `colcon test` runs nothing and says that all is well
    assert 'pytest' in requirements(built, 'test')
