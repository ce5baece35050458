"""Networks of lava-dl: their integers, bit for bit, and what a file cannot say."""

import contextlib

import h5py
import numpy as np
import pytest

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import FileProblem, SpikefitError, WrongSource
from spikefit_nb.fit import check_fit
from spikefit_nb.hardware import load_profile
from spikefit_nb.lava_file import read_lava_dl
from spikefit_nb.network import CubaLI, CubaLIF, Integrator
from spikefit_nb.simulate import run_states, simulate
from tests.lava_files import CUBA, conv, dense, write
from tests.naive.given_loihi import Given, kernel_matrix, run


def states(network, spikes):
    """Spikes of each population of one sample."""
    return run_states(network, SpikeDataset(spikes[None]), "loihi").spikes


def test_the_stored_run_of_the_oxford_network_is_repeated_in_every_bit(shared_data):
    folder = shared_data / "lava_dl" / "oxford"
    network = read_lava_dl(folder / "network.net", strict_threshold=False)
    assert [p.shape for p in network.populations] == [(200,), (256,), (200,)]
    given, stored = np.load(folder / "input.npy"), np.load(folder / "ground_truth.npy").astype(int)
    spikes, truth = np.zeros((1900, 200), bool), np.zeros((1900, 200), bool)
    spikes[np.rint(given[:, 2]).astype(int), given[:, 0].astype(int)] = True
    truth[stored[:, 2] - 1, stored[:, 0]] = True  # SLAYER shifts what a block sends by a step
    record = simulate(network, SpikeDataset(spikes[None]), arithmetic="loihi")
    assert truth.sum() == 10_178 and (record.output_spikes[0] != truth).sum() == 0
    above = read_lava_dl(folder / "network.net", strict_threshold=True)
    record = simulate(above, SpikeDataset(spikes[None]), arithmetic="loihi")
    assert record.output_spikes.sum() == 9_632 and (record.output_spikes[0] != truth).sum() == 3_014


def test_the_stored_run_of_the_tiny_network_is_repeated_in_every_bit(shared_data):
    folder = shared_data / "lava_dl" / "tiny"
    network = read_lava_dl(folder / "tiny.net", strict_threshold=True)
    bias = np.load(folder / "input_bias.npy").transpose(2, 1, 0)  # Lava's order is x, y, channel
    spikes = np.broadcast_to(bias.astype(np.uint8).ravel(), (15, bias.size))
    sent = states(network, np.ascontiguousarray(spikes))
    for name, file in (("conv1", "layer1"), ("conv2", "output")):
        truth = np.load(folder / f"{file}.npy")[0].reshape(-1, 16).T
        assert truth.sum() > 90 and (sent[name][0] != truth[1:]).sum() == 0


@pytest.mark.parametrize("strict", [False, True])
def test_dense_layers_with_delays_and_biases_differ_in_no_bit_from_plain_integers(tmp_path, strict):
    random = np.random.default_rng(2)
    weights = [2 * random.integers(-40, 41, shape) for shape in ((20, 30), (10, 20))]
    delay, bias = random.integers(0, 4, 20), random.integers(-3, 4, 10)
    file = write(
        tmp_path / "two.net",
        dense(weights[0], delay=np.float32(delay) + 0.3),
        dense(weights[1], {**CUBA, "vThMant": 300}, bias=np.float32(bias), delay=np.float32([2])),
    )
    network = read_lava_dl(file, strict_threshold=strict)
    assert "only shift its answer" in network.assumptions[0]
    spikes = random.random((400, 30)) < 0.1
    first = Given(weights[0].T, 0, 1024, 128, 80, np.zeros(20, int), 0, not strict)
    sent = run([first], spikes)[0][0]
    late = np.zeros_like(sent)
    for n, steps in enumerate(delay):
        late[1 + steps :, n] = sent[: len(sent) - 1 - steps, n]
    last = Given(weights[1].T, 0, 1024, 128, 300, bias, 0, not strict)
    truth = run([last], late)[0][0]
    ours = states(network, spikes)
    assert 0.01 < sent.mean() < 0.9 and 0.01 < truth.mean() < 0.9
    assert (ours["dense0"][0] != sent).sum() == 0 and (ours["dense1"][0] != truth).sum() == 0


def test_convolutions_and_pools_differ_in_no_bit_from_plain_integers(tmp_path):
    random = np.random.default_rng(4)
    kernel = 2 * random.integers(-30, 31, (4, 2, 3, 3))
    pool = np.full((1, 1, 2, 2, 1), 64, np.float32)
    pooling = {"type": [b"pool"], "shape": [4, 4, 4], "weight": pool, "neuron": CUBA}
    matrix = 2 * random.integers(-30, 31, (5, 64))
    file = write(
        tmp_path / "conv.net",
        {"type": [b"input"], "shape": [2, 8, 8]},
        conv(kernel, [4, 8, 8], padding=[1, 1], delay=np.float32([0, 1, 2, 3])),
        {**pooling, "kernelSize": [2, 2], "stride": [2, 2], "padding": 0, "dilation": 1},
        {"type": [b"flatten"]},
        dense(matrix),
    )
    network = read_lava_dl(file, strict_threshold=True)
    spikes = random.random((300, 128)) < 0.1
    each = np.zeros((4, 4, 2, 2), int)
    each[range(4), range(4)] = 64
    matrices = [
        kernel_matrix(kernel, (2, 8, 8), 1, 1),
        kernel_matrix(each, (4, 8, 8), 2, 0),
        matrix.T,
    ]
    sent, ours = spikes, states(network, spikes)
    for k, weight in enumerate(matrices):
        given = Given(weight, 0, 1024, 128, 80, np.zeros(weight.shape[1], int), int(k > 0), False)
        if k == 1:
            late = np.zeros_like(sent)
            for channel in range(4):
                some = slice(64 * channel, 64 * channel + 64)
                late[channel:, some] = sent[: len(sent) - channel, some]
            sent = late
        sent = run([given], sent)[0][0]
        assert 0.01 < sent.mean() < 0.9
        assert (ours[network.neuron_populations[k].name][0] != sent).sum() == 0


def test_a_layer_onto_itself_hears_of_itself_a_step_later(tmp_path):
    random = np.random.default_rng(6)
    weight, loop = 2 * random.integers(-20, 40, (12, 8)), 2 * random.integers(-20, 20, (12, 12))
    layer = {**dense(weight), "type": [b"dense_rec"], "weight_rec": np.float32(loop)}
    network = read_lava_dl(write(tmp_path / "loop.net", layer), strict_threshold=True)
    spikes = random.random((200, 8)) < 0.2
    u = v = sent = np.zeros(12, int)
    ours = states(network, spikes)["dense_rec0"][0]
    for t in range(200):
        u = np.sign(u) * (abs(u) * 3072 >> 12) + 64 * (weight @ spikes[t] + loop @ sent)
        v = np.sign(v) * (abs(v) * 3968 >> 12) + u
        sent = (v > 64 * 80).astype(int)
        v = np.where(sent, 0, v)
        assert (ours[t] == sent).all()


def test_a_readout_that_never_fires_fits_loihi_and_is_read_by_its_potential(tmp_path):
    hidden, odd = dense(np.full((4, 3), 40)), np.array([[1, -3, 5, 7], [9, 127, -128, 0]])
    never = {**CUBA, "vThMant": 2**17 - 1}
    for neuron, model in ((None, Integrator), (never, CubaLI)):
        file = write(tmp_path / "readout.net", hidden, dense(odd, neuron))
        network = read_lava_dl(file, strict_threshold=True)
        assert isinstance(network["dense1"].neuron, model)
        assert network.projections[1].scale == 1.0  # odd mantissas: an exponent of -1
        for chip in ("loihi1", "loihi2"):
            assert check_fit(network, load_profile(chip)).fits
        spikes = np.random.default_rng(0).random((60, 3)) < 0.5
        record = simulate(network, SpikeDataset(spikes[None]), arithmetic="loihi")
        du, dv = (0, 4096) if neuron is None else (1024, 128)
        given = [Given(np.full((3, 4), 40), 0, 1024, 128, 80, np.zeros(4, int), 0, False)]
        given.append(Given(odd.T, 0, du, dv, 2**17, np.zeros(2, int), 1, False))
        potential = run(given, spikes)[1][1]
        assert abs(potential).max() > 0 and record.decode == "potential"
        assert (record.output_potential[0] == np.float32(potential) / 64).all()


def test_only_neurons_that_fire_ask_for_the_comparison(tmp_path):
    file = write(tmp_path / "x.net", dense(np.ones((2, 3))))
    with pytest.raises(FileProblem, match=r"layer/0 does not say whether .* strict_threshold=True"):
        read_lava_dl(file)
    assert isinstance(read_lava_dl(file, strict_threshold=False)["dense0"].neuron, CubaLIF)
    read_lava_dl(write(tmp_path / "y.net", dense(np.ones((2, 3)), None)))


WRONG = {
    "layer/0/weight holds 0.5": dense([[0.5, 1.0]]),
    "layer/0/weight holds NaN": dense([[np.nan, 1.0]]),
    "layer/0/weight is missing": {"type": [b"dense"], "shape": [2], "neuron": CUBA},
    "layer/0/type is 'average'": {"type": [b"average"], "shape": [2]},
    "layer/0/type is None": {"shape": [2]},
    "layer/0/neuron/type is 'SDNN'": dense([[1, 2]], {**CUBA, "type": b"SDNN"}),
    "layer/0/neuron/iDecay is 5000": dense([[1, 2]], {**CUBA, "iDecay": 5000}),
    "layer/0/neuron/vThMant is 0": dense([[1, 2]], {**CUBA, "vThMant": 0}),
    "layer/0/neuron/refDelay is 3": dense([[1, 2]], {**CUBA, "refDelay": 3}),
    "layer/0/neuron/gradedSpike is 1": dense([[1, 2]], {**CUBA, "gradedSpike": True}),
    "layer/0/bias holds 5 numbers": dense([[1, 2]], bias=np.ones(5)),
    "layer/0/delay goes to": dense([[1, 2]], delay=np.float32([1e6])),
    r"layer/0/shape is \[1073741824, 1073741824\]": dense([[1, 2]], shape=[2**30, 2**30]),
    "layer/0/shape is .* needed": dense([[1, 2]], shape=[-1]),
    "Say input_shape": conv(np.ones((2, 1, 3, 3)), [2, 6, 6]),
}


@pytest.mark.parametrize("words", WRONG)
def test_what_cannot_be_read_is_named_with_the_entry_where_it_stands(tmp_path, words):
    file = write(tmp_path / "wrong.net", WRONG[words], dense(np.ones((1, 1))))
    with pytest.raises(FileProblem, match=words):
        read_lava_dl(file, strict_threshold=True)


def test_shapes_that_do_not_meet_are_named(tmp_path):
    file = write(tmp_path / "x.net", dense(np.ones((2, 3))), dense(np.ones((2, 3))))
    with pytest.raises(FileProblem, match=r"layer/1/weight has shape .* 2 others reach"):
        read_lava_dl(file, strict_threshold=True)
    picture = {"type": [b"input"], "shape": [1, 8, 8]}
    file = write(tmp_path / "y.net", picture, conv(np.ones((2, 1, 3, 3)), [2, 5, 5]))
    with pytest.raises(FileProblem, match=r"layer/1/shape is \(2, 5, 5\), but its kernels make"):
        read_lava_dl(file, strict_threshold=True)
    file = write(tmp_path / "z.net", picture, conv(np.ones((2, 3, 3, 3)), [2, 6, 6]))
    with pytest.raises(FileProblem, match="layer/1/weight does not fit what leads there"):
        read_lava_dl(file, strict_threshold=True)


def test_what_is_no_file_of_lava_dl_is_refused(tmp_path):
    with pytest.raises(WrongSource, match="takes a path"):
        read_lava_dl(5)
    with pytest.raises(FileProblem, match="There is no file"):
        read_lava_dl(tmp_path / "none.net")
    (tmp_path / "text.net").write_text("weights")
    with pytest.raises(FileProblem, match="is not an HDF5 file"):
        read_lava_dl(tmp_path / "text.net")
    with h5py.File(tmp_path / "other.net", "w") as file:
        file["x"] = 1
    with pytest.raises(FileProblem, match="no network of lava-dl"):
        read_lava_dl(tmp_path / "other.net")
    with h5py.File(tmp_path / "gap.net", "w") as file:
        file["layer/1/type"] = b"dense"
    with pytest.raises(FileProblem, match="not numbered from 0"):
        read_lava_dl(tmp_path / "gap.net")


def test_a_header_that_claims_petabytes_and_a_link_elsewhere_are_refused(tmp_path):
    with h5py.File(tmp_path / "huge.net", "w") as file:
        for key, value in dense(np.ones((1, 1))).items():
            if key != "weight" and key != "neuron":
                file[f"layer/0/{key}"] = value
        file.create_dataset("layer/0/weight", (2**25, 2**25), np.float32, chunks=(2**10, 2**10))
    with pytest.raises(FileProblem, match=r"damaged: '/layer/0/weight' claims"):
        read_lava_dl(tmp_path / "huge.net", strict_threshold=True)
    with h5py.File(tmp_path / "link.net", "w") as file:
        file["layer/0/weight"] = h5py.ExternalLink("other.h5", "/x")
    with pytest.raises(FileProblem, match="is a link to somewhere else"):
        read_lava_dl(tmp_path / "link.net", strict_threshold=True)


def test_a_file_damaged_in_any_byte_is_read_or_gives_an_error_of_ours(tmp_path):
    whole = write(tmp_path / "whole.net", dense(np.full((4, 6), 8), delay=np.float32([1, 0, 2, 1])))
    content, random = whole.read_bytes(), np.random.default_rng(0)
    for k in range(300):
        damaged = bytearray(content)
        for at in random.integers(0, len(content), 4):
            damaged[at] = random.integers(0, 256)
        file = tmp_path / f"{k}.net"
        file.write_bytes(damaged[: random.integers(1, len(damaged))] if k % 5 == 0 else damaged)
        with contextlib.suppress(SpikefitError):
            read_lava_dl(file, strict_threshold=True)
