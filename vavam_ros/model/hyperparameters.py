"""The stored configuration of a released file, read by key and by type."""

from __future__ import annotations

from typing import Any

from vavam_ros.errors import InputError
from vavam_ros.model.inert_pickle import Inert

MOST = 1e30  # no size or scale of a network is beyond; infinite and not-a-number fail, too


class Hyperparameters:
    """One level of a stored configuration: a dict, or what is left of an OmegaConf one.

    Every question raises InputError with the key's full name when the key is missing (unless
    it has a default) or its value has another type.
    """

    def __init__(self, stored: object, name: str) -> None:
        entries = _mapping(stored)
        if entries is None:
            raise InputError(f'{name} is {shown(stored)}: expected a mapping')
        self._entries = entries
        self._name = name

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def keys(self) -> list[str]:
        """The keys, sorted, for an error that has to list them."""
        return sorted(str(key) for key in self._entries)

    def section(self, key: str) -> Hyperparameters:
        """The mapping under a key."""
        return Hyperparameters(self._required(key, 'a mapping'), self._full(key))

    def integer(self, key: str, default: int | None = None) -> int:
        """A positive integer."""
        value = self._value(key, 'a positive integer', default)
        if type(value) is not int or value < 1:
            raise self._wrong(key, value, 'a positive integer')
        return value

    def number(self, key: str, default: float | None = None) -> float:
        """A finite number."""
        value = self._value(key, 'a number', default)
        if not (type(value) is int or type(value) is float) or not abs(value) < MOST:
            raise self._wrong(key, value, 'a finite number')
        return float(value)

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self._value(key, 'true or false', default)
        if not isinstance(value, bool):
            raise self._wrong(key, value, 'true or false')
        return value

    def optional_number(self, key: str) -> float | None:
        """A finite number, or None where the file says null or nothing."""
        if key not in self._entries or _plain(self._entries[key]) is None:
            return None
        return self.number(key)

    def _value(self, key: str, expected: str, default: object) -> object:
        if key not in self._entries and default is not None:
            return default
        return _plain(self._required(key, expected))

    def _required(self, key: str, expected: str) -> Any:
        if key not in self._entries:
            raise InputError(
                f'{self._full(key)} is missing: expected {expected}, found the keys '
                f'{", ".join(self.keys())}'
            )
        return self._entries[key]

    def _full(self, key: str) -> str:
        return f'{self._name}.{key}'

    def _wrong(self, key: str, found: object, expected: str) -> InputError:
        return InputError(f'{self._full(key)} is {shown(found)}: expected {expected}')


def _mapping(stored: object) -> dict[Any, Any] | None:
    """The entries of a dict, of a dict subclass, or of OmegaConf's DictConfig."""
    if isinstance(stored, Inert):
        content = stored.state.get('_content') if isinstance(stored.state, dict) else None
        return content if isinstance(content, dict) else stored.entries or None
    return stored if isinstance(stored, dict) else None


def _plain(stored: object) -> object:
    """The value itself, also out of one of OmegaConf's nodes."""
    if isinstance(stored, Inert) and isinstance(stored.state, dict) and '_val' in stored.state:
        return stored.state['_val']
    return stored


def shown(found: object) -> str:
    """A value of a file, for an error: what it is where it cannot be printed in short."""
    if isinstance(found, Inert):
        return f'an object of {found.path}'
    plain = found is None or isinstance(found, (bool, int, float, str))
    return f'{found!r:.60}' if plain else f'a {type(found).__name__}'
