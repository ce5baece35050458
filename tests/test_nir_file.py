import nir
import numpy as np
import pytest

from spikefit_nb.datasets import SpikeDataset, load_dataset
from spikefit_nb.errors import UnknownName
from spikefit_nb.network import IF, LIF, Conv2d, CubaLIF
from spikefit_nb.nir_file import load_network, read_nir
from spikefit_nb.simulate import simulate
from tests import nir_files as nf
from tests.naive.linear_layers import convolve, pool


def drive(projection, x):
    """Current into the target from a source activity."""
    current = np.zeros(projection.shape[1])
    edges = projection.edges(0, projection.shape[0])
    np.add.at(current, edges.target, edges.weight.astype(np.float64) * x.ravel()[edges.source])
    return current


def random(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def only_projection(path, **nodes):
    network = read_nir(nf.save(path / "net.nir", nf.graph(nodes)), reset="zero")
    return network.projections[0], network


def test_a_linear_node_becomes_a_dense_source_by_target_matrix(tmp_path):
    weight = random(3, 5)
    projection, network = only_projection(
        tmp_path, i=nf.inputs(5), w=nf.linear(weight), n=nf.fire(3)
    )
    assert projection.kind == "dense" and (projection.weight.toarray() == weight.T).all()
    assert network.name == "net" and network.output == "n"


def test_an_affine_bias_becomes_the_neurons_constant_current(tmp_path):
    _, network = only_projection(
        tmp_path, i=nf.inputs(5), w=nf.affine(random(3, 5), [1, 2, 3]), n=nf.fire(3)
    )
    assert (network["n"].parameter("bias") == [1, 2, 3]).all()


def test_a_bias_before_another_linear_node_is_pushed_through_it(tmp_path):
    first, second = random(4, 5), random(3, 4, seed=1)
    projection, network = only_projection(
        tmp_path,
        i=nf.inputs(5),
        a=nf.affine(first, [1, 2, 3, 4]),
        b=nf.affine(second, [5, 6, 7]),
        n=nf.fire(3),
    )
    x = random(5, seed=2)
    assert np.allclose(drive(projection, x), second @ first @ x, rtol=1e-5)
    assert np.allclose(network["n"].parameter("bias"), second @ [1, 2, 3, 4] + [5, 6, 7])


def test_a_shared_node_behind_two_paths_gives_its_bias_once(tmp_path):
    nodes = {
        "i": nf.inputs(2),
        "a": nf.affine(np.eye(2), [1, 0]),
        "b": nf.affine(np.eye(2), [0, 1]),
        "c": nf.affine(np.eye(2), [10, 10]),
        "n": nf.fire(2),
    }
    edges = [("i", "a"), ("i", "b"), ("a", "c"), ("b", "c"), ("c", "n")]
    network = read_nir(nf.save(tmp_path / "net.nir", nf.graph(nodes, edges)), reset="zero")
    assert len(network.projections) == 2
    assert (network["n"].parameter("bias") == [11, 11]).all()


def test_scalar_parameters_broadcast_to_what_arrives(tmp_path):
    _, network = only_projection(
        tmp_path, i=nf.inputs(5), w=nf.linear(random(3, 5)), n=nf.fire((), threshold=2.5)
    )
    assert network["n"].shape == (3,) and (network["n"].parameter("v_threshold") == 2.5).all()


def test_parameters_per_channel_broadcast_over_the_picture(tmp_path):
    neuron = {
        "type": "IF",
        "r": np.ones((2, 1, 1)),
        "v_threshold": np.array([1.0, 2.0]).reshape(2, 1, 1),
    }
    _, network = only_projection(
        tmp_path, i=nf.inputs(1, 4, 4), c=nf.conv(random(2, 1, 3, 3)), n=neuron
    )
    assert network["n"].shape == (2, 2, 2)
    assert (network["n"].parameter("v_threshold") == [1] * 4 + [2] * 4).all()


def test_an_input_wired_straight_to_neurons_is_a_sparse_identity(tmp_path):
    projection, _ = only_projection(tmp_path, i=nf.inputs(7), n=nf.fire(7))
    assert projection.kind == "sparse" and (projection.weight.toarray() == np.eye(7)).all()


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"stride": 2, "padding": 1},
        {"dilation": 2, "padding": 2},
        {"groups": 2},
        {"stride": 3, "groups": 2},
    ],
    ids=str,
)
def test_a_convolution_stays_one_and_computes_the_definition(tmp_path, settings):
    weight, x = random(4, 4 // settings.get("groups", 1), 3, 3), random(4, 9, 9, seed=1)
    projection, network = only_projection(
        tmp_path,
        i=nf.inputs(4, 9, 9),
        c=nf.conv(weight, bias=[1, 2, 3, 4], **settings),
        n=nf.fire(),
    )
    expected = convolve(x, weight, **settings)
    assert projection.kind == "convolution" and network["n"].shape == expected.shape
    assert np.allclose(drive(projection, x), expected.ravel(), atol=1e-5)
    per_channel = expected[0].size
    assert (network["n"].parameter("bias") == np.repeat([1, 2, 3, 4], per_channel)).all()


@pytest.mark.parametrize("window", [1, 2, 3, 4, 5])
def test_padding_same_keeps_the_size_for_odd_and_even_windows(tmp_path, window):
    weight, x = random(2, 1, window, window), random(1, 6, 6, seed=1)
    projection, network = only_projection(
        tmp_path, i=nf.inputs(1, 6, 6), c=nf.conv(weight, padding="same"), n=nf.fire()
    )
    before = (window - 1) // 2  # PyTorch pads the odd one behind
    padded = np.pad(x, [(0, 0), (before, window - 1 - before), (before, window - 1 - before)])
    assert network["n"].shape == (2, 6, 6)
    assert np.allclose(drive(projection, x), convolve(padded, weight).ravel(), atol=1e-5)


def test_padding_valid_is_no_padding(tmp_path):
    _, network = only_projection(
        tmp_path, i=nf.inputs(1, 6, 6), c=nf.conv(random(2, 1, 3, 3), padding="valid"), n=nf.fire()
    )
    assert network["n"].shape == (2, 4, 4)


@pytest.mark.parametrize("kind", ["SumPool2d", "AvgPool2d"])
@pytest.mark.parametrize(
    "settings", [{}, {"stride": 2, "padding": 1}, {"groups": 2, "padding": 1}], ids=str
)
def test_pooling_before_a_convolution_becomes_one_convolution(tmp_path, kind, settings):
    weight, x = random(4, 2 // settings.get("groups", 1), 3, 3), random(2, 10, 10, seed=1)
    projection, _ = only_projection(
        tmp_path,
        i=nf.inputs(2, 10, 10),
        p=nf.pool(kind, 2),
        c=nf.conv(weight, **settings),
        n=nf.fire(),
    )
    expected = convolve(pool(x, 2, average=kind == "AvgPool2d"), weight, **settings)
    assert isinstance(projection.weight, Conv2d) and projection.weight.weight.shape[2:] == (6, 6)
    assert np.allclose(drive(projection, x), expected.ravel(), atol=1e-4)


@pytest.mark.parametrize(
    ("size", "pooling", "settings"),
    [
        (9, {}, {}),
        (10, {"stride": 1}, {}),
        (10, {"padding": 1}, {"padding": 1}),
        (10, {}, {"dilation": 2}),
    ],
    ids=["leftover row", "overlapping", "padded", "dilated"],
)
def test_pooling_that_no_convolution_expresses_is_composed_as_a_sparse_matrix(
    tmp_path, size, pooling, settings
):
    weight, x = random(2, 2, 2, 2), random(2, size, size, seed=1)
    projection, _ = only_projection(
        tmp_path,
        i=nf.inputs(2, size, size),
        p=nf.pool("SumPool2d", 2, **pooling),
        c=nf.conv(weight, **settings),
        n=nf.fire(),
    )
    expected = convolve(pool(x, 2, **pooling), weight, **settings)
    assert projection.kind == "sparse"
    assert np.allclose(drive(projection, x), expected.ravel(), atol=1e-4)


def test_pooling_then_flatten_then_affine_is_dense_with_repeated_rows(tmp_path):
    weight, x = random(5, 8), random(2, 4, 4, seed=1)
    projection, _ = only_projection(
        tmp_path,
        i=nf.inputs(2, 4, 4),
        p=nf.pool("SumPool2d", 2),
        f={"type": "Flatten", "start_dim": 0, "end_dim": -1, "input_type": np.array([2, 2, 2])},
        a=nf.affine(weight, np.zeros(5)),
        n=nf.fire(5),
    )
    matrix = projection.weight.toarray()
    assert projection.kind == "dense" and (matrix[0] == matrix[5]).all()
    assert np.allclose(drive(projection, x), weight @ pool(x, 2).ravel(), atol=1e-4)


def test_a_flatten_that_counts_a_batch_axis_still_fits_and_is_said(tmp_path):
    _, network = only_projection(
        tmp_path,
        i=nf.inputs(2, 2, 2),
        f={"type": "Flatten", "start_dim": 1, "end_dim": -1},
        w=nf.linear(random(3, 8)),
        n=nf.fire(3),
    )
    assert any("f flattens everything" in sentence for sentence in network.assumptions)


def test_a_convolutions_shape_comes_from_input_shape_where_the_file_is_flat(tmp_path):
    path = nf.save(
        tmp_path / "net.nir",
        nf.graph({"i": nf.inputs(32), "c": nf.conv(random(3, 2, 3, 3)), "n": nf.fire()}),
    )
    network = read_nir(path, reset="zero", input_shape=(2, 4, 4))
    assert network["i"].shape == (2, 4, 4) and network["n"].shape == (3, 2, 2)


def test_the_published_convolutional_network_reads_with_its_pooling_composed(shared_data):
    network = read_nir(shared_data / "nir" / "02_cnn" / "cnn_sinabs.nir", reset="subtract")
    shapes = [p.shape for p in network.neuron_populations]
    assert network["input"].shape == (2, 34, 34)
    assert shapes == [(16, 16, 16), (16, 16, 16), (8, 8, 8), (256,), (10,)]
    assert [e.kind for e in network.projections] == ["convolution"] * 3 + ["dense"] * 2
    tree = nir.read(shared_data / "nir" / "02_cnn" / "cnn_sinabs.nir").nodes
    x = np.random.default_rng(0).integers(0, 3, (16, 16, 16))
    expected = convolve(pool(x, 2), tree["5"].weight, padding=1)
    assert np.allclose(drive(network.projections[2], x), expected.ravel(), atol=1e-4)
    y = np.random.default_rng(1).integers(0, 3, (8, 8, 8))
    assert np.allclose(
        drive(network.projections[3], y), tree["9"].weight @ pool(y, 2).ravel(), atol=1e-4
    )


def test_the_recurrent_edge_of_braille_waits_a_step_and_its_bias_does_not(shared_data):
    network = load_network("braille")
    tree = nir.read(shared_data / "nir" / "03_rnn" / "braille_noDelay_bias_zero.nir").nodes
    assert [(e.source, e.target, e.delay_steps) for e in network.projections] == [
        ("input", "lif1.lif", 0),
        ("lif1.lif", "lif1.lif", 1),
        ("lif1.lif", "lif2", 0),
    ]
    assert (network.projections[1].weight == tree["lif1.w_rec"].weight.T).all()
    bias = tree["fc1"].bias.astype(float) + tree["lif1.w_rec"].bias
    assert np.allclose(network["lif1.lif"].parameter("bias"), bias)
    assert (
        "spikes from lif1.lif to lif1.lif arrive in the next step: they close a loop"
        in network.assumptions
    )


def test_in_a_loop_of_two_layers_only_the_way_back_waits(tmp_path):
    nodes = {
        "i": nf.inputs(2),
        "in": nf.linear(np.eye(2)),
        "a": nf.fire(2),
        "there": nf.linear(np.eye(2)),
        "b": nf.fire(2),
        "back": nf.linear(np.eye(2)),
        "o": nf.outputs(2),
    }
    edges = [
        ("back", "a"),
        ("b", "back"),
        ("b", "o"),
        ("there", "b"),
        ("a", "there"),
        ("in", "a"),
        ("i", "in"),
    ]
    network = read_nir(nf.save(tmp_path / "net.nir", nf.graph(nodes, edges)), reset="zero")
    assert {(e.source, e.target): e.delay_steps for e in network.projections} == {
        ("i", "a"): 0,
        ("a", "b"): 0,
        ("b", "a"): 1,
    }
    assert network.output == "b"


def test_several_inputs_keep_their_order_and_it_is_said(tmp_path):
    nodes = {
        "left": nf.inputs(2),
        "right": nf.inputs(3),
        "a": nf.linear(random(4, 2)),
        "b": nf.linear(random(4, 3)),
        "n": nf.fire(4),
    }
    edges = [("right", "b"), ("b", "n"), ("left", "a"), ("a", "n")]
    network = read_nir(nf.save(tmp_path / "net.nir", nf.graph(nodes, edges)), reset="zero")
    assert [p.name for p in network.inputs] == ["left", "right"]
    assert "channels are those of left, then right" in network.assumptions


def test_nested_graphs_are_taken_apart_and_named_by_path(tmp_path):
    weight, recurrent = random(3, 5), random(3, 3, seed=1)
    hidden = nf.graph(
        {
            "input": nf.inputs(3),
            "lif": nf.leaky(3),
            "w_rec": nf.linear(recurrent),
            "output": nf.outputs(3),
        },
        [("input", "lif"), ("lif", "w_rec"), ("w_rec", "lif"), ("lif", "output")],
        {"dt_s": 1e-4},
    )
    tree = nf.graph(
        {"i": nf.inputs(5), "fc": nf.linear(weight), "hidden": hidden, "o": nf.outputs(3)}
    )
    network = read_nir(nf.save(tmp_path / "net.nir", tree), reset="zero")
    assert [p.name for p in network.populations] == ["i", "hidden.lif"]
    assert (network.projections[0].weight.toarray() == weight.T).all()
    assert (network.projections[1].weight.toarray() == recurrent.T).all() and network.projections[
        1
    ].delay_steps == 1
    assert network.output == "hidden.lif" and network.dt_s == 1e-4


def test_a_graph_in_memory_reads_like_its_file(tmp_path):
    graph = nir.NIRGraph.from_list(
        nir.Affine(random(3, 4), random(3)),
        nir.LIF(*(np.full(3, v) for v in (1e-3, 1.0, 0.0, 1.0))),
    )
    nir.write(tmp_path / "net.nir", graph)
    networks = [
        read_nir(x, dt_s=1e-4, reset="zero")
        for x in (graph, tmp_path / "net.nir", str(tmp_path / "net.nir"))
    ]
    assert len({network.fingerprint for network in networks}) == 1
    assert networks[0].name == "network" and networks[1].name == "net"


def test_neuron_parameters_keep_their_meaning(tmp_path):
    lif = nf.leaky(2, tau=2e-3) | {"v_reset": np.full(2, 0.25)}
    cuba = {
        "type": "CubaLIF",
        "tau_syn": np.full(2, 1e-3),
        "tau_mem": np.full(2, 2e-3),
        "r": np.full(2, 3.0),
        "v_leak": np.full(2, 0.5),
        "v_threshold": np.full(2, 4.0),
    }
    tree = nf.graph({"i": nf.inputs(2), "a": lif, "w": nf.linear(np.eye(2)), "b": cuba})
    network = read_nir(nf.save(tmp_path / "net.nir", tree), dt_s=1e-4, reset="zero")
    a, b = network["a"], network["b"]
    assert isinstance(a.neuron, LIF) and isinstance(b.neuron, CubaLIF)
    assert a.parameter("tau_mem_s")[0] == 2e-3 and a.parameter("v_reset")[0] == 0.25
    values = {p: b.parameter(p)[0] for p in b.neuron.parameters}
    assert values == {
        "tau_syn_s": 1e-3,
        "tau_mem_s": 2e-3,
        "r": 3,
        "v_leak": 0.5,
        "v_threshold": 4,
        "v_reset": 0,
        "w_in": 1,
        "bias": 0,
    }


def test_metadata_that_states_time_step_and_reset_is_used_and_said(tmp_path):
    lif = nf.leaky(2) | {"metadata": {"reset": "subtract"}}
    tree = nf.graph({"i": nf.inputs(2), "a": lif}, metadata={"dt": 5e-4})
    network = read_nir(nf.save(tmp_path / "net.nir", tree))
    assert network.dt_s == 5e-4 and network["a"].neuron.reset == "subtract"
    assert network.assumptions == (
        "time step 500 µs: stated in the file's metadata",
        "reset by subtraction: stated in the file's metadata",
        "at most one spike a step: not stated in the file",
    )


def test_what_the_caller_says_goes_before_the_metadata(tmp_path):
    tree = nf.graph({"i": nf.inputs(2), "a": nf.leaky(2)}, metadata={"dt": 5e-4, "reset": "zero"})
    network = read_nir(nf.save(tmp_path / "net.nir", tree), dt_s=1e-3, reset="subtract")
    assert network.dt_s == 1e-3 and network["a"].neuron.reset == "subtract"
    assert "reset by subtraction: given, not read from the file" in network.assumptions


def test_a_network_of_integrate_and_fire_neurons_needs_no_time_step(tmp_path):
    _, network = only_projection(tmp_path, i=nf.inputs(2), n=nf.fire(2))
    assert isinstance(network["n"].neuron, IF) and network.dt_s == 1e-3
    assert any(
        "it changes nothing, since IF neurons do not decay" in s for s in network.assumptions
    )


def snntorch_leaky(weights, beta, threshold, x, bias, reset):
    """Spikes of snnTorch's Leaky layers, ``S = U > threshold`` with the spike S_before of the step
    before.

    subtract: ``U = beta*U + I - S_before*threshold``; zero: ``U = beta*(1 - S_before)*U + I``.
    """
    potential = [np.zeros((len(x), len(w))) for w in weights]
    spikes = [np.zeros((len(x), len(w))) for w in weights]
    out = []
    for t in range(x.shape[1]):
        arriving = x[:, t]
        for k, weight in enumerate(weights):
            current = arriving @ weight.T.astype(np.float64) + bias[k]
            if reset == "zero":
                potential[k] = beta * (1 - spikes[k]) * potential[k] + current
            else:
                potential[k] = beta * potential[k] + current - spikes[k] * threshold
            arriving = spikes[k] = (potential[k] > threshold).astype(np.float64)
        out.append(arriving)
    return np.stack(out, axis=1)


def snntorch_file(path, weights, beta, threshold, bias):
    """The file snnTorch exports: tau = dt / (1 - beta) and r = tau / dt, with its dt of 1e-4 s."""
    tau, nodes = 1e-4 / (1 - beta), {"input": nf.inputs(weights[0].shape[1])}
    for k, weight in enumerate(weights):
        n = len(weight)
        nodes[f"fc{k}"] = nf.affine(weight, bias[k])
        nodes[f"lif{k}"] = {
            "type": "LIF",
            "tau": np.full(n, tau),
            "r": np.full(n, tau / 1e-4),
            "v_leak": np.zeros(n),
            "v_threshold": np.full(n, threshold),
        }
    nodes["output"] = nf.outputs(len(weights[-1]))
    return nf.save(path / "snntorch.nir", nf.graph(nodes))


@pytest.mark.parametrize("beta", [0.5, 0.9])
@pytest.mark.parametrize("reset", ["subtract", "zero"])
def test_snntorch_files_give_its_spikes_one_for_one(tmp_path, beta, reset):
    weights, bias = (
        [random(20, 8), random(5, 20, seed=1)],
        [random(20, seed=2) / 4, random(5, seed=3) / 4],
    )
    x = np.random.default_rng(4).random((16, 80, 8)) < 0.3
    network = read_nir(
        snntorch_file(tmp_path, weights, beta, 1.0, bias), source="snntorch", reset=reset
    )
    record = simulate(network, SpikeDataset(x))
    expected = snntorch_leaky(weights, beta, 1.0, x.astype(np.float64), bias, reset)
    assert (record.output_spikes == expected).all() and 0.05 < expected.mean() < 0.95
    assert network.dt_s == 1e-4 and "snnTorch's convention" in network.summary()


def test_snntorch_neurons_stay_silent_exactly_at_the_threshold(tmp_path):
    path = snntorch_file(tmp_path, [np.eye(1)], 0.5, 1.0, [np.zeros(1)])
    x = np.array([[[1], [0], [1], [0]]], dtype=np.uint8)  # U = 1, 0.5, 1.25, 0.625 - 1
    strict = simulate(read_nir(path, source="snntorch"), SpikeDataset(x)).output_spikes.ravel()
    plain = simulate(
        read_nir(path, dt_s=1e-4, reset="subtract"), SpikeDataset(x)
    ).output_spikes.ravel()
    assert strict.tolist() == [0, 0, 1, 0] and plain.tolist() == [1, 0, 1, 0]


@pytest.mark.parametrize(("name", "published"), [("braille", 0.9637), ("braille_subtract", 0.9732)])
def test_braille_networks_reach_their_accuracy_within_two_samples(shared_data, name, published):
    record = simulate(load_network(name), load_dataset("braille"))
    assert record.n_samples == 1158
    assert abs(record.accuracy - published) * 1158 <= 2


def test_an_unknown_network_gets_the_nearest_names():
    with pytest.raises(UnknownName, match=r"There is no network 'brale'. Did you mean 'braille'"):
        load_network("brale")
