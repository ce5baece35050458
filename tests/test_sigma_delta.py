"""Sigma-delta neurons: messages bit by bit, the ANN they keep to, what counts, and who refuses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.neural_network import MLPClassifier

import spikefit_nb as sf
from spikefit_nb.adapt import Activity, fuse, quantize, scale_thresholds, suit
from spikefit_nb.errors import DesignProblem, FileProblem, NetworkProblem
from spikefit_nb.from_ann import ann_scores
from spikefit_nb.hardware import profile_names
from spikefit_nb.network import Conv2d, SigmaDelta
from spikefit_nb.nir_file import write_nir
from spikefit_nb.simulate import (
    ARITHMETICS,
    cut_record,
    potentials,
    run_in_layers,
    run_states,
    simulate,
)
from spikefit_nb.train import train_network
from tests.naive.run_network import run
from tests.test_from_ann_onnx import KINDS
from tests.test_simulate import assert_equal_to_naive
from tests.tools import mnist_from_ann

Input, Population, Projection = sf.Input, sf.Population, sf.Projection


def convolutional(seed, threshold=0.2, **options):
    """input (2, 5, 4) -> convolution of 3 channels -> 6 -> output 3, all of sigma-delta neurons."""
    random = np.random.default_rng(seed)
    conv = Conv2d(random.normal(0, 0.6, (3, 2, 3, 3)), (2, 5, 4), padding=1)
    size = int(np.prod(conv.output_shape))

    def neurons(*shape, **more):
        return SigmaDelta(threshold, random.normal(0, 0.4, shape), **options, **more)

    return sf.Network(
        [
            Population("in", (2, 5, 4), Input()),
            Population("map", conv.output_shape, neurons(3, 1, 1)),
            Population("hidden", (6,), neurons(6)),
            Population("out", (3,), neurons(3, activation="none")),
        ],
        [
            Projection("in", "map", conv),
            Projection("map", "hidden", random.normal(0, 0.3, (size, 6))),
            Projection("hidden", "out", random.normal(0, 0.7, (6, 3))),
        ],
    )


def any_network(seed):
    """Populations that send to any other, later or at once, and to themselves; integer and float
    weights.
    """
    random = np.random.default_rng(seed)
    names = ["a", "b", "c"]
    populations = [Population("in", (4,), Input())] + [
        Population(
            n,
            (int(random.integers(2, 6)),),
            SigmaDelta(
                float(random.uniform(0.1, 1.0)),
                float(random.choice([0.0, 0.6])),
                activation=str(random.choice(["relu", "none"])),
                whole_thresholds=bool(random.integers(2)),
            ),
        )
        for n in names
    ]
    size = {p.name: p.n_neurons for p in populations}
    projections = []
    for target in names:
        for source in random.choice(["in", *names], random.integers(1, 4), replace=False):
            late = source != "in" and names.index(source) >= names.index(target)
            weight = random.normal(0, 0.4, (size[source], size[target]))
            delay = int(random.integers(late, 4))
            if random.integers(2):
                whole = np.rint(8 * weight).astype(np.int8)
                projections.append(Projection(source, target, whole, scale=0.11, delay_steps=delay))
            else:
                projections.append(Projection(source, target, weight, delay_steps=delay))
    return sf.Network(populations, projections, output="c")


def frames_of(seed, n_channels, n_samples=3, n_steps=12):
    """Values that move slowly, with steps in which nothing changes."""
    random = np.random.default_rng(seed)
    moves = random.normal(0, 0.5, (n_samples, n_steps, n_channels))
    moves *= random.random(moves.shape) < 0.3
    moves[:, 4::5] = 0
    return np.cumsum(moves, axis=1).astype(np.float32)


def differences(frames):
    return np.diff(frames, axis=1, prepend=np.float32(0)).astype(np.float32)


@settings(max_examples=30)
@given(seed=st.integers(0, 10**6))
def test_every_message_and_potential_is_that_of_the_naive_run_bit_for_bit(seed):
    network = any_network(seed)
    dataset = sf.SpikeDataset(differences(frames_of(seed, 4)))
    carried = {}
    fired, _ = run(network, dataset.block(0, 3), carried)
    states = run_states(network, dataset, "float32")
    record, layered = simulate(network, dataset), run_in_layers(network, dataset)
    for p in network.neuron_populations:
        rows, found = states.rows[p.name], np.zeros(carried[p.name].shape, np.float32)
        for sample, step in np.ndindex(rows.start.shape):
            here = slice(rows.start[sample, step], rows.stop[sample, step])
            found[sample, step, rows.neuron[here]] = rows.amount[here]
        assert (found.view(np.int32) == carried[p.name].view(np.int32))[found != 0].all()
        assert ((found != 0) == (carried[p.name] != 0)).all()
        assert (record.spike_counts[p.name] == fired[p.name].sum(axis=1)).all()
        assert (layered.counts(p.name) == record.spike_counts[p.name]).all()


@pytest.mark.parametrize("whole", [True, False])
def test_events_counts_and_update_bits_are_those_of_the_naive_run(whole):
    network = convolutional(1, whole_thresholds=whole)
    dataset = sf.SpikeDataset(differences(frames_of(1, 40)))
    assert_equal_to_naive(network, dataset)
    negative = run_states(network, dataset, "float32").rows["hidden"].amount
    assert (negative < 0).any() and (negative > 0).any()


def test_a_message_counts_once_whatever_it_carries():
    neuron = SigmaDelta(0.25, whole_thresholds=True)
    network = sf.Network(
        [Population(n, (1,), neuron if n != "in" else Input()) for n in ("in", "a", "b")],
        [Projection("in", "a", np.ones((1, 1))), Projection("a", "b", np.ones((1, 1)))],
    )
    given = np.array([[[7.1], [0], [0.2], [-3.05], [-9.0]]], np.float32)
    record = simulate(network, sf.SpikeDataset(given), record="events")
    rows = run_states(network, sf.SpikeDataset(given), "float32").rows["a"]
    assert rows.amount.tolist() == [7.0, 0.25, -3.0, -4.25]  # to 7.0, 7.25, 4.25, and to 0: a ReLU
    assert record.spike_counts["a"].tolist() == [[4]]
    assert record.synaptic_operations.tolist() == [4 + 4]  # and four of the inputs
    assert set(record.events.count.tolist()) == {1} and record.output_spikes.dtype == np.uint8
    first = cut_record(record, network, 3)
    assert first.spike_counts["a"].tolist() == [[2]]


def test_one_neuron_sends_what_lavas_does():
    # lava-nc/lava@174f46d src/lava/proc/sdn/models.py, SigmaDelta without cumulative error: of the
    # new activity it keeps what was not sent as a residue, and sends where |delta| >= vth
    given = differences(frames_of(0, 1, n_samples=1, n_steps=60))
    sigma = activity = residue = np.float32(0)
    messages = []
    for arrives in given[0, :, 0]:
        sigma = sigma + 2 * arrives
        new = max(sigma + np.float32(0.3), np.float32(0))
        delta = new - activity + residue
        sent = delta if abs(delta) >= 0.4 else np.float32(0)
        residue, activity = delta - sent, new
        messages.append(sent)
    neuron = SigmaDelta(0.4, 0.3)
    network = sf.Network(
        [Population("in", (1,), Input()), Population("out", (1,), neuron)],
        [Projection("in", "out", np.full((1, 1), 2.0))],
    )
    rows = run_states(network, sf.SpikeDataset(given), "float32").rows["out"]
    wanted = np.array(messages)
    assert ((rows.stop - rows.start)[0] == (wanted != 0)).all() and rows.amount.size > 5
    assert rows.amount == pytest.approx(wanted[wanted != 0], rel=1e-5)


def activities(network, frames):
    """What the ANN with the network's weights and biases makes of each frame, in double
    precision.
    """
    known = {"in": frames.astype(np.float64)}
    for p in network.neuron_populations:
        total = p.parameter("bias")
        for e in network.projections:
            if e.target == p.name:
                flat = known[e.source].reshape(-1, e.shape[0])
                total = total + e.real_weight().apply(flat).reshape(*frames.shape[:2], -1)
        known[p.name] = np.maximum(total, 0) if p.neuron.activation == "relu" else total
    return known


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("threshold", [0.02, 0.3])
def test_what_was_sent_is_within_a_threshold_of_the_activity_in_every_step(threshold, whole):
    network = convolutional(2, threshold, whole_thresholds=whole)
    frames = frames_of(2, 40)
    dataset = sf.SpikeDataset(differences(frames))
    states = run_states(network, dataset, "float32")
    for p in network.neuron_populations:
        rows, sent = states.rows[p.name], np.zeros((3, 12, p.n_neurons))
        for sample, step in np.ndindex(rows.start.shape):
            here = slice(rows.start[sample, step], rows.stop[sample, step])
            sent[sample, step, rows.neuron[here]] = rows.amount[here]
        v = states.potential[p.name]
        activity = np.maximum(v, 0) if p.neuron.activation == "relu" else v
        assert np.abs(np.cumsum(sent, axis=1) - activity).max() < threshold + 1e-5
    # of the first layer, whose inputs are exact, that is the ANN's own activity
    assert potentials(network, dataset, "map").clip(0) == pytest.approx(
        activities(network, frames)["map"], abs=1e-5
    )


def test_scores_go_to_those_of_the_ann_as_thresholds_get_smaller_and_messages_more():
    frames, errors, sent = frames_of(3, 40), [], []
    for threshold in (0.4, 0.1, 0.02, 1e-3, 1e-6):
        network = convolutional(3, threshold)
        record = simulate(network, sf.SpikeDataset(differences(frames)))
        errors.append(np.abs(record.output_potential - activities(network, frames)["out"]).max())
        sent.append(int(record.spike_counts["hidden"].sum()))
    assert errors[-1] < 1e-4 and all(np.diff(errors[:-1]) < 0)
    assert sent == sorted(sent) and sent[0] < 0.6 * sent[-1]


def test_a_frame_that_stays_sends_nothing_more():
    network = convolutional(4)
    given = np.zeros((1, 30, 40), np.float32)
    given[0, 0] = np.random.default_rng(0).normal(0, 1, 40)
    dataset = sf.SpikeDataset(given)
    short, long = (simulate(network, d) for d in (dataset.take_steps(1), dataset))
    for name, counts in long.spike_counts.items():
        assert (counts == short.spike_counts[name]).all()
    assert (long.output_potential == short.output_potential[:, :1]).all()


def test_thresholds_scale_what_is_sent_and_no_weight():
    network, dataset = convolutional(5), sf.SpikeDataset(differences(frames_of(5, 40)))
    coarser = scale_thresholds(network, 3.0).network
    assert coarser["map"].neuron.v_threshold == pytest.approx(0.6)
    fewer, before = (simulate(n, dataset).synaptic_operations.sum() for n in (coarser, network))
    assert fewer < 0.8 * before


def test_a_rounded_and_a_fused_network_answer_alike():
    network, dataset = convolutional(6), sf.SpikeDataset(differences(frames_of(6, 40)))
    exact = simulate(network, dataset).output_potential
    rounded = simulate(quantize(network, 8).network, dataset).output_potential
    assert np.abs(rounded - exact).max() < 0.05 * np.abs(exact).max() + 0.4
    half = [e.with_values(e.values / 2) for e in network.projections for _ in range(2)]
    doubled = fuse(network.replace(projections=half)).network
    assert len(doubled.projections) == len(network.projections)
    assert (simulate(doubled, dataset).output_potential == exact).all()


def test_loihi_2_alone_runs_them_and_says_that_its_integers_were_not_used():
    network = quantize(convolutional(7), 8).network
    dataset = sf.SpikeDataset(differences(frames_of(7, 40)), np.zeros(3, int))
    for chip in profile_names():
        profile = sf.load_profile(chip)
        report = sf.check_fit(network, profile, dataset=dataset)
        if profile.has("neuron_models") and chip != "loihi2":
            assert "neuron_models" in {v.figure for v in report.violations}, chip
        elif chip != "loihi2":
            assert "neuron models" in report.unknown, chip
        else:
            assert report.fits, report
    report = sf.deploy(network, sf.load_profile("loihi2"), dataset)
    assert report.fits and any("arithmetic='float32'" in w for w in report.warnings)
    assert not any("steps of bias" in w for w in report.warnings)
    assert any("whatever its digits" in w for w in report.warnings)
    assert report.n_macs == 12 * network.n_synapses  # an ANN runs for every frame
    mean = {name: n.sum() / 3 for name, n in report.record.spike_counts.items()}
    counts = report.price.counts
    assert counts["input_events"] == pytest.approx(mean["in"])
    assert counts["spikes"] == pytest.approx(mean["map"] + mean["hidden"] + mean["out"])
    assert counts["packets"] == pytest.approx(mean["map"] + mean["hidden"])  # of two layers, a core
    operations = report.record.synaptic_operations.mean()
    assert counts["synaptic_operations"] == pytest.approx(operations)


@pytest.mark.parametrize("arithmetic", [n for n, a in ARITHMETICS.items() if a.is_integer])
def test_integers_of_chips_refuse_them_with_a_word_on_what_to_do(arithmetic):
    network = quantize(convolutional(8), 4).network
    dataset = sf.SpikeDataset(np.ones((1, 3, 40), bool))
    with pytest.raises(NetworkProblem, match=r"'map' holds SigmaDelta.*arithmetic='float32'"):
        simulate(network, dataset, arithmetic=arithmetic)


def test_what_spikes_alone_can_say_or_learn_is_refused(tmp_path):
    network, labels = convolutional(9), np.zeros(3, int)
    dataset = sf.SpikeDataset(differences(frames_of(9, 40)), labels)
    for decode in ("count", "first_spike"):
        with pytest.raises(NetworkProblem, match="how often tells nothing"):
            simulate(network, dataset, decode=decode)
    with pytest.raises(NetworkProblem, match="NIR has no node for SigmaDelta"):
        write_nir(network, tmp_path / "x.nir")
    with pytest.raises(DesignProblem, match="Leave the calibration set out"):
        Activity(network, dataset)
    with pytest.raises(DesignProblem, match="Leave the calibration set out"):
        sf.deploy(network, sf.load_profile("loihi2"), dataset, calibration=dataset)
    with pytest.raises(NetworkProblem, match="are not trained here"):
        train_network(network, dataset, epochs=1)
    with pytest.raises(DesignProblem, match="SigmaDelta neurons have no limit"):
        sf.adapt.substitute_neuron(network, "LIF")
    assert suit(network, sf.load_profile("loihi1")).network["map"].neuron is network["map"].neuron


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SigmaDelta(0.0), "v_threshold must be above zero"),
        (lambda: SigmaDelta([1.0, -2.0]), "its smallest value is -2"),
        (lambda: SigmaDelta(1e-60), "smallest value is 1e-60"),
        (lambda: SigmaDelta(1e300), "float32 goes to 3.4e\\+38"),
        (lambda: SigmaDelta(1.0, activation="tanh"), "it must be 'relu' or 'none'"),
        (lambda: SigmaDelta(1.0, whole_thresholds="yes"), "it must be True or False"),
        (lambda: SigmaDelta(np.nan), "NaN or infinite"),
    ],
)
def test_parameters_that_cannot_be_are_refused(make, message):
    with pytest.raises(NetworkProblem, match=message):
        make()


def test_a_population_whose_activity_never_moves_is_told_of():
    network = convolutional(10, 50.0)
    record = simulate(network, sf.SpikeDataset(differences(frames_of(10, 40))))
    assert "'map' never fires" in record.warnings[0] and "by a threshold" in record.warnings[0]


def test_beside_the_ann_a_synapse_multiplies_and_a_message_moves_its_number():
    network = quantize(convolutional(11), 8).network
    dataset = sf.SpikeDataset(differences(frames_of(11, 40)))
    layers = sf.deploy(network, sf.load_profile("loihi2"), dataset).alternatives().layers
    assert (layers.n_passes, layers.activation_bits, layers.message_bits) == (12, 8, 8)
    # Horowitz 2014, in 8 bits: 0.2 pJ to multiply, 0.1 pJ to add, 20 pJ for 64 bits of memory
    bit_pj, bits = 20 / 64, layers.address_bits + 8
    events_pj = layers.synaptic_operations * (0.2 + 0.1 + 8 * bit_pj)
    events_pj += layers.n_events * 2 * bits * bit_pj
    updates_pj = layers.n_neurons * layers.n_steps * (0.2 + 64 * bit_pj)
    assert layers.spiking_j.value == pytest.approx(1e-12 * (events_pj + updates_pj))
    frame = sf.deploy(network, sf.load_profile("loihi2"), dataset.take_steps(1))
    assert frame.alternatives().layers.message_bits == 8  # however few frames


def test_an_mlp_becomes_a_network_of_its_own_weights_that_answers_as_it_does():
    random = np.random.default_rng(0)
    x = random.random((300, 6))
    mlp = MLPClassifier((12, 8), solver="lbfgs", random_state=0).fit(x, x.argmax(axis=1))
    network = sf.from_ann(mlp, x[:200], neurons="SigmaDelta", threshold=0.01)
    assert {type(p.neuron) for p in network.neuron_populations} == {SigmaDelta}
    assert network[network.output].neuron.activation == "none"
    assert network.projections[0].values == pytest.approx(mlp.coefs_[0].ravel(), rel=1e-6)
    frames = x[200:].reshape(10, 10, 6).astype(np.float32)
    labels = mlp.predict(x[200:]).reshape(10, 10)
    record = simulate(network, sf.SpikeDataset(differences(frames), labels))
    assert record.accuracy >= 0.97
    for choice, message in (
        ({"neurons": "LIF"}, "it can be 'IF' or 'SigmaDelta'"),
        ({"threshold": 0}, "threshold is 0; it must be above 0"),
    ):
        with pytest.raises(NetworkProblem, match=message):
            sf.from_ann(mlp, x[:200], **choice)


def test_a_bounded_relu_has_no_counterpart():
    with pytest.raises(FileProblem, match="is a ReLU that is bounded at 6"):
        sf.from_ann(KINDS["relu6 by inputs"](), np.full((10, 4), 5.0), neurons="SigmaDelta")


@pytest.mark.parametrize("name", ["mnist_mlp", "mnist_cnn"])
def test_a_slowly_moving_digit_gets_the_anns_answers_for_a_small_part_of_its_operations(
    shared_data, name
):
    images = mnist_from_ann.mnist_test(shared_data)[0][:40]
    # by one pixel after five frames
    frames = np.stack([np.roll(images, k // 5 - 3, axis=2) for k in range(30)], axis=1)
    frames = frames.reshape(40, 30, 784)
    path = shared_data / "onnx" / f"{name}.onnx"
    wanted = ann_scores(path, frames.reshape(-1, 784)).argmax(axis=1).reshape(40, 30)
    calibration = mnist_from_ann.calibration_images(shared_data)[:300]
    network = sf.from_ann(path, calibration, neurons="SigmaDelta", threshold=0.05)
    record = simulate(network, sf.SpikeDataset(differences(frames), wanted))
    assert record.accuracy >= 0.95
    assert record.synaptic_operations.mean() / 30 < 0.07 * network.n_synapses
