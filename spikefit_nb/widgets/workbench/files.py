"""Files that a person drops: what is in them, and the lines of code that read them."""

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.datasets.npz_files import Arrays, read_arrays
from spikefit_nb.encode import Direct
from spikefit_nb.errors import DatasetProblem, FileProblem
from spikefit_nb.from_ann import from_ann
from spikefit_nb.network import Network
from spikefit_nb.nir_file import read_nir
from spikefit_nb.nir_file.read import unstated_in
from spikefit_nb.widgets.workbench.lines import arguments

ENDINGS = (".nir", ".onnx", ".npz")
STEPS_OF_ANN = 64  # as load_dataset encodes images
MOST_CALIBRATED = 500
SAMPLES = "import numpy as np\nsamples = np.load({name!r})"


class Dropped(NamedTuple):
    """A file as the browser sent it."""

    name: str
    content: bytes

    @property
    def ending(self) -> str:
        """The kind of file."""
        return Path(self.name).suffix.lower()

    @contextmanager
    def on_disk(self) -> Iterator[Path]:
        """A path of it, as long as it is read."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / self.name
            path.write_bytes(self.content)
            yield path


def of_upload(files: Iterable[Mapping[str, Any]]) -> list[Dropped]:
    """The files of an upload; refused where one is of another kind."""
    found = [Dropped(Path(f["name"]).name, bytes(f["content"])) for f in files]
    for file in found:
        if file.ending not in ENDINGS:
            raise FileProblem(
                f"{file.name}: networks are .nir or .onnx files, recordings are .npz files with "
                "'spikes' (samples, steps, channels) and 'labels'."
            )
    return found


def questions_of(file: Dropped) -> tuple[str, ...]:
    """What a NIR file leaves to be said."""
    with file.on_disk() as path:
        return unstated_in(path)


def network_of_nir(file: Dropped, given: Mapping[str, Any]) -> tuple[Network, str]:
    """The network in a NIR file, and the line that reads it."""
    with file.on_disk() as path:
        network = read_nir(path, **given)
    more = f", {arguments(given)}" if given else ""
    return network, f"network = sf.read_nir({file.name!r}{more})"


def arrays_of(file: Dropped) -> Arrays:
    """The arrays of an .npz file that are recordings, or samples of an ANN."""
    with file.on_disk() as path:
        return read_arrays(path)


def recordings_of(file: Dropped, dt_s: float) -> tuple[SpikeDataset, str]:
    """The recordings in an .npz file, and the lines that read them."""
    found, stem = arrays_of(file), Path(file.name).stem
    step = found.dt_s or dt_s
    dataset = SpikeDataset(found.samples, found.labels, dt_s=step, name=stem)
    spikes, labels = found.names
    answers = f", samples[{labels!r}]" if labels else ""
    line = f"dataset = sf.SpikeDataset(samples[{spikes!r}]{answers}, dt_s={step!r}, name={stem!r})"
    return dataset, f"{SAMPLES.format(name=file.name)}\n{line}"


def converted(ann: Dropped, file: Dropped) -> tuple[Network, SpikeDataset, str]:
    """A network from an ANN and samples of it: some to convert by, the others to run on."""
    found, stem = arrays_of(file), Path(file.name).stem
    n = min(len(found.samples) // 2, MOST_CALIBRATED)
    if not n or found.labels is None:
        raise DatasetProblem(
            f"{file.name}: an ANN is converted by samples as in training: 'X' (samples, ...) and "
            "right answers 'y', at least two of them."
        )
    with ann.on_disk() as path:
        network = from_ann(path, found.samples[:n], n_steps=STEPS_OF_ANN)
    rest, answers = found.samples[n:], found.labels[n:]
    dataset = SpikeDataset.encode(rest, answers, Direct(STEPS_OF_ANN), seed=0, name=stem)
    x, y = (f"samples[{name!r}]" for name in found.names)
    lines = (
        SAMPLES.format(name=file.name),
        f"network = sf.from_ann({ann.name!r}, {x}[:{n}], n_steps={STEPS_OF_ANN})",
        f"dataset = sf.SpikeDataset.encode({x}[{n}:], {y}[{n}:], "
        f"sf.encode.Direct({STEPS_OF_ANN}), seed=0, name={stem!r})",
    )
    return network, dataset, "\n".join(lines)
