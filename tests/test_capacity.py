"""Capacity rules against the worked examples of their sources, and against naive counts."""

from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikefit_nb.hardware import (
    FAMILIES,
    LayerCounts,
    LayerWords,
    RunCounts,
    base_currents,
    current_sums,
    load_profile,
    stored_width,
)
from spikefit_nb.hardware.families.loihi import (
    loihi_axon_bits,
    loihi_index_bits,
    loihi_synapse_bits,
)

KI = 1024


# Loihi: nengo/nengo-loihi@e564f66


def nengo_axon_bits(n_weights, weight_bits, delay_bits, index_bits):
    """SynapseConfig.bits_per_axon in plain Python, one bit at a time; index_bits is 0 in the dense
    format.
    """
    total = 0
    for first in range(0, n_weights, 64):
        block = min(64, n_weights - first) * (weight_bits + delay_bits + index_bits) + 4 + 6
        while block % 64:
            block += 1
        total += block
    return total


@given(
    st.lists(st.integers(0, 200), min_size=1, max_size=5),
    st.integers(200, 1024),
    st.sampled_from([1, 4, 8]),
    st.integers(0, 62),
)
def test_each_axon_of_loihi_takes_the_cheaper_of_two_formats(
    n_synapses, n_neurons, weight_bits, delay_steps
):
    index_bits = next(bits for bits in (0, 6, 7, 8, 9, 10, 11, 12) if 2**bits >= n_neurons)
    delay_bits = 0 if delay_steps < 2 else len(f"{delay_steps:b}")
    expected = sum(
        min(
            nengo_axon_bits(n, weight_bits, delay_bits, index_bits),
            nengo_axon_bits(n_neurons, weight_bits, delay_bits, 0),
        )
        for n in n_synapses
    )
    each = loihi_synapse_bits(np.array(n_synapses), n_neurons, weight_bits, delay_steps)
    assert each.sum() == expected


def test_a_dense_core_of_600_neurons_and_500_axons_is_over_loihis_memory_as_nengo_tests():
    # nengo_loihi/builder/tests/test_validate.py: 600 x 500 weights of 8 bits raise "synapse bits";
    # 16,384 words of 64.
    assert loihi_synapse_bits(np.full(500, 600), 600, 8, 1).sum() > 16384 * 64
    assert loihi_synapse_bits(np.full(100, 600), 600, 8, 1).sum() < 16384 * 64


def test_an_index_of_loihi_has_one_of_the_widths_of_nengos_map():
    # SynapseConfig.INDEX_BITS_MAP = [0, 6, 7, 8, 9, 10, 11, 12]; Synapse.idx_bits:
    # ceil(log2(largest index + 1)).
    assert [loihi_index_bits(n) for n in (1, 2, 64, 65, 128, 129, 1024, 4096)] == [
        0,
        6,
        6,
        7,
        7,
        8,
        10,
        12,
    ]


def test_a_weight_of_loihi_has_one_of_the_widths_of_nengos_map():
    widths = [1, 2, 3, 4, 5, 6, 8]  # SynapseConfig.WEIGHT_BITS_MAP without its 0
    assert [stored_width(n, widths) for n in (1, 6, 7, 8, 9)] == [1, 6, 8, 8, 8]


def test_loihis_longest_delay_of_62_steps_takes_its_field_of_6_bits():
    # Davies 2018 IEEE Micro 38(1) p. 92.
    one, longest = (loihi_synapse_bits(np.array([64]), 64, 8, steps).sum() for steps in (0, 62))
    assert longest == loihi_axon_bits(np.array([64]), 8 + 6)[0]
    assert one == loihi_axon_bits(np.array([64]), 8)[0]


# SpiNNaker: SpiNNakerManchester/sPyNNaker


def test_a_spinnaker_row_is_three_words_and_one_for_each_of_at_most_256_synapses():
    # unittests/model_tests/neuron/test_synapse_io.py@0639447: 20 synapses take 20 words, at most
    # 256;
    # synapse_io.py@02855b3 adds _N_HEADER_WORDS = 3 and gives an empty row no bytes; a word has 4
    # bytes.
    bits = FAMILIES["spinnaker"].axon_bits(np.array([0, 20, 256]), np.full(3, 256), 16, 1)
    assert (bits / 32).tolist() == [0, 23, 259]


# Speck: synsense/sinabs


SPECK_KERNEL = [
    16,
    16,
    16,
    32,
    32,
    64,
    64,
    16,
    16,
]  # Ki words: sinabs/backend/dynapcnn/chips/dynapcnn.py@f8b9739
SPECK_NEURON = [64, 64, 64, 32, 32, 16, 16, 16, 16]
SPECK_CORES = [
    LayerWords(k * KI, n * KI, 1024) for k, n in zip(SPECK_KERNEL, SPECK_NEURON, strict=True)
]
# chips/speck2cmini.py@834b214; the layers and their sizes:
# tests/test_dynapcnn/test_speckmini_config_making.py@2050775
MINI_CORES = [
    LayerWords(k * KI, n * KI, 0) for k, n in [(16, 64), (32, 32), (32, 32), (64, 16), (16, 16)]
]
MINI_KERNEL_LAYERS = [  # (in, out, kernel, map size), "kernel memory" in Ki as the test says
    ((1, 256, 8, 8), 16),
    ((256, 128, 1, 8), 32),
    ((128, 128, 2, 4), 64),
    ((128, 256, 1, 4), 32),
    ((1024, 16, 1, 1), 16),
]
MINI_NEURON_LAYERS = [  # "neuron memory" in Ki
    ((1, 8, 1, 64), 32),
    ((8, 16, 1, 64), 64),
    ((16, 128, 4, 16), 32),
    ((128, 64, 1, 16), 16),
    ((4096, 4, 1, 1), 4 / KI),
]


def speck_words(n_in, n_out, kernel, y, x):
    """Words of a layer without biases on Speck."""
    return FAMILIES["speck"].layer_words([(n_in, n_out, *kernel)], (n_out, y, x), False)


def speck_cores(needs, limits):
    """The core of each layer on Speck."""
    return FAMILIES["speck"].assign(needs, limits)


def test_the_layer_of_specks_documentation_has_8_ki_kernel_words_and_fits_no_core():
    # docs/speck/overview.md@13ad316: Conv2d(16, 32, 3, padding 1) on 64 x 64: 8 Ki and 128 Ki,
    # CANNOT be deployed.
    needs = FAMILIES["speck"].layer_words([(16, 32, 3, 3)], (32, 64, 64), True)
    assert needs == LayerWords(8 * KI, 128 * KI, 32)
    assert speck_cores([needs], SPECK_CORES) == (None,)


def test_the_layers_of_specks_own_test_take_the_words_it_says():
    for (n_in, n_out, kernel, _), ki in MINI_KERNEL_LAYERS:
        words = speck_words(n_in, n_out, (kernel, kernel), 1, 1)
        assert words.kernel_words == ki * KI
    for (_, n_out, _, size), ki in MINI_NEURON_LAYERS:
        assert speck_words(1, n_out, (1, 1), size, size).neuron_words == ki * KI


def test_a_linear_layer_of_speck_is_a_convolution_over_its_whole_input():
    # dynapcnn_layer.py@16164d9, _convert_linear_to_conv: kernel_size = (in_h, in_w), out_channels =
    # out_features.
    # 4 * 4 = 16 taps, 10 outputs count as 16
    assert speck_words(20, 10, (4, 4), 1, 1).kernel_words == 20 * 16 * 16


@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 16), st.integers(1, 16))
def test_rounding_never_saves_words_and_never_quadruples_them(n_out, n_in, y, x):
    words = speck_words(n_in, n_out, (y, x), y, x)
    assert n_in * n_out * y * x <= words.kernel_words < 4 * n_in * n_out * y * x
    assert n_out * y * x <= words.neuron_words < 4 * n_out * y * x


@pytest.mark.parametrize("layers", [MINI_KERNEL_LAYERS, MINI_NEURON_LAYERS])
def test_the_networks_of_specks_own_test_fill_its_five_cores(layers):
    needs = [speck_words(n_in, n_out, (k, k), size, size) for (n_in, n_out, k, size), _ in layers]
    cores = speck_cores(needs, MINI_CORES)
    assert sorted(cores) == [0, 1, 2, 3, 4]
    for need, core in zip(needs, cores, strict=True):
        assert (np.array(need) <= MINI_CORES[core]).all()


def test_three_layers_for_two_cores_leave_one_over_without_blaming_it():
    # tests/test_dynapcnn/test_auto_mapping.py@fc98dd3: [[1, 2], [1, 2], [1, 2]] has no valid
    # mapping.
    cores = speck_cores([LayerWords(40 * KI, KI)] * 3, SPECK_CORES)
    assert sorted(core for core in cores if core is not None) == [5, 6] and cores.count(None) == 1


def test_a_layer_that_needs_much_of_both_memories_fits_no_core_of_speck():
    # sinabs/validate_memory_speck.py@43393c1: over 32 Ki of kernels leave at most 16 Ki of neurons.
    for needs in ((40 * KI, 20 * KI, 0), (1, 1, 1025), (65 * KI, 1, 0)):
        assert speck_cores([LayerWords(*needs)], SPECK_CORES) == (None,)


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=1, max_size=4),
    st.integers(0, 100),
)
def test_as_many_layers_as_possible_are_placed(layers, seed):
    limits = [
        LayerWords(*map(int, row)) for row in np.random.default_rng(seed).integers(1, 6, (3, 2))
    ]
    needs = [LayerWords(*layer) for layer in layers]

    def most(i, free):
        if i == len(needs):
            return 0
        fitting = [
            c
            for c in free
            if needs[i].kernel_words <= limits[c][0] and needs[i].neuron_words <= limits[c][1]
        ]
        return max([most(i + 1, free)] + [1 + most(i + 1, free - {c}) for c in fitting])

    placed = [core for core in speck_cores(needs, limits) if core is not None]
    assert len(placed) == len(set(placed)) == most(0, frozenset(range(3)))


# Xylo: synsense/rockpool

# docs/devices/quick-xylo/xylo-audio-intro.ipynb: 2 inputs, LIF(4), Residual(Linear(4, 4), LIF(4,
# has_rec)), 2 outputs.
XYLO_DEMO = RunCounts(
    n_steps=1,
    synaptic_operations=0,
    scheduled_spikes=0,
    n_inputs=2,
    n_input_targets=4,
    n_hidden=8,
    n_recurrent=4 * 4 + 4 * 4,
    n_output_sources=4,
    n_outputs=2,
    input_activity=1,
    hidden_activity=1,
)
XYLO_ALIASES = 16  # cycles of the demo's four aliases: 8 x (2 + 3 / 2 + 1 + 1 / 2 - 3)


def xylo_cycles(**counts):
    """Clock cycles of one step of the demo, with other counts."""
    return FAMILIES["xylo"].cycles(load_profile("xylo_audio3"), XYLO_DEMO._replace(**counts))


def test_the_network_of_the_vendors_power_tutorial_takes_562_cycles_and_a_clock_of_0_67_mhz():
    # docs/devices/quick-xylo/xylo-audio-power.ipynb@925e2e9, output of cell 10; margin 20 %, dt 1
    # ms.
    cycles = xylo_cycles() + XYLO_ALIASES
    assert cycles == 562
    assert round(cycles * 1.2 / 1e-3 / 1e6, 2) == 0.67


def test_one_recurrent_weight_fewer_saves_seven_cycles():
    # power_cycles_model.py@126ecd0: hidden_update_cycles = 7. Weights are random: rockpool@42cee1c
    # printed 555.
    assert xylo_cycles(n_recurrent=31) + XYLO_ALIASES == 555


def test_a_silent_network_of_xylo_still_updates_its_neurons():
    # power_cycles_model.py@126ecd0: 1 per input, 3 + 19 per hidden and 12 per output neuron at
    # activity 0.
    silent = dict(
        n_input_targets=9, n_recurrent=9, n_output_sources=9, input_activity=0, hidden_activity=0
    )
    assert xylo_cycles(n_inputs=16, n_hidden=100, n_outputs=8, **silent) == 16 + 100 * 22 + 8 * 12


# DYNAP-SE2: synsense/rockpool


def test_a_mask_selects_base_currents_as_rockpool_says():
    # config/weights.py@031242a: 1 -> Iw_0, 8 -> Iw_3, 5 -> Iw_0 + Iw_2; currents of
    # lookup/defaults.py@284103d in nA.
    levels = current_sums(np.array([1, 2, 4, 8]))
    assert (levels[1], levels[8], levels[5]) == (1, 8, 5) and levels.tolist() == list(range(16))
    uneven = current_sums(np.array([0.1, 0.5, 3.0, 7.0]))
    assert uneven[5] == pytest.approx(3.1) and len(uneven) == 16


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=4))
def test_up_to_four_magnitudes_can_always_be_written(magnitudes):
    currents = base_currents(np.array(magnitudes))
    assert currents is not None and len(currents) <= 4
    levels = current_sums(np.array(currents))
    assert all(np.abs(levels - m).min() <= 1e-8 * max(magnitudes) for m in magnitudes)


@given(
    st.lists(st.floats(0.5, 10), min_size=1, max_size=4), st.sets(st.integers(1, 15), min_size=1)
)
def test_what_four_currents_make_four_currents_are_found_to_make(currents, masks):
    levels = current_sums(np.array(currents))
    magnitudes = levels[[mask % levels.size for mask in masks]]
    found = base_currents(magnitudes)
    assert found is not None and len(found) <= len(currents)
    assert all(
        np.abs(current_sums(np.array(found)) - m).min() <= 1e-8 * levels.max() for m in magnitudes
    )


@settings(max_examples=40)
@given(st.sets(st.integers(1, 12), min_size=1, max_size=6), st.integers(1, 2))
def test_small_sets_of_integers_are_decided_as_by_trying_all_currents(magnitudes, n_currents):
    # A matrix of zeros and ones of size 1 or 2 has determinant 1, so integer magnitudes have
    # integer currents.
    possible = any(
        magnitudes <= set(current_sums(np.array(currents)).tolist())
        for currents in product(range(13), repeat=n_currents)
    )
    assert (base_currents(np.array(sorted(magnitudes)), n_currents) is not None) == possible


def test_more_than_15_magnitudes_or_none_at_all_are_decided_at_once():
    assert base_currents(np.arange(17)) is None and base_currents(np.zeros(3)) == ()
    assert base_currents(-np.arange(16) * 0.07) == pytest.approx((0.07, 0.14, 0.28, 0.56))


# BrainScaleS-2: electronicvisions/brainscales2-demos@3022257 ts_13-network_partitioning.rst


def circuits(*rows):
    """Circuits on BrainScaleS-2 of neurons of so many rows of synapses."""
    counts = SimpleNamespace(rows_by_sign={"out": np.array(rows)})
    (need,) = FAMILIES["brainscales2"].needs(load_profile("brainscales2"), counts)
    return need.need


def test_a_signed_source_halves_the_fan_in_of_a_brainscales_circuit_to_128():
    assert [circuits(2 * n) for n in (128, 129)] == [1, 2]
    assert [circuits(n) for n in (256, 257)] == [1, 2] and circuits(256, 257) == 3


# ODIN and ReckOn: ChFrenkel


def odin_addresses(n_positive, n_negative, n_others=0):
    """Addresses that inputs with so many weights of each sign take, and neurons that only
    answer.
    """
    signs = np.stack([n_positive, n_negative], axis=1)
    neurons = np.zeros((n_others, 2), np.int64)
    counts = SimpleNamespace(
        n_channels=len(signs),
        n_neurons=n_others + 1,
        synapses_by_sign=np.concatenate([signs, neurons]),
    )
    return next(iter(FAMILIES["odin"].needs(load_profile("odin"), counts))).need


def test_a_full_odin_crossbar_of_one_sign_takes_its_256_addresses():
    # doc/README.md@1781931 section 4: SPI_SYN_SIGN, one sign for each of the 256 pre-synaptic
    # addresses.
    assert odin_addresses(np.full(256, 256), np.zeros(256)) == 256
    assert odin_addresses(np.full(256, 255), np.ones(256)) == 512
    # ten outputs, in closed loop
    assert odin_addresses(np.ones(246), np.zeros(246), n_others=10) == 256


def odin_cycles(n_spikes, n_steps):
    """Clock cycles of ODIN for so many spikes and steps."""
    family = FAMILIES["odin"]
    run = XYLO_DEMO._replace(
        n_steps=n_steps,
        scheduled_spikes=n_spikes,
        synaptic_operations=family.operations_per_spike * n_spikes,
    )
    return family.cycles(load_profile("odin"), run)


def test_odin_cycles_are_those_of_its_table_of_events():
    # doc/README.md@1781931 section 2.2.1: neuron spike event 1 + 512, all-neurons time reference
    # 512.
    assert (odin_cycles(1, 0), odin_cycles(0, 1), odin_cycles(10, 3)) == (513, 512, 5130 + 1536)


def test_a_crossbar_of_4_bits_takes_odins_32_kb():
    # doc/README.md@1781931 section 3.1: 8192 words of 32 bits hold 256 x 256 synapses of 4 bits.
    bits = FAMILIES["odin"].axon_bits(np.full(256, 256), np.full(256, 256), 4, 1)
    assert bits.sum() == 8192 * 32


# Akida: BrainChip, Akida 1.0 Hardware constraints, akida_examples 2.4.0
# user_guide/1.0_hw_constraints


def akida_broken(*, kernel, stride=1, **counts):
    """What a layer of Akida breaks: (rule, need, limit)."""
    layer = LayerCounts("here", kernel=kernel, stride=(stride, stride), **counts)
    counts = SimpleNamespace(layers=[layer])
    needs = list(FAMILIES["akida"].needs(load_profile("akida_akd1000"), counts))
    assert not any(need.met for need in needs)
    return [(need.what.partition(" of a")[0], need.need, need.limit) for need in needs]


FIRST = dict(is_first=True, is_convolution=True, same_size=True)
LATER = dict(
    is_first=False,
    is_convolution=True,
    channels=64,
    filters=1,
    size=(1, 1),
    weight_bits=4,
)
DENSE = LATER | dict(is_convolution=False, kernel=(1, 1), same_size=True)


@pytest.mark.parametrize(
    ("channels", "kernel", "most"),
    [(1, 3, 512), (1, 5, 192), (1, 7, 96), (3, 3, 192), (3, 5, 64), (3, 7, 32)],
)
def test_the_first_layer_of_akida_has_at_most_the_tables_filters(channels, kernel, most):
    layer = FIRST | dict(
        channels=channels, size=(5, 256), kernel=(kernel, kernel), stride=3, weight_bits=8
    )
    assert akida_broken(filters=most, **layer) == []
    assert akida_broken(filters=most + 1, **layer) == [("filters", most + 1, most)]


def test_the_first_layer_of_akida_is_5_to_256_wide_and_has_one_or_three_channels():
    layer = dict(channels=2, filters=1, size=(4, 257), kernel=(4, 4), stride=4, weight_bits=3)
    broken = akida_broken(**FIRST, **layer)
    assert [(what, need) for what, need, _ in broken] == [
        ("kernel size", "4x4"),
        ("stride", 4),
        ("weight bits", 3),
        ("input width", 257),
        ("input height", 4),
        ("input channels", 2),
    ]


def test_later_convolutions_of_akida_keep_their_size_and_have_at_most_4_bits():
    assert akida_broken(kernel=(1, 1), same_size=True, **LATER) == []
    wide = akida_broken(kernel=(1, 1), same_size=True, **(LATER | dict(weight_bits=8)))
    assert wide == [("weight bits", 8, "1, 2 or 4")]
    valid = akida_broken(kernel=(5, 5), stride=2, same_size=False, **LATER)
    assert [what for what, *_ in valid] == ["kernel size at stride 2", "padding"]


def test_a_dense_layer_of_akida_has_at_most_57334_inputs():
    assert akida_broken(**(DENSE | dict(channels=57334))) == []
    assert akida_broken(**(DENSE | dict(channels=57335, weight_bits=8))) == [
        ("dense inputs", 57335, 57334),
        ("weight bits", 8, "1, 2 or 4"),
    ]


def test_the_mnist_network_of_the_tutorial_takes_seven_and_two_circuits():
    # brainscales2-demos@3022257 ts_13-network_partitioning.rst: 784 signed inputs, then 256 hidden
    # neurons
    assert [circuits(2 * n) for n in (784, 256)] == [7, 2]


def test_a_neuron_of_dynap_se2_reaches_three_chips_while_it_is_listened_to():
    # rockpool@062e1f4 hardware/config/allocator.py; NUM_DEST = 4
    chip = load_profile("dynap_se2")
    for n_chips, is_met in ((3, True), (4, False)):
        counts = SimpleNamespace(chips_reached=lambda _, n=n_chips: (n, "out"), magnitudes=[])
        (need,) = FAMILIES["dynap_se2"].needs(chip, counts)
        assert need.need == n_chips + 1 and need.limit == 4 and need.met is is_met
