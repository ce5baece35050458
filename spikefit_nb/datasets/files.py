"""Read files of others in bounded memory: sizes are checked first, and nothing is unpickled."""

import gzip
import io
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path

import numpy as np

from spikefit_nb.errors import FileProblem, SpikefitError, guarded

MAX_ENTRY_BYTES = 256 * 2**20
COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What zipfile and numpy raise at bytes that are not theirs.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    KeyError,
    IndexError,
    RuntimeError,
    SyntaxError,
    tokenize.TokenError,
    TypeError,
    OverflowError,
    MemoryError,
)
UBYTE = 0x08  # the only type of number in MNIST's files


@contextmanager
def opened_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a zip file, and name it where it is damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except SpikefitError:
        raise
    except FileNotFoundError:
        raise FileProblem(f"There is no file {path}. You are in {Path.cwd()}.") from None
    except DAMAGE as error:
        raise FileProblem(f"{path} is not a zip file, or a damaged one: {error}.") from error


def read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, max_bytes: int) -> bytes:
    """Unpack one entry, once it is known not to be too large."""
    if entry.file_size > max_bytes:
        raise FileProblem(
            f"{archive.filename}: {entry.filename!r} unpacks to {entry.file_size:,} bytes; "
            f"{max_bytes:,} are the most."
        )
    if entry.compress_type not in COMPRESSIONS:
        raise FileProblem(
            f"{archive.filename}: {entry.filename!r} is packed by method {entry.compress_type}; "
            "use deflate."
        )
    return archive.read(entry)


def read_npz(path: Path, names: tuple[str, ...]) -> list[np.ndarray]:
    """Read named arrays of numbers from an .npz file, and refuse pickled objects."""
    arrays = []
    with opened_zip(path) as archive:
        for name in names:
            content = read_entry(archive, archive.getinfo(f"{name}.npy"), MAX_ENTRY_BYTES)
            arrays.append(_parse_npy(content, f"{path}: {name!r}"))
    return arrays


def _parse_npy(content: bytes, where: str) -> np.ndarray:
    stream = io.BytesIO(content)
    version = np.lib.format.read_magic(stream)
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    if version not in readers:
        raise FileProblem(
            f"{where} is written in version {version} of numpy's format; 1.0 and 2.0 can be read."
        )
    shape, is_fortran, dtype = readers[version](stream)
    if dtype.kind not in "biuf":
        raise FileProblem(
            f"{where} holds {dtype}; only numbers are read: objects would have to be unpickled."
        )
    body = content[stream.tell() :]
    n_bytes = prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or len(body) != n_bytes:
        raise FileProblem(
            f"{where} has {len(body):,} bytes of numbers; "
            f"its header {shape} {dtype} means {n_bytes:,}."
        )
    return np.frombuffer(body, dtype).reshape(shape, order="F" if is_fortran else "C")


@guarded
def read_idx(path: str | Path) -> np.ndarray:
    """Read an IDX file of bytes, MNIST's format, gzipped or not.

    Four bytes 0, 0, 8 (unsigned bytes) and the number of axes; the length of each axis as a
    big-endian 32-bit number; then the values, last axis fastest.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    uint8 array, read-only

    Raises
    ------
    FileProblem
        It is missing, of another format, shorter or longer than its header says, or too large.

    References
    ----------
    LeCun, Cortes & Burges, The MNIST database of handwritten digits, "File formats".

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "labels.idx"
    >>> _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1]))
    >>> read_idx(path)
    array([7, 2, 1], dtype=uint8)
    """
    path = Path(path)
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            with gzip.GzipFile(fileobj=raw) if packed else raw as stream:
                return _parse_idx(stream, path)
    except FileProblem:
        raise
    except FileNotFoundError:
        raise FileProblem(f"There is no file {path}. You are in {Path.cwd()}.") from None
    except (EOFError, OSError, ValueError, zlib.error) as error:  # also of a name with a zero
        raise FileProblem(
            f"{str(path)!r} cannot be read, or is a damaged gzip file: {error}."
        ) from error


def _parse_idx(stream: io.BufferedIOBase, path: Path) -> np.ndarray:
    magic = stream.read(4)
    if len(magic) < 4 or magic[:3] != bytes([0, 0, UBYTE]) or not 1 <= magic[3] <= 4:
        raise FileProblem(
            f"{path} is not an IDX file of bytes: it starts with {magic.hex(' ')}, "
            "00 00 08 and 1 to 4 axes are needed."
        )
    header = stream.read(4 * magic[3])
    if len(header) < 4 * magic[3]:
        raise FileProblem(f"{path} ends within its header.")
    shape = tuple(int(n) for n in np.frombuffer(header, ">u4"))
    n_bytes = prod(shape)
    if n_bytes > MAX_ENTRY_BYTES:
        raise FileProblem(
            f"{path} says it holds {shape}, {n_bytes:,} bytes; {MAX_ENTRY_BYTES:,} are the most."
        )
    # One byte more than announced is enough to know that there is more; a bomb is never unpacked.
    body = stream.read(n_bytes + 1)
    if len(body) != n_bytes:
        told = f"only {len(body):,}" if len(body) < n_bytes else "more"
        raise FileProblem(f"{path} says it holds {shape}, {n_bytes:,} bytes, but has {told}.")
    return np.frombuffer(body, np.uint8).reshape(shape)
