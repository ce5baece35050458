"""Speck: whole layers, each on one of a few unequal cores."""

from collections.abc import Iterator, Sequence

import numpy as np

from spikefit_nb.hardware.chip import Chip
from spikefit_nb.hardware.family import Counts, Family, LayerWords, Need, counted

CORE_MEMORIES = ("kernel_memory_per_core", "neuron_memory_per_core")


def speck_layer_words(
    kernels: Sequence[tuple[int, int, int, int]], shape: tuple[int, int, int], has_bias: bool
) -> LayerWords:
    """Words as the vendor's tool counts them: addresses are joined from bit fields, so sizes count
    as powers of two; neurons before any pooling.
    """
    # Source: synsense/sinabs@13ad316 docs/speck/overview.md, Memory Constraints and Network Sizing;
    # @16164d9 sinabs/backend/dynapcnn/dynapcnn_layer.py (memory_summary, _convert_linear_to_conv)
    # and @43393c1 sinabs/validate_memory_speck.py for the rounded count of neurons.
    n_weights = sum(
        n_in * _power_of_two(y * x) * _power_of_two(n_out) for n_in, n_out, y, x in kernels
    )
    n_maps, y, x = shape
    n_states = n_maps * _power_of_two(y) * _power_of_two(x)
    return LayerWords(n_weights, n_states, n_maps if has_bias else 0)


def _power_of_two(n: int) -> int:
    """The smallest power of two that is at least ``n``."""
    return 1 << (n - 1).bit_length()


def speck_assign(
    needs: Sequence[LayerWords], limits: Sequence[LayerWords]
) -> tuple[int | None, ...]:
    """A core of its own for each layer, for as many layers as possible: the cores that the vendor's
    tool chooses.
    """
    # Source: one layer a core, any order, by shortest augmenting paths: synsense/sinabs@039e0e3
    # sinabs/backend/dynapcnn/mapping.py (Edmonds and Karp 1972, J. ACM 19:248-264).
    fits = np.all(np.array(needs)[:, None] <= np.array(limits), axis=2)
    core_of: list[int | None] = [None] * len(needs)
    while path := _shortest_path(fits, core_of):
        for layer, core in path:
            core_of[layer] = core
    return tuple(core_of)


def _shortest_path(fits: np.ndarray, core_of: Sequence[int | None]) -> list[tuple[int, int]]:
    """Moves that give one layer more a core, as few as will do; none where there are none."""
    waiting = [layer for layer, core in enumerate(core_of) if core is None]
    moves = {layer: list[tuple[int, int]]() for layer in waiting}  # that free a layer of its core
    reached: dict[int, list[tuple[int, int]]] = {}
    while waiting:
        found = []
        for layer in waiting:
            for core in np.flatnonzero(fits[layer]).tolist():
                if core not in reached:
                    reached[core] = [*moves[layer], (layer, core)]
                    found.append(core)
        waiting = []
        for core in found:
            if core not in core_of:
                return reached[core]
            holder = core_of.index(core)
            moves[holder] = reached[core]
            waiting.append(holder)
    return []


def speck_needs(chip: Chip, counts: Counts) -> Iterator[Need]:
    """Words of each layer beside the largest core, then whether all that would fit one find a core
    at once.
    """
    if not all(chip.has(figure) for figure in ("cores", *CORE_MEMORIES)):
        return
    kernels, neurons = map(chip.value, CORE_MEMORIES)
    n_layers, n_too_large = len(counts.layer_words), 0
    for where, layer in counts.layer_words.items():
        able = [n for n, words in zip(neurons, kernels, strict=True) if words >= layer.kernel_words]
        most = max(able, default=max(neurons))
        words = [
            ("words for a layer's weights", layer.kernel_words, "kernel_memory_per_core", None),
            ("words for a layer's neurons", layer.neuron_words, "neuron_memory_per_core", most),
            ("words for a layer's biases", layer.biases, "bias_memory_per_core", None),
        ]
        needs = [
            counted(what, need, where, figure, chip, limit=limit)
            for what, need, figure, limit in words
            if chip.has(figure)
        ]
        n_too_large += not all(need.met for need in needs)
        yield from needs
    left_over = int(np.sum(counts.places >= len(kernels))) - n_too_large
    if left_over and n_layers <= chip.value("cores"):
        what = "layers with a core of their own"
        most = n_layers - left_over
        yield counted(what, n_layers, "the chip", "kernel_memory_per_core", chip, limit=most)


FAMILY = Family(
    several_chips=False,
    whole_layers=True,
    layer_words=speck_layer_words,
    assign=speck_assign,
    needs=speck_needs,
    figures=(*CORE_MEMORIES, "bias_memory_per_core"),
    arithmetics=("speck",),
    is_live=True,
    leads_with=("power_w",),
)
