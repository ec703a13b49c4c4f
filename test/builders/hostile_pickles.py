"""Pickles that plain `pickle.loads` would obey: each, by another opcode, makes a file."""

from __future__ import annotations

import contextlib
import copyreg
from collections.abc import Iterator
from pathlib import Path

EXTENSION_CODE = 0xF1
EXEC = b'cbuiltins\nexec\n'


def hostile_pickles(made: Path) -> dict[str, bytes]:
    """By opcode; plain unpickling runs code that creates the file `made`."""
    code = f'open({str(made)!r}, "w").close()'.encode()
    text = b'X' + len(code).to_bytes(4, 'little') + code
    # map() runs exec when another class is built from it, so NEWOBJ needs no more than that.
    lazy = b'cbuiltins\nmap\n(' + EXEC + b'(' + text + b'lt\x81'
    namespace = b'ctypes\nSimpleNamespace\n)R'
    return {
        'REDUCE': b'\x80\x02' + EXEC + text + b'\x85R.',
        'REDUCE posix.system': b'cposix\nsystem\n(V' + f'touch {made}'.encode() + b'\ntR.',
        'INST': b'(V' + code + b'\nibuiltins\nexec\n.',
        'OBJ': b'(' + EXEC + text + b'o.',
        'NEWOBJ': b'\x80\x02cbuiltins\ntuple\n' + lazy + b'\x85\x81.',
        'NEWOBJ_EX': b'\x80\x04cbuiltins\ntuple\n' + lazy + b'\x85}\x92.',
        'BUILD': b'\x80\x02' + namespace + b'}X\x0c\x00\x00\x00__setstate__' + EXEC + b'sb'
        + text + b'b.',
        'STACK_GLOBAL': b'\x80\x04\x8c\x08builtins\x8c\x04exec\x93' + text + b'\x85R.',
        'EXT1': b'\x80\x02\x82' + bytes([EXTENSION_CODE]) + text + b'\x85R.',
        'EXT2': b'\x80\x02\x83' + bytes([EXTENSION_CODE, 0]) + text + b'\x85R.',
        'EXT4': b'\x80\x02\x84' + bytes([EXTENSION_CODE, 0, 0, 0]) + text + b'\x85R.',
    }  # fmt: skip


class Evil:
    """For torch.save: an object that asks to be rebuilt by running code."""

    def __init__(self, made: Path) -> None:
        self._code = f'open({str(made)!r}, "w").close()'

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return exec, (self._code,)


@contextlib.contextmanager
def registered_extension() -> Iterator[None]:
    """A process in which some library gave `exec` an extension code, and used it already."""
    copyreg.add_extension('builtins', 'exec', EXTENSION_CODE)
    copyreg._extension_cache[EXTENSION_CODE] = exec
    try:
        yield
    finally:
        copyreg.remove_extension('builtins', 'exec', EXTENSION_CODE)
