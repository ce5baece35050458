"""Ways to damage a file: its bytes, its words, the entries of an archive, a tree or a message."""

import json
import math
import re
import zlib
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from random import Random
from typing import Any
from zipfile import BadZipFile, ZipFile, ZipInfo

import h5py
import numpy as np
from google.protobuf.message import DecodeError
from onnx import ModelProto

from tests.fuzz.watch import CANARY

LIMITS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 2**63 - 1, 2**64 - 1)
NUMBERS = [
    "0",
    "-1",
    "1",
    "2",
    "1e400",
    "nan",
    "-inf",
    "1e-320",
    "9" * 20,
    "0.5",
    "true",
    '"x"',
    "[]",
]
NUMBERS += ["{}", "", "null", '""', "-0.0", "1e30", "[1, 2", "~"]
NAMES = ["", "x", "../x", "a/b", "\x00", "é", "spikes", CANARY, "x" * 5000, "nan", "input"]
VALUES = [
    0,
    1,
    -1,
    2,
    7,
    0.5,
    -0.0,
    1e-320,
    1e30,
    1e300,
    2**31,
    2**63,
    -(2**63),
    True,
    None,
    "",
    "x",
]
VALUES += ["../x", CANARY, [], {}, [[]], [0], [1, 2], {"x": 1}, "9" * 400, math.inf, math.nan]
ARRAYS = [0, -1, 1.5, np.nan, np.inf, 1e300, 2**40, b"", "x", "é" * 300, True, 1j]
PART = 64  # bytes that are moved, cut or doubled at once, at most


def bytes_damaged(content: bytes, draw: Random) -> bytes:
    """A few bytes set, moved, cut, doubled, or the end left out."""
    data = bytearray(content)
    for _ in range(draw.choice((1, 1, 1, 2, 3, 8))):
        if not data:
            break
        at, n = draw.randrange(len(data)), draw.randint(1, PART)
        way = draw.randrange(8)
        if way == 0:
            data[at] ^= 1 << draw.randrange(8)
        elif way == 1:
            data[at] = draw.randrange(256)
        elif way in (2, 3):
            width = draw.choice((2, 4, 8))
            value = draw.choice(LIMITS) & (1 << 8 * width) - 1
            data[at : at + width] = value.to_bytes(width, draw.choice(("little", "big")))
        elif way == 4:
            del data[at : at + n]
        elif way == 5:
            data[at:at] = data[at : at + n]
        elif way == 6:
            other = draw.randrange(len(data))
            data[at : at + n] = data[other : other + n]
        elif draw.random() < 0.3:
            del data[at:]
    return bytes(data)


def words_damaged(content: bytes, draw: Random) -> bytes:
    """A number, a word or a line of a text in place of another, doubled or left out."""
    text = content.decode("utf-8", "replace")
    for _ in range(draw.choice((1, 1, 2, 3))):
        way = draw.randrange(5)
        lines = text.split("\n")
        at = draw.randrange(len(lines))
        if way == 0:
            text = _one(r"-?\d[\d.e+-]*", text, draw.choice(NUMBERS), draw)
        elif way == 1:
            text = _one(r"\w+", text, draw.choice(NAMES + NUMBERS), draw)
        elif way == 2:
            lines[at : at + 1] = [lines[at]] * draw.choice((0, 2))
            text = "\n".join(lines)
        elif way == 3:
            other = draw.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
            text = "\n".join(lines)
        elif way == 4:
            return bytes_damaged(text.encode("utf-8", "surrogatepass"), draw)
    return text.encode("utf-8", "surrogatepass")


def _one(pattern: str, text: str, new: str, draw: Random) -> str:
    """One of the places where a pattern stands, replaced."""
    found = list(re.finditer(pattern, text))
    if not found:
        return text
    start, end = draw.choice(found).span()
    return text[:start] + new + text[end:]


def json_damaged(content: bytes, draw: Random) -> bytes:
    """One value of a tree in place of another, doubled, renamed or left out."""
    tree = [json.loads(content)]
    for _ in range(draw.choice((1, 1, 2))):
        holder: Any = tree
        while isinstance(inner := holder[_any_key(holder, draw)], dict | list) and inner:
            holder = inner
            if draw.random() < 0.2:
                break
        key = _any_key(holder, draw)
        way = draw.randrange(4)
        if way == 0 and holder is not tree:
            del holder[key]
        elif way == 1 and isinstance(holder, dict):
            holder[draw.choice(NAMES)] = holder.pop(key)
        elif way == 2 and isinstance(holder, list) and holder is not tree:
            holder.append(holder[key])
        else:
            holder[key] = draw.choice(VALUES)
        if holder is not tree and not holder:
            break
    return json.dumps(tree[0]).encode("utf-8", "surrogatepass")


def _any_key(holder: dict | list, draw: Random) -> Any:
    return draw.choice(list(holder)) if isinstance(holder, dict) else draw.randrange(len(holder))


def zip_damaged(content: bytes, draw: Random, entry_damaged: Callable | None = None) -> bytes:
    """An entry of an archive damaged, renamed, doubled or left out; or the archive's bytes."""
    if draw.random() < 0.25:
        return bytes_damaged(content, draw)
    with ZipFile(BytesIO(content)) as archive:
        entries = [(info.filename, archive.read(info)) for info in archive.infolist()]
    at = draw.randrange(len(entries))
    name, inner = entries[at]
    way = draw.randrange(10)
    if way == 0:
        del entries[at]
    elif way == 1:
        entries[at] = (draw.choice(NAMES) + draw.choice(("", ".npy", ".json")), inner)
    elif way == 2:
        entries.append((name, inner))
    else:
        entries[at] = (name, (entry_damaged or _npy_damaged)(inner, draw, name))
    return zipped(entries)


def zipped(entries: list[tuple[str, bytes]]) -> bytes:
    """An archive of these entries."""
    stream = BytesIO()
    with ZipFile(stream, "w") as archive:
        for name, inner in entries:
            archive.writestr(ZipInfo(name), inner)
    return stream.getvalue()


def _npy_damaged(content: bytes, draw: Random, _name: str) -> bytes:
    """The header of an array or its bytes; or another array in its place."""
    if draw.random() < 0.4:
        head = content.find(b"\n") + 1
        return words_damaged(content[:head], draw) + content[head:]
    if draw.random() < 0.5:
        return bytes_damaged(content, draw)
    stream = BytesIO()
    np.save(stream, _array_like(np.load(BytesIO(content)), draw), allow_pickle=False)
    return stream.getvalue()


def _array_like(array: np.ndarray, draw: Random) -> np.ndarray:
    """An array of other values, another kind or another shape."""
    array = np.array(array)
    way = draw.randrange(7)
    if way == 0 and array.size:
        kind = array.dtype.kind
        special = [
            v for v in ARRAYS if np.asarray(v).dtype.kind in ("SU" if kind in "SU" else "biuf")
        ]
        with np.errstate(all="ignore"):
            whole = array.astype(float) if kind in "biu" and draw.random() < 0.5 else array
            with suppress(OverflowError, ValueError, TypeError):
                whole.flat[draw.randrange(array.size)] = draw.choice(special)
            return whole
    if way == 1:
        return np.full(array.shape, draw.choice([0, -1, np.nan, 1e300, 1]))
    if way == 2:
        return array.reshape(-1)
    if way == 3:
        return array[None]
    if way == 4:
        return array[..., :-1] if array.ndim and array.shape[-1] else np.empty(0)
    if way == 5:
        return np.asarray(draw.choice(ARRAYS[:8]))
    return array.astype(draw.choice(["f4", "f2", "i8", "u1", "?", "c8", "S8"]), copy=True)


def hdf5_damaged(content: bytes, draw: Random) -> bytes:
    """An entry of an HDF5 file in place of another, renamed or left out; or the file's bytes."""
    if draw.random() < 0.4:
        return bytes_damaged(content, draw)
    stream = BytesIO(content)
    with h5py.File(stream, "r+") as file:
        names: list[str] = []
        file.visit(names.append)
        for _ in range(draw.choice((1, 1, 2))):
            name = draw.choice(names)
            if name in file:
                _damage_entry(file, name, draw)
    return stream.getvalue()


def _damage_entry(file: h5py.File, name: str, draw: Random) -> None:
    """Change one entry of an open file."""
    item = file[name]
    holder, _, _ = name.rpartition("/")
    way = draw.randrange(5)
    if way == 0:
        del file[name]
    elif way == 1:
        new = draw.choice([n for n in NAMES if n and "\x00" not in n and "/" not in n])
        if new not in (file[holder] if holder else file):
            file.move(name, f"{holder}/{new}")
    elif isinstance(item, h5py.Group):
        if way == 2:
            del file[name]
            file[name] = draw.choice(["x", 1.0, np.ones(3)])
    elif item.dtype.kind in "fiub" and item.shape is not None:
        new = _array_like(item[()], draw)
        del file[name]
        if new.dtype.kind != "U":
            packed = (
                {"chunks": True, "compression": "gzip"}
                if draw.random() < 0.2 and new.size > 1
                else {}
            )
            file.create_dataset(name, data=new, **(packed if new.ndim else {}))
    else:
        del file[name]
        value = draw.choice([*NAMES, *VALUES[:9]])
        file[name] = value.replace("\x00", "") if isinstance(value, str) else value


def message_damaged(content: bytes, draw: Random) -> bytes:
    """A field of an ONNX model in place of another, doubled or left out; or the file's bytes."""
    if draw.random() < 0.3:
        return bytes_damaged(content, draw)
    model = ModelProto()
    try:
        model.ParseFromString(content)
    except DecodeError:
        return content
    for _ in range(draw.choice((1, 1, 2))):
        _damage_field(model.graph, draw)
    return model.SerializeToString()


def _damage_field(message: Any, draw: Random) -> None:
    """Change one field somewhere in a message."""
    fields = message.ListFields()
    if not fields:
        return
    field, value = draw.choice(fields)
    if field.is_repeated if hasattr(field, "is_repeated") else field.label == field.LABEL_REPEATED:
        at = draw.randrange(len(value))
        if field.message_type and draw.random() < 0.8:
            _damage_field(value[at], draw)
        elif draw.random() < 0.3:
            del value[at]
        elif field.message_type:
            value.add().CopyFrom(value[at])
        else:
            value[at] = _scalar(field, value[at], draw)
    elif field.message_type:
        _damage_field(value, draw)
    else:
        setattr(message, field.name, _scalar(field, value, draw))


def _scalar(field: Any, value: Any, draw: Random) -> Any:
    """Another value of a field's kind."""
    if field.enum_type:
        return draw.choice(field.enum_type.values).number
    if isinstance(value, bytes):
        return bytes_damaged(value, draw)
    if isinstance(value, str):
        words = [
            "Relu",
            "Gemm",
            "MatMul",
            "Conv",
            "Flatten",
            "Softmax",
            "MaxPool",
            "Add",
            "x",
            "y",
            "",
        ]
        return draw.choice([*words, "a0", "w0", "Identity", "Transpose", "<b>"])
    if isinstance(value, float):
        return draw.choice([0.0, -1.0, math.nan, math.inf, 1e30, 1e-30])
    return draw.choice([0, 1, -1, 2, 3, 100, 2**20, 2**31 - 1])


def bundle_damaged(content: bytes, draw: Random, sums: str, summed: Callable) -> bytes:
    """An entry of a deployment damaged as its kind is; its checksums often made to agree again."""

    def inside(inner: bytes, draw: Random, name: str) -> bytes:
        if name.endswith(".nir"):
            return hdf5_damaged(inner, draw)
        if name.endswith((".json", ".toml")):
            way = json_damaged if name.endswith(".json") and draw.random() < 0.7 else words_damaged
            return way(inner, draw)
        if name.endswith(".npz"):
            return zip_damaged(inner, draw)
        return bytes_damaged(inner, draw)

    damaged = zip_damaged(content, draw, inside)
    if draw.random() < 0.9:
        try:
            with ZipFile(BytesIO(damaged)) as archive:
                entries = {info.filename: archive.read(info) for info in archive.infolist()}
        except (BadZipFile, OSError, ValueError, RuntimeError, EOFError, zlib.error):
            return damaged
        if sums in entries:
            others = {name: inner for name, inner in entries.items() if name != sums}
            return zipped([*others.items(), (sums, summed(others))])
    return damaged
