"""A data set in words: its line, and its rows."""

from typing import TYPE_CHECKING

from spikefit_nb.datasets import storage
from spikefit_nb.html import Row
from spikefit_nb.units import text

if TYPE_CHECKING:
    from spikefit_nb.datasets.spike_dataset import SpikeDataset

KEPT = {
    "Events": "as events",
    "Repeated": "as one step for all",
}  # how spikes are stored, where not as an array


def dataset_line(dataset: "SpikeDataset") -> str:
    """Write a data set in one line: its size, its classes and how active it is."""
    size = f"{dataset.n_samples} samples x {dataset.n_steps} steps x {dataset.n_channels} channels"
    counts = dataset.class_counts.values() if dataset.labels is not None else ()
    few, many = min(counts, default=0), max(counts, default=0)
    classes = (
        f", {dataset.n_classes} classes of {few if few == many else f'{few} to {many}'}"
        if counts
        else ""
    )
    current = f"mean current {dataset.rate_hz * dataset.dt_s:.3g}"
    return (
        f"SpikeDataset({size}{classes}, "
        f"{current if dataset.is_current else f'{dataset.rate_hz:.3g} Hz a channel'})"
    )


def dataset_rows(dataset: "SpikeDataset") -> list[Row]:
    """Write a data set as rows."""
    rows: list[Row] = [
        ("Samples", dataset.n_samples, ""),
        ("Steps", dataset.n_steps, ""),
        ("Step", dataset.dt_s, "s"),
        ("Channels", dataset.n_channels, ""),
        ("Mean current", dataset.rate_hz * dataset.dt_s, "")
        if dataset.is_current
        else ("Spikes per channel and second", dataset.rate_hz, "Hz"),
    ]
    if not dataset.is_current:
        rows.append(("Spikes per sample", storage.total(dataset.spikes) / dataset.n_samples, ""))
    if dataset.labels is not None:
        balance = _balance(dataset.class_counts)
        rows += [("Classes", dataset.n_classes, ""), ("Samples per class", balance, "")]
    kept = KEPT.get(type(dataset.spikes).__name__, "as an array")
    rows.append(("In memory", f"{dataset.n_bytes / 1e6:,.1f} MB, {kept}", ""))
    return rows + ([("Source", dataset.source, "")] if dataset.source else [])


def _balance(counts: dict[str, int]) -> str:
    few, many = min(counts, key=counts.__getitem__), max(counts, key=counts.__getitem__)
    if counts[few] == counts[many]:
        return text(counts[few])
    return f"{text(counts[few])} ({few}) to {text(counts[many])} ({many})"
