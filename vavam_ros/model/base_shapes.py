"""MuP's base shapes in released files: the width at which each network's tuning was done.

A network's output is divided by width / base width (arXiv 2203.03466). The base width is stored
nowhere but in these shapes, so all of them are read, and must agree.
"""

from __future__ import annotations

from collections.abc import Mapping

from vavam_ros.errors import InputError
from vavam_ros.model.inert_pickle import Inert
from vavam_ros.model.layout import Shapes

BaseShape = tuple[int | None, ...]  # None: a dimension that does not grow with the width


class BaseShapes:
    """The base shapes of one network, by its layers' names."""

    def __init__(self, stored: object, name: str) -> None:
        if not isinstance(stored, Mapping) or not stored:
            raise InputError(
                f'{name} is missing: without the base shapes the multiplier of the output is '
                'unknown, and every result would be wrong'
            )
        self.name = name
        self._shapes = {
            str(key): _dimensions(shape, f'{name}[{key!r}]') for key, shape in stored.items()
        }

    def width(self, weight: str, dimension: int, default: int | None = None) -> int:
        """The base width that one dimension of one weight has."""
        shape = self._shapes.get(weight, ())
        base = shape[dimension] if dimension < len(shape) else None
        base = default if base is None else base
        if base is None:
            found = 'has no base width' if weight in self._shapes else 'is missing'
            raise InputError(f'{self.name}[{weight!r}] {found}: the multiplier follows from it')
        return base

    def check(self, actual: Shapes, expected: Shapes, optional: str | None = None) -> None:
        """Raise InputError unless each weight has its base shape.

        `actual` are the network's shapes, `expected` those of the same network at its base
        width; the `optional` weight may lack one, because it is another weight's alias.
        """
        for weight, shape in expected.items():
            found = self._shapes.get(weight)
            if found is None and weight == optional:
                continue
            if found is None or not _agrees(found, actual[weight], shape):
                raise InputError(
                    f'{self.name}[{weight!r}] is {_shown(found)}: expected {list(shape)}, as '
                    'the other base shapes have it'
                )
        unexpected = sorted(self._shapes.keys() - expected.keys())
        if unexpected:
            raise InputError(f'{self.name}[{unexpected[0]!r}] belongs to no weight of the network')


def _agrees(found: BaseShape, actual: tuple[int, ...], expected: tuple[int, ...]) -> bool:
    """None stands for the actual size, which must then be the same at the base width."""
    return len(found) == len(expected) and all(
        (size if base is None else base) == wanted
        for base, size, wanted in zip(found, actual, expected, strict=True)
    )


def _dimensions(shape: object, name: str) -> BaseShape:
    """(base width, ...) out of an InfShape, or of the plain shape that mup takes as well.

    An InfShape, as the released files have it, is a tuple of InfDim objects; torch.Size pickles
    alike, with numbers.
    """
    match shape:
        case Inert(arguments=(tuple() as dims,)) | (tuple() as dims) | (list() as dims):
            return tuple(_base_width(dim, name) for dim in dims)
    raise InputError(f'{name} is no base shape of mup: expected an InfShape of InfDim')


def _base_width(dim: object, name: str) -> int | None:
    base = dim
    if isinstance(dim, Inert):
        base = dim.state.get('base_dim', '') if isinstance(dim.state, dict) else ''
    if base is None or (type(base) is int and base > 0):
        return base
    raise InputError(f'{name} has a dimension that is no InfDim with a base width')


def _shown(found: BaseShape | None) -> str:
    return 'missing' if found is None else str(list(found))
