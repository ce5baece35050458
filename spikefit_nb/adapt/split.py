"""Cut a layer into several that do the same together, each small enough for a core that takes
layers whole.
"""

from dataclasses import replace
from typing import Literal, NamedTuple

import numpy as np

from spikefit_nb.adapt.adapted import Adapted
from spikefit_nb.adapt.design import expect_whole
from spikefit_nb.adapt.prune_neurons import boxes, part_of, units_of
from spikefit_nb.errors import DesignProblem, guarded, is_one_of
from spikefit_nb.hardware import FAMILIES, HardwareProfile
from spikefit_nb.mapping import layer_words
from spikefit_nb.network import Network, Population, Projection

By = Literal["output", "space"]


class Part(NamedTuple):
    """Some neurons of a population that is cut."""

    name: str
    index: np.ndarray  # type: ignore[assignment]  # (n,) int64
    shape: tuple[int, ...]
    channels: slice | None  # the channels that they are, where they are whole ones


@guarded
def split(network: Network, population: str, n_parts: int, *, by: By = "output") -> Adapted:
    """Cut a population into parts, with all synapses and parameters of each neuron: the spikes stay
    the same.

    By output, each part has consecutive neurons, or consecutive channels where it has some or
    convolutions see some: a convolution stays one, with fewer outputs, and every part reads the
    whole input. By space, each part has some rows of all channels and reads only the rows of the
    input that it needs: no convolution of a whole input says that, so its synapses are written out,
    which costs weights on chips that store a kernel once and spares axons on all.

    What several parts send to one population is added up part by part. Sums of integers, which
    chips take, are exact in any order; of float32 weights the last bit may differ.

    Parameters
    ----------
    network : Network
    population : str, which is neither an input nor the output
    n_parts : int, 2 or more
    by : "output" or "space"

    Returns
    -------
    Adapted
        Parts are named "hidden/1" and so on, and differ by one neuron, channel or row at most.

    Raises
    ------
    DesignProblem
        The population cannot be cut, or not into so many parts.

    Examples
    --------
    >>> from spikefit_nb.network import IF, Input
    >>> network = Network([Population("in", (2,), Input()), Population("a", (5,), IF(1.0)),
    ...                    Population("b", (1,), IF(1.0))],
    ...                   [Projection("in", "a", np.ones((2, 5))),
    ...                    Projection("a", "b", np.ones((5, 1)))])
    >>> [p.shape for p in split(network, "a", 2).network.populations]
    [(2,), (3,), (2,), (1,)]
    """
    whole = network[population]
    if whole.is_input:
        raise DesignProblem(
            f"{population!r} is an input: the data set drives it as one. Split a population of "
            "neurons."
        )
    if population == network.output:
        raise DesignProblem(
            f"{population!r} is the output: it answers as one population. Split the layers before "
            "it."
        )
    parts = _parts(network, whole, n_parts, by)
    cut = [part_of(whole, part.index, part.name, part.shape) for part in parts]
    at = network.populations.index(whole)
    populations = [*network.populations[:at], *cut, *network.populations[at + 1 :]]
    projections = [piece for e in network.projections for piece in _pieces(e, population, parts)]
    after = network.replace(populations=populations, projections=projections)
    change = f"{population} split into {n_parts} by {'output' if by == 'output' else 'space'}"
    return Adapted(change, network, after, _notes(network, after, population, parts))


def _parts(network: Network, whole: Population, n_parts: int, by: By) -> list[Part]:
    if not is_one_of(by, ("output", "space")):
        raise DesignProblem(f'by is {by!r}; it must be "output" or "space".')
    expect_whole(n_parts, "n_parts", 1)
    shape = _shape_cut(network, whole, by)
    has_map, axis = len(shape) > 1, 1 if by == "space" else 0
    what = ("channels", "rows")[axis] if has_map else "neurons"
    if not 2 <= n_parts <= shape[axis]:
        other = (
            f'; try by="{("space", "output")[axis]}"'
            if len(shape) == 3 and n_parts > shape[axis]
            else ""
        )
        raise DesignProblem(
            f"n_parts is {n_parts}; {whole.name!r} has {shape[axis]} {what}, so that 2 to "
            f"{shape[axis]} is possible"
            f"{other}."
        )
    every = np.arange(whole.n_neurons).reshape(shape)
    cut = np.array_split(every, n_parts, axis=axis)
    firsts = np.cumsum([0] + [part.shape[axis] for part in cut])
    keeps_map = axis == 1 or shape == whole.shape
    return [
        Part(
            f"{whole.name}/{k + 1}",
            part.ravel(),
            part.shape if keeps_map else (part.size,),
            slice(firsts[k], firsts[k + 1]) if axis == 0 else None,
        )
        for k, part in enumerate(cut)
    ]


def _shape_cut(network: Network, whole: Population, by: By) -> tuple[int, ...]:
    """The population as it is cut: a map where it is one or convolutions see one, else a row."""
    seen = {box for e in network.projections for box in boxes(e, whole.name)}
    if by == "output" and seen:
        n_channels = int(units_of(network, whole.name)[-1]) + 1
        is_that_map = len(whole.shape) == 3 and whole.shape[0] == n_channels
        return whole.shape if is_that_map else (n_channels, whole.n_neurons // n_channels)
    if len(whole.shape) == 3:
        return whole.shape
    if by == "space" and len(seen) != 1:
        raise DesignProblem(
            f'{whole.name!r} has shape {whole.shape}, no rows of channels: split it by="output".'
        )
    return seen.pop() if seen else (whole.n_neurons,)


def _pieces(e: Projection, name: str, parts: list[Part]) -> list[Projection]:
    """What becomes of a projection: the same, one for each part, or one for each pair of parts."""
    pieces = [e]
    if e.target == name:
        pieces = [
            replace(piece.take(targets=part.index), target=part.name)
            for piece in pieces
            for part in parts
        ]
    if e.source == name:
        pieces = [
            replace(piece.take(sources=part.index), source=part.name)
            for piece in pieces
            for part in parts
        ]
    return pieces


def _notes(before: Network, after: Network, name: str, parts: list[Part]) -> tuple[str, ...]:
    notes, names = [], {part.name for part in parts}
    for e in before.projections:
        if e.target == name:
            read = [
                _n_read(piece)
                for piece in after.projections
                if piece.source == e.source != name and piece.target in names
            ]
            if len(read) == len(parts):
                notes.append(
                    f"of the {e.shape[0]:,} neurons of {e.source}, parts read {min(read):,} to "
                    f"{max(read):,}; "
                    f"{_n_read(e):,} were read before"
                )
        if not any(boxes(e, name)):
            continue
        where = f"{e.source} -> {e.target}"
        if parts[0].channels is None:
            notes.append(
                f"{where}: a kernel of {e.values.size:,} weights is now {e.n_synapses:,} "
                "written-out synapses"
            )
        elif e.weight.column_shape[0] > 1:
            notes.append(
                f"{where}: its groups are joined, with zeros in the kernels where a channel is not "
                "read"
            )
    if any(e.source == name for e in before.projections):
        notes.append(
            "what parts send to one population is added up part by part: exact in a chip's integers"
        )
    return tuple(notes)


def _n_read(e: Projection) -> int:
    return int(np.count_nonzero(e.out_degree()))


@guarded
def split_large_layers(network: Network, profile: HardwareProfile) -> Adapted:
    """Split each layer that no core can hold, by output, on a chip that takes layers whole (Speck).

    Each goes into the fewest parts of which every one fits some core. What cannot be cured so is
    said in the notes: the output, a layer that stays too large, more parts than a layer may send
    to, more layers than cores.

    Parameters
    ----------
    network : Network
    profile : HardwareProfile

    Returns
    -------
    Adapted

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.network import IF, Input
    >>> network = Network([Population("in", (512,), Input()), Population("a", (256,), IF(1.0)),
    ...                    Population("b", (10,), IF(1.0))],
    ...                   [Projection("in", "a", np.ones((512, 256))),
    ...                    Projection("a", "b", np.ones((256, 10)))])
    >>> split_large_layers(network, load_profile("speck"))
    Adapted(a split into 2 by output: 133,632 of 133,632 synapses left)
    """
    figures = ("kernel_memory_per_core", "neuron_memory_per_core")
    whole_layers = FAMILIES[profile.family].whole_layers
    if not whole_layers or not all(profile.has(figure) for figure in figures):
        note = f"{profile.title} takes layers in pieces, which mapping cuts"
        return Adapted("no layer split", network, network, (note,))
    after, notes, done = network, list[str](), list[str]()
    for population in network.neuron_populations:
        if _fits(after, [population.name], profile):
            continue
        why = (
            "it answers as one"
            if population.name == network.output
            else _why_whole(after, population)
        )
        cut = None if why else _cut_to_fit(after, population, profile)
        if cut is None:
            why = why or "not even a single channel would fit"
            notes.append(f"{population.name} is too large for every core and stays whole: {why}")
            continue
        after, notes, done = cut.network, [*notes, *cut.notes], [*done, cut.change]
    return Adapted(
        "; ".join(done) or "no layer split", network, after, (*notes, *_left_over(after, profile))
    )


def _fits(network: Network, names: list[str], profile: HardwareProfile) -> bool:
    """Whether each of these populations fits some core."""
    cores = list(
        zip(
            profile.value("kernel_memory_per_core"),
            profile.value("neuron_memory_per_core"),
            strict=True,
        )
    )
    populations, words = network.neuron_populations, layer_words(network, profile)
    needs = {p.name: w for p, w in zip(populations, words, strict=True)}
    return all(
        any(needs[n].kernel_words <= k and needs[n].neuron_words <= m for k, m in cores)
        for n in names
    )


def _why_whole(network: Network, population: Population) -> str:
    """Why a population cannot be cut, in words, if so."""
    try:
        units_of(network, population.name)
    except DesignProblem as problem:
        return str(problem)
    return ""


def _cut_to_fit(
    network: Network, population: Population, profile: HardwareProfile
) -> Adapted | None:
    """The population in the fewest parts of which each fits some core; None where not even the
    smallest do.
    """
    n_most = _shape_cut(network, population, "output")[0]
    sizes = sorted({-(-n_most // n_parts) for n_parts in range(2, n_most + 1)}, reverse=True)
    for size in sizes:
        cut = split(network, population.name, -(-n_most // size))
        if _fits(
            cut.network,
            [p.name for p in cut.network.neuron_populations if p.name not in network.reach],
            profile,
        ):
            return cut
    return None


def _left_over(network: Network, profile: HardwareProfile) -> list[str]:
    """What splitting has brought over another limit."""
    notes = []
    if profile.has("target_layers"):
        most = int(profile.value("target_layers"))
        for p in network.neuron_populations:
            n_targets = sum(e.source == p.name for e in network.projections)
            if n_targets > most:
                notes.append(
                    f"{p.name} sends to {n_targets} layers; the chip lets it send to {most}"
                )
    if profile.has("cores") and len(network.neuron_populations) > profile.value("cores"):
        notes.append(f"{len(network.neuron_populations)} layers for {profile.value('cores')} cores")
    return notes
