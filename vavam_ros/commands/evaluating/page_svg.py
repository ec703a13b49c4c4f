"""Plots as SVG within the page: its colours, so that they fit light, dark and paper."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

WIDTH_IN = 4.7  # a telephone's width, at which the text is as high as the page's small print

# What is drawn in these becomes a colour of the page's style sheet.
INK, MUTED, GRID = '#010101', '#010102', '#010103'
MODEL_COLOUR, BAD = '#010104', '#010105'
SOURCE_COLOURS = ('#010106', '#010107', '#010108', '#010109')
_VARIABLES = {
    INK: '--ink', MUTED: '--muted', GRID: '--grid', MODEL_COLOUR: '--model', BAD: '--bad',
    **{colour: f'--source-{number}' for number, colour in enumerate(SOURCE_COLOURS, 1)},
}  # fmt: skip

_STYLE: Mapping[Any, Any] = {
    'svg.fonttype': 'none',
    'svg.hashsalt': 'page',
    'font.size': 9.5,
    'axes.labelsize': 9.5,
    'legend.fontsize': 9,
    'xtick.labelsize': 9,
    'ytick.labelsize': 9,
    'figure.facecolor': 'none',
    'axes.facecolor': 'none',
    'axes.edgecolor': MUTED,
    'axes.labelcolor': INK,
    'axes.spines.top': False,
    'axes.spines.right': False,
    'axes.grid': True,
    'axes.axisbelow': True,
    'grid.color': GRID,
    'grid.linewidth': 0.7,
    'text.color': INK,
    'xtick.color': MUTED,
    'ytick.color': MUTED,
    'xtick.labelcolor': INK,
    'ytick.labelcolor': INK,
    'legend.frameon': False,
    'axes.unicode_minus': False,
}


@dataclass(frozen=True)
class Plot:
    """One plot of the page."""

    title: str
    caption: str
    svg: str


def plotted(
    name: str,
    title: str,
    caption: str,
    height_in: float,
    draw: Callable[[Figure], None],
    width_in: float = WIDTH_IN,
) -> Plot:
    """A plot that `draw` draws on an empty figure; `name` is its own on the page."""
    with rc_context(dict(_STYLE)):
        figure = Figure(figsize=(width_in, height_in), layout='constrained')
        draw(figure)
        file = io.StringIO()
        figure.savefig(file, format='svg', transparent=True)
    return Plot(title, caption, inline(file.getvalue(), name, f'{title}. {caption}'))


def legend_below(figure: Figure, entries: Mapping[str, Line2D | Patch], columns: int = 2) -> None:
    """Names below the axes, where they hide nothing."""
    figure.legend(
        list(entries.values()), list(entries), loc='outside lower center', ncol=columns,
        columnspacing=1.2, handlelength=2.2, borderaxespad=0.2,
    )  # fmt: skip


def inline(svg: str, name: str, alt: str) -> str:
    """An SVG file of matplotlib -> an element for HTML.

    Without what points outside or counts for the page around it; numbers to a hundredth of a
    point; `alt` is what is read out in its place.
    """
    body = svg[svg.index('<svg') :]
    box = re.search(r'viewBox="[^"]*"', body)
    assert box is not None
    body = body[body.index('>') + 1 :]
    for useless in (r'<metadata>.*?</metadata>', r'<!--.*?-->', r'<style.*?</style>'):
        body = re.sub(useless, '', body, flags=re.DOTALL)
    body = re.sub(r'<g id="[^"]*"', '<g', body)
    body = re.sub(r'\bid="', f'id="{name}-', body)
    body = re.sub(r'(?:xlink:)?href="#', f'href="#{name}-', body)
    body = re.sub(r'url\(#', f'url(#{name}-', body)
    body = re.sub(r'font: ([\d.]+px)[^;"]*', r'font-size: \1', body)
    body = re.sub(r'\b(?:d|x|y|width|height|transform)="[^"]*"', _rounded, body)
    for colour, variable in _VARIABLES.items():
        body = body.replace(colour, f'var({variable})')
    body = re.sub(r'\s*\n\s*', '\n', body)
    text = escape(alt, quote=True)
    return f'<svg {box.group()} role="img" aria-label="{text}">{body}'


def _rounded(attribute: re.Match[str]) -> str:
    return re.sub(r'-?\d+\.\d{3,}', lambda one: f'{float(one.group()):.2f}', attribute.group())
