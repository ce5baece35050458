"""Right answers of every step of a recording, where its label is not one for all of it."""

import numpy as np

from spikefit_nb.errors import DatasetProblem

UNASKED = -1  # of a step that no answer is asked for


def check_step_labels(labels: np.ndarray, shape: tuple[int, ...]) -> None:
    """Refuse labels that are not one whole number a step, from 0 on or -1."""
    if labels.shape != shape[:2]:
        raise DatasetProblem(
            f"labels is {labels.shape} and spikes is {shape}; labels of every step are "
            f"(n_samples, n_steps), {shape[:2]}, labels of every recording {shape[:1]}."
        )
    if labels.min() < UNASKED:
        raise DatasetProblem(
            f"The smallest label is {labels.min()}; labels count from 0, and {UNASKED} is of a "
            "step that no answer is asked for."
        )
    if (labels == UNASKED).all():
        raise DatasetProblem(
            f"All labels are {UNASKED}, so no answer is asked for: leave labels out."
        )


def is_by_step(labels: np.ndarray | None) -> bool:
    """Whether every step has a label of its own."""
    return labels is not None and labels.ndim == 2


def after(labels: np.ndarray | None, n_steps: int) -> np.ndarray | None:
    """Labels of steps that are answered so many steps later; those of recordings stay."""
    if labels is None or labels.ndim == 1:
        return labels
    return np.pad(labels, ((0, 0), (n_steps, 0)), constant_values=UNASKED)


def first(labels: np.ndarray | None, n_steps: int) -> np.ndarray | None:
    """Labels of the first steps; those of recordings stay."""
    return labels if labels is None or labels.ndim == 1 else labels[:, :n_steps]


def in_pieces(labels: np.ndarray | None, n_steps: int, n_pieces: int) -> np.ndarray | None:
    """Labels of pieces of recordings, samples of their own; no answer is asked for in silence."""
    if labels is None or labels.ndim == 1:
        return None if labels is None else np.repeat(labels, n_pieces)
    n_added = n_pieces * n_steps - labels.shape[1]
    whole = np.pad(labels, ((0, 0), (0, n_added)), constant_values=UNASKED)
    return whole.reshape(-1, n_steps)


def merged(labels: np.ndarray | None, n_merged: int) -> np.ndarray | None:
    """Labels of coarser steps; refused where labels that differ would become one."""
    if labels is None or labels.ndim == 1:
        return labels
    n_steps = -(-labels.shape[1] // n_merged)
    width = min(n_merged, labels.shape[1])  # what is longer than a recording takes no memory
    n_added = n_steps * width - labels.shape[1]
    whole = np.pad(labels, ((0, 0), (0, n_added)), constant_values=UNASKED)
    together = whole.reshape(len(labels), n_steps, width)
    most = together.max(axis=2)
    differs = (together != most[:, :, None]) & (together != UNASKED)
    if differs.any():
        sample, step, at = np.argwhere(differs)[0]
        raise DatasetProblem(
            f"Of sample {sample}, steps that would become step {step} are labelled "
            f"{together[sample, step, at]} and {most[sample, step]}: no label is right for both. "
            "Bin recordings without labels, dataclasses.replace(dataset, labels=None).bin(...), "
            "and label the coarser steps."
        )
    return most
