"""N-MNIST: digits on a screen, seen by a moving event camera; read straight from the zip file."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import numpy as np

from spikefit_nb.datasets.clock import Clock, steps_on
from spikefit_nb.datasets.files import opened_zip, read_entry
from spikefit_nb.datasets.from_events import check_sizes
from spikefit_nb.datasets.lazy import Events, gather, join_events
from spikefit_nb.datasets.spike_dataset import SpikeDataset
from spikefit_nb.datasets.storage import balanced, check_step
from spikefit_nb.errors import FileProblem, guarded

SHAPE = (2, 34, 34)  # polarity, y, x
BYTES_PER_EVENT = 5
OVERFLOW_Y = 240  # not a place: the clock has wrapped
OVERFLOW_US = 2**13
MAX_RECORDING_BYTES = 4 * 2**20  # a recording has about 20 kB
CHUNK_BYTES = 2**20  # of events at a time, which bounds the memory
DURATION_S = 0.3
RECORDING = re.compile(r"(?:^|/)(\d)/([^/.][^/]*)\.bin$")


@guarded
def read_nmnist(
    path: str | Path,
    *,
    n_samples: int | None = None,
    dt_s: float = 1e-3,
    n_steps: int | None = None,
    name: str = "nmnist",
) -> SpikeDataset:
    """Read a zip file of N-MNIST recordings, ``<digit>/<number>.bin``, without unpacking it.

    An event takes five bytes: x, y, then the polarity in the highest bit and 23 bits of time in
    microseconds, big-endian. Its step is ``floor(time / dt_s)``, its channel
    ``(polarity * 34 + y) * 34 + x``, polarity as stored.

    Parameters
    ----------
    path : str or Path
    n_samples : int, a balanced subset; None: all
    dt_s : float, seconds of a step
    n_steps : int, later events are left out and counted in ``source``; None: 0.3 s, three saccades
    name : str

    Returns
    -------
    SpikeDataset
        Of shape (n_samples, n_steps, 2312), in the order of the recordings' numbers.

    Raises
    ------
    FileProblem
        It is no such zip file, or a recording is cut off or speaks of pixels that do not exist.
    DatasetProblem
        ``n_samples``, ``dt_s`` or ``n_steps`` cannot be, or there are fewer recordings.

    References
    ----------
    Orchard, Jayawant, Cohen & Thakor, Converting static image datasets to spiking
    neuromorphic datasets using saccades, Front Neurosci 9:437 (2015), and its Read_Ndataset.m for
    the wrapped clock.

    Examples
    --------
    >>> import tempfile, os, zipfile
    >>> path = os.path.join(tempfile.mkdtemp(), "two.zip")
    >>> with zipfile.ZipFile(path, "w") as archive:
    ...     archive.writestr("3/00001.bin", bytes([33, 0, 0x80, 0, 0]))
    ...     archive.writestr("8/00002.bin", bytes([0, 1, 0, 0x27, 0x10]))
    >>> dataset = read_nmnist(path)
    >>> dataset.labels, dataset.spikes.step, dataset.spikes.channel
    (array([3, 8]), array([ 0, 10], dtype=uint16), array([1189,   34], dtype=uint16))
    """
    check_step(dt_s)
    n_steps = max(1, round(DURATION_S / dt_s)) if n_steps is None else n_steps
    check_sizes(n_steps=n_steps)
    path = Path(path)
    n_events = 0
    clock = Clock("time", "us", dt_s, None, n_steps)
    parts, remarks = [], []
    with opened_zip(path) as archive:
        entries, labels = _recordings(archive)
        if n_samples is not None:
            chosen = balanced(labels, n_samples)
            entries, labels = [entries[k] for k in chosen], labels[chosen]
        for contents in _chunks(archive, entries):
            n_events += sum(map(len, contents.values())) // BYTES_PER_EVENT
            events, said = _decode(contents, path, clock)
            parts.append(events)
            remarks += [said] if said else []
    events = join_events(parts)
    n_left_out = n_events - int(events.total())
    if n_left_out:
        remarks.append(f"{n_left_out:,} of {n_events:,} events come after the last step")
    return SpikeDataset(
        events,
        labels,
        dt_s=dt_s,
        name=name,
        channel_shape=SHAPE,
        classes=tuple("0123456789"),
        source="; ".join([f"recordings of {path.name}", *remarks]),
    )


def _recordings(archive: zipfile.ZipFile) -> tuple[list[zipfile.ZipInfo], np.ndarray]:
    """Entries of recordings by number, which mixes the digits, and labels, as folders say."""
    named = ((RECORDING.search(entry.filename), entry) for entry in archive.infolist())
    found = [(match, entry) for match, entry in named if match]
    if not found:
        raise FileProblem(
            f"{archive.filename} holds no recordings; they are named <digit>/<number>.bin."
        )
    found.sort(key=lambda pair: (pair[0][2], pair[1].filename))
    return [entry for _, entry in found], np.array([int(match[1]) for match, _ in found])


def _chunks(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> Iterator[dict[str, bytes]]:
    """Contents of the recordings by name, a few megabytes at a time."""
    contents: dict[str, bytes] = {}
    n_bytes = 0
    for entry in entries:
        content = read_entry(archive, entry, MAX_RECORDING_BYTES)
        if not content or len(content) % BYTES_PER_EVENT:
            raise FileProblem(
                f"{archive.filename}: {entry.filename!r} has {len(content):,} bytes; events take "
                f"{BYTES_PER_EVENT} each, so it is cut off or of another format."
            )
        contents[entry.filename] = content
        n_bytes += len(content)
        if n_bytes >= CHUNK_BYTES:
            yield contents
            contents, n_bytes = {}, 0
    if contents:
        yield contents


def _decode(contents: dict[str, bytes], path: Path, clock: Clock) -> tuple[Events, str]:
    raw = np.frombuffer(b"".join(contents.values()), np.uint8).reshape(-1, BYTES_PER_EVENT)
    x, y, high, middle, low = raw.T
    lengths = np.array([len(content) // BYTES_PER_EVENT for content in contents.values()])
    sample = np.repeat(np.arange(len(lengths)), lengths)
    time_us = (high & 0x7F).astype(np.int64) << 16 | middle.astype(np.int64) << 8 | low
    wraps = y == OVERFLOW_Y
    if wraps.any():
        n_wraps = np.cumsum(wraps)
        starts = np.cumsum(lengths) - lengths
        time_us += OVERFLOW_US * (n_wraps - np.repeat(n_wraps[starts] - wraps[starts], lengths))
    outside = ((x >= SHAPE[2]) | (y >= SHAPE[1])) & ~wraps
    if outside.any():
        at = int(outside.argmax())
        event = at - int(lengths[: sample[at]].sum())
        name = PurePosixPath(list(contents)[sample[at]])
        raise FileProblem(
            f"{path}: event {event} of {name} is at x {x[at]}, y {y[at]}, "
            f"but the camera has {SHAPE[2]} x {SHAPE[1]} pixels."
        )
    step, said = steps_on(clock, time_us, sample, len(lengths))
    n_steps = clock.n_steps
    kept = (step < n_steps) & ~wraps
    channel = ((high >> 7).astype(np.int64) * SHAPE[1] + y) * SHAPE[2] + x
    shape = (len(lengths), n_steps, SHAPE[0] * SHAPE[1] * SHAPE[2])
    return gather(sample[kept], step[kept], channel[kept], None, shape), said
