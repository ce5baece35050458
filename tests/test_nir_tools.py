"""Files as each tool's exporter writes them, read with ``source=``, against the tool's own step."""

import nir
import numpy as np
import pytest

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import FileProblem
from spikefit_nb.network import IF, CubaLIF
from spikefit_nb.nir_file import read_nir, write_nir
from spikefit_nb.nir_file.graph import flatten
from spikefit_nb.nir_file.statements import settle
from spikefit_nb.simulate import potentials, simulate
from tests import nir_files as nf
from tests.naive import tool_steps as tools

N_IN, N_HIDDEN, N_OUT, N_STEPS = 9, 14, 6, 80
DT_S = 1e-3


@pytest.fixture
def random():
    return np.random.default_rng(7)


def matrix(random, n_out, n_in, strength):
    """Weights of sixteen bits, so that float32 adds them without rounding."""
    return np.round(random.normal(0.25, 0.6, (n_out, n_in)) * strength * 2**10) / 2**10


def of_neurons(random, n, low, high):
    return random.uniform(low, high, n).astype(np.float32).astype(np.float64)


def network_of(neurons, weights, loop=None, **told):
    """Layers as a NIR graph with each tool's names left out, read."""
    nodes, edges = {"input": nir.Input({"input": np.array([N_IN])})}, []
    last = "input"
    for k, (neuron, w) in enumerate(zip(neurons, weights, strict=True)):
        nodes |= {f"w{k}": nir.Linear(w.astype(np.float32)), f"n{k}": neuron}
        edges += [(last, f"w{k}"), (f"w{k}", f"n{k}")]
        last = f"n{k}"
    if loop is not None:
        nodes["loop"] = nir.Linear(loop.astype(np.float32))
        edges += [("n0", "loop"), ("loop", "n0")]
    nodes["output"] = nir.Output({"output": np.array([N_OUT])})
    edges.append((last, "output"))
    return read_nir(nir.NIRGraph(nodes, edges, type_check=False), **told)


def fields(**values):
    return {name: np.asarray(value, np.float32) for name, value in values.items()}


def assert_same(network, expected, x):
    found = simulate(network, SpikeDataset(x[None])).output_spikes[0]
    assert expected.sum() > 30 and (expected == 0).any()
    assert (found != expected).sum() == 0


def inputs(random, rate=0.35):
    return (random.random((N_STEPS, N_IN)) < rate).astype(np.uint8)


@pytest.mark.parametrize("looped", [False, True])
@pytest.mark.parametrize("kind", ["Leaky", "Synaptic"])
@pytest.mark.parametrize(
    ("reset", "at_once"),
    [("subtract", False), ("zero", False), ("none", False), ("zero", True)],
)
def test_snntorch(random, kind, reset, at_once, looped):
    layers, neurons, weights = [], [], []
    for n, n_in in ((N_HIDDEN, N_IN), (N_OUT, N_HIDDEN)):
        beta, alpha = of_neurons(random, n, 0.5, 0.95), of_neurons(random, n, 0.3, 0.8)
        threshold = of_neurons(random, n, 0.8, 1.6)
        tau, syn = 1e-4 / (1 - beta), 1e-4 / (1 - alpha)
        same = fields(r=tau / 1e-4, v_leak=beta * 0, v_threshold=threshold, v_reset=beta * 0)
        if kind == "Leaky":
            neurons.append(nir.LIF(**same, **fields(tau=tau)))
        else:
            times = fields(tau_mem=tau, tau_syn=syn, w_in=syn / 1e-4)
            neurons.append(nir.CubaLIF(**same, **times))
        alpha = alpha if kind == "Synaptic" else None
        told = {"reset": reset, "at_once": at_once, "looped": looped and n == N_HIDDEN}
        layers.append(tools.Snntorch(beta, threshold, alpha=alpha, **told))
        weights.append(matrix(random, n, n_in, 0.5))
    loop = matrix(random, N_HIDDEN, N_HIDDEN, -0.2) if looped else None
    network = network_of(
        neurons, weights, loop, source="snntorch", reset=reset,
        delayed_reset=False if at_once else None,
    )  # fmt: skip
    x = inputs(random)
    assert_same(network, tools.run_layers(layers, weights, x, loop), x)
    late = "after" if looped or kind == "Synaptic" else True
    held = "held" if reset == "subtract" else False
    assert network["n0"].neuron.delayed_reset == (held if at_once else late)
    assert read_nir(write_nir(network)).fingerprint == network.fingerprint


@pytest.mark.parametrize("norm_input", [True, False])
def test_sinabs_with_a_leak(random, norm_input):
    layers, neurons, weights = [], [], []
    for n, n_in in ((N_HIDDEN, N_IN), (N_OUT, N_HIDDEN)):
        tau, threshold = of_neurons(random, n, 3, 30), of_neurons(random, n, 0.8, 1.6)
        layers.append(tools.Sinabs(tau, threshold, norm_input=norm_input))
        same = fields(v_leak=tau * 0, r=tau * 0 + 1, v_reset=tau * 0)
        neurons.append(nir.LIF(**fields(tau=tau, v_threshold=threshold), **same))
        weights.append(matrix(random, n, n_in, 8 if norm_input else 0.7))
    source = "sinabs" if norm_input else "sinabs norm_input=False"
    x = inputs(random)
    expected = tools.run_layers(layers, weights, x)
    assert expected.max() > 2
    for dt_s in (None, 1.0):  # tau counts steps, however long a step is said to be
        network = network_of(neurons, weights, source=source, dt_s=dt_s)
        assert network.dt_s == (dt_s or 1e-3)
        assert_same(network, expected, x)


@pytest.mark.parametrize("looped", [False, True])
def test_sinabs_without_a_leak(random, looped):
    threshold = [of_neurons(random, n, 0.8, 1.6) for n in (N_HIDDEN, N_OUT)]
    weights = [matrix(random, N_HIDDEN, N_IN, 0.8), matrix(random, N_OUT, N_HIDDEN, 0.5)]
    loop = matrix(random, N_HIDDEN, N_HIDDEN, -0.1) if looped else None
    neurons = [nir.IF(**fields(r=t * 0 + 1, v_threshold=t)) for t in threshold]
    x = inputs(random)
    layers = [tools.Sinabs(None, t) for t in threshold]
    network = network_of(neurons, weights, loop, source="sinabs")
    assert_same(network, tools.run_layers(layers, weights, x, loop), x)
    said = "fires floor(v / v_threshold) times a step"
    assert any(s.startswith("sinabs's convention") and said in s for s in network.assumptions)


@pytest.mark.parametrize("looped", [False, True])
@pytest.mark.parametrize("scale", [1e-3, 1.0])  # norse 1.1 writes dt * tau
@pytest.mark.parametrize("kind", ["box", "cell", "iaf"])
def test_norse(random, kind, scale, looped):
    layers, neurons, weights = [], [], []
    for n, n_in in ((N_HIDDEN, N_IN), (N_OUT, N_HIDDEN)):
        tau, syn = of_neurons(random, n, 4e-3, 2e-2), of_neurons(random, n, 2e-3, 8e-3)
        threshold = of_neurons(random, n, 0.8, 1.6)
        same = fields(r=tau * 0 + 1, v_threshold=threshold, v_reset=tau * 0)
        rest, strength = {"v_leak": (tau * 0).astype(np.float32)}, 8
        if kind == "iaf":
            neurons.append(nir.IF(**same))
            layers.append(tools.Norse(None, threshold))
            strength = 0.7
        elif kind == "box":
            neurons.append(nir.LIF(**same, **rest, **fields(tau=tau * scale)))
            layers.append(tools.Norse(tau, threshold))
        else:
            times = fields(tau_mem=tau * scale, tau_syn=syn * scale, w_in=tau * 0 + 1)
            neurons.append(nir.CubaLIF(**same, **rest, **times))
            layers.append(tools.Norse(tau, threshold, tau_syn=syn))
            strength = 2
        weights.append(matrix(random, n, n_in, strength))
    loop = matrix(random, N_HIDDEN, N_HIDDEN, -0.3) if looped else None
    x = inputs(random)
    network = network_of(neurons, weights, loop, source="norse")
    assert_same(network, tools.run_layers(layers, weights, x, loop), x)
    assert network.dt_s == 1e-3
    if kind != "iaf":
        told = any("1,000 times too short" in s for s in network.assumptions)
        assert told == (scale == 1e-3)


def test_norse_neurons_begin_at_their_rest(random):
    n, tau = N_HIDDEN, np.full(N_HIDDEN, 0.01)
    threshold = of_neurons(random, n, 0.8, 1.6)
    rest = fields(v_leak=tau * 0 - 0.5, v_reset=tau * 0)
    node = nir.LIF(**rest, **fields(tau=tau, r=tau * 0 + 1, v_threshold=threshold))
    out = nir.IF(**fields(r=np.ones(N_OUT), v_threshold=np.full(N_OUT, 2.25)))
    weights = [matrix(random, n, N_IN, 8), matrix(random, N_OUT, n, 1)]
    layers = [tools.Norse(tau, threshold, v_leak=-0.5), tools.Norse(None, np.full(N_OUT, 2.25))]
    x = inputs(random)
    network = network_of([node, out], weights, source="norse")
    assert_same(network, tools.run_layers(layers, weights, x), x)


@pytest.mark.parametrize("dt", [1e-3, 2.5e-4])
@pytest.mark.parametrize("kind", ["LIFTorch", "LIFNeuronTorch"])
def test_rockpool(random, kind, dt):
    layers, neurons, weights = [], [], []
    for n, n_in in ((N_HIDDEN, N_IN), (N_OUT, N_HIDDEN)):
        tau, syn = of_neurons(random, n, 4e-3, 2e-2), of_neurons(random, n, 2e-3, 8e-3)
        threshold = of_neurons(random, n, 0.8, 1.6)
        same = fields(
            r=tau * np.exp(-dt / tau) / dt, v_leak=tau * 0, v_threshold=threshold, v_reset=tau * 0
        )
        if kind == "LIFTorch":
            times = fields(tau_mem=tau, tau_syn=syn, w_in=tau * 0 + 1)
            neurons.append(nir.CubaLIF(**same, **times))
            layers.append(tools.Rockpool(tau, threshold, dt, tau_syn=syn))
        else:
            neurons.append(nir.LIF(**same, **fields(tau=tau)))
            layers.append(tools.Rockpool(tau, threshold, dt))
        weights.append(matrix(random, n, n_in, 0.25 if kind == "LIFTorch" else 0.8))
    x = inputs(random)
    network = network_of(neurons, weights, source="rockpool")
    assert_same(network, tools.run_layers(layers, weights, x), x)
    assert network.dt_s == dt  # as r and tau imply
    assert any("as r and tau in the file imply" in s for s in network.assumptions)


@pytest.mark.parametrize("kind", ["LIF", "CuBaLIF", "IF"])
def test_spyx(random, kind):
    layers, neurons, weights = [], [], []
    for n, n_in in ((N_HIDDEN, N_IN), (N_OUT, N_HIDDEN)):
        beta, alpha = of_neurons(random, n, 0.5, 0.95), of_neurons(random, n, 0.3, 0.8)
        threshold = of_neurons(random, n, 0.8, 1.6)
        same = fields(r=beta, v_leak=beta * 0, v_threshold=threshold, v_reset=beta * 0)
        if kind == "IF":
            beta = beta * 0 + 1
            neurons.append(nir.IF(**fields(r=beta, v_threshold=threshold)))
        elif kind == "LIF":
            neurons.append(nir.LIF(**same, **fields(tau=1 / (1 - beta))))
        else:
            times = fields(tau_mem=1 / (1 - beta), tau_syn=1 / (1 - alpha), w_in=beta * 0 + 1)
            neurons.append(nir.CubaLIF(**same, **times))
        layers.append(tools.Spyx(beta, threshold, alpha=alpha if kind == "CuBaLIF" else None))
        weights.append(matrix(random, n, n_in, 0.5))
    x = inputs(random)
    expected = tools.run_layers(layers, weights, np.concatenate([x, x[:1]]))[1:]
    assert_same(network_of(neurons, weights, source="spyx"), expected, x)


def leaky(n=3, **values):
    """A LIF node with what is not said as snnTorch writes a beta of 0.9."""
    given = {"tau": 1e-3, "r": 10.0, "v_leak": 0.0, "v_threshold": 1.0, "v_reset": 0.0}
    return nir.LIF(**fields(**{k: np.full(n, v) for k, v in {**given, **values}.items()}))


def one_layer(neuron, metadata=None, weight=0.4):
    n = len(neuron.v_threshold)
    nodes = {
        "input": nir.Input({"input": np.array([n])}),
        "w": nir.Linear(np.eye(n, dtype=np.float32) * weight),
        "1": neuron,
        "output": nir.Output({"output": np.array([n])}),
    }
    edges = [("input", "w"), ("w", "1"), ("1", "output")]
    return nir.NIRGraph(nodes, edges, metadata=metadata or {})


def test_the_tool_that_the_metadata_name_is_taken_and_said():
    read = read_nir(one_layer(leaky(), {"framework": "snnTorch 0.9.4"}))
    asked = read_nir(one_layer(leaky()), source="snntorch")
    assert read.fingerprint == asked.fingerprint
    assert "the file's metadata name snntorch: source='snntorch' is taken" in read.assumptions
    told = {"dt_s": 1e-4, "reset": "zero"}
    for said in ({"framework": "mine"}, {"framework": "norse", "tool": "snntorch"}):
        network = read_nir(one_layer(leaky(), said), **told)
        assert not network["1"].neuron.strict_threshold


def test_what_write_nir_wrote_is_not_translated_twice(random):
    tau, r = random.uniform(4e-3, 2e-2, 3), np.ones(3)
    node = nir.CubaLIF(
        **fields(tau_mem=tau, tau_syn=tau / 3, r=r, v_leak=r * 0, v_threshold=r, w_in=r)
    )
    network = read_nir(one_layer(node), source="norse")
    again = read_nir(write_nir(network), source="norse")
    assert again.fingerprint == network.fingerprint == read_nir(write_nir(network)).fingerprint
    assert any("source='norse' is left aside" in s for s in again.assumptions)


@pytest.mark.parametrize(
    ("tool", "said"), [("lava-dl", r"w_in = 4096 \* tau_syn"), ("nengo", "has no exporter")]
)
def test_a_tool_whose_export_does_not_say_enough_is_refused_with_what_to_do(tool, said):
    with pytest.raises(FileProblem, match=f"source='{tool}' is not known well enough.*{said}"):
        read_nir(one_layer(leaky()), source=tool)


def test_what_the_caller_says_goes_before_the_tool():
    network = read_nir(one_layer(leaky()), source="sinabs", reset="zero", max_spikes_per_step=2)
    neuron = network["1"].neuron
    assert (neuron.reset, neuron.max_spikes_per_step) == ("zero", 2)
    assert "neurons may fire up to 2 times in a step: given" in network.assumptions
    late = read_nir(one_layer(leaky()), dt_s=1e-4, reset="subtract", delayed_reset=True)
    assert late["1"].neuron.delayed_reset
    assert "the reset comes one step after the spike: given" in late.assumptions
    again = read_nir(write_nir(late), delayed_reset=False, max_spikes_per_step=None)
    assert not again["1"].neuron.delayed_reset
    assert [
        s for s in again.assumptions if s.startswith(("the reset comes", "neurons", "at m"))
    ] == [
        "neurons may fire any number of times in a step: given",
        "the reset comes in the step of the spike: given",
    ]


def test_a_step_that_the_neurons_disagree_on_is_refused():
    tau = np.array([0.01, 0.02, 0.03])
    node = leaky(tau=tau, r=tau * np.exp(-np.array([1e-3, 1e-3, 2e-3]) / tau) / 1e-3)
    with pytest.raises(FileProblem, match=r"imply time steps from 0.0010* to .*say dt_s"):
        read_nir(one_layer(node), source="rockpool")


def test_spyx_recurrent_layers_are_refused_since_their_file_says_something_else():
    inner = nf.graph(
        {"in": nf.inputs(3), "w": nf.linear(np.eye(3)), "n": nf.leaky(3), "out": nf.outputs(3)},
        [("in", "w"), ("w", "n"), ("n", "w"), ("n", "out")],
    )
    tree = nf.graph({"i": nf.inputs(3), "layer_0": inner})
    with pytest.raises(FileProblem, match="as if its input passed the recurrent weights too"):
        settle(flatten(tree, "net.nir"), dt_s=None, reset=None, source="spyx")


def test_a_step_other_than_the_one_in_the_file_is_said():
    tau = np.full(3, 0.01)
    node = leaky(tau=tau, r=tau * np.exp(-1e-3 / tau) / 1e-3)
    network = read_nir(one_layer(node), source="rockpool", dt_s=1e-2)
    assert "r and tau in the file imply a step of 1 ms, not this one" in network.assumptions


def test_time_constants_shorter_than_the_step_are_said():
    network = read_nir(one_layer(leaky(tau=1e-5, r=1.0)), dt_s=1e-3, reset="zero")
    said = "time constants from 10 µs up are shorter than the step, where forward Euler overshoots"
    assert any(s.startswith(said) and "source='norse'" in s for s in network.assumptions)


@pytest.mark.parametrize("source", ["rockpool", "sinabs", "sinabs norm_input=False", "norse"])
def test_what_a_layer_without_spikes_holds(source):
    tau = np.array([4.0, 8.0, 20.0])
    keep = 1 - 1 / tau if source == "norse" else np.exp(-1 / tau)
    gain = {"rockpool": keep, "norse": 1 - keep}.get(source, 1.0)  # sinabs's ExpLeak: all of it
    seconds = tau * 1e-3 if source in ("rockpool", "norse") else tau
    r = seconds * keep / 1e-3 if source == "rockpool" else 1.0
    node = nir.LI(**fields(tau=seconds, r=np.ones(3) * r, v_leak=np.zeros(3)))
    graph = one_layer(leaky())
    graph.nodes["1"] = node
    x = (np.random.default_rng(0).random((1, 30, 3)) < 0.4).astype(np.uint8)
    v, expected = np.zeros(3), []
    for t in range(30):
        v = keep * v + gain * 0.4 * x[0, t]
        expected.append(v)
    network = read_nir(graph, source=source)
    held = potentials(network, SpikeDataset(x), network.output)
    np.testing.assert_allclose(held[0], expected, rtol=1e-5, atol=1e-6)


# Time constants without end


def test_a_neuron_without_leak_is_an_if_whatever_the_tools_step():
    forever = leaky(tau=np.inf, r=np.inf)
    network = read_nir(one_layer(forever), source="snntorch")
    assert isinstance(network["1"].neuron, IF) and network["1"].neuron.strict_threshold
    assert "1: tau is infinite, so it has no leak: read as IF" in network.assumptions
    x = np.ones((1, 10, 3), np.uint8)
    layer = tools.Snntorch(np.ones(3), np.ones(3))
    expected = tools.run_layers([layer], [np.eye(3) * 0.375], x[0])
    network = read_nir(one_layer(forever, weight=0.375), source="snntorch")
    assert (simulate(network, SpikeDataset(x)).output_spikes[0] == expected).all()


def test_some_neurons_of_a_layer_may_have_no_leak():
    beta = np.array([0.5, 1.0, 0.9])
    with np.errstate(divide="ignore"):
        tau = 1e-4 / (1 - beta)
    network = read_nir(one_layer(leaky(tau=tau, r=tau / 1e-4), weight=0.375), source="snntorch")
    x = np.random.default_rng(0).integers(0, 2, (1, 60, 3)).astype(np.uint8)
    expected = tools.run_layers([tools.Snntorch(beta, np.ones(3))], [np.eye(3) * 0.375], x[0])
    assert (simulate(network, SpikeDataset(x)).output_spikes[0] == expected).all()
    assert "1: tau of 1 neurons is infinite: they forget nothing" in network.assumptions


@pytest.mark.parametrize("lasting", ["tau_mem", "tau_syn"])
def test_a_current_or_a_potential_may_be_kept_for_ever(lasting):
    shares = {"tau_mem": np.full(3, 0.25), "tau_syn": np.full(3, 0.5)} | {lasting: np.zeros(3)}
    with np.errstate(divide="ignore"):
        taus = {name: 1e-4 / share for name, share in shares.items()}
        gains = {"r": 1 / shares["tau_mem"], "w_in": 1 / shares["tau_syn"]}
    rest = fields(v_leak=np.zeros(3), v_threshold=np.ones(3), v_reset=np.zeros(3))
    node = nir.CubaLIF(**rest, **fields(**taus, **gains))
    network = read_nir(one_layer(node, weight=0.03125), source="snntorch")
    assert isinstance(network["1"].neuron, CubaLIF)
    x = (np.random.default_rng(0).random((1, 60, 3)) < 0.3).astype(np.uint8)
    layer = tools.Snntorch(1 - shares["tau_mem"], np.ones(3), alpha=1 - shares["tau_syn"])
    expected = tools.run_layers([layer], [np.eye(3) * 0.03125], x[0])
    assert expected.any()
    assert (simulate(network, SpikeDataset(x)).output_spikes[0] == expected).all()


@pytest.mark.parametrize(
    ("values", "told", "said"),
    [
        ({"tau": np.inf, "r": np.inf}, {}, r"r \* dt / tau, is not stated. snnTorch writes"),
        (
            {"tau": np.inf},
            {"source": "snntorch"},
            "'tau' is infinite and 'r' is not, so that input",
        ),
        ({"r": np.inf}, {}, "'r' is infinite and 'tau' is not"),
        ({"tau": np.nan}, {}, "3 of 3 values are NaN or infinite"),
        ({"tau": -np.inf}, {}, "3 of 3 values are NaN or infinite"),
        ({"v_threshold": np.inf}, {}, "3 of 3 values are NaN or infinite"),
    ],
)
def test_infinite_values_that_say_nothing_are_named(values, told, said):
    with pytest.raises(FileProblem, match=said):
        read_nir(one_layer(leaky(**values)), **{"dt_s": 1e-4, "reset": "zero", **told})


# What a file states and is not used, and thresholds that cannot be


def test_a_reset_potential_that_is_not_used_is_said():
    for reset, said in (("subtract", "by subtraction"), ("none", "left out"), ("zero", None)):
        network = read_nir(one_layer(leaky(v_reset=-0.25)), dt_s=1e-4, reset=reset)
        found = [s for s in network.assumptions if "v_reset" in s]
        unused = f"1: v_reset (-0.25) is not used, since the reset is {said}"
        assert found == ([unused] if said else [])


def test_a_reset_above_the_threshold_makes_neurons_fire_on_once_they_have_fired():
    network = read_nir(one_layer(leaky(v_reset=1.5)), dt_s=1e-4, reset="zero")
    (said,) = (s for s in network.assumptions if "thresholds of 3 of 3" in s)
    assert said.endswith("are reset to (v_reset): once they have fired, these fire in every step")
    spikes = np.zeros((1, 5, network.n_channels), bool)
    silent = simulate(network, SpikeDataset(spikes))
    assert not silent.output_spikes.any()


def test_a_step_that_r_does_not_imply_is_asked_for_by_name():
    with pytest.raises(FileProblem, match="dt_s"):
        read_nir(one_layer(leaky(r=1.0)), source="spyx")
    assert read_nir(one_layer(leaky(r=1.0)), source="spyx", dt_s=1e-3).dt_s == 1e-3


def test_an_infinite_tau_of_sinabs_is_read_without_a_warning(recwarn):
    read_nir(one_layer(leaky(tau=np.inf, r=1.0)), source="sinabs norm_input=False")
    assert not recwarn.list


def test_a_field_that_no_equation_here_reads_is_said(tmp_path):
    neurons = nf.leaky(3) | {"tau_ref": np.full(3, 2e-3), "input_type": np.array([3])}
    tree = nf.graph({"i": nf.inputs(3), "n": neurons, "o": nf.outputs(3)})
    path = nf.save(tmp_path / "net.nir", tree)
    network = read_nir(path, dt_s=1e-4, reset="zero")
    assert [s for s in network.assumptions if "not used" in s] == [
        "n: tau_ref in the file is not used"
    ]


@pytest.mark.parametrize(
    ("values", "reset", "said"),
    [
        ({"v_leak": -65.0, "v_threshold": -50.0, "v_reset": -65.0}, "zero", "begin (0)"),
        ({"v_leak": 1.0}, "subtract", "rest (v_leak, v_reset)"),
        ({"v_reset": 1.5}, "subtract", None),
        ({}, "zero", None),
    ],
)
def test_thresholds_that_are_not_above_the_rest_are_said(values, reset, said):
    network = read_nir(one_layer(leaky(**values)), dt_s=1e-4, reset=reset)
    found = [s for s in network.assumptions if "fire without input" in s]
    start = f"1: thresholds of 3 of 3 neurons are not above where they {said}"
    assert found == ([f"{start}: these fire without input"] if said else [])


def test_a_step_with_how_many_spikes_is_said_where_nobody_says():
    said = "at most one spike a step: not stated in the file"
    told = {"dt_s": 1e-4, "reset": "zero"}
    network = read_nir(one_layer(leaky()), **told)
    assert said in network.assumptions and said in read_nir(write_nir(network)).assumptions
    for more in ({"source": "norse"}, {"max_spikes_per_step": 1}):
        assert said not in read_nir(one_layer(leaky()), **told, **more).assumptions


# Graphs in memory, and axes of samples and steps


@pytest.mark.parametrize("nested", [False, True])
def test_a_layer_that_the_exporter_did_not_know_is_named(nested):
    nodes = {"input": nir.Input({"input": np.array([4])}), "readout": None}
    nodes |= {"s": nir.IF(np.ones(4), np.ones(4)), "output": nir.Output({"output": np.array([4])})}
    edges = [("input", "s"), ("s", "readout"), ("readout", "output")]
    graph = nir.NIRGraph(nodes, edges, type_check=False)
    if nested:
        outer = {"input": nir.Input({"input": np.array([4])}), "block": graph}
        graph = nir.NIRGraph(outer, [("input", "block")], type_check=False)
    name = "block.readout" if nested else "readout"
    with pytest.raises(FileProblem, match=f"node '{name}' is None: the exporter did not know"):
        read_nir(graph, reset="zero")
    (graph.nodes["block"] if nested else graph).nodes["readout"] = "MaxPool2d"
    with pytest.raises(FileProblem, match=f"node '{name}' is 'MaxPool2d'; a group with a type"):
        read_nir(graph, reset="zero")


def shaped(shape, output=(3,), **told):
    nodes = {"input": nf.inputs(*shape), "w": nf.linear(np.eye(3)), "s": nf.fire(3)}
    path = nf.save(told.pop("path"), nf.graph({**nodes, "output": nf.outputs(*output)}))
    return read_nir(path, reset="zero", **told)


def test_axes_of_samples_and_steps_are_left_out_where_the_next_layer_shows_them(tmp_path):
    path = tmp_path / "net.nir"
    for told in ({}, {"input_shape": (3,)}, {"input_shape": 3}):
        network = shaped((1, 20, 3), (1, 20, 3), path=path, **told)
        assert network["input"].shape == (3,)
        assert any("input states the shape (1, 20, 3): (3,) is taken" in s
                   for s in network.assumptions)  # fmt: skip
        assert any("output states the shape (1, 20, 3) where (3,)" in s
                   for s in network.assumptions)  # fmt: skip
    with pytest.raises(FileProblem, match=r"takes \(3,\)"):
        shaped((1, 20, 4), path=path)
    with pytest.raises(FileProblem, match=r"gives \(4, 5, 3\), but .* takes \(3,\)"):
        shaped((4, 5, 3), path=path)  # rows of a picture, as likely as samples
    assert shaped((4, 5, 3), path=path, input_shape=3)["input"].shape == (3,)
    with pytest.raises(FileProblem, match=r"states the shape \(1, 20, 3\), 60 channels, but"):
        shaped((1, 20, 3), path=path, input_shape=(4,))


def test_a_batch_axis_before_a_convolution_is_left_out(tmp_path):
    nodes = {
        "input": nf.inputs(8, 2, 4, 4),
        "c": nf.conv(np.ones((3, 2, 3, 3)), padding=1),
        "s": nf.fire(()),
        "f": {"type": "Flatten", "start_dim": 0, "end_dim": -1, "input_type": np.zeros(4, int)},
        "w": nf.linear(np.ones((2, 48))),
        "out": nf.fire(2),
    }
    network = read_nir(nf.save(tmp_path / "net.nir", nf.graph(nodes)), reset="zero")
    assert [p.shape for p in network.populations] == [(2, 4, 4), (3, 4, 4), (2,)]
    for n_samples in (8, 1):  # 1 as in NIR's paper, 02_cnn/scnn_mnist.nir, neurons included
        nodes["f"]["input_type"] = np.array([n_samples, 3, 4, 4])
        nodes["input"] = nf.inputs(n_samples, 2, 4, 4)
        nodes["s"] = nf.fire((1, 3, 4, 4) if n_samples == 1 else (3, 4, 4))
        again = read_nir(nf.save(tmp_path / "net.nir", nf.graph(nodes)), reset="zero")
        x = (np.random.default_rng(0).random((1, 9, 32)) < 0.2).astype(np.uint8)
        same = [simulate(n, SpikeDataset(x)).output_spikes for n in (network, again)]
        assert (same[0] == same[1]).all() and same[0].any()
        assert [p.shape for p in again.populations] == [(2, 4, 4), (3, 4, 4), (2,)]
