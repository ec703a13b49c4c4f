"""Processes of this package let OpenMP's threads sleep, unless the user says otherwise."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = """
import os
import sys
from vavam_ros.{module} import main
try:
    main([{argument!r}])
except SystemExit:
    pass
print('torch' in sys.modules, os.environ['OMP_WAIT_POLICY'])
"""


@pytest.mark.parametrize('module', ['__main__', 'nodes.planner'])
@pytest.mark.parametrize(('given', 'used'), [(None, 'PASSIVE'), ('ACTIVE', 'ACTIVE')])
def test_the_policy_is_set_before_torch_is_loaded(module: str, given: str | None, used: str):
    environment = {name: os.environ[name] for name in os.environ if name != 'OMP_WAIT_POLICY'}
    if given:
        environment['OMP_WAIT_POLICY'] = given
    result = subprocess.run(
        [sys.executable, '-c', PROGRAM.format(module=module, argument='--help')],
        env=environment,
        text=True,
        capture_output=True,
        timeout=240,
    )
    assert f'False {used}' in result.stdout, result.stderr
