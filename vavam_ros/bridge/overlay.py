"""Draws a plan on the camera image that it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import ImageDraw, ImageFont

from vavam_ros.geometry.mounted_camera import MountedCamera
from vavam_ros.geometry.plan_shapes import COMMAND_COLOURS
from vavam_ros.geometry.polyline import Points, from_origin
from vavam_ros.records import Plan

Pixels = NDArray[np.uint8]
Colour = tuple[int, int, int]

_WHITE: Colour = (255, 255, 255)
_WARNING: Colour = (255, 221, 0)
_TEXT_SHARE = 1 / 24  # of the image's height, for a line of text
_CHOSEN_SHARE = 1 / 60  # of the image's width, for the chosen path's thickness
_BESIDE_SHARE = 1 / 160
_SAMPLE_SHARE = 1 / 400
_FONT_WIDTH, _FONT_HEIGHT = 12, 16  # px; room for any character of Pillow's font


@dataclass(frozen=True, eq=False)
class Way:
    """Another way over the ground, to compare a plan with."""

    name: str
    waypoints_in_rig: Points  # [H, 2] m
    colour: Colour


def plan_overlay(
    image: Pixels,
    plan: Plan | None,
    camera: MountedCamera,
    captions: Sequence[str] = (),
    warnings: Sequence[str] = (),
    beside: Sequence[Way] = (),
) -> Pixels:
    """Draw on a copy of [H, W, 3] RGB; without a plan, only the lines of text and what is beside.

    What-ifs and samples are thin lines, the chosen path a thick one with a dot at each waypoint,
    coloured by command. Ways beside it are drawn over it, and named in their colour below the
    captions. `camera` must have the image's size. Warnings are yellow and come first.
    """
    picture = PillowImage.fromarray(np.ascontiguousarray(image))
    if plan is not None:
        _draw_paths(picture, plan, camera)
    canvas, width = ImageDraw.Draw(picture), max(2, round(picture.width * _BESIDE_SHARE))
    for way in beside:
        _draw_line(canvas, camera, way.waypoints_in_rig, way.colour, width)
    lines = [(text, _WARNING) for text in warnings] + [(text, _WHITE) for text in captions]
    _write(picture, [*lines, *((way.name, way.colour) for way in beside)])
    return np.array(picture)


def _draw_paths(picture: PillowImage.Image, plan: Plan, camera: MountedCamera) -> None:
    canvas = ImageDraw.Draw(picture)
    thin = max(1, round(picture.width * _SAMPLE_SHARE))
    thick = max(3, round(picture.width * _CHOSEN_SHARE))
    for command, samples in (*plan.what_ifs_in_rig.items(), (plan.command, plan.samples_in_rig)):
        for sample in samples:
            _draw_line(canvas, camera, sample, COMMAND_COLOURS[command], thin)
    _draw_line(canvas, camera, plan.waypoints_in_rig, _WHITE, thick)
    _draw_line(canvas, camera, plan.waypoints_in_rig, COMMAND_COLOURS[plan.command], thick - 2)
    _draw_dots(canvas, camera, plan.waypoints_in_rig, thick / 3)


def _draw_line(
    canvas: ImageDraw.ImageDraw,
    camera: MountedCamera,
    waypoints: Points,
    colour: Colour,
    width: int,
) -> None:
    for (x0, y0), (x1, y1) in camera.ground_segments(from_origin(waypoints)).tolist():
        canvas.line((x0, y0, x1, y1), colour, width)
        _dot(canvas, x1, y1, width / 2, colour)  # a round joint


def _draw_dots(
    canvas: ImageDraw.ImageDraw,
    camera: MountedCamera,
    waypoints: NDArray[np.float32],
    radius: float,
) -> None:
    for waypoint in waypoints:
        for (x, y), _ in camera.ground_segments(np.stack([waypoint, waypoint])).tolist():
            _dot(canvas, x, y, radius, _WHITE)


def _dot(canvas: ImageDraw.ImageDraw, x: float, y: float, radius: float, colour: Colour) -> None:
    canvas.ellipse((x - radius, y - radius, x + radius, y + radius), colour)


def _write(picture: PillowImage.Image, lines: Sequence[tuple[str, Colour]]) -> None:
    """Lines of text from the top left corner down, on a dark ground."""
    height = max(10, round(picture.height * _TEXT_SHARE))
    top = 0
    for text, colour in lines:
        mask = _text_mask(text, height)
        width = min(mask.width, picture.width)
        picture.paste((0, 0, 0), (0, top, width, top + mask.height))
        picture.paste(colour, (0, top), mask)
        top += mask.height


def _text_mask(text: str, height: int) -> PillowImage.Image:
    """Text as a grey picture of this height; Pillow's own font, since no other is sure to be."""
    sheet = PillowImage.new('L', (_FONT_WIDTH * len(text) + 4, _FONT_HEIGHT))
    ImageDraw.Draw(sheet).text((3, 2), text, 255, ImageFont.load_default())
    # Cropped to what was drawn, since older Pillows cannot measure their bitmap font's text.
    _, _, right, _ = sheet.getbbox() or (0, 0, 0, 0)
    mask = sheet.crop((0, 0, right + 3, _FONT_HEIGHT))
    return mask.resize((round(mask.width * height / mask.height), height))
