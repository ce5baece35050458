"""Values of an HDF5 file, read so that a hostile or damaged one gives an error and no more.

The HDF5 library trusts a file: a header can make it allocate petabytes, a damaged string loops in
it for ever or ends the process (HDF5 2.0, found by fuzzing; a thread cannot interrupt it). So
every entry is checked against what the file can hold before it is read, strings and zipped arrays
are read here from the bytes the library points to, and it is left to open the file, list its groups
and copy plain arrays.
"""

import zlib
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from spikefit_nb.errors import FileProblem
from spikefit_nb.units import si

LIMIT_BYTES = 2**30  # of all values of a file together
LIMIT_ENTRIES = 100_000
LIMIT_DEPTH = 32
DEFLATE_RATIO = 1032  # the most that deflate can pack: zlib.net/zlib_tech.html
SIGNATURE = b"\x89HDF\r\n\x1a\n"
# a string in a file: where it stands
STRING = np.dtype([("length", "<u4"), ("heap", "<u8"), ("index", "<u4")])
SHUFFLE, GZIP, FLETCHER = 2, 1, 3
ZIPPED = {SHUFFLE, GZIP, FLETCHER}


class Values:
    """Reads groups and datasets of one open file.

    Parameters
    ----------
    path : Path
    format_name : str, what the file is one of, for errors

    Raises
    ------
    ValueError
        The file does not begin as those of h5py do.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "numbers.h5"
    >>> with h5py.File(path, "w") as file:
    ...     file["x"] = [1, 2]
    >>> with h5py.File(path) as file:
    ...     Values(path).tree(file)
    {'x': array([1, 2])}
    """

    def __init__(self, path: Path, format_name: str = "NIR"):
        self._format = format_name
        self._bytes = np.memmap(path, dtype=np.uint8, mode="r")
        self._name = path.name
        self._n_bytes = self._n_entries = 0
        self._groups: set[int] = set()
        self._heaps: dict[int, dict[int, tuple[int, int]]] = {}
        start = bytes(self._bytes[:16])
        sizes = start[13:15] if len(start) > 8 and start[8] < 2 else start[9:11]
        if start[:8] != SIGNATURE or sizes != b"\x08\x08":
            raise ValueError("its first bytes are not those that h5py and nir.write put there")

    def tree(self, group: Any, depth: int = 0) -> dict[str, Any]:
        """A group as nested dictionaries.

        Raises
        ------
        ValueError
            It holds itself, a link, or a name that is not text.
        """
        address = h5py.h5o.get_info(group.id).addr
        if address in self._groups or depth > LIMIT_DEPTH:
            raise ValueError(f"the group {group.name!r} stands in the file twice, or holds itself")
        self._groups.add(address)
        entries = {}
        for name in group:
            if not isinstance(name, str):
                raise ValueError(
                    f"the entry {name!r} of {group.name!r} has a name that is not text"
                )
            self._count_entry()
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise ValueError(
                    f"the entry {name!r} of {group.name!r} is a link to somewhere else"
                )
            item = group[name]
            entries[name] = (
                self.tree(item, depth + 1) if isinstance(item, h5py.Group) else self.value(item)
            )
        return entries

    def value(self, dataset: Any) -> Any:
        """A dataset as a number, an array or strings; None where it says nothing.

        Raises
        ------
        ValueError
            It is no array of numbers or strings, stands in another file, or claims more than the
            file can hold.
        """
        if getattr(dataset, "id", None) is None or not hasattr(dataset, "shape"):
            raise ValueError(f"the entry {dataset.name!r} is neither a group nor an array")
        if dataset.is_virtual or dataset.external:
            raise ValueError(f"the values of {dataset.name!r} stand in another file")
        if dataset.shape is None:  # HDF5's way to say nothing
            return None
        kind = dataset.id.get_type()
        is_text = hasattr(kind, "is_variable_str") and kind.is_variable_str()
        if not is_text and dataset.dtype.kind not in "fiubS":
            raise ValueError(
                f"{dataset.name!r} holds {dataset.dtype}; {self._format} has numbers and strings"
            )
        stored = STRING if is_text else dataset.dtype
        self._check_size(dataset, stored.itemsize)
        if is_text:
            entries = self._raw(dataset, stored).ravel().tolist()
            texts = np.array([self._text(entry) for entry in entries], object)
            return texts.reshape(dataset.shape) if dataset.shape else texts[0]
        # zipped at most, and of a type that numpy has too
        is_zipped = dataset.chunks and {code for code, _ in _filters(dataset)} <= ZIPPED
        is_plain = is_zipped and kind == h5py.h5t.py_create(dataset.dtype)
        value = self._raw(dataset, stored) if is_plain else dataset[()]
        return value.decode() if isinstance(value, bytes) else value

    def _count_entry(self) -> None:
        self._n_entries += 1
        if self._n_entries > LIMIT_ENTRIES:
            raise FileProblem(
                f"{self._name} holds more than {LIMIT_ENTRIES:,} entries; "
                f"a network of {LIMIT_ENTRIES // 10:,} nodes is the most that is read. "
                "Join nodes of one kind into arrays."
            )

    def _take(self, n_bytes: int, name: str) -> None:
        self._n_bytes += n_bytes
        if self._n_bytes > LIMIT_BYTES:
            raise FileProblem(
                f"{self._name}: the values up to {name!r} take {si(self._n_bytes, 'B')}, "
                f"and at most {si(LIMIT_BYTES, 'B')} are read. Split the network, "
                "or store its weights in float16."
            )

    def _check_size(self, dataset: Any, n_bytes_each: int) -> None:
        claimed = prod(dataset.shape) * n_bytes_each
        possible = self._bytes.size * (DEFLATE_RATIO if dataset.chunks else 1)
        for what, n_bytes in (
            ("values", claimed),
            ("values in a chunk", prod(dataset.chunks or ()) * n_bytes_each),
        ):
            if n_bytes > possible:
                raise ValueError(
                    f"{dataset.name!r} claims {si(float(n_bytes), 'B')} of {what}, "
                    f"but the whole file has {si(float(self._bytes.size), 'B')}"
                )
            self._take(n_bytes, dataset.name)

    def _raw(self, dataset: Any, stored: np.dtype) -> np.ndarray:
        """The values of a dataset, from the file's bytes."""
        if dataset.chunks:
            return self._join_chunks(dataset, stored)
        n_bytes, offset = prod(dataset.shape) * stored.itemsize, dataset.id.get_offset()
        if n_bytes == 0:
            return np.empty(dataset.shape, stored)
        if offset is None or dataset.id.get_storage_size() != n_bytes:
            raise ValueError(
                f"the strings of {dataset.name!r} are not in one piece of {n_bytes} bytes"
            )
        return np.frombuffer(self._cut(offset, n_bytes), stored).reshape(dataset.shape)

    def _join_chunks(self, dataset: Any, stored: np.dtype) -> np.ndarray:
        whole = np.zeros(dataset.shape, stored)
        if not stored.names:
            whole[...] = dataset.fillvalue
        n_left = prod(-(-n // step) for n, step in zip(dataset.shape, dataset.chunks, strict=True))
        found: list[Any] = []
        dataset.id.chunk_iter(lambda info: found.append(info) if len(found) <= n_left else True)
        if len(found) > n_left:
            raise ValueError(f"{dataset.name!r} has more than the {n_left} chunks that cover it")
        for info in found:
            packed = self._cut(info.byte_offset, info.size)
            chunk = self._unpack(dataset, packed, info.filter_mask, stored.itemsize)
            values = np.frombuffer(chunk, stored).reshape(dataset.chunks)
            sides = zip(info.chunk_offset, dataset.chunks, strict=True)
            part = whole[tuple(slice(at, at + n) for at, n in sides)]
            part[...] = values[tuple(slice(n) for n in part.shape)]
        return whole

    @staticmethod
    def _unpack(dataset: Any, chunk: bytes, skipped: int, n_bytes_each: int) -> bytes:
        n_bytes = prod(dataset.chunks) * n_bytes_each
        for at, (code, name) in reversed(list(enumerate(_filters(dataset)))):
            if skipped >> at & 1:
                continue
            if code == GZIP:
                # Never more than a chunk and its checksum, however much the stream would unfold to.
                chunk = zlib.decompressobj().decompress(chunk, n_bytes + 4)
            elif code == SHUFFLE:
                chunk = np.frombuffer(chunk, np.uint8).reshape(n_bytes_each, -1).T.tobytes()
            elif code == FLETCHER:
                chunk = chunk[:-4]
            else:
                raise ValueError(
                    f"the strings of {dataset.name!r} are packed by {name}; gzip is known"
                )
        return chunk

    def _cut(self, start: int, n_bytes: int) -> bytes:
        if start < 0 or n_bytes < 0 or start + n_bytes > self._bytes.size:
            raise ValueError(
                f"{n_bytes} bytes from byte {start} on would end behind the end of the file"
            )
        return bytes(self._bytes[start : start + n_bytes])

    def _text(self, entry: tuple[int, int, int]) -> str:
        length, address, index = entry
        if index == 0:
            return ""
        if address not in self._heaps:
            self._heaps[address] = dict(self._heap(address))
        start, size = self._heaps[address].get(index, (0, -1))
        if length > size:
            raise ValueError(f"a string of {length} bytes is not where the file says")
        self._take(length, "its strings")
        return self._cut(start, length).split(b"\0")[0].decode()

    def _heap(self, address: int) -> Iterator[tuple[int, tuple[int, int]]]:
        """Index, start and size of every string in a heap."""
        # Source: HDF5 File Format Specification 3.0, III.E, Disk Format: Level 1E - Global Heap.
        if self._cut(address, 5) != b"GCOL\1":
            raise ValueError(f"there are no strings at byte {address}")
        at = address + 16
        end = address + int.from_bytes(self._cut(address + 8, 8), "little")
        while at + 16 <= end:
            head = self._cut(at, 16)
            index, size = int.from_bytes(head[:2], "little"), int.from_bytes(head[8:], "little")
            if index == 0:  # the rest is free
                return
            yield index, (at + 16, size)
            at += 16 + (size + 7) // 8 * 8


def _filters(dataset: Any) -> list[tuple[int, str]]:
    """Number and name of what a dataset is packed by, in the order of writing."""
    recipe = dataset.id.get_create_plist()
    found = [recipe.get_filter(k) for k in range(recipe.get_nfilters())]
    return [(code, name.decode(errors="replace") or f"filter {code}") for code, _, _, name in found]
