"""What one network costs across chips; what nobody has published is said, never drawn as zero."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from bokeh.models import ColumnDataSource, NumeralTickFormatter
from bokeh.plotting import figure

from spikefit_nb.errors import DesignProblem, UnknownName, expect
from spikefit_nb.plots.theme import (
    BLUE,
    GREY,
    WORDS_STYLE,
    AxisWords,
    axis_words,
    figure_of_rows,
    finished,
    hover,
    words_of,
    written,
)
from spikefit_nb.units import text

QUANTITIES = ("energy_j", "event_energy_j", "latency_s", "power_w", "n_cores", "accuracy")
UNKNOWN = "not published"
LONGEST = 70  # letters of a reason in the picture


@runtime_checkable
class Report(Protocol):
    """What the picture reads of one chip."""

    fits: bool
    profile: Any
    violations: Sequence[Any]  # why it does not fit
    mapping: Any


class ChipsData(NamedTuple):
    """One row a chip: those with a value first, the best on top; then those without one."""

    title: str
    axis: AxisWords
    chips: tuple[str, ...]
    fits: tuple[bool, ...]
    values: np.ndarray  # in the unit of the axis; NaN where there is none
    words: tuple[str, ...]  # the value, "not published", or why it does not fit


def chips_data(reports: Iterable[Report], quantity: str = "energy_j") -> ChipsData:
    """Gather what one network costs across chips.

    Parameters
    ----------
    reports : iterable of spikefit_nb.deploy.Report, one a chip
    quantity : str, "energy_j" with static power, "event_energy_j", "latency_s", "power_w",
        "n_cores" or "accuracy"

    Returns
    -------
    ChipsData

    Raises
    ------
    WrongArgument
        A report is of another kind, such as a profile.
    UnknownName
        There is no such quantity.
    DesignProblem
        There is no report.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.deploy import deploy
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> network, dataset = load_network("digits"), load_dataset("digits").take(30)
    >>> chips = [load_profile(name) for name in ("seneca", "loihi1", "truenorth")]
    >>> chips_data([deploy(network, chip, dataset) for chip in chips]).words[1]
    'not published'
    """
    expect(quantity, str, "quantity", "'energy_j'")
    if quantity not in QUANTITIES:
        raise UnknownName("quantity across chips", quantity, QUANTITIES)
    expect(reports, Iterable, "reports", "[sf.deploy(network, profile, dataset)]")
    rows = [_row(report, quantity) for report in reports]
    if not rows:
        raise DesignProblem("reports is empty; give one a chip: [sf.deploy(network, ...)].")
    axis = axis_words(quantity, [value for *_, value, _ in rows if value is not None])
    sign = -1 if axis.higher_is_better else 1
    rows.sort(key=lambda row: (not row[1], row[2] is None, sign * (row[2] or 0.0), row[0]))
    chips, fits, values, words = zip(*rows, strict=True)
    shown = np.array([np.nan if v is None else v * axis.scale for v in values])
    return ChipsData(_title(quantity, rows), axis, chips, fits, shown, words=words)


def _row(report: Report, quantity: str) -> tuple[str, bool, float | None, str]:
    expect(report, Report, "each of reports", "sf.deploy(network, profile, dataset)")
    title = report.profile.title
    if not report.fits:
        return title, False, None, why_not(report)
    if quantity == "n_cores" and not report.mapping.is_counted:
        return title, True, None, UNKNOWN
    value = getattr(report, quantity)
    if value is None:
        return title, True, None, "no labels" if quantity == "accuracy" else UNKNOWN
    return title, True, float(value), written(quantity, value)


def why_not(report: Report) -> str:
    """The limit that is exceeded most, in words, and how many others are."""
    kinds = {v.what: v for v in sorted(report.violations, key=lambda v: v.share or np.inf)}
    if not kinds:
        return "does not fit"
    worst = list(kinds.values())[-1]
    more = f", and {len(kinds) - 1} more" if len(kinds) > 1 else ""
    need, limit = text(worst.need), text(worst.limit)
    side = "limit" if worst.share else "the chip has"
    return f"does not fit: {worst.what} {need}, {side} {limit}{more}"


def _title(quantity: str, rows: list) -> str:
    n_fit = sum(fits for _, fits, *_ in rows)
    priced = [row for row in rows if row[2] is not None]
    said = f"fits {n_fit} of {len(rows)} chips"
    name = words_of(quantity)[0].lower()
    if not priced:
        return f"{said}; {name}: published for none of them"
    chip, _, _, words = priced[0]
    side = "highest" if quantity == "accuracy" else "lowest"
    return f"{said}; {side} {name}, of {len(priced)} told: {chip}, {words}"


def plot_chips(reports: Iterable[Report], quantity: str = "energy_j") -> figure:
    """Draw what one network costs across chips, and say why there is no cost where there is none.

    Parameters
    ----------
    reports : iterable of spikefit_nb.deploy.Report, one a chip
    quantity : str, "energy_j" with static power, "event_energy_j", "latency_s", "power_w",
        "n_cores" or "accuracy"

    Returns
    -------
    bokeh.plotting.figure

    Raises
    ------
    WrongArgument
        A report is of another kind, such as a profile.
    UnknownName
        There is no such quantity.
    DesignProblem
        There is no report.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.deploy import deploy
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> network, dataset = load_network("digits"), load_dataset("digits").take(30)
    >>> chips = [load_profile(name) for name in ("seneca", "loihi1")]
    >>> plot_chips([deploy(network, chip, dataset) for chip in chips]).xaxis[0].axis_label
    'Energy per inference with static power (µJ)'
    """
    shown = chips_data(reports, quantity)
    known = np.isfinite(shown.values)
    low, high = _ends(shown.values[known], is_log=shown.axis.is_log)
    fig = figure_of_rows(
        shown.chips,
        title=shown.title,
        height=130 + 24 * len(shown.chips),
        x_axis_label=shown.axis.label,
        x_axis_type="log" if shown.axis.is_log else "linear",
        x_range=(low, high),
    )
    if shown.axis.is_log:
        fig.xaxis.formatter = NumeralTickFormatter(format="0,0.[000]")
    rows = -np.arange(len(shown.chips))
    for mask, x in ((known, shown.values), (~known, np.full(len(rows), low))):
        source = ColumnDataSource(
            {
                "x": x[mask],
                "y": rows[mask],
                "chip": np.array(shown.chips, object)[mask],
                "words": np.array(shown.words, object)[mask],
                "short": [shortened(w) for w in np.array(shown.words, object)[mask]],
            }
        )
        # What has no value stands as words at the edge: a dot there would be read as a number.
        style = WORDS_STYLE if mask is known else WORDS_STYLE | {"text_color": GREY}
        fig.text("x", "y", text="short", x_offset=10, source=source, **style)
        if mask is known:
            dots = fig.scatter("x", "y", size=11, color=BLUE, source=source)
            fig.add_tools(hover([("", "@chip"), (words_of(quantity)[0], "@words")], [dots]))
    return finished(fig)


def shortened(words: str) -> str:
    """Words as far as there is room for them."""
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 2].rstrip()} ..."


def _ends(values: np.ndarray, *, is_log: bool) -> tuple[float, float]:
    """An axis that holds all values, with room for words behind the largest."""
    if not len(values):
        return (1.0, 10.0) if is_log else (0.0, 1.0)
    if is_log and (values > 0).all():
        reach = max(float(values.max() / values.min()), 10.0)
        return float(values.min()) / reach**0.1, float(values.max()) * reach**0.45
    return 0.0, 1.4 * float(values.max())
