"""Patches as geometry of Panda3D, whose colours may change from frame to frame."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vavam_ros.simulation.panda import core

Single = NDArray[np.float32]

_TRIANGLES = np.array([0, 1, 2, 0, 2, 3])  # of a patch's corners


@functools.cache
def _vertex_format() -> Any:
    """Places and colours in arrays of their own, so that colours can be written alone."""
    module = core()
    places, colours = module.GeomVertexArrayFormat(), module.GeomVertexArrayFormat()
    places.add_column('vertex', 3, module.Geom.NT_float32, module.Geom.C_point)
    colours.add_column('color', 4, module.Geom.NT_uint8, module.Geom.C_color)
    both = module.GeomVertexFormat()
    both.add_array(places)
    both.add_array(colours)
    return module.GeomVertexFormat.register_format(both)


class PatchVertices:
    """The corners of patches, four by four."""

    def __init__(self, corners_m: Single) -> None:
        """Of patches as [4 * patches, 3]."""
        module = core()
        self._data = module.GeomVertexData('patches', _vertex_format(), module.Geom.UH_dynamic)
        self._data.set_num_rows(len(corners_m))
        self._colours = np.full((len(corners_m), 4), 255, np.uint8)
        _fill(self._data.modify_array(0), np.asarray(corners_m, np.float32))

    def set_colours(self, colours: Single) -> None:
        """[V, 3], 0..255."""
        self._colours[:, :3] = np.rint(colours)
        _fill(self._data.modify_array(1), self._colours)

    def geom(self, first: int, count: int) -> Any:
        """What draws `count` patches from the `first` on."""
        module = core()
        indices = (np.arange(first, first + count)[:, None] * 4 + _TRIANGLES).astype(np.uint32)
        triangles = module.GeomTriangles(module.Geom.UH_static)
        triangles.set_index_type(module.Geom.NT_uint32)
        array = triangles.modify_vertices()
        array.set_num_rows(indices.size)
        _fill(array, indices)
        geom = module.Geom(self._data)
        geom.add_primitive(triangles)
        return geom


def _fill(array: Any, values: NDArray[Any]) -> None:
    memoryview(array).cast('B')[:] = np.ascontiguousarray(values).data.cast('B')


def add_node(parent: Any, geom: Any, order: int, solid: bool) -> Any:
    """Hang geometry below `parent`: lower orders are drawn first.

    What is not solid covers all drawn before it and hides nothing drawn after it.
    """
    module = core()
    node = module.GeomNode('patches')
    node.add_geom(geom)
    path = parent.attach_new_node(node)
    path.set_bin('fixed', order)
    path.set_depth_test(solid)
    path.set_depth_write(solid)
    return path
