"""Files of others: read exactly, in bounded memory and time, never unpickled, and damaged ones are
named.
"""

import ast
import gzip
import os
import pickle
import struct
import subprocess
import sys
import time
import zipfile
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikefit_nb.datasets import load_dataset, read_idx, read_nmnist
from spikefit_nb.datasets.braille import read_part, read_union
from spikefit_nb.datasets.digits import read_mnist
from spikefit_nb.datasets.files import MAX_ENTRY_BYTES, read_npz
from spikefit_nb.errors import DatasetProblem, FileProblem, SpikefitError
from tests.meta.source import modules

ALONE = """
import resource, sys, time
from spikefit_nb.datasets import load_dataset
peak_mb = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
before, start = peak_mb(), time.process_time()
dataset = load_dataset("nmnist")
print(time.process_time() - start, peak_mb() - before, dataset.n_bytes)
"""


def byte_by_byte(content):
    """The events of one recording, as its format says and nothing else."""
    events = []
    for k in range(0, len(content), 5):
        x, y, a, b, c = content[k : k + 5]
        events.append((x, y, a >> 7, ((a & 127) << 16) + (b << 8) + c))
    return events


def test_recordings_are_those_a_naive_reader_finds(shared_data):
    path = shared_data / "nmnist" / "train1k.zip"
    dataset = load_dataset("nmnist")
    with zipfile.ZipFile(path) as archive:
        names = sorted(archive.namelist(), key=lambda name: name.split("/")[1])
        assert [int(name.split("/")[0]) for name in names] == dataset.labels.tolist()
        for k in (0, 1, 500, 999):
            events = byte_by_byte(archive.read(names[k]))
            times = [t for *_, t in events]
            assert times == sorted(times)
            expected = np.zeros((300, 2, 34, 34), int)
            for x, y, polarity, t in events:
                if t < 300_000:
                    expected[t // 1000, polarity, y, x] += 1
            assert (dataset.spikes[k] == expected.reshape(300, 2312)).all()
            assert dataset.spikes[k].sum() == sum(t < 300_000 for t in times)


def test_all_recordings_are_read_quickly_and_stay_small(shared_data):
    answer = subprocess.run(
        [sys.executable, "-c", ALONE],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": "."},
    )
    cpu_s, peak_mb, n_bytes = map(float, answer.stdout.split())
    # Dense they would take 694 MB. Processor time: others may be using the cores meanwhile.
    assert cpu_s < 5 and peak_mb < 150 and n_bytes < 25e6


def test_recordings_say_what_they_are(shared_data):
    dataset = load_dataset("nmnist")
    assert dataset.spikes.shape == (1000, 300, 2312) and dataset.spikes.dtype == np.uint8
    assert (
        dataset.channel_shape == (2, 34, 34)
        and dataset.dt_s == 1e-3
        and dataset.classes == tuple("0123456789")
    )
    assert (
        "9,188 of 4,133,231 events come after the last step" in dataset.source
        and "train1k.zip" in dataset.source
    )
    assert "doi:10.17632/468j46mzdv.1" in dataset.source
    coarse = read_nmnist(shared_data / "nmnist" / "train1k.zip", n_samples=20, dt_s=2e-3)
    assert coarse.fingerprint == load_dataset("nmnist", n_samples=20).bin(2e-3).fingerprint


def test_a_part_of_the_recordings_has_as_many_of_each_digit(shared_data):
    whole, part = load_dataset("nmnist"), load_dataset("nmnist", n_samples=23)
    counts = sorted(part.class_counts.values())
    assert counts == [2] * 7 + [3] * 3
    first_three = np.flatnonzero(whole.labels == 0)[:2]
    assert (
        part.spikes[int(np.flatnonzero(part.labels == 0)[0])] == whole.spikes[int(first_three[0])]
    ).all()
    for n_samples in (0, 1001):
        with pytest.raises(
            DatasetProblem, match=f"n_samples is {n_samples}, but there are 1000 samples"
        ):
            load_dataset("nmnist", n_samples=n_samples)


def write_zip(path, entries, **options):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def event(x, y, polarity, time_us):
    return bytes([x, y, polarity << 7 | time_us >> 16, time_us >> 8 & 255, time_us & 255])


def test_the_zip_of_the_whole_set_has_folders_and_other_files(tmp_path):
    entries = {
        "Test/": b"",
        "Test/README.txt": b"words",
        "Test/7/": b"",
        "__MACOSX/Test/7/._00002.bin": b"junk",
        "Test/7/00002.bin": event(1, 2, 1, 5000),
        "Test/0/00010.bin": event(0, 0, 0, 0),
        "Test/9/00001.bin": event(33, 33, 1, 299_999) + event(0, 0, 0, 300_000),
    }
    dataset = read_nmnist(write_zip(tmp_path / "Test.zip", entries))
    assert dataset.labels.tolist() == [9, 7, 0]
    assert (
        dataset.spikes[0, 299, 2311]
        and dataset.spikes[1, 5, (34 + 2) * 34 + 1]
        and dataset.spikes[2, 0, 0]
    )
    assert dataset.spikes.sum() == 3 and "1 of 4 events come after the last step" in dataset.source
    longer = read_nmnist(tmp_path / "Test.zip", n_steps=301)
    assert longer.spikes.sum() == 4 and "after the last step" not in longer.source
    assert read_nmnist(tmp_path / "Test.zip", dt_s=0.1).n_steps == 3


def test_a_clock_that_wraps_goes_on_in_its_own_recording_alone(tmp_path):
    wrap = bytes([0, 240, 0, 0, 0])
    entries = {
        "1/1.bin": event(0, 0, 0, 100) + wrap + event(1, 0, 0, 100) + wrap + event(2, 0, 0, 100),
        "2/2.bin": event(3, 0, 0, 100),
    }
    dataset = read_nmnist(write_zip(tmp_path / "wraps.zip", entries))
    assert [
        (int(s), int(c)) for s, c in zip(dataset.spikes.step, dataset.spikes.channel, strict=True)
    ] == [(0, 0), (8, 1), (16, 2), (0, 3)]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (event(0, 0, 0, 1)[:4], "'3/1.bin' has 4 bytes; events take 5 each, so it is cut off"),
        (b"", "'3/1.bin' has 0 bytes"),
        (
            event(0, 0, 0, 1) + event(34, 0, 0, 2),
            "event 1 of 3/1.bin is at x 34, y 0, but the camera has 34 x 34",
        ),
        (event(0, 99, 0, 1), "event 0 of 3/1.bin is at x 0, y 99"),
        (bytes(5 * 2**20), "'3/1.bin' unpacks to 5,242,880 bytes; 4,194,304 are the most"),
        (bytes(5 * 256), "256 spikes meet in one step of one channel"),
    ],
)
def test_a_recording_that_cannot_be_is_named(tmp_path, content, words):
    path = write_zip(tmp_path / "bad.zip", {"2/0.bin": event(0, 0, 0, 0), "3/1.bin": content})
    with pytest.raises((FileProblem, DatasetProblem), match=words):
        read_nmnist(path)


def test_a_file_that_is_no_zip_or_has_no_recordings_is_named(tmp_path):
    (tmp_path / "words.zip").write_bytes(b"words")
    for path, words in (
        (tmp_path / "words.zip", "words.zip is not a zip file, or a damaged one"),
        (tmp_path / "missing.zip", r"There is no file .*missing.zip"),
        (
            write_zip(tmp_path / "none.zip", {"readme": b"x", "a/1.bin": b"x"}),
            "holds no recordings",
        ),
    ):
        with pytest.raises(FileProblem, match=words):
            read_nmnist(path)
    good = write_zip(tmp_path / "good.zip", {"1/1.bin": event(0, 0, 0, 0)})
    for options in ({"dt_s": 0.0}, {"dt_s": np.nan}, {"n_steps": 0}):
        with pytest.raises(DatasetProblem, match=next(iter(options))):
            read_nmnist(good, **options)
    packed = tmp_path / "lzma.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("1/1.bin", event(0, 0, 0, 0))
    with pytest.raises(FileProblem, match=r"packed by method 14; use deflate"):
        read_nmnist(packed)


@given(data=st.data())
def test_mutated_zips_give_nothing_but_our_errors(data, tmp_path_factory):
    path = tmp_path_factory.mktemp("mutated") / "m.zip"
    generator = np.random.default_rng(0)
    events = b"".join(
        event(*map(int, generator.integers(0, (34, 34, 2, 300_000)))) for _ in range(30)
    )
    write_zip(path, {"1/1.bin": events, "2/2.bin": events[:50]})
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(content[: data.draw(st.integers(len(content) // 2, len(content)))]))
    with suppress(SpikefitError):
        assert read_nmnist(path).n_channels == 2312


def idx(shape, body, kind=8):
    return bytes([0, 0, kind, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + body


def test_idx_files_are_read_gzipped_or_not(tmp_path):
    values = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    plain, packed = tmp_path / "plain", tmp_path / "packed.gz"
    plain.write_bytes(idx(values.shape, values.tobytes()))
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert (read_idx(plain) == values).all() and (read_idx(str(packed)) == values).all()


GOOD_IDX = idx((2, 3), bytes(6))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "starts with , 00 00 08 and 1 to 4 axes are needed"),
        (b"\x00\x00\x08", "starts with 00 00 08, "),
        (b"\x89PNG\r\n", "starts with 89 50 4e 47"),
        (idx((2,), bytes(2), kind=13), "starts with 00 00 0d 01"),
        (idx((1,) * 5, bytes(1)), "starts with 00 00 08 05"),
        (GOOD_IDX[:9], "ends within its header"),
        (GOOD_IDX[:-1], r"says it holds \(2, 3\), 6 bytes, but has only 5"),
        (GOOD_IDX + b"x", r"says it holds \(2, 3\), 6 bytes, but has more"),
        (idx((2**32 - 1,) * 3, b""), "are the most"),
        (gzip.compress(GOOD_IDX, mtime=0)[:-3], "damaged gzip file"),
        (gzip.compress(GOOD_IDX, mtime=0)[:12] + b"garbage", "damaged gzip file|ends|starts"),
        (b"\x1f\x8b", "damaged gzip file"),
    ],
)
def test_an_idx_file_that_cannot_be_is_named(tmp_path, content, words):
    path = tmp_path / "file.gz"
    path.write_bytes(content)
    with pytest.raises(FileProblem, match=words):
        read_idx(path)


def test_a_gzip_bomb_is_not_unpacked(tmp_path):
    path = tmp_path / "bomb.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(idx((10,), b""))
        for _ in range(400):
            file.write(bytes(2**20))
    start = time.process_time()
    with pytest.raises(FileProblem, match=r"10 bytes, but has more"):
        read_idx(path)
    assert time.process_time() - start < 0.5
    path.write_bytes(gzip.compress(idx((MAX_ENTRY_BYTES + 1,), b"")))
    with pytest.raises(FileProblem, match=r"268,435,457 bytes; 268,435,456 are the most"):
        read_idx(path)
    with pytest.raises(FileProblem, match=r"There is no file .*nowhere"):
        read_idx(tmp_path / "nowhere")


@given(content=st.binary(max_size=60))
def test_random_bytes_give_nothing_but_our_errors(content, tmp_path_factory):
    path = tmp_path_factory.mktemp("random") / "file"
    for candidate in (content, b"\x1f\x8b\x08" + content, bytes([0, 0, 8]) + content):
        path.write_bytes(candidate)
        with suppress(FileProblem):
            read_idx(path)
        for read in (read_nmnist, read_part, read_union):
            with pytest.raises(FileProblem):
                read(path)


def test_images_and_labels_of_two_sets_are_refused(tmp_path):
    images, labels = tmp_path / "images", tmp_path / "labels"
    for shape, digits, words in (
        ((2, 28, 28), [1], r"\(n, 28, 28\) images and \(n,\) labels are needed"),
        ((1, 28, 27), [1], r"\(n, 28, 28\) images"),
        ((1, 28, 28), [11], "digits are 0 to 9"),
        ((0, 28, 28), [], "holds 0 labels"),
    ):
        images.write_bytes(idx(shape, bytes(int(np.prod(shape)))))
        labels.write_bytes(idx((len(digits),), bytes(digits)))
        with pytest.raises(FileProblem, match=words):
            read_mnist(images, labels)


class Malice:
    """What runs a command where it is unpickled."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.mkdir, (str(self.marker),)


def test_nothing_is_ever_unpickled(tmp_path):
    marker = tmp_path / "unpickled"
    evil = np.array([Malice(marker)], dtype=object)
    pickle.loads(pickle.dumps(evil))
    assert marker.is_dir(), "this test would not notice"
    marker.rmdir()
    np.savez(tmp_path / "evil.npz", X=evil, y=evil)
    np.save(tmp_path / "evil.npy", evil)
    write_zip(
        tmp_path / "evil.pt",
        {"archive/data.pkl": pickle.dumps(Malice(marker)), "archive/data/0": pickle.dumps(evil)},
    )
    for read, file in (
        (read_union, "evil.npz"),
        (read_part, "evil.pt"),
        (read_nmnist, "evil.npz"),
        (read_idx, "evil.npy"),
        (read_union, "evil.npy"),
        (read_part, "evil.npz"),
        (read_nmnist, "evil.pt"),
        (read_idx, "evil.pt"),
    ):
        with pytest.raises(FileProblem):
            read(tmp_path / file)
    with pytest.raises(
        FileProblem,
        match=r"'X' holds object; only numbers are read: objects would have to be unpickled",
    ):
        read_npz(tmp_path / "evil.npz", ("X",))
    assert not marker.exists()


def test_no_module_of_the_package_can_unpickle():
    suspects = {
        "pickle",
        "_pickle",
        "cPickle",
        "dill",
        "cloudpickle",
        "joblib",
        "shelve",
        "marshal",
        "torch",
    }
    # a worker reads what the search's own process pickled for it, never a file
    of_workers = {"search/evaluate.py", "search/workers.py"}
    # programs for another Python, and what reads their answers: np.load that may not unpickle
    of_tools = {"export/verifying.py"}
    found = []
    for path, tree in modules():
        is_program = path.parts[:2] == ("export", "scripts")
        may_load = is_program or path.as_posix() in of_tools
        found += loads_that_unpickle(path, tree) if may_load else []
        for node in () if path.as_posix() in of_workers else ast.walk(tree):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            elif isinstance(node, ast.Attribute) and ast.unparse(node) in (
                "np.load",
                "numpy.load",
                "np.fromfile",
            ):
                names = [] if may_load and node.attr == "load" else ["pickle"]  # read_npz is it
            elif isinstance(node, ast.keyword) and node.arg == "allow_pickle":
                is_refused = isinstance(node.value, ast.Constant) and node.value.value is False
                names = [] if is_refused else ["pickle"]
            found += [
                f"{path}: line {node.lineno}"
                for name in names
                if name.partition(".")[0] in suspects - ({"torch"} if is_program else set())
            ]
    assert found == []


def loads_that_unpickle(path, tree):
    """Calls of np.load that are not told to refuse pickled objects."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "np.load":
            told = {k.arg: ast.unparse(k.value) for k in node.keywords}
            if told.get("allow_pickle") != "False":
                yield f"{path}: line {node.lineno}"


def npy(header, body=b"", version=b"\x01\x00"):
    text = header.encode() + b" " * ((-len(header) - 11) % 64) + b"\n"
    return b"\x93NUMPY" + version + struct.pack("<H", len(text)) + text + body


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            npy("{'descr': '|u1', 'fortran_order': False, 'shape': (1000000000000000,), }"),
            "header .* means 1,000,000,000",
        ),
        (
            npy("{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }", b"12"),
            "has 2 bytes of numbers; .*means 3",
        ),
        (npy("{'descr': '|u1', 'fortran_order': False, 'shape': (-1,), }", b"12"), "header"),
        (npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", bytes(8)), "holds object"),
        (npy("{'descr': '|V0', 'fortran_order': False, 'shape': (9,), }"), "only numbers"),
        (
            npy("{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (1,), }", bytes(4)),
            "only numbers",
        ),
        (npy("__import__('os').mkdir('unpickled')"), "damaged"),
        (npy("(" * 5000), "damaged"),
        (npy("{", version=b"\x09\x00"), "version"),
        (b"words", "damaged"),
        (b"", "damaged"),
    ],
)
def test_an_array_file_that_cannot_be_is_named(tmp_path, monkeypatch, content, words):
    monkeypatch.chdir(tmp_path)
    path = write_zip(tmp_path / "file.npz", {"X.npy": content})
    with pytest.raises(FileProblem, match=words):
        read_npz(path, ("X",))
    assert not (tmp_path / "unpickled").exists()


def test_arrays_are_read_as_numpy_wrote_them(tmp_path):
    given_arrays = {
        "a": np.arange(6).reshape(2, 3),
        "b": np.asfortranarray(np.random.default_rng(0).random((3, 4))),
    }
    np.savez_compressed(tmp_path / "file.npz", **given_arrays)
    for name, array in zip(given_arrays, read_npz(tmp_path / "file.npz", ("a", "b")), strict=True):
        assert (array == given_arrays[name]).all() and array.dtype == given_arrays[name].dtype
    with pytest.raises(FileProblem, match=r"no item named 'c.npy'"):
        read_npz(tmp_path / "file.npz", ("c",))
