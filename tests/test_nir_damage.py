"""Files that are damaged, hostile or merely odd give our error, in bounded time and memory."""

import subprocess
import sys
import time
import zlib
from pathlib import Path

import h5py
import nir
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikefit_nb import hdf5
from spikefit_nb.errors import FileProblem, SpikefitError
from spikefit_nb.nir_file import read_nir, write_nir
from tests import nir_files as nf
from tests.nir_graphs import graphs, networks

CHILD_LIMIT_S = 120

READ_ALL = """
import sys
from pathlib import Path
from spikefit_nb.errors import SpikefitError
from spikefit_nb.nir_file import read_nir

try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
except ImportError:
    pass
for path in sorted(Path(sys.argv[1]).iterdir()):
    print(path.name, flush=True)
    try:
        read_nir(path, dt_s=1e-4, reset="zero")
    except SpikefitError:
        pass
print("all read", flush=True)
"""


def read_in_child(folder):
    """Read every file of a folder in a process that is ended when it hangs; returns the last line
    it wrote.
    """
    repository = Path(__file__).parents[1]
    child = subprocess.run(
        [sys.executable, "-c", READ_ALL, str(folder)],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
        timeout=CHILD_LIMIT_S,
    )
    return child.stdout.splitlines()[-1] + child.stderr[-500:]


def ordinary():
    """Small files as nir.write and other tools write them: packed, unpacked, and in HDF5's newest
    format.
    """
    graph = nir.NIRGraph.from_list(
        nir.Affine(np.ones((4, 3), np.float32), np.ones(4)),
        nir.LIF(*(np.full(4, v) for v in (1e-3, 1.0, 0.0, 1.0))),
        nir.Linear(np.ones((2, 4), np.float32)),
        nir.IF(np.ones(2), np.ones(2)),
    )
    picture = nf.graph(
        {"i": nf.inputs(2, 6, 6), "c": nf.conv(np.ones((2, 2, 3, 3))), "n": nf.fire()},
        None,
        {"dt": 1},
    )
    return graph, picture


@pytest.fixture
def files(tmp_path):
    graph, picture = ordinary()
    nir.write(tmp_path / "packed.nir", graph)
    nir.write(tmp_path / "plain.nir", graph, compression=None)
    nf.save(tmp_path / "tracked.nir", picture)
    with (
        h5py.File(tmp_path / "plain.nir") as old,
        h5py.File(tmp_path / "latest.nir", "w", libver="latest") as new,
    ):
        for name in old:
            old.copy(name, new)
    return sorted(tmp_path.glob("*.nir"))


def mutated(content, rng):
    """A file with some bits, bytes, words or addresses changed, or its end cut off."""
    changed = bytearray(content)
    if rng.random() < 0.1:
        return bytes(changed[: rng.integers(len(changed))])
    for _ in range(rng.choice([1, 1, 1, 2, 3, 8, 30])):
        at, how = int(rng.integers(len(changed))), rng.random()
        if how < 0.4:
            changed[at] ^= 1 << int(rng.integers(8))
        elif how < 0.6:
            changed[at] = int(rng.choice([0, 1, 127, 128, 255]))
        elif how < 0.8:
            n, other = int(rng.choice([1, 2, 4, 8])), int(rng.integers(len(changed)))
            changed[at : at + n] = changed[other : other + n]
        else:
            address = int(rng.choice([int(rng.integers(len(changed))), 2**62, 2**40]))
            changed[at & ~7 : (at & ~7) + 8] = address.to_bytes(8, "little")
    return bytes(changed[: len(content)])


def test_hundreds_of_mutated_files_are_read_or_refused_and_none_hangs(files, tmp_path):
    contents = [path.read_bytes() for path in files]
    folder = tmp_path / "mutated"
    folder.mkdir()
    for seed in range(400):
        rng = np.random.default_rng(seed)
        (folder / f"{seed:04}.nir").write_bytes(mutated(contents[seed % len(contents)], rng))
    assert read_in_child(folder) == "all read"


def test_a_string_heap_in_which_the_hdf5_library_runs_in_circles_is_refused(files, tmp_path):
    folder = tmp_path / "heaps"
    folder.mkdir()
    for k, path in enumerate(files):
        content = bytearray(path.read_bytes())
        at = content.find(b"GCOL")
        assert at > 0
        content[at + 16 : at + 32] = bytes(
            16
        )  # a first object of no length: the library never gets past it
        (folder / f"{k}.nir").write_bytes(content)
    assert read_in_child(folder) == "all read"
    with pytest.raises(
        FileProblem, match=r"damaged: a string of \d+ bytes is not where the file says"
    ):
        read_nir(folder / "0.nir")


@settings(max_examples=200)
@given(content=st.binary(max_size=300), signature=st.booleans())
def test_random_bytes_are_our_error(tmp_path_factory, content, signature):
    path = tmp_path_factory.mktemp("bytes") / "net.nir"
    path.write_bytes((hdf5.SIGNATURE if signature else b"") + content)
    with pytest.raises(SpikefitError, match=r"net.nir is (not an HDF5 file|HDF5 but)"):
        read_nir(path)


def with_weight(path, write):
    """An ordinary file but for its weight, which ``write(group)`` puts there."""
    nf.save(path, nf.graph({"i": nf.inputs(3), "w": nf.linear(np.ones((2, 3))), "n": nf.fire(2)}))
    with h5py.File(path, "r+") as file:
        del file["node/nodes/w/weight"]
        write(file["node/nodes/w"])
    return path


@pytest.mark.parametrize(
    "layout", [{}, {"chunks": (1024, 1024)}, {"chunks": (1024, 1024), "compression": "gzip"}]
)
def test_a_petabyte_is_refused_by_its_header(tmp_path, layout):
    path = with_weight(
        tmp_path / "net.nir",
        lambda g: g.create_dataset("weight", (1 << 25, 1 << 25), np.float32, **layout),
    )
    start = time.process_time()
    with pytest.raises(
        FileProblem,
        match=r"'/node/nodes/w/weight' claims 4[\d.]+e?\+?\d* .?B of values, but the whole",
    ):
        read_nir(path)
    assert time.process_time() - start < 2


def test_a_chunk_larger_than_any_file_is_refused_too(tmp_path):
    def write(group):
        group.create_dataset(
            "weight", (2, 3), np.float32, chunks=(1 << 14, 1 << 14), maxshape=(None, None)
        )

    with pytest.raises(FileProblem, match="of values in a chunk, but the whole file has"):
        read_nir(with_weight(tmp_path / "net.nir", write))


def test_a_zip_bomb_unfolds_no_further_than_its_chunk(tmp_path):
    def write(group):
        weight = group.create_dataset(
            "weight", (2, 3), np.float32, chunks=(2, 3), compression="gzip"
        )
        packer = zlib.compressobj(9)
        bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(512)) + packer.flush()
        weight.id.write_direct_chunk((0, 0), bomb)

    path = with_weight(tmp_path / "net.nir", write)
    start = time.process_time()
    with pytest.raises(FileProblem, match=r"net.nir is HDF5 but damaged"):
        read_nir(path)
    assert time.process_time() - start < 0.5


def test_more_values_than_the_limit_are_refused_with_it(tmp_path, monkeypatch):
    path = with_weight(
        tmp_path / "net.nir", lambda g: g.create_dataset("weight", data=np.ones((200, 300)))
    )
    monkeypatch.setattr(hdf5, "LIMIT_BYTES", 100_000)
    with pytest.raises(
        FileProblem,
        match=r"the values up to '/node/nodes/w/weight' take 480 kB, and at most 100 kB",
    ):
        read_nir(path)
    monkeypatch.setattr(hdf5, "LIMIT_ENTRIES", 5)
    with pytest.raises(FileProblem, match=r"net.nir holds more than 5 entries"):
        read_nir(path)


def soft(group):
    group["weight"] = h5py.SoftLink("/node/nodes/w/weight")


def external(group):
    group["weight"] = h5py.ExternalLink("other.h5", "/weight")


def circle(group):
    group["weight"] = group


def elsewhere(group):
    group.create_dataset(
        "weight", (2, 3), np.float32, external=[("other.raw", 0, h5py.h5f.UNLIMITED)]
    )


def virtual(group):
    group.create_virtual_dataset("weight", h5py.VirtualLayout((2, 3), np.float32))


def named_type(group):
    group["weight"] = np.dtype(np.float32)


def reference(group):
    group.create_dataset("weight", data=group.ref, dtype=h5py.ref_dtype)


def compound(group):
    group["weight"] = np.zeros(3, [("x", "f4"), ("y", "f4")])


@pytest.mark.parametrize(
    ("write", "match"),
    [
        (soft, "the entry 'weight' of '/node/nodes/w' is a link to somewhere else"),
        (external, "the entry 'weight' of '/node/nodes/w' is a link to somewhere else"),
        (circle, "stands in the file twice, or holds itself"),
        (elsewhere, "the values of '/node/nodes/w/weight' stand in another file"),
        (virtual, "the values of '/node/nodes/w/weight' stand in another file"),
        (named_type, "is neither a group nor an array"),
        (reference, "'/node/nodes/w/weight' holds object; NIR has numbers and strings"),
        (compound, "'/node/nodes/w/weight' holds .*; NIR has numbers and strings"),
    ],
)
def test_what_leads_out_of_the_file_or_is_no_array_is_refused(tmp_path, write, match):
    with pytest.raises(FileProblem, match=match):
        read_nir(with_weight(tmp_path / "net.nir", write))


def test_a_graph_in_another_file_is_not_followed(tmp_path):
    nf.save(tmp_path / "real.nir", nf.graph({"i": nf.inputs(3), "n": nf.fire(3)}))
    with h5py.File(tmp_path / "net.nir", "w") as file:
        file["node"] = h5py.ExternalLink("real.nir", "/node")
    with pytest.raises(FileProblem, match=r"net.nir is HDF5 but not NIR"):
        read_nir(tmp_path / "net.nir")


@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.lists(st.integers(1, 9), min_size=1, max_size=3),
    kind=st.sampled_from(["f4", "f8", ">f4", "i8", "u1", "i2", "f2", "?"]),
    packing=st.sampled_from(
        [
            {},
            {"shuffle": True},
            {"fletcher32": True},
            {"compression": "lzf"},
            {"compression": "gzip"},
            {"compression": "gzip", "shuffle": True, "fletcher32": True},
        ]
    ),
    whole=st.booleans(),
)
def test_packed_arrays_are_what_h5py_reads(tmp_path_factory, seed, shape, kind, packing, whole):
    rng = np.random.default_rng(seed)
    values = (rng.normal(size=shape) * 3).astype(kind)
    chunks = tuple(int(rng.integers(1, n + 1)) for n in shape)
    path = tmp_path_factory.mktemp("chunks") / "x.h5"
    with h5py.File(path, "w") as file:
        made = file.create_dataset(
            "x", shape, kind, chunks=chunks, fillvalue=values.dtype.type(1), **packing
        )
        part = slice(None) if whole else slice(0, chunks[0])
        made[part] = values[part]
    with h5py.File(path) as file:
        mine, theirs = hdf5.Values(path).value(file["x"]), file["x"][()]
        assert mine.dtype == theirs.dtype and np.array_equal(mine, theirs)


@pytest.mark.parametrize(
    "packing", [{}, {"chunks": (2, 1)}, {"compression": "gzip", "shuffle": True}]
)
def test_strings_are_what_h5py_reads(tmp_path, packing):
    texts = np.array([["a", "né"], ["", "x" * 5000], ["b.c", "long " * 300]], dtype=object)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.create_dataset("x", data=texts, dtype=h5py.string_dtype(), **packing)
        file["one"], file["fixed"], file["none"] = "é", np.bytes_(b"abc"), h5py.Empty("f4")
        file.create_dataset("no", (0, 2), h5py.string_dtype())
    with h5py.File(tmp_path / "x.h5") as file:
        values = hdf5.Values(tmp_path / "x.h5")
        assert values.value(file["x"]).tolist() == texts.tolist()
        assert [values.value(file[name]) for name in ("one", "fixed", "none")] == ["é", "abc", None]
        assert values.value(file["no"]).shape == (0, 2)


def test_strings_packed_by_what_only_the_library_knows_are_refused(tmp_path):
    nf.save(tmp_path / "net.nir", nf.graph({"i": nf.inputs(3), "n": nf.fire(3)}))
    with h5py.File(tmp_path / "net.nir", "r+") as file:
        del file["node/edges"]
        edges = np.array([["i", "n"]], dtype=object)
        file["node"].create_dataset(
            "edges", data=edges, dtype=h5py.string_dtype(), compression="lzf"
        )
    with pytest.raises(
        FileProblem, match="the strings of '/node/edges' are packed by lzf; gzip is known"
    ):
        read_nir(tmp_path / "net.nir")


@pytest.mark.parametrize(
    ("nodes", "match"),
    [
        (
            {"i": nf.inputs(2**50), "n": nf.fire()},
            r"node 'i' \(Input\) gives .* values; at most 16,777,216 are read",
        ),
        ({"i": nf.inputs(2**40, 2**40), "n": nf.fire()}, "at most 16,777,216 are read"),
        (
            {"i": nf.inputs(1, 4, 4), "p": nf.pool("SumPool2d", 10**9), "n": nf.fire()},
            "a window of .* is larger",
        ),
        (
            {
                "i": nf.inputs(1, 4, 4),
                "c": nf.conv(np.ones((1, 1, 3, 3)), padding=10**9),
                "n": nf.fire(),
            },
            "at most 16,777,216 are read",
        ),
        (
            {
                "i": nf.inputs(1, 3000, 3000),
                "a": nf.conv(np.ones((1, 1, 40, 40)), padding=20),
                "b": nf.conv(np.ones((1, 1, 3, 3))),
                "n": nf.fire(),
            },
            r"'a' \(Conv2d\) would take 14,[\d,]+ weights as a matrix",
        ),
        (
            {
                "i": nf.inputs(50_000),
                "a": nf.linear(np.ones((1, 50_000))),
                "b": nf.linear(np.ones((50_000, 1))),
                "n": nf.fire(),
            },
            r"up to node 'b' \(Linear\) make 2,500,000,000 products as one matrix; at most "
            r"100,000,000",
        ),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
def test_numbers_that_would_take_all_memory_are_refused(tmp_path, nodes, match):
    path = nf.save(tmp_path / "net.nir", nf.graph(nodes))
    start = time.process_time()
    with pytest.raises(FileProblem, match=match):
        read_nir(path, reset="zero")
    assert time.process_time() - start < 5


ODD = [
    None,
    "x",
    b"x",
    -1,
    0,
    7,
    0.5,
    2**62,
    float("nan"),
    True,
    {},
    {"a": 1},
    {"type": "Linear"},
    [],
    [1, "a"],
    np.zeros(0),
    np.ones(3),
    np.ones((2, 3)),
    np.ones((1, 2, 3, 4)),
    np.array(2**62),
    np.array("x", object),
    np.array([b"x"], object),
    np.array([[b"input", b"n0"]], object),
    np.array([1 + 2j]),
    np.full(2, 1e300),
    np.array(["2020"], "M8[Y]"),
]


@settings(max_examples=200)
@given(
    graph=graphs(),
    network=networks(),
    written=st.booleans(),
    choices=st.randoms(use_true_random=False),
)
def test_a_wrong_value_anywhere_in_a_graph_is_read_or_refused(graph, network, written, choices):
    tree = (write_nir(network) if written else graph).to_dict()
    for _ in range(choices.choice([1, 1, 2, 4])):
        at, key, inside = None, None, tree
        while isinstance(inside, dict) and inside and (at is None or choices.random() < 0.85):
            at, key = inside, choices.choice(list(inside))
            inside = inside[key]
        if choices.random() < 0.2:
            del at[key]
        else:
            at[key] = choices.choice(ODD)
    try:
        read_nir(InMemory(tree), dt_s=1e-3, reset="zero")
    except SpikefitError as problem:
        assert len(str(problem)) < 3000


def test_branches_that_multiply_are_refused_before_they_are_walked():
    nodes, edges, at = {"i": nf.inputs(1)}, [], "i"
    for k in range(40):
        for side in "ab":
            nodes[f"{side}{k}"] = nf.linear(np.ones((1, 1)))
            edges += [(at, f"{side}{k}"), (f"{side}{k}", f"s{k}")]
        nodes[f"s{k}"] = nf.linear(np.ones((1, 1)))
        at = f"s{k}"
    nodes["n"] = nf.fire(1)
    tree = nf.graph(nodes, [*edges, (at, "n")])
    with pytest.raises(
        FileProblem, match=r"more than 10,000 paths lead through the linear nodes behind 'i'"
    ):
        read_nir(InMemory(tree), reset="zero")


class InMemory:
    """A graph as nir hands it over."""

    def __init__(self, tree):
        self.tree = tree

    def to_dict(self):
        return self.tree


def test_nesting_without_end_is_refused():
    tree = nf.graph({"i": nf.inputs(1), "n": nf.fire(1), "o": nf.outputs(1)})
    for _ in range(2000):
        tree = nf.graph({"i": nf.inputs(1), "g": tree, "o": nf.outputs(1)})
    with pytest.raises(FileProblem, match="is nested too deep or too large to be read"):
        read_nir(InMemory(tree), reset="zero")


def test_more_nodes_than_can_be_read_are_counted():
    nodes = {"i": nf.inputs(1), **{f"n{k}": nf.fire(1) for k in range(10_001)}}
    with pytest.raises(
        FileProblem, match=r"10,002 nodes and 10,001 edges; at most 10,000 and 100,000 are read"
    ):
        read_nir(InMemory(nf.graph(nodes)), reset="zero")
