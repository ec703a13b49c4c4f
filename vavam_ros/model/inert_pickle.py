"""Reads a pickle without importing or calling anything that it names.

Whatever class or function the pickle names becomes an `Inert` class of its own; whatever the
pickle would do with it (call it, build an object, fill it) is recorded and nothing else. Only
what pickle makes without a name exists as itself: numbers, strings, tuples, lists, dicts.
"""

from __future__ import annotations

import io
import pickle
import pickletools
from collections.abc import Callable
from typing import Any, NoReturn

from vavam_ros.errors import InputError

MOST_NAMES = 10_000  # different classes; the released files name a few dozen

# Everything that pickle documents for broken input, and what its parts raise on top of that.
BROKEN_PICKLE = (
    pickle.UnpicklingError,
    ArithmeticError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
)


class Inert:
    """Stands for an object whose class is not loaded: what the pickle said, and no behaviour."""

    path = ''  # the named thing, `module.name`, set by a subclass for each

    arguments: tuple[Any, ...]  # of its call or its `__new__`
    state: object  # what pickle would have restored
    entries: dict[Any, Any]  # what was set by key
    elements: list[Any]  # what was appended

    def __new__(cls, *arguments: Any, **_: Any) -> Inert:
        """Record the arguments."""
        made = object.__new__(cls)
        made.arguments, made.state, made.entries, made.elements = arguments, None, {}, []
        return made

    def __init__(self, *_: Any, **__: Any) -> None:
        """Take any arguments, as the real class might."""

    def __call__(self, *arguments: Any) -> Inert:
        """Record a call of something that a call returned, as another inert object."""
        return Inert(self, *arguments)

    def __setstate__(self, state: object) -> None:
        self.state = state

    def __setitem__(self, key: Any, value: Any) -> None:
        self.entries[key] = value

    def append(self, element: Any) -> None:
        """Record an element of a list subclass."""
        self.elements.append(element)

    def extend(self, elements: list[Any]) -> None:
        """Record elements of a list subclass."""
        self.elements.extend(elements)

    add = append  # of a set subclass


class Entries(dict[Any, Any]):
    """Stands for collections.OrderedDict: its items, but not the attributes put on it."""

    def __setstate__(self, state: object) -> None:
        """Forget attributes, such as a state dict's `_metadata`."""


def load_inert(data: bytes, persistent_load: Callable[[Any], Any]) -> object:
    """What the pickle holds, with `Inert` objects for everything that has a class.

    `persistent_load` answers the pickle's persistent ids (torch keeps storages there). Raises
    InputError for anything that is no complete, sound pickle.
    """
    try:
        _refuse_abuse(data)
        return _InertUnpickler(data, persistent_load).load()
    except InputError:
        raise
    except BROKEN_PICKLE as error:
        reason = f'{type(error).__name__}: {error!s:.120}'
        raise InputError(f'its pickle is damaged or hostile ({reason})') from error


class _InertUnpickler(pickle.Unpickler):
    def __init__(self, data: bytes, persistent_load: Callable[[Any], Any]) -> None:
        super().__init__(io.BytesIO(data), encoding='utf-8')
        self._answer = persistent_load
        self._named: dict[str, type] = {'collections.OrderedDict': Entries}

    def find_class(self, module: str, name: str) -> type:
        """An inert class for any name: nothing is looked up, so nothing can be reached."""
        path = f'{module}.{name}'
        if path not in self._named:
            if len(self._named) >= MOST_NAMES:
                _unsound(f'class number {MOST_NAMES + 1}')
            self._named[path] = type('Inert', (Inert,), {'path': path})
        return self._named[path]

    def persistent_load(self, pid: Any) -> Any:
        return self._answer(pid)


def _refuse_abuse(data: bytes) -> None:
    """Stop what goes around find_class, or takes memory out of all proportion to the pickle."""
    for count, (opcode, argument, _) in enumerate(pickletools.genops(data)):
        if opcode.name.startswith('EXT'):  # copyreg's cache may hold real classes
            _unsound(f'opcode {opcode.name}')
        if opcode.name in ('PUT', 'BINPUT', 'LONG_BINPUT') and (argument or 0) > count:
            _unsound(f'memo index {argument} after {count} opcodes')


def _unsound(what: str) -> NoReturn:
    raise pickle.UnpicklingError(f'{what} does not occur in checkpoints')
