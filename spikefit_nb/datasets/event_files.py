"""Files of event cameras, one a recording: AEDAT4, or arrays t, x, y and p in an .npz file."""

import os
import struct
from collections.abc import Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from spikefit_nb.datasets.clock import TimeUnit
from spikefit_nb.datasets.files import opened_zip, read_npz
from spikefit_nb.datasets.spike_dataset import SpikeDataset
from spikefit_nb.datasets.storage import checked_labels
from spikefit_nb.errors import DatasetProblem, FileProblem, expect, guarded
from spikefit_nb.interrupts import hold_interrupts

Size = tuple[int, int, int]  # x, y, polarities
FIELDS = ("t", "x", "y", "p")
EMPTY = [("t", "u8"), ("x", "u2"), ("y", "u2"), ("on", "?")]  # as the package aedat has them
N_VERSION = len("#!AER-DAT4.0\r\n")
OLDER = (
    "is AEDAT 2 or 3, whose addresses mean other pixels in each camera; no package in care reads "
    "them. Write it as AEDAT4 with DV, the cameras' own program, or take its events apart and give "
    "them to SpikeDataset.from_events."
)


class Recorded(NamedTuple):
    """What a file holds."""

    events: np.ndarray  # structured: t, x, y, p
    size: Size | None  # of the sensor, where the file says it


class Recordings:
    """Files as a data set of tonic: one is read after the other."""

    def __init__(self, paths: list[Path], labels: np.ndarray, size: Size) -> None:
        self.paths, self.labels, self.sensor_size = paths, labels, size

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int, /) -> tuple[np.ndarray, int]:
        recorded = _read(self.paths[index])
        if recorded.size not in (None, self.sensor_size):
            raise DatasetProblem(
                f"{self.paths[index]} is of a sensor of {recorded.size} (x, y, p), the first file "
                f"of {self.sensor_size}. Read the files of each camera on their own."
            )
        return recorded.events, int(self.labels[index])


@guarded
def read_events(
    paths: str | PathLike[str] | Sequence[str | PathLike[str]],
    labels: ArrayLike | None = None,
    *,
    sensor_size: Size | None = None,
    n_steps: int | None = None,
    dt_s: float = 1e-3,
    time_unit: TimeUnit | None = None,
    start_s: ArrayLike | None = None,
    merge_polarities: bool = False,
    name: str = "recordings",
    classes: Sequence[str] = (),
    source: str = "",
) -> SpikeDataset:
    """Read recordings of an event camera, one a file.

    An ``.aedat4`` file is read by the package ``aedat`` (the extra ``events``), an ``.npz`` file
    holds arrays ``t``, ``x``, ``y`` and ``p`` of one length. Clock, steps and channels follow from
    the events as for ``SpikeDataset.from_tonic``.

    Parameters
    ----------
    paths : path, or list of paths
    labels : (n_files,) int; None: no right answers
    sensor_size : (x, y, polarities); None: as the file says, which an ``.npz`` file does not
    n_steps, dt_s, time_unit, start_s, merge_polarities : as for ``SpikeDataset.from_tonic``
    name, classes, source : as for ``SpikeDataset``

    Returns
    -------
    SpikeDataset

    Raises
    ------
    FileProblem
        A file is missing, damaged or of another format, or ``aedat`` is not installed.
    DatasetProblem
        Events lie outside the sensor, or files and labels are not as many.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "one.npz"
    >>> np.savez(path, t=[1500, 2500], x=[3, 0], y=[1, 0], p=[0, 1])
    >>> read_events(path, [0], sensor_size=(4, 2, 2))
    SpikeDataset(1 samples x 3 steps x 16 channels, 1 classes of 1, 41.7 Hz a channel)
    """
    expect(paths, str | PathLike | Sequence, "paths", "['one.aedat4', 'two.aedat4']")
    of_files = [paths] if isinstance(paths, str | PathLike) else list(paths)
    for path in of_files:
        expect(path, str | PathLike, "each of paths", "'one.aedat4'")
    listed = [Path(path).expanduser() for path in of_files]
    if not listed:
        raise DatasetProblem("There are no files to read: paths is empty.")
    given = None if labels is None else np.atleast_1d(np.asarray(labels))
    checked = checked_labels(given, (len(listed),))
    size = sensor_size or _read(listed[0]).size
    if size is None:
        raise DatasetProblem(
            f"{listed[0]} does not say how large its sensor is: sensor_size=(x, y, p)."
        )
    each = np.zeros(len(listed), np.int64) if checked is None else checked
    read = SpikeDataset.from_tonic(
        Recordings(listed, each, size),
        n_steps=n_steps,
        dt_s=dt_s,
        time_unit=time_unit,
        start_s=start_s,
        merge_polarities=merge_polarities,
        name=name,
        source=source or f"events of {listed[0].name}" + (" and others" if listed[1:] else ""),
    )
    return replace(read, labels=checked, classes=classes)


def _read(path: Path) -> Recorded:
    if not os.path.isfile(path):
        raise FileProblem(f"There is no file {path}. You are in {Path.cwd()}.")
    suffix = path.suffix.lower()
    if suffix in (".aedat", ".aedat4", ".aedat2"):
        return _read_aedat(path)
    if suffix == ".npz":
        return Recorded(_read_columns(path), None)
    raise FileProblem(
        f"{path} ends with {suffix or 'nothing'}; .aedat4 and .npz are read. Events of other files "
        "go into SpikeDataset.from_events, or through tonic into SpikeDataset.from_tonic."
    )


def _read_aedat(path: Path) -> Recorded:
    with path.open("rb") as file:
        start = file.read(12)
    if start.startswith((b"#!AER-DAT1", b"#!AER-DAT2", b"#!AER-DAT3")):
        raise FileProblem(f"{path} {OLDER}")
    try:
        with hold_interrupts():
            import aedat
    except ImportError:
        raise FileProblem(
            f"Reading {path.name} needs the package aedat, which is not installed: "
            "pip install 'spikefit_nb[events]'."
        ) from None
    try:
        _check_claims(path)
        decoder = aedat.Decoder(path)
        streams = decoder.id_to_stream()
        packets = [
            (packet["stream_id"], packet["events"]) for packet in decoder if "events" in packet
        ]
    except BaseException as error:  # the package, written in Rust, panics at what is damaged
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        raise FileProblem(f"{path} is not AEDAT4, or a damaged file: {error}.") from error
    cameras = [key for key, stream in streams.items() if stream["type"] == "events"]
    if len(cameras) != 1:
        raise FileProblem(
            f"{path} has {len(cameras)} streams of events; one is needed. Write the stream of each "
            "camera into a file of its own."
        )
    stream = streams[cameras[0]]
    raw = np.concatenate([events for _, events in packets] or [np.zeros(0, EMPTY)])
    events = _structured(*(raw[field] for field in ("t", "x", "y", "on")))
    return Recorded(events, (int(stream["width"]), int(stream["height"]), 2))


def _check_claims(path: Path) -> None:
    """Refuse a file that claims more bytes than it has, or words that are none: at either the
    package ends the process.
    """
    # Source: AEDAT 4.0, "File format": the version, then the header and each packet, all with
    # their lengths before them; the header, a FlatBuffers table, tells where packets end.
    with path.open("rb") as file:
        n_bytes = file.seek(0, os.SEEK_END)
        file.seek(N_VERSION)
        (n_header,) = struct.unpack("<I", file.read(4))
        if n_header > n_bytes:
            raise ValueError(f"its header claims {n_header:,} bytes")
        header, at = file.read(n_header), N_VERSION + 4 + n_header
        if field := _field(header, 2):
            start = field + _at(header, field) + 4
            header[start : start + _at(header, start - 4)].decode()  # the streams, as XML
        field = _field(header, 1)
        end = struct.unpack_from("<q", header, field)[0] if field else -1
        end = end if end > 0 else n_bytes
        while at < end:
            file.seek(at)
            _, n_packet = struct.unpack("<iI", file.read(8))
            at += 8 + n_packet
            if at > n_bytes:
                raise ValueError(f"a packet claims {n_packet:,} bytes")


def _field(header: bytes, number: int) -> int:
    """Where a field of a FlatBuffers table stands; 0 where it is left out."""
    table = _at(header, 0)
    (back,) = struct.unpack_from("<i", header, table)
    entry = 4 + 2 * number
    (n_bytes,) = struct.unpack_from("<H", header, table - back)
    (offset,) = struct.unpack_from("<H", header, table - back + entry) if n_bytes > entry else (0,)
    return table + offset if offset else 0


def _at(content: bytes, place: int) -> int:
    """An offset that stands at a place."""
    return struct.unpack_from("<I", content, place)[0]


def _read_columns(path: Path) -> np.ndarray:
    with opened_zip(path) as archive:
        held = sorted(name.removesuffix(".npy") for name in archive.namelist())
    missing = [field for field in FIELDS if field not in held]
    if missing:
        raise FileProblem(
            f"{path} has no array {' and no '.join(map(repr, missing))}, but {', '.join(held)}; "
            "t, x, y and p of one length are needed: np.savez(path, t=..., x=..., y=..., p=...)."
        )
    columns = read_npz(path, FIELDS)
    if len({column.shape for column in columns}) > 1 or columns[0].ndim != 1:
        told = ", ".join(f"{f} {c.shape}" for f, c in zip(FIELDS, columns, strict=True))
        raise FileProblem(f"{path}: events must be as many in each array, but there are {told}.")
    if columns[3].dtype.kind == "f" and not (np.abs(columns[3]) <= 1).all():
        raise FileProblem(f"{path}: p, the polarity, must be 0 or 1 (or -1).")
    return _structured(*columns)


def _structured(t: np.ndarray, x: np.ndarray, y: np.ndarray, p: np.ndarray) -> np.ndarray:
    columns = dict(zip(FIELDS, (t, x, y, p.astype(np.int64)), strict=True))
    events = np.empty(len(t), [(field, column.dtype) for field, column in columns.items()])
    for field, column in columns.items():
        events[field] = column
    return events
