"""Check spikes and labels, and choose how they are kept: as events, one step for all, an array."""

from collections.abc import Iterable, Iterator
from itertools import accumulate
from math import prod
from numbers import Integral
from operator import mul

import numpy as np
from numpy.typing import ArrayLike

from spikefit_nb.datasets.lazy import MAX_COUNT, Events, LazySpikes, Repeated, gather, join_events
from spikefit_nb.datasets.step_labels import check_step_labels
from spikefit_nb.encode import Encoder, Seed
from spikefit_nb.errors import DatasetProblem, expect, expect_seed

DENSE_FROM = 0.1  # of all values other than zero; below, events are smaller and quicker to read
BLOCK_VALUES = 16_000_000  # looked at in one piece

Spikes = np.ndarray | Events | Repeated


def as_spikes(given: ArrayLike | Spikes) -> Spikes:
    """Spikes as they are kept, or as an array, with three axes and something in them."""
    if np.ma.isMaskedArray(given):
        raise DatasetProblem(
            "spikes has a mask, which nothing here would keep: spikes.filled(0) is silent there."
        )
    try:
        spikes = given if isinstance(given, Events | Repeated) else np.asarray(given)
    except ValueError:
        raise DatasetProblem(
            "spikes are not an array: their recordings differ in length. "
            "Fill the shorter ones up with silence, or list the spikes: SpikeDataset.from_events."
        ) from None
    if spikes.ndim < 3:
        raise DatasetProblem(
            f"spikes is {spikes.shape}; three axes are needed: (n_samples, n_steps, n_channels). "
            "One recording alone is `spikes[None]`."
        )
    if 0 in spikes.shape:
        raise DatasetProblem(
            f"The dataset is empty: spikes is {spikes.shape} (n_samples, n_steps, n_channels)."
        )
    return spikes


def in_a_line(
    spikes: Spikes, channel_shape: object, *, has_labels: bool
) -> tuple[Spikes, tuple[int, ...] | None]:
    """Frames (n_samples, n_steps, ...) with their channels in a line, and how they are arranged."""
    if isinstance(spikes, LazySpikes) or spikes.ndim == 3:
        return spikes, checked_channel_shape(channel_shape, spikes.shape[2])
    frame = spikes.shape[2:]
    is_given = channel_shape is not None
    # labels tell the samples, a shape the channels: without both it may be one recording alone
    if spikes.ndim == 4 and not has_labels and not is_given:
        raise DatasetProblem(
            f"spikes is {spikes.shape}, (n_samples, n_steps, y, x) or one recording "
            f"(n_steps, polarity, y, x)? Say channel_shape={frame}, or give `spikes[None]`."
        )
    told = checked_channel_shape(channel_shape if is_given else frame, prod(frame))
    if not same_order(told, frame):
        raise DatasetProblem(
            f"spikes is {spikes.shape}, so its channels are {frame}, but channel_shape is {told}. "
            "Put the axes in the order that the network takes: np.moveaxis."
        )
    return spikes.reshape(*spikes.shape[:2], -1), told


def same_order(first: tuple[int, ...], second: tuple[int, ...]) -> bool:
    """Say whether two shapes count the same values in the same order, as far as they tell.

    One of them may take several axes of the other as one.

    Parameters
    ----------
    first, second : tuple of int, the last axis counts fastest

    Returns
    -------
    bool

    Examples
    --------
    >>> same_order((2, 6, 8), (2, 48)), same_order((2, 6, 8), (6, 8, 2))
    (True, False)
    """
    ends, others = (set(accumulate(shape[::-1], mul)) | {1} for shape in (first, second))
    return max(ends) == max(others) and (ends <= others or others <= ends)


def checked_channel_shape(channel_shape: object, n_channels: int) -> tuple[int, ...] | None:
    """Make an arrangement of channels a tuple, and refuse one that does not hold them."""
    if channel_shape is None:
        return None
    shape = np.atleast_1d(np.asarray(channel_shape))
    if shape.dtype.kind not in "iu" or shape.min(initial=1) < 1 or shape.prod() != n_channels:
        raise DatasetProblem(f"channel_shape {channel_shape} does not hold {n_channels} channels.")
    return tuple(int(n) for n in shape)


def check_step(dt_s: float) -> None:
    """Refuse a step that lasts no time, or infinitely long."""
    if not (isinstance(dt_s, int | float | np.number) and 0 < dt_s < np.inf):
        raise DatasetProblem(
            f"dt_s is {dt_s!r}; it must be above zero, in seconds: how long one step lasts."
        )


def checked_classes(given: object) -> tuple[str, ...]:
    """Names of classes; whole numbers are names as well, as those of digits."""
    expect(given, Iterable, "classes", "['left', 'right']")
    names = () if isinstance(given, str) else tuple(given)
    if isinstance(given, str) or not all(isinstance(name, str | Integral) for name in names):
        raise DatasetProblem(
            f"classes is {given!r:.60}; give a list of names, such as ['left', 'right']."
        )
    return tuple(map(str, names))


def checked_labels(given: ArrayLike | None, shape: tuple[int, ...]) -> np.ndarray | None:
    """Make labels int64, and refuse those that are not one whole number from 0 a sample or step."""
    if given is None:
        return None
    labels = np.asarray(given)
    if labels.ndim not in (1, 2) or labels.dtype.kind not in "iub":
        raise DatasetProblem(
            f"labels is {labels.shape} {labels.dtype}; one whole number a sample is needed, or one "
            "a step, (n_samples, n_steps)."
        )
    if labels.ndim == 2:
        check_step_labels(labels, shape)
    elif labels.size and labels.min() < 0:
        raise DatasetProblem(f"The smallest label is {labels.min()}; labels count from 0.")
    if labels.size and labels.max() >= 2**31:
        raise DatasetProblem(
            f"The largest label is {labels.max()}; labels count from 0 to the number of classes."
        )
    if len(labels) != shape[0]:
        hint = (
            f"samples come first; try `spikes.swapaxes(0, {shape.index(len(labels))})`"
            if len(labels) in shape
            else "there must be one a sample"
        )
        raise DatasetProblem(f"spikes is {shape} but there are {len(labels)} labels: {hint}.")
    return labels.astype(np.int64)


def checked_values(spikes: Spikes) -> Spikes:
    """Make spikes bool, uint8 counts or finite float32 currents."""
    if isinstance(spikes, LazySpikes) or spikes.dtype == bool or spikes.dtype == np.uint8:
        return spikes
    if is_repeated(spikes):  # one step is enough to look at; all of them could take gigabytes
        return np.broadcast_to(checked_values(spikes[:, :1]), spikes.shape)
    if spikes.dtype.kind not in "fiu":
        raise DatasetProblem(
            f"spikes has dtype {spikes.dtype}; bool, uint8 counts or float32 currents are needed."
        )
    if spikes.dtype.kind in "iu" and spikes.max() > MAX_COUNT:
        raise DatasetProblem(
            f"The largest count is {spikes.max()}; {MAX_COUNT} are the most a count holds. Are "
            "they currents? Then say `spikes.astype(np.float32)`; or use shorter steps."
        )
    with np.errstate(over="ignore"):  # what overflows is infinite, and counted below
        currents = spikes.astype(np.float32, copy=False)
    n_bad = int(np.sum(~np.isfinite(currents)))
    if n_bad:
        raise DatasetProblem(f"{n_bad} of {currents.size} input values are NaN or infinite.")
    in_range = currents.min() >= 0 and currents.max() <= MAX_COUNT
    are_counts = in_range and (currents == np.rint(currents)).all()
    return currents.astype(np.uint8) if are_counts else currents


def keep(spikes: Spikes, *, may_share: bool) -> Spikes:
    """Keep checked spikes in the smallest of three ways, read-only."""
    if isinstance(spikes, Repeated):
        return spikes
    if isinstance(spikes, Events):
        return spikes if len(spikes.step) < DENSE_FROM * spikes.size else _read_only(spikes[:])
    if spikes.dtype.kind == "f" and is_repeated(spikes):
        return Repeated(spikes[:, 0].copy(), spikes.shape[1], spikes.shape[1])
    if np.count_nonzero(spikes) < DENSE_FROM * spikes.size:
        return as_events(spikes)
    return _read_only(spikes.view() if may_share else spikes.copy())


def _read_only(array: np.ndarray) -> np.ndarray:
    array.setflags(write=False)
    return array


def is_repeated(spikes: np.ndarray) -> bool:
    """Whether all steps share the memory of one, as ``np.broadcast_to`` makes it."""
    return spikes.ndim == 3 and spikes.shape[1] > 1 and spikes.strides[1] == 0


def blocks(spikes: Spikes) -> Iterator[tuple[int, np.ndarray]]:
    """First sample and array of one piece after the other."""
    size = max(1, BLOCK_VALUES // max(1, spikes.shape[1] * spikes.shape[2]))
    for start in range(0, spikes.shape[0], size):
        yield start, spikes[start : min(start + size, spikes.shape[0])]


def as_events(spikes: np.ndarray) -> Events:
    """List what is not zero."""
    found = []
    for _, block in blocks(spikes):
        sample, step, channel = np.nonzero(block)
        ptr = np.concatenate([[0], np.cumsum(np.bincount(sample, minlength=len(block)))])
        value = None if block.dtype == bool else block[sample, step, channel]
        found.append(Events(block.shape, ptr, step, channel, value))
    return join_events(found)


def select(spikes: Spikes, samples: np.ndarray) -> Spikes:
    """Samples by index, (n,) int, of spikes kept in any way."""
    return spikes.select(samples) if isinstance(spikes, LazySpikes) else spikes[samples]


def extend(spikes: Spikes, n_steps: int) -> Spikes:
    """Spikes with so many silent steps at the end."""
    if isinstance(spikes, LazySpikes):
        return spikes.extend(n_steps)
    return np.pad(spikes, ((0, 0), (0, n_steps), (0, 0)))


def take_steps(spikes: Spikes, n_steps: int) -> Spikes:
    """Spikes cut after so many steps."""
    if isinstance(spikes, LazySpikes):
        return spikes.take_steps(n_steps)
    return spikes[:, :n_steps]


def cut(spikes: Spikes, n_steps: int) -> Spikes:
    """Every sample in pieces of so many steps, samples of their own; silence fills the last."""
    n_samples, n_all, n_channels = spikes.shape
    n_pieces = -(-n_all // n_steps)
    whole = extend(spikes, n_pieces * n_steps - n_all)
    shape = (n_samples * n_pieces, n_steps, n_channels)
    if not isinstance(whole, Events):
        return whole[:].reshape(shape)
    piece, step = np.divmod(whole.step, n_steps)
    sample = whole.sample_of_event(0, n_samples) * n_pieces + piece
    return gather(sample, step, whole.channel, whole.value, shape)


def total(spikes: Spikes) -> float:
    """Sum of all values."""
    return spikes.total() if isinstance(spikes, LazySpikes) else float(spikes.sum(dtype=np.float64))


def largest(spikes: Spikes) -> float:
    """The largest of all values."""
    if isinstance(spikes, Events):
        return float(1 if spikes.value is None else spikes.value.max(initial=0))
    return float((spikes.current if isinstance(spikes, Repeated) else spikes).max())


def merge_steps(spikes: Spikes, n_merged: int) -> Spikes:
    """Make one step of several: counts add up, currents are averaged, silence fills the last."""
    n_samples, n_steps, n_channels = spikes.shape
    shape = (n_samples, -(-n_steps // n_merged), n_channels)
    is_current = spikes.dtype.kind == "f"
    if isinstance(spikes, Repeated) and spikes.n_on % n_merged == 0:
        return Repeated(spikes.current, spikes.n_on // n_merged, shape[1])
    if isinstance(spikes, Events):
        return _merge_events(spikes, n_merged, shape)
    merged = np.empty(shape, np.float32 if is_current else np.uint8)
    width = min(n_merged, n_steps)  # what is longer than a recording takes no memory
    for start, block in blocks(spikes):
        padded = np.pad(block, ((0, 0), (0, shape[1] * width - n_steps), (0, 0)))
        together = padded.reshape(len(block), shape[1], width, n_channels)
        summed = together.sum(axis=2, dtype=None if is_current else int)
        if not is_current and summed.max(initial=0) > MAX_COUNT:
            raise DatasetProblem(
                f"A step would hold {summed.max()} spikes; "
                f"{MAX_COUNT} are the most. Merge fewer steps."
            )
        merged[start : start + len(block)] = summed / n_merged if is_current else summed
    return merged


def _merge_events(events: Events, n_merged: int, shape: tuple[int, int, int]) -> Events:
    value = events.value
    if value is not None:
        value = value / np.float32(n_merged) if value.dtype.kind == "f" else value.astype(np.int64)
    step = events.step.astype(np.int64) // n_merged
    return gather(events.sample_of_event(0, shape[0]), step, events.channel, value, shape)


def encode_values(values: np.ndarray, encoder: Encoder, seed: Seed) -> Spikes:
    """Encode values, and list the spikes of each piece at once where they are few."""
    expect(encoder, Encoder, "encoder", "encode.RateBernoulli(64)")
    expect_seed(seed)
    generator = np.random.default_rng(seed)
    n_values = int(np.prod(values.shape[1:])) * encoder.n_steps
    size = max(1, BLOCK_VALUES // max(1, n_values))
    if values.ndim < 2 or len(values) <= size:
        return encoder.encode(values, seed=generator)
    starts = range(0, len(values), size)
    pieces = (encoder.encode(values[start : start + size], seed=generator) for start in starts)
    first = next(pieces)
    if first.dtype.kind == "f":  # currents share one step's memory as they are
        return encoder.encode(values, seed=generator)
    return join_events([as_events(first), *map(as_events, pieces)])


def balanced(labels: np.ndarray, n_samples: int) -> np.ndarray:
    """The first of each class, the second of each, and so on, until there are enough."""
    if not isinstance(n_samples, int | np.integer) or not 1 <= n_samples <= len(labels):
        raise DatasetProblem(f"n_samples is {n_samples}, but there are {len(labels)} samples.")
    turn = np.zeros(len(labels), np.int64)
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        turn[own] = np.arange(len(own))
    return np.sort(np.argsort(turn, kind="stable")[:n_samples])
