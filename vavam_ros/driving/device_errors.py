"""What devices and their libraries throw -> one line that says what is needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from vavam_ros.driving.settings import PilotSettings
from vavam_ros.errors import InputError

_OUT_OF_MEMORY = ("can't allocate memory", 'out of memory', 'bad_alloc', 'ALLOC_FAILED')
_NO_KERNEL = ('no kernel image', 'not implemented for')


@contextmanager
def reported(settings: PilotSettings, budget_bytes: int) -> Iterator[None]:
    """Turn running out of memory, and a missing kernel, into InputErrors that say what to do."""
    try:
        yield
    except MemoryError as error:  # of Python or numpy
        raise InputError(_out_of_memory(settings, budget_bytes)) from error
    except RuntimeError as error:
        text = str(error)
        if any(sign in text for sign in _OUT_OF_MEMORY):
            raise InputError(_out_of_memory(settings, budget_bytes)) from error
        if any(sign in text for sign in _NO_KERNEL):
            raise InputError(
                f'{settings.device} has no kernel for {settings.dtype}: {_telling_line(text)}; '
                'set another dtype or device'
            ) from error
        raise


def in_one_line(error: Exception) -> str:
    """An error for a log or a status: the message of an InputError, the type before any other."""
    if isinstance(error, InputError):
        return str(error)
    return f'{type(error).__name__}: {_telling_line(str(error))}'


def _telling_line(text: str) -> str:
    """The first line; of TorchScript's errors, which begin with its code, the last one."""
    lines = text.strip().splitlines() or ['']
    return lines[-1] if 'TorchScript interpreter' in lines[0] else lines[0]


def _out_of_memory(settings: PilotSettings, budget_bytes: int) -> str:
    return (
        f'{settings.device} ran out of memory: weights and context alone need '
        f'{budget_bytes / 1e9:.2f} GB in {settings.dtype}; set a smaller dtype, fewer samples '
        f'({settings.samples}) or context_frames ({settings.context_frames}), or smaller weights'
    )
