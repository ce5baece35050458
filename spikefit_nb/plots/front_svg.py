"""A front as a plain picture, for pages that run no scripts."""

import math
from collections.abc import Iterator
from html import escape
from typing import NamedTuple

from spikefit_nb.plots.front import FrontData, front_columns, front_limits
from spikefit_nb.plots.theme import ACCENT, BLUE, AxisWords, log_ticks

WIDTH, HEIGHT = 760, 400
LEFT, RIGHT, TOP, BOTTOM = 70, 740, 15, 345  # of the frame
# A file of its own does not see the colours of its page: it brings its paper along.
PAPER, DARK, FAINT, GRID = "#fff", "#222", "#666", "#ddd"


class Scale(NamedTuple):
    """Where the values of an axis are in a picture, in pixels."""

    axis: AxisWords
    lo: float
    hi: float
    start: int
    end: int

    def holds(self, value: float) -> bool:
        """Whether a value is inside the frame."""
        return self.lo <= value <= self.hi

    def place(self, value: float) -> float:
        """Give the pixel of a value."""
        ends = self.lo, self.hi, value
        lo, hi, at = (math.log(v) for v in ends) if self.axis.is_log else ends
        return round(self.start + (at - lo) / (hi - lo) * (self.end - self.start), 1)

    def ticks(self) -> list[float]:
        """Choose round numbers, as many as have room."""
        if self.axis.is_log:
            return log_ticks(self.lo, self.hi)
        power = 10.0 ** math.floor(math.log10((self.hi - self.lo) / 5))
        step = next(s * power for s in (1, 2, 5, 10) if (self.hi - self.lo) <= 7 * s * power)
        first, last = math.ceil(self.lo / step), math.floor(self.hi / step)
        return [float(f"{i * step:.6g}") for i in range(first, last + 1)]


def front_svg(shown: FrontData) -> str:
    """Draw a front as an SVG document.

    Parameters
    ----------
    shown : FrontData

    Returns
    -------
    str

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> from spikefit_nb.plots.front import front_data
    >>> from spikefit_nb.search import search
    >>> dataset = load_dataset("digits").take(30)
    >>> study = search(load_network("digits"), load_profile("loihi1"), dataset, n_trials=1)
    >>> study.wait()
    >>> "as trained" in front_svg(front_data(study))
    True
    """
    along, up = front_limits(shown)
    x, y = Scale(shown.x_axis, *along, LEFT, RIGHT), Scale(shown.y_axis, *up, BOTTOM, TOP)
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="13">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{PAPER}"/>'
        f"{''.join([*_grid(x, y), *_marks(front_columns(shown), x, y)])}</svg>"
    )


def _grid(x: Scale, y: Scale) -> Iterator[str]:
    for tick in x.ticks():
        at = x.place(tick)
        yield f'<line x1="{at}" y1="{TOP}" x2="{at}" y2="{BOTTOM}" stroke="{GRID}"/>'
        yield _words(f"{tick:g}", at, BOTTOM + 18, "middle", FAINT)
    for tick in y.ticks():
        at = y.place(tick)
        yield f'<line x1="{LEFT}" y1="{at}" x2="{RIGHT}" y2="{at}" stroke="{GRID}"/>'
        yield _words(f"{tick:g}", LEFT - 8, at + 4, "end", FAINT)
    yield _words(x.axis.label, (LEFT + RIGHT) / 2, HEIGHT - 12, "middle")
    middle = (TOP + BOTTOM) / 2
    turned = _words(y.axis.label, 18, middle, "middle")
    yield f'<g transform="rotate(-90 18 {middle})">{turned}</g>'


def _words(words: str, x: float, y: float, anchor: str, colour: str = DARK) -> str:
    at = f'x="{x}" y="{y}" text-anchor="{anchor}" fill="{colour}"'
    return f"<text {at}>{escape(words)}</text>"


def _marks(columns: dict[str, dict[str, list]], x: Scale, y: Scale) -> Iterator[str]:
    def places(name: str, *more: str) -> Iterator[tuple]:
        of = columns[name]
        for row in zip(of["x"], of["y"], *(of[column] for column in more), strict=True):
            if x.holds(row[0]) and y.holds(row[1]):
                yield x.place(row[0]), y.place(row[1]), *row[2:]

    line = " ".join(f"{at_x},{at_y}" for at_x, at_y in places("front"))
    yield f'<polyline points="{line}" fill="none" stroke="{BLUE}" stroke-width="2"/>'
    for at_x, at_y, size, colour in places("points", "size", "colour"):
        yield f'<circle cx="{at_x}" cy="{at_y}" r="{size / 2}" fill="{colour}"/>'
    for at_x, at_y in places("ring"):
        ring = f'fill="none" stroke="{ACCENT}" stroke-width="4"'
        yield f'<circle cx="{at_x}" cy="{at_y}" r="12" {ring}/>'
    for at_x, at_y in places("reference"):
        yield f'<path d="M{at_x} {at_y - 9}l9 9l-9 9l-9-9z" fill="{DARK}"/>'
        yield _words("as trained", at_x, at_y - 15, "middle")
