"""Files of SANA-FE are read as that tool reads them, and bad ones are answered with file, key and
line.

The tool's own files are looked for in an installed ``sanafe``, or in its package folder named by
``SPIKEFIT_SANAFE``.
"""

import importlib.util
import json
import os
from pathlib import Path

import numpy as np
import pytest

from spikefit_nb.errors import FileProblem
from spikefit_nb.hardware import HardwareProfile, load_profile
from spikefit_nb.sanafe_file import core_places, read_sanafe_arch, read_sanafe_network
from spikefit_nb.sanafe_file.arch import EXAMPLE
from spikefit_nb.sanafe_file.yaml_file import LARGEST_BYTES, parse_yaml

RECORDED = Path(__file__).parent / "recorded" / "sanafe"


def tools_own(name):
    """A file of the tool's examples, or a skip."""
    folder = os.environ.get("SPIKEFIT_SANAFE")
    if not folder:
        found = importlib.util.find_spec("sanafe")
        if found is None:
            pytest.skip("sanafe is not installed and SPIKEFIT_SANAFE names no copy of it")
        folder = Path(found.origin).parent
    return Path(folder) / "examples" / name


def chip(tmp_path, text=EXAMPLE):
    file = tmp_path / "chip.yaml"
    file.write_text(text, encoding="utf-8")
    return read_sanafe_arch(file)


def changed(old, new):
    assert old in EXAMPLE
    return EXAMPLE.replace(old, new)


def test_every_cost_of_a_small_chip_is_where_the_tool_charges_it(tmp_path):
    costs = {
        "energy_synaptic_operation": 35e-12,
        "time_synaptic_operation": 4e-9,
        "energy_update_inactive": 1e-12,
        "energy_update_active": 3e-12,
        "energy_spike": 3e-12,
        "time_update_inactive": 1e-9,
        "time_update_active": 3e-9,
        "time_spike": 3e-9,
        "energy_packet": 100e-12,
        "time_packet": 5e-9,
        "energy_packet_in": 0,
        "time_packet_in": 16e-9,
        "energy_hop_x": 1e-12,
        "time_hop_x": 1e-9,
        "energy_hop_y": 2e-12,
        "time_hop_y": 2e-9,
    }
    read = chip(tmp_path)
    assert {name: read.si(name) for name in costs} == pytest.approx(costs, rel=1e-12)
    assert {figure.kind for figure in read.figures.values()} == {"assumed"}
    assert all(figure.source.startswith("chip.yaml, line ") for figure in read.figures.values())


@pytest.mark.parametrize(
    ("position", "synapse", "update"),
    [
        ("buffer_position: soma", 35 + 7, 1),
        ("buffer_position: dendrite", 35, 1 + 7),
        ("buffer_position: dendrite, buffer_inside_unit: true", 35 + 7, 1 + 7),
    ],
)
def test_a_dendrite_is_paid_on_its_side_of_the_buffer(tmp_path, position, synapse, update):
    text = changed("energy_update: 0", "energy_update: 7e-12").replace(
        "buffer_position: soma", position
    )
    read = chip(tmp_path, text)
    assert (read.value("energy_synaptic_operation"), read.value("energy_update_inactive")) == (
        synapse,
        update,
    )


@pytest.mark.parametrize(
    ("said", "tiles", "times"),
    [
        ("link_buffer_size: 4", (1,), (0,)),
        ("link_buffer_size: 4, latency_sync: 5e-9", (1,), (5,)),
        (
            "link_buffer_size: 4, sync_model: table, latency_sync: [1e-9, 2e-9, 4e-9]",
            (1, 2),
            (2, 4),
        ),
        (
            "link_buffer_size: 4, sync_model: table, latency_sync: {3: 1e-9, 7: 2e-9}",
            (1, 2, 3, 6, 7),
            (1, 1, 1, 1, 2),
        ),
    ],
)
def test_the_barrier_is_a_staircase_however_it_is_written(tmp_path, said, tiles, times):
    read = chip(tmp_path, changed("link_buffer_size: 4", said))
    assert (read.value("barrier_tiles"), read.value("time_barrier")) == (tiles, times)


def test_units_that_are_not_the_first_are_further_sets(tmp_path):
    other = "{name: 'fast[0..9]', attributes: {model: current_based, energy_process_spike: 1e-12, "
    other += "latency_process_spike: 2e-9}}"
    before, after = EXAMPLE.split("      synapse: ")
    first, rest = after.split("\n      dendrite")
    read = chip(tmp_path, f"{before}      synapse: [{first}, {other}]\n      dendrite{rest}")
    assert read.value("energy_synaptic_operation") == 35
    assert read.coefficients("fast").value("energy_synaptic_operation") == 1
    assert read.coefficients("fast").value("energy_spike") == read.value("energy_spike")


def test_cores_lie_column_by_column():
    counts = {"mesh_columns": 8, "mesh_rows": 4, "cores_per_tile": 4}
    places = core_places(HardwareProfile("m", "M", "mesh", "barrier").replace(**counts))
    tile = np.arange(128) // 4
    expected = [(t % 4 * 8 + t // 4) * 4 + c % 4 for c, t in enumerate(tile)]
    assert places.tolist() == expected and sorted(places) == list(range(128))


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        (
            changed("energy_west_hop: 1e-12", "energy_west_hop: 9e-12"),
            7,
            "energy_west_hop.*one figure for both",
        ),
        (
            changed("latency_message_in: 16e-9", "latency: 16e-9"),
            10,
            "lacks the key 'latency_message_in'",
        ),
        (
            changed("latency_message_in: 16e-9", "latency_message_in: -1"),
            10,
            "is '-1'; it must be a number",
        ),
        (
            changed("latency_message_in: 16e-9", "latency_message_in: nan"),
            10,
            "it must be a number",
        ),
        (
            changed("model: truenorth", "model: mine, plugin: mine.so"),
            14,
            "plugin names a program library",
        ),
        (
            changed("buffer_position: soma", "buffer_position: axon_out"),
            18,
            "updated by every synapse",
        ),
        (
            changed("buffer_position: soma", "buffer_position: soma, buffer_inside_unit: true"),
            18,
            "every synapse",
        ),
        (changed("tile[0..1]", "tile[0..2]"), 5, "3 tiles, which do not fill"),
        (changed("tile[0..1]", "tile[4..1]"), 5, "runs backwards"),
        (changed("link_buffer_size: 4", "link_buffer_size: 0"), 3, "must be a whole number from 1"),
        (
            changed("link_buffer_size: 4", "link_buffer_size: 4, sync_model: mesh"),
            3,
            "'fixed' or 'table'",
        ),
        (changed("width: 2,", "width: 2, width: 3,"), 3, "a second time"),
        ("architecture: [1, 2", 1, "not YAML"),
        ("a: &x 1\nb: *x", 1, "anchor or alias"),
        ("a: !!python/object/apply:os.system [ls]", 1, "has the tag"),
        ("a: " + "[" * 400 + "]" * 400, 1, "nested deeper"),
        ("? [1, 2]\n: 3", 1, "not a plain text"),
        ("hello", 1, "must be a mapping with the key 'architecture'"),
    ],
)
def test_a_bad_architecture_is_answered_with_file_line_and_key(tmp_path, text, line, told):
    with pytest.raises(FileProblem, match=rf"(?s)chip\.yaml, line {line}: .*{told}"):
        chip(tmp_path, text)


def test_an_architecture_that_is_no_file_too_large_or_no_text_is_refused(tmp_path):
    with pytest.raises(FileProblem, match="no file"):
        read_sanafe_arch(tmp_path / "none.yaml")
    with pytest.raises(FileProblem, match="too large"):
        chip(tmp_path, "#" * (LARGEST_BYTES + 1))
    with pytest.raises(FileProblem, match="empty"):
        chip(tmp_path, "")
    for content in (b"\xff\xfe\x00\xd8", b"a: \x00"):
        with pytest.raises(FileProblem, match="not YAML"):
            parse_yaml(content, "chip.yaml")


def small(**arrays):
    """A network of one convolution and one matrix."""
    given = {
        "conv1": np.ones((3, 3, 1, 2)),
        "dense1": np.ones((8, 3)),
        "inputs": np.ones(36),
        "thresholds": [1, 2, 3],
    }
    return {key: array for key, array in (given | arrays).items() if array is not None}


def network_of(tmp_path, **options):
    return read_sanafe_network(tmp_path / "net.npz", **options)


def test_kernels_are_turned_round_and_delays_are_one_step(tmp_path):
    kernel = np.arange(18.0).reshape(3, 3, 1, 2)
    np.savez(tmp_path / "net.npz", **small(conv1=kernel, inputs=np.arange(36)))
    network = network_of(tmp_path)
    conv = network.projections[0].weight
    assert conv.stride == (2, 2) and {e.delay_steps for e in network.projections} == {1}
    assert all(
        conv.weight[o, 0, y, x] == kernel[y, x, 0, o]
        for o in range(2)
        for y in range(3)
        for x in range(3)
    )
    assert network["pixels"].parameter("bias").tolist() == list(range(36))
    assert (
        network["dense1"].neuron.strict_threshold
        and network["dense1"].parameter("v_threshold")[0] == 3
    )


def test_strides_that_the_file_leaves_open_are_asked_for(tmp_path):
    np.savez(tmp_path / "net.npz", **small(dense1=None, thresholds=[1, 2]))
    with pytest.raises(FileProblem, match=r"2 choices of 1s and 2s fit.*strides=\(2,\)"):
        network_of(tmp_path)
    assert network_of(tmp_path, strides=(1,))["conv1"].shape == (2, 4, 4)
    with pytest.raises(FileProblem, match="each with 1 or more"):
        network_of(tmp_path, strides=(0,))


@pytest.mark.parametrize(
    ("arrays", "told"),
    [
        ({"thresholds": [1, 2]}, "thresholds has 2 numbers, but there are 2 layers and the pixels"),
        ({"thresholds": [1, np.nan, 3]}, "thresholds holds 1 numbers that are NaN"),
        ({"inputs": np.ones(35)}, "no square image"),
        ({"inputs": None}, "lacks the key 'inputs'"),
        ({"inputs": np.array([None])}, "must be numbers"),
        ({"dense1": np.ones((9, 3))}, "no choice of 1s and 2s fits"),
        (
            {"dense2": np.ones((4, 3)), "thresholds": [1, 2, 3, 4]},
            "dense1' -> 'dense2' has weights for",
        ),
        ({"dense3": np.ones((3, 3))}, "counted from dense1"),
        ({"conv1": np.ones((3, 5, 1, 2))}, "only square ones"),
        ({"conv1": np.ones((3, 3))}, r"must be \(y, x, in, out\)"),
        ({"conv1": None, "dense1": None}, "has no layer"),
        ({"leaks": [1]}, "'leaks' is an unknown key"),
    ],
)
def test_a_bad_network_file_says_what_is_wrong(tmp_path, arrays, told):
    np.savez(tmp_path / "net.npz", **small(**arrays))
    with pytest.raises(FileProblem, match=rf"net\.npz.*{told}"):
        network_of(tmp_path)


def test_a_network_file_that_is_none_or_damaged_is_refused(tmp_path):
    with pytest.raises(FileProblem, match="no file"):
        network_of(tmp_path)
    np.savez_compressed(tmp_path / "net.npz", **small())
    content = (tmp_path / "net.npz").read_bytes()
    for damaged in (b"", b"hello", content[:200], content[:90] + b"\xff" * 40 + content[130:]):
        (tmp_path / "net.npz").write_bytes(damaged)
        with pytest.raises(FileProblem, match=r"net\.npz"):
            network_of(tmp_path)


def test_the_tools_loihi_agrees_with_our_calibrated_one():
    read, ours = (
        read_sanafe_arch(tools_own("loihi.yaml")),
        load_profile("loihi1", coefficients="calibrated"),
    )
    priced = [
        n
        for n in read.figures
        if n.startswith(("energy", "time")) and n != "time_barrier" and ours.has(n)
    ]
    assert len(priced) == 15
    assert {n: read.si(n) for n in priced} == {n: ours.si(n) for n in priced}
    assert read.arithmetic == "sanafe_loihi"
    shape = ("cores", "cores_per_tile", "mesh_columns", "mesh_rows", "neurons_per_core")
    assert {n: read.value(n) for n in shape} == {n: ours.value(n) for n in shape}
    assert read.coefficients("loihi_conv_synapse").value("energy_synaptic_operation") == 24
    at = dict(zip(read.value("barrier_tiles"), read.value("time_barrier"), strict=True))
    assert all(
        at[n] == time for n, time in zip((1, 2, 4, 29), (600, 1000, 1400, 1800), strict=True)
    )


def test_the_tools_network_fires_as_the_tool_recorded():
    network = read_sanafe_network(tools_own("dvs_challenge.npz"))
    fired = json.loads((RECORDED / "dvs.json").read_text())["steps"]["fired"][:150]
    layers = network.neuron_populations
    arrived = {p.name: np.zeros(p.n_neurons) for p in layers}
    potential = {p.name: np.zeros(p.n_neurons) for p in layers}
    edges = {e.source: [e.edges(0, e.shape[0])] for e in network.projections}
    assert [p.name for p in layers] == ["pixels", "conv1", "conv2", "conv3", "conv4", "dense1"]
    for n_fired in fired:
        spikes = {}
        for p in layers:
            v = np.trunc(potential[p.name] * 64) / 64 + p.parameter("bias") + arrived[p.name]
            spikes[p.name] = v > p.parameter("v_threshold")
            potential[p.name] = np.where(spikes[p.name], 0.0, v)
        for e in network.projections:
            for block in edges[e.source]:
                sent = spikes[e.source][block.source]
                arrived[e.target] = np.bincount(block.target[sent], block.weight[sent], e.shape[1])
        assert sum(int(s.sum()) for s in spikes.values()) == n_fired


@pytest.mark.parametrize("name", ["dvs", "w2_10_cores", "w2_128_cores"])
def test_a_recorded_run_adds_up_and_contention_never_helps(name):
    record = json.loads((RECORDED / f"{name}.json").read_text())
    totals, models = record["totals"], record["models"]
    assert {
        n: sum(record["steps"][n])
        for n in ("fired", "updated", "packets", "synaptic_operations", "hops")
    } == {n: totals[n] for n in ("fired", "updated", "packets", "synaptic_operations", "hops")}
    parts = [totals["energy_j"][part] for part in ("synapse", "dendrite", "soma", "network")]
    assert totals["energy_j"]["total"] == pytest.approx(sum(parts), rel=1e-12)
    assert sum(record["steps"]["energy_j"]) == pytest.approx(totals["energy_j"]["total"], rel=1e-12)
    simple, detailed = (np.array(models[m]["step_latency_s"]) for m in ("simple", "detailed"))
    assert simple.sum() == pytest.approx(models["simple"]["latency_s"], rel=1e-12)
    assert (detailed >= simple * (1 - 1e-12)).all()
    assert "SANA-FE 2.2.9" in record["tool"] and record["command"].startswith(
        "python tests/tools/record_sanafe.py"
    )
