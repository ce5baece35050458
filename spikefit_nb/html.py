"""Rows to an escaped table that follows Jupyter's colours; no ids, no scripts."""

from collections.abc import Iterable, Sequence
from html import escape
from itertools import chain, repeat

FONT = "font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:13px"
INK = "color:var(--jp-ui-font-color1,var(--pst-color-text-base,inherit))"
FAINT = "color:var(--jp-ui-font-color2,var(--pst-color-text-muted,#767676))"
LINE = "border-bottom:1px solid var(--jp-border-color2,rgba(128,128,128,.3))"
SECTION = "padding:10px 0 3px;text-align:left;font-weight:600"
CELL = "padding:3px 14px 3px 0;text-align:{align};background:transparent;vertical-align:top;{line}"


def table(
    rows: Iterable[Sequence[str]],
    *,
    header: Sequence[str] = (),
    align: str = "",
    hints: Sequence[str] = (),
) -> str:
    """Write rows of text as an HTML table.

    Parameters
    ----------
    rows : iterable of sequences of str, escaped here
        A row of one cell is a title across all columns.
    header : sequence of str, the column titles, or empty
    align : str
        One letter a column: "l", "r", or "n" for left and never broken; missing ones mean "l".
    hints : sequence of str, what pointing at each row shows, or empty; escaped here

    Returns
    -------
    str

    Examples
    --------
    >>> "<td" in table([["a", "1 < 2"]]) and "1 &lt; 2" in table([["a", "1 < 2"]])
    True
    """
    sides = {"l": "left", "r": "right;white-space:nowrap", "n": "left;white-space:nowrap"}

    def cells(row: Sequence[str], tag: str) -> str:
        if len(row) == 1 and len(header) > 1:
            return f'<td colspan="{len(header)}" style="{SECTION}">{escape(row[0])}</td>'
        styles = [CELL.format(align=sides[side], line=LINE) for side in align.ljust(len(row), "l")]
        return "".join(
            f'<{tag} style="{style}">{escape(str(value))}</{tag}>'
            for style, value in zip(styles, row, strict=False)
        )

    head = f'<thead><tr style="{FAINT}">{cells(header, "th")}</tr></thead>' if header else ""
    titles = chain((f' title="{escape(hint)}"' for hint in hints), repeat(""))
    body = "".join(
        f'<tr style="background:transparent"{title}>{cells(row, "td")}</tr>'
        for row, title in zip(rows, titles, strict=False)
    )
    style = f"border-collapse:collapse;margin:4px 0;{FONT};{INK}"
    return f'<table style="{style}">{head}<tbody>{body}</tbody></table>'


def card(title: str, *parts: str, notes: Iterable[str] = ()) -> str:
    """Put a title above parts that are already HTML, and faint notes below.

    Parameters
    ----------
    title : str, escaped here; the finding, answer first
    parts : str, HTML
    notes : iterable of str, a line each; escaped here

    Returns
    -------
    str

    Examples
    --------
    >>> card("fits", notes=["a < b"]).count("&lt;")
    1
    """
    below = "".join(f'<div style="{FAINT};margin-top:2px">{escape(note)}</div>' for note in notes)
    above = f'<div style="font-weight:600;margin:2px 0">{escape(title)}</div>'
    return f'<div style="{FONT};{INK};max-width:62em">{above}{"".join(parts)}{below}</div>'


def folded(title: str, part: str) -> str:
    """Fold a part that is already HTML under a title that opens it.

    Parameters
    ----------
    title : str, escaped here
    part : str, HTML

    Returns
    -------
    str

    Examples
    --------
    >>> folded("a < b", "<p>why</p>").count("&lt;")
    1
    """
    summary = f"<summary>{escape(title)}</summary>"
    return f'<details style="{FAINT};margin-top:2px">{summary}{part}</details>'
