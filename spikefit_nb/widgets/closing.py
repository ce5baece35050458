"""Widgets let go of with all that belongs to them."""

from collections.abc import Iterable
from typing import Any


def close_all(widgets: Iterable[Any]) -> None:
    """Close widgets with their layouts, styles and all inside them, each once."""
    for widget in widgets:
        if widget is not None and widget.comm is not None:  # of one that is closed there is none
            close_all(getattr(widget, "children", ()))
            own = [getattr(widget, name, None) for name in ("layout", "style")]
            widget.close()
            close_all(own)
