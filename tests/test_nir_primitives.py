"""Every node of NIR, each against its own definition."""

import nir
import numpy as np
import pytest

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import FileProblem, UnknownName
from spikefit_nb.network import IF, LI, LIF, Conv2d, CubaLI, Integrator
from spikefit_nb.nir_file import read_nir
from spikefit_nb.simulate import simulate
from tests import nir_files as nf
from tests.naive.linear_layers import convolve


def random(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def drive(projection, x):
    """Current into the target from a source activity."""
    current = np.zeros(projection.shape[1])
    edges = projection.edges(0, projection.shape[0])
    np.add.at(current, edges.target, edges.weight.astype(np.float64) * x.ravel()[edges.source])
    return current


def read(path, nodes, edges=None, metadata=None, **statements):
    file = nf.save(path / "net.nir", nf.graph(nodes, edges, metadata))
    return read_nir(file, **{"dt_s": 1e-3, "reset": "zero", **statements})


def potentials(network, x):
    return simulate(network, SpikeDataset(np.asarray(x, np.float32)[None])).output_potential[0]


def test_every_node_that_nir_defines_is_read_and_no_other_is_promised():
    from spikefit_nb.nir_file.graph import SUPPORTED

    defined = {name for name in nir.ir.__all__ if isinstance(getattr(nir, name, None), type)} - {
        "NIRNode"
    }
    assert set(SUPPORTED) == defined


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"stride": 2, "padding": 1},
        {"dilation": 2, "padding": 2},
        {"groups": 2},
        {"padding": "same"},
    ],
    ids=str,
)
def test_a_convolution_along_time_is_one_of_height_one(tmp_path, settings):
    weight, x = random(4, 4 // settings.get("groups", 1), 3), random(4, 9, seed=1)
    fields = {
        "type": "Conv1d",
        "weight": weight,
        "bias": np.arange(4.0),
        "stride": 1,
        "padding": 0,
        "dilation": 1,
        "groups": 1,
        **settings,
    }
    network = read(tmp_path, {"i": nf.inputs(4, 9), "c": fields, "n": nf.fire()})
    pad = 1 if settings.get("padding") == "same" else settings.get("padding", 0)
    padded = np.pad(x, ((0, 0), (pad, pad)))[:, None]
    kernel = weight[:, :, None]
    steps = {k: settings[k] for k in ("stride", "dilation") if k in settings}
    expected = convolve(padded, kernel, groups=settings.get("groups", 1), **steps)[:, :1]
    assert isinstance(network.projections[0].weight, Conv2d) and network["i"].shape == (4, 9)
    assert network["n"].shape == (4, expected.shape[2])
    assert np.allclose(drive(network.projections[0], x), expected.ravel(), atol=1e-5)
    assert (network["n"].parameter("bias") == np.repeat(np.arange(4.0), expected.shape[2])).all()


def test_a_convolution_along_time_of_the_wrong_form_says_which_axes_are_needed(tmp_path):
    fields = {"type": "Conv1d", "weight": random(4, 4, 3, 3)}
    with pytest.raises(
        FileProblem, match=r"'c' \(Conv1d\), field 'weight' .*\(out, in / groups, x\) is needed"
    ):
        read(tmp_path, {"i": nf.inputs(4, 9), "c": fields, "n": nf.fire()})


def test_factors_alone_become_a_diagonal(tmp_path):
    factors = random(5)
    network = read(
        tmp_path, {"i": nf.inputs(5), "s": {"type": "Scale", "scale": factors}, "n": nf.fire()}
    )
    weight = network.projections[0].weight
    assert weight.kind == "sparse" and (weight.toarray() == np.diag(factors)).all()


def test_factors_before_and_behind_a_matrix_go_into_it(tmp_path):
    before, weight, after, x = random(5), random(3, 5, seed=1), random(3, seed=2), random(5, seed=3)
    nodes = {
        "i": nf.inputs(5),
        "s": {"type": "Scale", "scale": before},
        "w": nf.affine(weight, [1, 2, 3]),
        "t": {"type": "Scale", "scale": after},
        "n": nf.fire(),
    }
    network = read(tmp_path, nodes)
    assert np.allclose(drive(network.projections[0], x), after * (weight @ (before * x)), rtol=1e-5)
    assert np.allclose(network["n"].parameter("bias"), after * [1, 2, 3])


@pytest.mark.parametrize("groups", [1, 2])
def test_factors_of_whole_channels_leave_a_convolution_a_convolution(tmp_path, groups):
    weight, x = random(4, 4 // groups, 3, 3), random(4, 6, 6, seed=1)
    before, after = random(4, 1, 1, seed=2), random(4, 1, 1, seed=3)
    nodes = {
        "i": nf.inputs(4, 6, 6),
        "s": {"type": "Scale", "scale": before},
        "c": nf.conv(weight, groups=groups),
        "t": {"type": "Scale", "scale": after},
        "n": nf.fire(),
    }
    projection = read(tmp_path, nodes).projections[0]
    assert isinstance(projection.weight, Conv2d)
    assert np.allclose(
        drive(projection, x),
        (after * convolve(before * x, weight, groups=groups)).ravel(),
        atol=1e-5,
    )
    flat = {
        **nodes,
        "f": {"type": "Flatten", "start_dim": 0},
        "u": {"type": "Scale", "scale": np.repeat([1, 2, 3, 4], 16)},
    }
    del flat["n"]
    projection = read(tmp_path, {**flat, "n": nf.fire()}).projections[0]
    expected = np.arange(1, 5)[:, None, None] * after * convolve(before * x, weight, groups=groups)
    assert isinstance(projection.weight, Conv2d) and np.allclose(
        drive(projection, x), expected.ravel(), atol=1e-5
    )
    nodes["s"] = {"type": "Scale", "scale": random(4, 6, 6, seed=4)}
    projection = read(tmp_path, nodes).projections[0]
    expected = after * convolve(nodes["s"]["scale"] * x, weight, groups=groups)
    assert projection.kind in ("sparse", "dense")
    assert np.allclose(drive(projection, x), expected.ravel(), atol=1e-5)


def test_a_threshold_fires_where_the_input_of_this_step_exceeds_it_and_remembers_nothing(tmp_path):
    nodes = {"i": nf.inputs(3), "t": {"type": "Threshold", "threshold": np.array([1.0, 2.0, 0.5])}}
    network = read(tmp_path, nodes, dt_s=None, reset=None)
    assert "t is a Threshold: a LIF that holds what arrives for one step" in network.assumptions
    said = "t: a Threshold fires once a step, whatever is asked"
    assert said not in network.assumptions
    assert said in read(tmp_path, nodes, reset=None, max_spikes_per_step=None).assumptions
    x = np.random.default_rng(0).integers(-3, 4, (1, 200, 3)).astype(np.float32)
    assert isinstance(network["t"].neuron, LIF) and network["t"].neuron.tau_mem_s == network.dt_s
    assert (simulate(network, SpikeDataset(x)).output_spikes == (x > [1.0, 2.0, 0.5])).all()


def test_one_delay_becomes_steps(tmp_path):
    nodes = {
        "i": nf.inputs(2),
        "d": {"type": "Delay", "delay": np.full(2, 3e-3, np.float32)},
        "w": nf.linear(random(4, 2)),
        "e": {"type": "Delay", "delay": np.array(2e-3)},
        "n": nf.fire(),
    }
    (projection,) = read(tmp_path, nodes).projections
    assert projection.delay_steps == 5 and projection.kind == "dense"


def test_different_delays_become_a_projection_each(tmp_path):
    weight = random(3, 4)
    nodes = {
        "i": nf.inputs(4),
        "d": {"type": "Delay", "delay": np.array([0.0, 1e-3, 0.0, 4e-3])},
        "w": nf.linear(weight),
        "e": {"type": "Delay", "delay": np.array([0.0, 0.0, 1e-3])},
        "n": nf.fire(),
    }
    network = read(tmp_path, nodes)
    whole = np.zeros((4, 3))
    for e in network.projections:
        part = e.weight.toarray()
        late = np.add.outer([0, 1, 0, 4], [0, 0, 1])
        assert ((part != 0) == (late == e.delay_steps)).all()
        whole += part
    assert [e.delay_steps for e in network.projections] == [0, 1, 2, 4, 5] and np.allclose(
        whole, weight.T
    )


def test_a_delayed_spike_arrives_when_it_should(tmp_path):
    nodes = {"i": nf.inputs(1), "d": {"type": "Delay", "delay": np.array([3e-3])}, "n": nf.fire(1)}
    x = np.zeros((1, 8, 1), bool)
    x[0, 2] = True
    spikes = simulate(read(tmp_path, nodes), SpikeDataset(x)).output_spikes
    assert spikes.ravel().tolist() == [0, 0, 0, 0, 0, 1, 0, 0]


def test_a_delay_in_a_loop_takes_the_place_of_the_one_step_a_loop_needs(tmp_path):
    def loop(delay_s):
        nodes = {
            "i": nf.inputs(2),
            "a": nf.fire(2),
            "back": nf.linear(np.eye(2)),
            "d": {"type": "Delay", "delay": np.full(2, delay_s)},
            "o": nf.outputs(2),
        }
        edges = [("i", "a"), ("a", "back"), ("back", "d"), ("d", "a"), ("a", "o")]
        return {
            (e.source, e.target): e.delay_steps for e in read(tmp_path, nodes, edges).projections
        }

    assert [loop(s)["a", "a"] for s in (0.0, 1e-3, 4e-3)] == [1, 1, 4] and loop(4e-3)["i", "a"] == 0


def test_neurons_that_only_delayed_signals_reach_are_ordered_behind_the_others(tmp_path):
    nodes = {
        "b": nf.fire(2),
        "i": nf.inputs(2),
        "a": nf.fire(2),
        "d": {"type": "Delay", "delay": np.array(1e-3)},
    }
    network = read(tmp_path, nodes, [("i", "a"), ("a", "d"), ("d", "b")])
    assert [p.name for p in network.populations] == ["i", "a", "b"] and network.output == "b"


@pytest.mark.parametrize(
    ("delay_s", "match"),
    [
        (
            [1e-3, 1.5e-3],
            r"a delay of 1.5 ms is 1.5 steps of 1 ms, no whole number. dt_s=0.0005 would do",
        ),
        ([1e-3, np.pi * 1e-3], r"is 3.142 steps of 1 ms.*No time step down to 1 µs fits"),
        ([0, -1e-3], r"field 'delay' holds -0.001 s, -1 steps of 1 ms; 0 to 65,535 steps"),
        ([0, 1e3], r"holds 1000 s, 1e\+06 steps of 1 ms.*NIR states delays in seconds"),
    ],
    ids=str,
)
def test_delays_that_cannot_be_say_what_would_do(tmp_path, delay_s, match):
    nodes = {"i": nf.inputs(2), "d": {"type": "Delay", "delay": np.array(delay_s)}, "n": nf.fire(2)}
    with pytest.raises(FileProblem, match=match):
        read(tmp_path, nodes)


def test_a_bias_behind_which_a_delay_stands_is_said_to_act_at_once(tmp_path):
    nodes = {
        "i": nf.inputs(2),
        "w": nf.affine(np.eye(2), [1, 2]),
        "d": {"type": "Delay", "delay": np.full(2, 1e-3)},
        "n": nf.fire(2),
    }
    network = read(tmp_path, nodes)
    assert (network["n"].parameter("bias") == [1, 2]).all()
    assert (
        "the bias before d acts from the first step on, not only after the delay"
        in network.assumptions
    )


def test_integrators_at_the_end_are_read_by_their_potential(tmp_path):
    x = random(20, 2)
    ends = {
        "I": ({"r": np.full(2, 0.5)}, Integrator),
        "LI": ({"tau": np.full(2, 5e-3), "r": np.full(2, 2.0), "v_leak": np.full(2, 0.25)}, LI),
        "CubaLI": (
            {
                "tau_syn": np.full(2, 4e-3),
                "tau_mem": np.full(2, 5e-3),
                "r": np.full(2, 2.0),
                "v_leak": np.full(2, 0.25),
                "w_in": np.full(2, 3.0),
            },
            CubaLI,
        ),
    }
    got = {}
    for kind, (fields, model) in ends.items():
        nodes = {"i": nf.inputs(2), "n": {"type": kind, **fields}, "o": nf.outputs(2)}
        network = read(tmp_path, nodes, reset=None)
        assert isinstance(network["n"].neuron, model) and network.output == "n"
        got[kind] = potentials(network, x)
    v, w, i, u = np.zeros((4, 2))
    for t in range(len(x)):
        v = v + 0.5 * x[t]
        w = w + 0.2 * (0.25 - w + 2 * x[t])
        i = i + 0.25 * (3 * x[t] - i)
        u = u + 0.2 * (0.25 - u + 2 * i)
        assert np.allclose([got["I"][t], got["LI"][t], got["CubaLI"][t]], [v, w, u], atol=1e-5)


def test_what_linear_nodes_give_to_an_output_is_read_by_its_potential(tmp_path):
    weight, x = random(3, 2), random(20, 2, seed=1)
    nodes = {"i": nf.inputs(2), "w": nf.affine(weight, [1, 2, 3]), "o": nf.outputs(3)}
    for entries in (nodes, {k: v for k, v in nodes.items() if k != "o"}):
        network = read(tmp_path, entries)
        assert network.output == ("o" if "o" in entries else "output_w")
        assert np.allclose(potentials(network, x), x @ weight.T + [1, 2, 3], atol=1e-5)
        assert any(
            f"what w gives is a current: '{network.output}' holds it" in s
            for s in network.assumptions
        )


def test_of_several_outputs_one_is_chosen_by_its_node_or_its_population(tmp_path):
    nodes = {
        "i": nf.inputs(2),
        "a": nf.fire(2),
        "b": nf.fire(2),
        "left": nf.outputs(2),
        "right": nf.outputs(2),
    }
    edges = [("i", "a"), ("a", "b"), ("a", "left"), ("b", "right")]
    chosen = {
        name: read(tmp_path, nodes, edges, output=name).output
        for name in ("left", "right", "a", "b")
    }
    assert chosen == {"left": "a", "right": "b", "a": "a", "b": "b"}
    with pytest.raises(
        FileProblem,
        match=r"2 populations feed an Output: a \(by left\), b \(by right\).*output='a'",
    ):
        read(tmp_path, nodes, edges)
    with pytest.raises(
        UnknownName, match=r"There is no output 'rigth'. Did you mean 'right'\?.* a, b, left, right"
    ):
        read(tmp_path, nodes, edges, output="rigth")


def test_neurons_may_be_allowed_to_fire_several_times_a_step(tmp_path):
    nodes = {"i": nf.inputs(1), "n": nf.fire(1)}
    x = SpikeDataset(np.full((1, 2, 1), 3, np.uint8))
    for most, expected in ((1, [1, 1]), (2, [2, 2]), (None, [3, 3]), ("stated", [1, 1])):
        network = read(tmp_path, nodes, reset="subtract", max_spikes_per_step=most)
        assert isinstance(network["n"].neuron, IF)
        assert simulate(network, x).output_spikes.ravel().tolist() == expected
    assert (
        "neurons may fire any number of times in a step: given"
        in read(tmp_path, nodes, max_spikes_per_step=None).assumptions
    )
    with pytest.raises(
        FileProblem, match=r"max_spikes_per_step is 0; a whole number from 1 up, or None"
    ):
        read(tmp_path, nodes, max_spikes_per_step=0)


def test_a_nested_graph_without_input_and_output_is_entered_where_only_one_node_is_open(tmp_path):
    inner = nf.graph({"w": nf.linear(random(3, 5)), "lif": nf.leaky(3)})
    network = read(tmp_path, {"i": nf.inputs(5), "hidden": inner, "o": nf.outputs(3)})
    assert [p.name for p in network.populations] == [
        "i",
        "hidden.lif",
    ] and network.output == "hidden.lif"
    assert (
        "signals enter the nested graph 'hidden' by 'w': it has no Input node"
        in network.assumptions
    )


def test_axes_of_length_one_are_free_and_said(tmp_path):
    nodes = {
        "i": nf.inputs(1, 3),
        "w": nf.linear(random(4, 3)),
        "n": {"type": "IF", "r": np.ones((1, 4)), "v_threshold": np.arange(4.0).reshape(1, 4)},
        "o": nf.outputs(4, 1),
    }
    network = read(tmp_path, nodes)
    assert (
        network["n"].shape == (4,) and (network["n"].parameter("v_threshold") == np.arange(4)).all()
    )
    assert (
        "o states the shape (4, 1) where (4,) arrives: axes of length 1 are free"
        in network.assumptions
    )
    with pytest.raises(
        FileProblem, match=r"gives \(4,\), but node 'o' \(Output\) takes \(2, 2\), by its field"
    ):
        read(tmp_path, {**nodes, "o": nf.outputs(2, 2)})


def test_the_subgraph_files_that_nir_refuses_are_the_flat_ones(shared_data):
    folder = shared_data / "nir" / "03_rnn"
    x = SpikeDataset(np.random.default_rng(0).random((3, 100, 12)) < 0.2)
    for name in ("braille_noDelay_bias_zero", "braille_noDelay_noBias_subtract"):
        told = {"dt_s": 1e-4, "reset": name.split("_")[-1]}
        nested, flat = (
            read_nir(path, **told)
            for path in (folder / "extras" / f"{name}_subgraph.nir", folder / f"{name}.nir")
        )
        assert any(
            "name 'lif', which does not exist; 'lif1' is taken for it" in s
            for s in nested.assumptions
        )
        assert (
            nested.projections[1].weight.toarray() == flat.projections[1].weight.toarray()
        ).all()
        same = simulate(nested, x).output_spikes == simulate(flat, x).output_spikes
        assert same.all()


def test_a_nested_input_of_the_wrong_shape_is_mended_and_strange_times_are_said(
    shared_data,
):
    network = read_nir(
        shared_data / "broken_nir" / "rockpool_braille.nir", dt_s=1e-4, reset="subtract"
    )
    assert [p.shape for p in network.populations] == [(12,), (38,), (7,)]
    sentence = (
        "hidden.input states the shape (12,) wrongly: (38,) arrives, and hidden.lif takes (38,)"
    )
    assert sentence in network.assumptions
    assert any("from 2 s up, 20,000 steps" in s and "say dt_s=1" in s for s in network.assumptions)


def test_a_mismatch_names_the_tool_that_wrote_it_as_far_as_the_file_shows(tmp_path):
    nodes = {
        "input": nf.inputs(3),
        "0_LinearTorch": nf.linear(random(2, 3)),
        "1_LIFNeuronTorch": nf.leaky(5),
        "output": nf.outputs(5),
    }
    match = (
        r"gives \(2,\), but node '1_LIFNeuronTorch' \(LIF\) takes \(5,\), by its parameters.*nir "
        r"1.0.8 wrote it "
    )
    with pytest.raises(FileProblem, match=match + "and its node names are Rockpool's"):
        read(tmp_path, nodes)
    nodes["1_LIFNeuronTorch"] = nf.leaky(2)
    nodes["output"] = nf.outputs(2)
    with pytest.raises(FileProblem, match=r"node names are Rockpool's: .*source='rockpool'"):
        read(tmp_path, nodes, dt_s=None)
    said = "node names are Rockpool's, whose neurons add a spike's whole weight though w_in is 1"
    assert any(s.startswith(said) for s in read(tmp_path, nodes).assumptions)
    assert not any(s.startswith(said) for s in read(tmp_path, nodes, source="rockpool").assumptions)


def test_rockpools_single_neuron_fires_as_its_file_says_which_is_later_than_its_own_trace(
    shared_data,
):
    folder = shared_data / "nir" / "01_lif"
    network = read_nir(folder / "lif_rockpool.nir", dt_s=1e-4, reset="zero")
    trace = np.loadtxt(folder / "lif_rockpool.csv", delimiter=",")
    record = simulate(network, SpikeDataset(trace[None, :, :1].astype(bool)), decode="potential")
    # Rockpool adds 0.04 a spike and lets it decay afterwards; its file says r * weight * dt / tau =
    # 0.0384.
    assert (
        np.allclose(record.output_potential[0, 60], 24.019737 * 0.04 * 0.04, rtol=1e-6)
        and trace[60, 1] > 0.0399
    )
    assert np.flatnonzero(trace[:, 2]).tolist() == [450, 500, 710, 760]
    assert np.flatnonzero(record.output_spikes).tolist() == [460, 520, 720, 780]


@pytest.mark.parametrize(("tool", "told"), [("rockpool", {}), ("norse", {"dt_s": 1e-4})])
def test_a_published_neuron_fires_as_in_its_tool_once_the_tool_is_named(shared_data, tool, told):
    # NIR paper, 01_lif: what Rockpool and Norse gave for the same input; Rockpool's step is in r
    folder = shared_data / "nir" / "01_lif"
    network = read_nir(folder / f"lif_{tool}.nir", source=tool, **told)
    trace = np.loadtxt(folder / f"lif_{tool}.csv", delimiter=",")
    record = simulate(network, SpikeDataset(trace[None, :, :1].astype(bool)))
    assert network.dt_s == 1e-4
    fired = np.flatnonzero(record.output_spikes)
    assert fired.size == 4 and (fired == np.flatnonzero(trace[:, 2])).all()
