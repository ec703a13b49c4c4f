"""Panda3D's engine without a window system: one engine and one pipe of a kind per process."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vavam_ros.errors import InputError

_LIBRARIES = {'software': 'p3tinydisplay', 'egl': 'p3headlessgl'}
_PIPE_TYPES = {'software': 'TinyOffscreenGraphicsPipe', 'egl': 'eglGraphicsPipe'}
# The software pipe puts corners on whole pixels, on average to the left of and above where they
# belong. The film is moved (x, y) against that.
_OFF_PX = {'software': (-0.3, 0.35), 'egl': (0.0, 0.0)}
NEAREST_M, FARTHEST_M = 0.5, 400.0

# By pipe and size. Panda3D's software pipe keeps the memory of a buffer that is removed.
_IDLE_BUFFERS: dict[tuple[str, int, int], list[Any]] = {}


@functools.cache
def core() -> Any:
    """The module panda3d.core, set up; InputError where the package is missing."""
    try:
        from panda3d import core as module
    except ImportError as error:
        raise InputError(
            f'the embedded world is drawn by panda3d, which cannot be used ({error}): '
            'pip install panda3d'
        ) from error
    # What goes wrong is seen from what its functions return, and said in our own words.
    module.load_prc_file_data('', 'notify-level fatal\naudio-library-name null\n')
    return module


@functools.cache
def _pipe(kind: str) -> Any:
    """The pipe 'software' or 'egl'; InputError says why there is none."""
    if kind not in _LIBRARIES:
        raise InputError(f'there is no pipe {kind!r} to draw with: take {" or ".join(_LIBRARIES)}')
    module = core()
    selection = module.GraphicsPipeSelection.get_global_ptr()
    # Loads the library; the pipe that it prefers itself may want an X server.
    selection.make_module_pipe(_LIBRARIES[kind])
    pipe = selection.make_pipe(_PIPE_TYPES[kind])
    if pipe is None or not pipe.is_valid():
        raise InputError(_why_missing(kind))
    return pipe


def _why_missing(kind: str) -> str:
    if kind == 'egl':
        return (
            "panda3d's pipe 'egl' (p3headlessgl) cannot be opened: it needs libEGL and a driver; "
            "install them (libegl1, and libgl1-mesa-dri or the GPU's own), or take 'software'"
        )
    return f'panda3d lacks its pipe {kind!r} ({_LIBRARIES[kind]}): reinstall panda3d'


class OffscreenView:
    """Renders a scene graph into memory as one camera sees it."""

    def __init__(self, pipe: str, width_px: int, height_px: int, focal_px: float) -> None:
        module = core()
        self._size_px = (width_px, height_px)
        self._engine = module.GraphicsEngine.get_global_ptr()
        self._buffer = self._open_buffer(pipe)
        self._texture = module.Texture()
        self._buffer.add_render_texture(self._texture, module.GraphicsOutput.RTM_copy_ram)
        self.root = module.NodePath('world')
        lens = module.PerspectiveLens()
        lens.set_film_size(width_px, height_px)
        lens.set_focal_length(focal_px)
        lens.set_film_offset(*_OFF_PX[pipe])
        lens.set_near_far(NEAREST_M, FARTHEST_M)
        self._camera = self.root.attach_new_node(module.Camera('camera', lens))
        self._buffer.make_display_region().set_camera(self._camera)

    def _open_buffer(self, pipe: str) -> Any:
        module = core()
        self._idle = _IDLE_BUFFERS.setdefault((pipe, *self._size_px), [])
        if self._idle:
            return self._idle.pop()
        properties = module.FrameBufferProperties()
        properties.set_rgb_color(True)
        properties.set_color_bits(24)
        properties.set_depth_bits(24)
        size = module.WindowProperties.size(*self._size_px)
        flags = module.GraphicsPipe.BF_refuse_window
        buffer = self._engine.make_output(_pipe(pipe), 'camera', 0, properties, size, flags)
        if buffer is None:
            raise InputError(_why_missing(pipe))
        buffer.set_active(False)  # drawn only when it is asked for, whatever else is rendered
        self._engine.open_windows()
        return buffer

    def look_from(self, x_m: float, y_m: float, z_m: float, yaw_rad: float) -> None:
        """Place the camera, level, its axis towards `yaw_rad`."""
        self._camera.set_pos_hpr(x_m, y_m, z_m, float(np.degrees(yaw_rad)) - 90.0, 0, 0)

    def render(self) -> NDArray[np.uint8]:
        """[H, W, 3] RGB."""
        self._buffer.set_active(True)
        self._engine.render_frame()
        self._buffer.set_active(False)
        width, height = self._size_px
        pixels = np.frombuffer(self._texture.get_ram_image(), np.uint8)
        pixels = pixels.reshape(height, width, self._texture.get_num_components())
        upright = np.empty((height, width, 3), np.uint8)
        for colour in range(3):  # the texture's are blue, green, red
            upright[:, :, colour] = pixels[::-1, :, 2 - colour]
        return upright

    def close(self) -> None:
        """Free all below `root`, and leave the buffer to the next view of its size."""
        self._buffer.clear_render_textures()
        self._buffer.remove_all_display_regions()
        self.root.remove_node()
        self._idle.append(self._buffer)
