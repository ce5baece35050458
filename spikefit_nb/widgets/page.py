"""Panels and pictures as pages that open alone: no network, no kernel; taps in pictures work."""

import os
from collections.abc import Iterable
from html import escape
from os import PathLike
from pathlib import Path
from typing import Any

import ipywidgets
from bokeh.models import LayoutDOM

from spikefit_nb.errors import FileProblem, WrongArgument, expect
from spikefit_nb.widgets.embed import figure_html, title_of
from spikefit_nb.widgets.live_bokeh import LiveBokeh
from spikefit_nb.widgets.live_study import LiveStudy

STYLE = """<style>
:root { color-scheme: light dark; --jp-ui-font-color1: #1b1b1b; --jp-ui-font-color2: #5f5f5f;
  --jp-border-color2: #d0d0d0 }
@media (prefers-color-scheme: dark) { :root { --jp-ui-font-color1: #ececec;
  --jp-ui-font-color2: #a6a6a6; --jp-border-color2: #555; --jp-error-color1: #ff8a80;
  --jp-success-color1: #4cd3a5 } body { background: #111 } }
body { margin: 20px auto; max-width: 1280px; padding: 0 16px; color: var(--jp-ui-font-color1);
  font: 13px/1.45 system-ui, sans-serif }
.row { display: flex; flex-wrap: wrap; gap: 2px 14px; align-items: baseline }
.row > * { min-width: 0 }
.said { display: flex; gap: 10px; margin: 2px 0 } .said > :first-child { min-width: 150px }
.said > :first-child, summary { color: var(--jp-ui-font-color2) }
pre { white-space: pre-wrap; overflow-wrap: anywhere }
.spikefit-column { display: flex; flex-direction: column }
</style>"""
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>{style}</head><body>
{body}
</body></html>
"""
LEFT_OUT = (ipywidgets.Button, ipywidgets.FileUpload)  # which a page without a kernel cannot do
TOOL = "spikefit-tool"  # the class of boxes of such


def to_html(shown: Any, path: str | PathLike[str], *, overwrite: bool = False) -> Path:
    """Write a panel, a search or a picture as a page that opens alone.

    The page needs no network and no kernel; it shows the state of now, and taps and pointing work
    in its pictures.

    Parameters
    ----------
    shown : a Workbench, one of its panels, a Study, or a figure or layout of ours
    path : str or path
    overwrite : bool, whether a file of that name may be replaced

    Returns
    -------
    Path

    Raises
    ------
    WrongArgument
        It is of another kind.
    FileProblem
        There is such a file already, or it cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from spikefit_nb.plots import plot_sample
    >>> from spikefit_nb.datasets import load_dataset
    >>> picture = plot_sample(load_dataset("digits"))
    >>> to_html(picture, Path(tempfile.mkdtemp()) / "sample.html").name
    'sample.html'
    """
    expect(path, str | PathLike, "path", "'workbench.html'")
    path = Path(path)
    written = page_of(shown)
    expect(overwrite, bool, "overwrite", "True")
    if os.path.exists(path) and not overwrite:
        raise FileProblem(
            f"{str(path)!r} exists already. Another name, or to_html(..., overwrite=True)?"
        )
    unfinished = Path(f"{path}.{os.getpid()}.part")
    try:
        unfinished.write_text(written, encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise FileProblem(f"{str(path)!r} cannot be written: {error.strerror}.") from error
    return path


def page_of(shown: Any) -> str:
    """A page that shows something as it is now."""
    from spikefit_nb.search import Study  # here, since widgets of other rooms do without it

    view = getattr(shown, "view", None)
    if isinstance(shown, Study):
        card = LiveStudy(shown)
        body, title = _written(card), card.view.shown.title
        card.unobserve_all()
        card.close()
    elif isinstance(shown, LayoutDOM):
        title = title_of(shown)
        body = figure_html(shown, escape(title))
    elif isinstance(shown, ipywidgets.Widget):
        body, title = _written(shown), getattr(shown, "title", "") or "spikefit_nb"
    elif isinstance(view, ipywidgets.Widget):
        body, title = _written(view), repr(shown).partition("(")[2].removesuffix(")")
    else:
        raise WrongArgument(
            f"shown is a {type(shown).__name__} but must be a workbench, a panel of it, a study or "
            "a picture: to_html(workbench, 'workbench.html')."
        )
    return PAGE.format(title=escape(title), style=STYLE, body=body)


def _written(widget: Any) -> str:
    """A widget as still HTML; what is hidden or takes a kernel is left out."""
    is_hidden = getattr(widget.layout, "display", "") == "none"
    if is_hidden or isinstance(widget, LEFT_OUT) or TOOL in widget._dom_classes:
        return ""
    if hasattr(widget, "page_html"):  # of one that on a page does more than it does now
        return widget.page_html()
    if isinstance(widget, LiveBokeh):
        return live_html(widget)
    if isinstance(widget, ipywidgets.HTML):
        return f"<div>{widget.value}</div>"
    if isinstance(widget, ipywidgets.Textarea):
        return f"<pre>{escape(widget.value)}</pre>"
    if isinstance(widget, ipywidgets.Accordion):
        return "".join(
            f"<details><summary>{escape(title)}</summary>{_written(child)}</details>"
            for title, child in zip(widget.titles, widget.children, strict=True)
        )
    if hasattr(widget, "children"):
        return _box(widget)
    return _control(widget)


def _box(widget: Any) -> str:
    classes = [*widget._dom_classes, *(["row"] if isinstance(widget, ipywidgets.HBox) else [])]
    inside = "".join(map(_written, widget.children))
    return f'<div class="{escape(" ".join(classes))}">{inside}</div>' if inside else ""


def _control(widget: Any) -> str:
    """What a control says, in words."""
    value = getattr(widget, "label", None) or getattr(widget, "value", "")
    if isinstance(value, bool):
        value = "yes" if value else "no"
    words = (
        ", ".join(map(str, value))
        if isinstance(value, Iterable | tuple) and not isinstance(value, str)
        else str(value)
    )
    name = escape(getattr(widget, "description", ""))
    return f'<div class="said"><span>{name}</span><b>{escape(words)}</b></div>' if words else ""


def live_html(widget: LiveBokeh) -> str:
    """A live picture as it is now, which needs no kernel."""
    with widget.lock, widget.silent():
        widget.before_picture()
        return figure_html(widget._model)
