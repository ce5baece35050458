"""What a ``.net`` file says of its layers, each entry with where it stands."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np

from spikefit_nb.errors import FileProblem
from spikefit_nb.hdf5 import Values

MOST_AXES = 5  # of a kernel: out, in, y, x, time
MOST_SIDE = 2**26  # of a shape, or of all its sides together


class Layer(NamedTuple):
    """One layer of a file."""

    entries: Mapping[str, Any]
    where: str  # "network.net: layer/3"
    kind: str

    def __contains__(self, key: object) -> bool:
        return key in self.entries

    def problem(self, key: str, says: str) -> FileProblem:
        """What is wrong with an entry, where it stands."""
        return FileProblem(f"{self.where}/{key} {says}")

    def numbers(self, key: str) -> np.ndarray:
        """The numbers of an entry, float64."""
        if key not in self.entries:
            raise self.problem(key, f"is missing; a layer of type {self.kind!r} has it.")
        values = np.asarray(self.entries[key])
        if values.dtype.kind not in "fiub" or values.ndim > MOST_AXES:
            raise self.problem(key, f"is {self.entries[key]!r:.60}; numbers are needed.")
        values = values.astype(np.float64)
        if not np.isfinite(values).all():
            raise self.problem(key, "holds NaN or infinite values.")
        return values

    def whole(self, key: str) -> np.ndarray:
        """The whole numbers of an entry, int64."""
        values = self.numbers(key)
        if (values != np.rint(values)).any() or (abs(values) > 2**31).any():
            worst = values[(values != np.rint(values)) | (abs(values) > 2**31)][0]
            raise self.problem(
                key,
                f"holds {worst:g}, but the chip is given whole numbers of 31 bits. Export the "
                "network with quantized weights (lava-dl's pre_hook_fx).",
            )
        return values.astype(np.int64)

    def number(self, key: str, default: int | None = None) -> int:
        """One whole number."""
        if default is not None and key not in self.entries:
            return default
        values = self.whole(key)
        if values.size != 1:
            raise self.problem(key, f"holds {values.size} numbers; one is needed.")
        return int(values.ravel()[0])

    def sides(self, key: str, default: int | None = None, least: int = 1) -> tuple[int, int]:
        """One number for y and x, or one for each."""
        if default is not None and key not in self.entries:
            return default, default
        values = self.whole(key).ravel()
        if values.size not in (1, 2) or (values < least).any() or (values > MOST_SIDE).any():
            raise self.problem(
                key, f"is {values.tolist()!r:.60}; (y, x) from {least} up is needed."
            )
        return int(values[0]), int(values[-1])

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape that the layer says it has."""
        values = self.whole("shape").ravel()
        sides = [int(n) for n in values]
        if not 1 <= len(sides) <= 3 or min(sides) < 1 or np.prod(values, dtype=float) > MOST_SIDE:
            raise self.problem(
                "shape", f"is {sides!r:.60}; up to three sides from 1 up are needed."
            )
        return tuple(sides)

    @property
    def neuron(self) -> "Layer | None":
        """What it says of its neurons; None where it has none."""
        entries = self.entries.get("neuron")
        if entries is None:
            return None
        if not isinstance(entries, Mapping):
            raise self.problem("neuron", f"is {entries!r:.60}; a group is needed.")
        return Layer(entries, f"{self.where}/neuron", text_of(entries, f"{self.where}/neuron"))


def layers_of(path: Path) -> list[Layer]:
    """The layers of a file, in order."""
    tree = _tree_of(path)
    groups = tree.get("layer")
    if not isinstance(groups, Mapping) or not groups:
        raise FileProblem(
            f"{path.name} is HDF5 but no network of lava-dl: it has no group layer/0. "
            "Write one with export_hdf5, as lava-dl's netx takes it."
        )
    names = [str(k) for k in range(len(groups))]
    if set(names) != set(groups):
        listed = ", ".join(sorted(groups))
        raise FileProblem(f"{path.name}: layers are not numbered from 0 up: layer/{listed:.80}.")
    layers = []
    for name in names:
        where, entries = f"{path.name}: layer/{name}", groups[name]
        if not isinstance(entries, Mapping):
            raise FileProblem(f"{where} is {entries!r:.60}; a group is needed.")
        layers.append(Layer(entries, where, text_of(entries, where)))
    return layers


def _tree_of(path: Path) -> dict[str, Any]:
    if not os.path.isfile(path):
        raise FileProblem(f"There is no file {path}. You are in {Path.cwd()}.")
    if not h5py.is_hdf5(path):
        raise FileProblem(
            f"{path.name} is not an HDF5 file, and every network that lava-dl exports for netx is "
            "one. Write it with export_hdf5('network.net')."
        )
    try:
        values = Values(path, "a network of lava-dl")
        with h5py.File(path, "r") as file:
            return values.tree(file)
    except FileProblem:
        raise
    except Exception as error:  # a damaged file makes h5py raise almost anything
        raise FileProblem(
            f"{path.name} is HDF5 but damaged: {error}. Copy or download it again."
        ) from error


def text_of(entries: Mapping[str, Any], where: str) -> str:
    """The type of a layer or of its neurons."""
    value = entries.get("type")
    value = np.ravel(value)[0] if isinstance(value, np.ndarray) and value.size == 1 else value
    if isinstance(value, bytes):
        value = value.decode(errors="replace")
    if not isinstance(value, str) or not value:
        raise FileProblem(f"{where}/type is {entries.get('type')!r:.60}; a word is needed.")
    return value
