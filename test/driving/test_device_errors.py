"""What a device throws becomes one line with what is needed; everything else passes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vavam_ros.driving.device_errors import in_one_line, reported
from vavam_ros.driving.settings import PilotSettings
from vavam_ros.errors import InputError

SETTINGS = PilotSettings(dtype='bfloat16', samples=16, context_frames=6)
NO_MACHINE_HAS = 10**15  # bytes


def caught(work) -> Exception:
    with pytest.raises(Exception) as error, reported(SETTINGS, 3_210_000_000):
        work()
    return error.value


@pytest.mark.parametrize(
    'work',
    [
        lambda: torch.empty(NO_MACHINE_HAS, dtype=torch.uint8),
        lambda: np.empty(NO_MACHINE_HAS, np.uint8),
        lambda: bytearray(NO_MACHINE_HAS),
    ],
    ids=['torch', 'numpy', 'python'],
)
def test_no_memory_is_told_with_the_budget_and_what_to_change(work):
    error = caught(work)
    assert isinstance(error, InputError)
    assert str(error) == (
        'cpu ran out of memory: weights and context alone need 3.21 GB in bfloat16; set a '
        'smaller dtype, fewer samples (16) or context_frames (6), or smaller weights'
    )


def test_memory_that_a_gpu_lacks_is_told_alike():
    def work():
        raise torch.OutOfMemoryError('CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 ...')

    assert 'ran out of memory' in str(caught(work))


def test_a_missing_kernel_is_told_with_its_name():
    error = caught(lambda: torch.linalg.cholesky(torch.eye(2, dtype=torch.float16)))
    assert isinstance(error, InputError)
    assert 'cpu has no kernel for bfloat16: "cholesky_cpu" not implemented' in str(error)
    assert 'set another dtype or device' in str(error)


@pytest.mark.parametrize(
    'error', [RuntimeError('shapes differ'), ValueError('no'), InputError('weights is not set')]
)
def test_other_errors_stay_what_they_are(error):
    def work():
        raise error

    assert caught(work) is error


def test_a_users_error_is_its_message_others_begin_with_their_type():
    assert in_one_line(InputError('weights is not set')) == 'weights is not set'
    assert in_one_line(KeyError('a')) == "KeyError: 'a'"
    assert in_one_line(RuntimeError('CUDA error: bad address\nFor debugging ...')) == (
        'RuntimeError: CUDA error: bad address'
    )
    assert in_one_line(RuntimeError()) == 'RuntimeError: '


class Choosy(torch.nn.Module):
    def forward(self, image: torch.Tensor) -> torch.Tensor:
        if bool(image.mean() > 0.5):
            raise ValueError('too bright')
        return torch.empty([1000000, 1000000, 1000])


@pytest.fixture(scope='module')
def torchscript():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr('warnings.warn', lambda *_, **__: None)  # that TorchScript is old
        return torch.jit.script(Choosy())


def test_of_torchscripts_errors_the_line_that_says_what_happened_is_taken(torchscript):
    error = caught(lambda: torchscript(torch.ones(1)))
    assert in_one_line(error) == 'Error: builtins.ValueError: too bright'


def test_no_memory_inside_torchscript_is_recognised(torchscript):
    assert 'ran out of memory' in str(caught(lambda: torchscript(torch.zeros(1))))
