"""Whole files of every kind that the package reads, small, and how each is read and damaged."""

import base64
import gzip
import zlib
from collections.abc import Callable, Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import NamedTuple

import nir
import numpy as np

import spikefit_nb as sf
from spikefit_nb.datasets import read_events, read_idx, read_nmnist, read_recordings
from spikefit_nb.export import load_deployment
from spikefit_nb.export.files import SUMS
from spikefit_nb.fit_costs import read_power_log
from spikefit_nb.lava_file import read_lava_dl
from spikefit_nb.sanafe_file import read_sanafe_arch, read_sanafe_network
from spikefit_nb.sanafe_file.arch import EXAMPLE
from tests import lava_files, onnx_models
from tests import nir_files as nf
from tests.fuzz import damage
from tests.networks import spikes, two_layers
from tests.test_datasets_event_files import AEDAT4

Damage = Callable[[bytes, Random], bytes]
NETWORK = two_layers(0)
DATASET = sf.SpikeDataset(spikes(NETWORK, 0), [0, 1, 0])
IMAGES = np.random.default_rng(0).random((3, 4))


class Reader(NamedTuple):
    """A way in."""

    ending: str
    originals: Callable[[Path], list[bytes]]  # made in a folder
    read: Callable[[Path], object]
    damaged: Damage


def _nir(folder: Path) -> list[bytes]:
    """A perceptron, a convolution, a recurrent layer, and a network as this package writes it."""
    graph = nir.NIRGraph.from_list(
        nir.Affine(np.ones((4, 3), np.float32), np.ones(4)),
        nir.LIF(*(np.full(4, v) for v in (1e-3, 1.0, 0.0, 1.0))),
        nir.Linear(np.ones((2, 4), np.float32)),
        nir.IF(np.ones(2), np.ones(2)),
    )
    nir.write(folder / "mlp.nir", graph)
    nodes = {"i": nf.inputs(2, 6, 6), "c": nf.conv(np.ones((2, 2, 3, 3))), "n": nf.fire()}
    nf.save(folder / "conv.nir", nf.graph(nodes, None, {"dt": 1}))
    sf.nir_file.write_nir(two_layers(0, "CubaLIF", recurrent=True), folder / "recurrent.nir")
    return [(folder / f"{name}.nir").read_bytes() for name in ("mlp", "conv", "recurrent")]


def _onnx(_: Path) -> list[bytes]:
    """Perceptrons, and a convolution with pooling."""
    random = onnx_models.random
    conv = onnx_models.model(
        [
            onnx_models.node("Conv", "x w", "c", kernel_shape=[2, 2], strides=[1, 1]),
            onnx_models.node("Relu", "c", "r"),
            onnx_models.node("MaxPool", "r", "p", kernel_shape=[2, 2], strides=[1, 1]),
            onnx_models.node("Flatten", "p", "f", axis=1),
            onnx_models.node("Gemm", "f v b", "y"),
        ],
        {"w": random(2, 1, 2, 2), "v": random(2, 2), "b": random(2)},
        shape=("n", 1, 3, 3),
    )
    models = [onnx_models.mlp([random(4, 5), random(5, 3)], ends=("Softmax",)), conv]
    return [model.SerializeToString() for model in models]


def _read_onnx(path: Path) -> object:
    """A model, with images of the first original or the second."""
    wide = np.random.default_rng(0).random((3, 1, 3, 3))
    images = wide if b"MaxPool" in path.read_bytes() else IMAGES
    return sf.from_ann(str(path), images)


def _lava(folder: Path) -> list[bytes]:
    weight = np.ones((2, 1, 3, 3))
    one = lava_files.write(
        folder / "a.net", lava_files.dense(np.eye(3)), lava_files.dense(np.ones((2, 3)), None)
    )
    two = lava_files.write(
        folder / "b.net", lava_files.conv(weight, [2, 4, 4]), lava_files.dense(np.ones((2, 32)))
    )
    return [one.read_bytes(), two.read_bytes()]


def _read_lava(path: Path) -> object:
    """A file, with the picture that a convolution looks at."""
    shape = (1, 6, 6) if b"conv" in path.read_bytes() else None
    return read_lava_dl(path, strict_threshold=True, input_shape=shape)


def _profiles(folder: Path) -> list[bytes]:
    names = ("loihi1", "speck", "truenorth", "xylo_audio2", "spinnaker1")
    return [sf.load_profile(n).save(folder / f"{n}.toml").read_bytes() for n in names]


def _recorded(folder: Path, **arrays: np.ndarray) -> bytes:
    np.savez(folder / "one.npz", **arrays)
    return (folder / "one.npz").read_bytes()


def _events(folder: Path) -> list[bytes]:
    return [
        _recorded(
            folder, t=np.arange(5) * 1000, x=np.arange(5) % 4, y=np.ones(5, int), p=np.arange(5) % 2
        )
    ]


def _recordings(folder: Path) -> list[bytes]:
    drawn = np.random.default_rng(0).random((3, 4, 5)) < 0.3
    first = _recorded(folder, spikes=drawn, labels=np.arange(3), dt_s=np.array(1e-3))
    return [first, _recorded(folder, X=drawn.astype(np.float32), y=np.arange(3))]


def _idx(_: Path) -> list[bytes]:
    head = bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4])
    plain = head + bytes(range(24))
    return [plain, gzip.compress(plain)]


def _nmnist(_: Path) -> list[bytes]:
    events = b"".join(bytes([k % 34, k % 30, (k % 2) << 7, k, 0]) for k in range(40))
    return [damage.zipped([(f"{k}/{k:05}.bin", events) for k in range(2)])]


def _deployed(folder: Path) -> list[bytes]:
    report = sf.deploy(NETWORK, sf.load_profile("loihi1"), DATASET)
    return [report.export(folder / "one.zip").read_bytes()]


def _studies(folder: Path) -> list[bytes]:
    place = folder / "one.study"
    chip = sf.load_profile("loihi1")
    sf.search(NETWORK, chip, DATASET, n_trials=4, storage=str(place)).wait()
    return [place.read_bytes()]


def _sanafe(folder: Path) -> list[bytes]:
    layers = {"conv1": np.ones((3, 3, 1, 2)), "dense1": np.ones((8, 3))}
    return [_recorded(folder, inputs=np.ones(36), thresholds=[1, 2, 3], **layers)]


def _power(_: Path) -> list[bytes]:
    rows = [f"{k / 10},{0.1 + k % 3},{k}" for k in range(8)]
    return ["\n".join(["time_s,core_w,inferences", *rows]).encode()]


def _summed(entries: Mapping[str, bytes]) -> bytes:
    lines = [f"{sha256(inner).hexdigest()}  {name}\n" for name, inner in sorted(entries.items())]
    return "".join(lines).encode("utf-8", "replace")


def _any_of(*ways: Damage) -> Damage:
    return lambda content, draw: draw.choice(ways)(content, draw)


def _line_of_json_damaged(content: bytes, draw: Random) -> bytes:
    """A tree on one line of a journal."""
    lines = content.split(b"\n")
    at = draw.randrange(len(lines) - 1)
    lines[at] = damage.json_damaged(lines[at], draw)
    return b"\n".join(lines)


READERS = {
    "nir": Reader(".nir", _nir, partial(sf.read_nir, dt_s=1e-4, reset="zero"), damage.hdf5_damaged),
    "onnx": Reader(".onnx", _onnx, _read_onnx, damage.message_damaged),
    "lava": Reader(".net", _lava, _read_lava, damage.hdf5_damaged),
    "profile": Reader(".toml", _profiles, sf.read_profile, damage.words_damaged),
    "events": Reader(
        ".npz", _events, partial(read_events, sensor_size=(4, 2, 2)), damage.zip_damaged
    ),
    "aedat4": Reader(
        ".aedat4",
        lambda _: [zlib.decompress(base64.b64decode(AEDAT4))],
        read_events,
        damage.bytes_damaged,
    ),
    "recordings": Reader(".npz", _recordings, read_recordings, damage.zip_damaged),
    "idx": Reader(".idx", _idx, read_idx, damage.bytes_damaged),
    "nmnist": Reader(
        ".zip",
        _nmnist,
        read_nmnist,
        partial(damage.zip_damaged, entry_damaged=lambda c, d, _: damage.bytes_damaged(c, d)),
    ),
    "deployment": Reader(
        ".zip",
        _deployed,
        load_deployment,
        partial(damage.bundle_damaged, sums=SUMS, summed=_summed),
    ),
    "study": Reader(
        ".study", _studies, sf.load_study, _any_of(damage.words_damaged, _line_of_json_damaged)
    ),
    "architecture": Reader(
        ".yaml", lambda _: [EXAMPLE.encode()], read_sanafe_arch, damage.words_damaged
    ),
    "sanafe": Reader(".npz", _sanafe, read_sanafe_network, damage.zip_damaged),
    "power": Reader(".csv", _power, read_power_log, damage.words_damaged),
}


def originals_of(reader: Reader) -> list[bytes]:
    """Its whole files."""
    return reader.originals(Path(mkdtemp()))
