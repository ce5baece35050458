"""What write_nir writes, read_nir reads back bit for bit, and nir itself understands."""

import nir
import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import FileProblem, NetworkProblem, WrongArgument
from spikefit_nb.network import (
    ALIF,
    IF,
    LIF,
    Conv2d,
    CubaLIF,
    Input,
    Network,
    Population,
    Projection,
)
from spikefit_nb.nir_file import load_network, read_nir, write_nir
from spikefit_nb.simulate import simulate
from tests.nir_graphs import graphs, networks


def small(neuron=None, **projection):
    neuron = neuron or IF(1.0, bias=[0.5, 0.0])
    weight = projection.pop("weight", np.ones((3, 2)))
    return Network(
        [Population("in", (3,), Input()), Population("out", (2,), neuron)],
        [Projection("in", "out", weight, **projection)],
    )


@settings(max_examples=100)
@given(network=networks())
def test_any_network_reads_back_equal_from_memory_and_from_a_file(tmp_path_factory, network):
    path = tmp_path_factory.mktemp("nir") / "net.nir"
    graph = write_nir(network, path)
    upstream = nir.read(path, type_check=False)
    for source in (graph, path, upstream):
        back = read_nir(source)
        assert back.fingerprint == network.fingerprint
        assert (back.name, back.output, back.order) == (network.name, network.output, network.order)
        assert back.assumptions[: len(network.assumptions)] == network.assumptions


@settings(max_examples=150)
@given(graph=graphs())
def test_any_graph_of_nir_is_read_written_and_read_again_as_the_same_network(
    tmp_path_factory, graph
):
    path = tmp_path_factory.mktemp("nir") / "net.nir"
    nir.write(path, graph)
    first = read_nir(path, dt_s=1e-3, reset="zero")
    assert read_nir(graph, dt_s=1e-3, reset="zero").n_synapses == first.n_synapses
    again = read_nir(write_nir(first))
    assert again.fingerprint == first.fingerprint
    assert read_nir(write_nir(again)).assumptions == again.assumptions


@pytest.mark.parametrize("name", ["digits", "braille", "braille_subtract"])
def test_the_published_networks_survive_and_nir_checks_their_types(shared_data, tmp_path, name):
    network = load_network(name)
    write_nir(network, tmp_path / "net.nir")
    assert read_nir(nir.read(tmp_path / "net.nir")).fingerprint == network.fingerprint


def test_the_convolutional_network_survives_with_its_spikes(shared_data, tmp_path):
    network = read_nir(
        shared_data / "nir/02_cnn/cnn_sinabs.nir", reset="subtract", max_spikes_per_step=None
    )
    write_nir(network, tmp_path / "net.nir")
    back = read_nir(tmp_path / "net.nir")
    x = SpikeDataset(np.random.default_rng(0).random((1, 5, 2312)) < 0.05)
    assert back.fingerprint == network.fingerprint
    assert (simulate(back, x).output_spikes == simulate(network, x).output_spikes).all()
    kinds = [type(node).__name__ for node in nir.read(tmp_path / "net.nir").nodes.values()]
    assert kinds.count("Conv2d") == 3 and kinds.count("Linear") == 2 and kinds.count("IF") == 5


def test_the_plain_content_is_what_any_tool_reads():
    integers = np.array([[1, -2], [3, 0], [7, 7]], np.int8)
    neuron = CubaLIF(2e-3, 5e-3, 1.5, 2.0, 0.1, -0.25, 3.0, bias=[0.5, 0.25], reset="subtract")
    network = small(
        neuron,
        weight=integers,
        scale=np.array([0.5, 0.25], np.float32),
        weight_bits=4,
        delay_steps=2,
    )
    nodes = write_nir(network).nodes
    linear, cuba = nodes["in_to_out"], nodes["out"]
    assert isinstance(linear, nir.Affine) and (linear.weight == (integers * [0.5, 0.25]).T).all()
    assert (linear.bias == [0.5, 0.25]).all() and (nodes["in_late"].delay == 2e-3).all()
    fields = {
        name: getattr(cuba, name)[0]
        for name in ("tau_syn", "tau_mem", "v_threshold", "r", "v_leak", "v_reset")
    }
    assert fields == {
        "tau_syn": 2e-3,
        "tau_mem": 5e-3,
        "v_threshold": 1.5,
        "r": 2,
        "v_leak": 0.1,
        "v_reset": -0.25,
    }
    assert (cuba.w_in == 3).all() and cuba.metadata["spikefit_nb"]["reset"] == "subtract"
    assert linear.metadata["spikefit_nb"]["weight_bits"] == 4


def test_another_reader_that_ignores_our_metadata_finds_the_same_real_network():
    integers = np.array([[1, -2], [3, 0], [7, 7]], np.int8)
    network = small(weight=integers, scale=0.5, weight_bits=4, delay_steps=2)
    graph = write_nir(network)
    for node in graph.nodes.values():
        node.metadata = {}
    graph.metadata = {}
    plain = read_nir(graph, dt_s=1e-3, reset="zero")
    assert (
        plain.projections[0].weight.toarray() == network.projections[0].real_weight().toarray()
    ).all()
    assert (
        plain.projections[0].delay_steps == 2 and (plain["out"].parameter("bias") == [0.5, 0]).all()
    )


def test_a_step_back_in_a_loop_needs_no_delay_node_and_a_step_ahead_does():
    populations = [
        Population("in", (2,), Input()),
        Population("a", (2,), IF()),
        Population("b", (2,), IF()),
    ]
    eye = np.eye(2)
    network = Network(
        populations,
        [
            Projection("in", "a", eye),
            Projection("a", "b", eye, delay_steps=1),
            Projection("b", "a", eye, delay_steps=1),
            Projection("b", "b", eye, delay_steps=1),
        ],
        output="b",
    )
    graph = write_nir(network)
    assert [n for n, node in graph.nodes.items() if isinstance(node, nir.Delay)] == ["a_late"]
    assert read_nir(graph).fingerprint == network.fingerprint


def test_weights_that_another_tool_changed_are_read_as_they_stand_and_it_is_said():
    graph = write_nir(small(weight=np.ones((3, 2), np.int8), scale=0.5, weight_bits=4))
    graph.nodes["in_to_out"].weight = np.full((2, 3), 0.7, np.float32)
    back = read_nir(graph)
    assert (
        back.projections[0].scale is None
        and (back.projections[0].weight.toarray() == np.float32(0.7)).all()
    )
    assert (
        "in_to_out: its weights are no longer those write_nir stored, so they are taken as real"
        in back.assumptions
    )


def test_what_the_caller_says_goes_before_what_write_nir_left(tmp_path):
    write_nir(small(LIF(5e-3, reset="subtract", strict_threshold=True)), tmp_path / "net.nir")
    back = read_nir(tmp_path / "net.nir", dt_s=5e-4, reset="zero", name="mine")
    assert (back.dt_s, back["out"].neuron.reset, back.name) == (5e-4, "zero", "mine")
    assert back["out"].neuron.strict_threshold
    assert back.assumptions == (
        "time step 500 µs: given, not read from the file",
        "reset to zero: given, not read from the file",
    )
    assert read_nir(tmp_path / "net.nir").assumptions == (
        "time step 1 ms, reset and the like: as write_nir left them in the metadata",
    )


def test_a_convolution_into_a_list_stands_there_as_a_matrix_that_nir_can_check(tmp_path):
    kernel = np.random.default_rng(0).integers(-7, 8, (2, 1, 3, 3)).astype(np.int8)
    network = Network(
        [Population("in", (1, 4, 4), Input()), Population("out", (8,), IF())],
        [Projection("in", "out", Conv2d(kernel, (1, 4, 4)), scale=0.25, weight_bits=4)],
    )
    write_nir(network, tmp_path / "net.nir")
    nodes = nir.read(tmp_path / "net.nir").nodes
    assert [type(nodes[n]).__name__ for n in ("in_flat", "in_to_out")] == ["Flatten", "Linear"]
    assert read_nir(tmp_path / "net.nir").fingerprint == network.fingerprint


def test_a_file_is_never_replaced_unasked(tmp_path):
    path = tmp_path / "net.nir"
    write_nir(small(), path)
    before = path.read_bytes()
    with pytest.raises(FileProblem, match=r"net.nir exists already. Say overwrite=True"):
        write_nir(small(LIF(1e-2)), path)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]
    write_nir(small(LIF(1e-2)), str(path), overwrite=True)
    assert isinstance(read_nir(path)["out"].neuron, LIF)
    with pytest.raises(FileProblem, match=r"there is no folder .*nowhere"):
        write_nir(small(), tmp_path / "nowhere" / "net.nir")
    with pytest.raises(FileProblem, match="is a folder"):
        write_nir(small(), tmp_path, overwrite=True)


def test_what_nir_cannot_hold_is_refused_by_name():
    with pytest.raises(
        NetworkProblem,
        match=r"NIR has no node for ALIF neurons \(population 'out'\); it has IF, LIF",
    ):
        write_nir(small(ALIF(0.02, 0.2, 0.05)))
    odd = Network(
        [Population("in/a", (3,), Input()), Population("out", (2,), IF())],
        [Projection("in/a", "out", np.ones((3, 2)))],
    )
    with pytest.raises(
        NetworkProblem, match=r"A population is called 'in/a'; a NIR file needs a name without '/'"
    ):
        write_nir(odd)
    alone = Network([Population("in", (3,), Input()), Population("out", (2,), IF(bias=1.0))], [])
    with pytest.raises(NetworkProblem, match="No input reaches the population 'out'"):
        write_nir(alone)
    huge = Network(
        [Population("in", (20_000,), Input()), Population("out", (20_000,), IF())],
        [Projection("in", "out", sp.csr_array(([1.0], ([0], [0])), (20_000, 20_000)))],
    )
    with pytest.raises(
        NetworkProblem, match=r"20,000 x 20,000 neurons is a matrix of 400,000,000 entries in NIR"
    ):
        write_nir(huge)
    with pytest.raises(WrongArgument, match="network is a str but must be a Network"):
        write_nir("net.nir")


def test_metadata_of_a_later_version_or_of_another_form_are_refused():
    graph = write_nir(small(weight=np.ones((3, 2), np.int8), scale=0.5))
    graph.metadata["spikefit_nb"]["version"] = 2
    with pytest.raises(
        FileProblem, match=r"are of version 2; this spikefit_nb knows version 1. Update"
    ):
        read_nir(graph)
    graph.metadata["spikefit_nb"]["version"] = 1
    graph.nodes["in_to_out"].metadata["spikefit_nb"]["integer"] = np.ones((2, 2, 2), np.int8)
    with pytest.raises(
        FileProblem, match=r"'in_to_out' \(Affine\): its spikefit_nb metadata cannot be read"
    ):
        read_nir(graph)


def test_what_the_reader_says_anew_replaces_what_an_earlier_reading_assumed():
    written = write_nir(load_network("digits"))
    again = read_nir(written, dt_s=5e-3, reset="subtract")
    assert [s for s in again.assumptions if s.startswith(("time step", "reset"))] == [
        "time step 5 ms: given, not read from the file",
        "reset by subtraction: given, not read from the file",
    ]
    assert set(read_nir(written).assumptions) >= set(load_network("digits").assumptions)
