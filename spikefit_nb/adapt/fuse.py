"""Add up what lies side by side: one projection for several with the same ends and the same
delay.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import DTypeLike

from spikefit_nb.adapt.adapted import Adapted
from spikefit_nb.adapt.scales import largest_integer
from spikefit_nb.errors import guarded
from spikefit_nb.network import Network, Projection, Weight, add_weights


@guarded
def fuse(network: Network) -> Adapted:
    """Add parallel projections up into one, ``W = W1 + W2``, and drop those without any synapse.

    Parallel are projections with the same source, target and delay: each spike then needs one
    synapse where it needed one in each. Matrices are added to matrices, convolutions to
    convolutions of the same geometry; a dense and a sparse matrix give whichever is cheaper to
    store. Integers are added if their scales and bits are equal and no sum takes more bits than
    that. What cannot be added stays, and the notes say why.

    Sums of integers, and of floats that are whole numbers of one unit, are exact, so that the
    spikes stay the same. Of other float weights the last bit of a sum may differ, as they are now
    added before the spikes arrive.

    A population that had projections without synapses only goes on working by its bias, without
    any; ``write_nir`` refuses such a one, so write the file before.

    Parameters
    ----------
    network : Network

    Returns
    -------
    Adapted
        With the very same network where there is nothing to fuse.

    Examples
    --------
    >>> from spikefit_nb.network import IF, Input, Population
    >>> skip, block = (Projection("in", "out", weight) for weight in (np.eye(2), np.ones((2, 2))))
    >>> layers = [Population("in", (2,), Input()), Population("out", (2,), IF(1.0))]
    >>> network = Network(layers, [block, skip])
    >>> fuse(network)
    Adapted(2 parallel projections added into 1: 4 of 6 synapses left, weights 0.0 % off)
    >>> fuse(network).network.projections[0].values
    array([2., 1., 1., 2.])
    """
    made, notes = _added_up(network.projections)
    kept = [e for e in made if e.n_synapses]
    done = []
    if len(made) < len(network.projections):
        n_sums = len(set(made) - set(network.projections))
        n_added = len(network.projections) - len(made) + n_sums
        done.append(f"{n_added} parallel projections added into {n_sums}")
    if n_dropped := len(made) - len(kept):
        done.append(f"{n_dropped} projection{'s' * (n_dropped > 1)} without synapses dropped")
    notes += _left_without(made, kept)
    after = network.replace(projections=kept) if done else network
    return Adapted(", ".join(done) or "nothing to fuse", network, after, tuple(notes))


def _added_up(projections: tuple[Projection, ...]) -> tuple[list[Projection], list[str]]:
    """The projections with parallel ones added to the first that takes them, and what there is to
    say of it.
    """
    made: list[Projection] = []
    notes: list[str] = []
    for e in projections:
        where, whys = f"{e.source} -> {e.target}", list[str]()
        for at, first in enumerate(made):
            if (first.source, first.target, first.delay_steps) != (
                e.source,
                e.target,
                e.delay_steps,
            ):
                continue
            why = _why_apart(first, e)
            if not why:
                made[at] = replace(first, weight=_sum(first, e))
                notes += (
                    []
                    if e.scale is not None
                    else [f"{where}: the last bit of a sum of float weights may differ"]
                )
                break
            whys.append(why)
        else:
            made.append(e)
            notes += [f"{where}: parallel projections stay apart, as {why}" for why in whys]
    return made, list(dict.fromkeys(notes))


def _why_apart(first: Projection, second: Projection) -> str:
    """Why two parallel projections cannot be one, in words; empty where they can."""
    is_kernel = [e.kind == "convolution" for e in (first, second)]
    if is_kernel[0] != is_kernel[1]:
        return "a convolution would have to be written out to be added to a matrix"
    if is_kernel[0] and first.weight.layout != second.weight.layout:
        return "their convolutions differ in geometry"
    if (first.scale is None) != (second.scale is None):
        return "one has integers and the other has not"
    if first.weight_bits != second.weight_bits:
        return "their weights differ in bits"
    if first.scale is None:
        return (
            ""
            if first.weight_bits is None
            else "floats of a given width may need more bits for a sum"
        )
    if not np.array_equal(
        *(np.broadcast_to(np.asarray(e.scale), first.shape[1]) for e in (first, second))
    ):
        return "their scales differ"
    held = np.iinfo(_dtype(first.values, second.values))
    limit = held.max if first.weight_bits is None else largest_integer(first.weight_bits)
    low, high = max(int(held.min), -limit), min(int(held.max), limit)
    total = _sum(first, second, np.int64).values
    if total.min(initial=0) < low or total.max(initial=0) > high:
        return f"a sum of weights would be outside {low:,} to {high:,}"
    return ""


def _dtype(a: np.ndarray, b: np.ndarray) -> np.dtype:
    """What holds the sum of two arrays of weights."""
    if a.dtype.kind in "iu":
        both = np.result_type(a, b)
        return both if both.kind in "iu" else np.dtype(np.int64)
    return np.result_type(a, b, np.float32)  # booleans too: as such, one and one would be one


def _sum(first: Projection, second: Projection, dtype: DTypeLike | None = None) -> Weight:
    dtype = _dtype(first.values, second.values) if dtype is None else dtype
    a, b = (e.weight.with_values(e.values.astype(dtype)) for e in (first, second))
    return add_weights(a, b)


def _left_without(made: list[Projection], kept: list[Projection]) -> list[str]:
    """What dropping leaves without a projection."""
    targets, sources = {e.target for e in kept}, {e.source for e in kept}
    silent = dict.fromkeys(e.target for e in made if e.target not in targets)
    unheard = dict.fromkeys(e.source for e in made if e.source not in sources)
    alone = (
        "receives nothing, as before, and works by its bias alone; a NIR file asks for a "
        "projection, even of zeros"
    )
    return [f"{name}: {alone}" for name in silent] + [
        f"{name}: sends to no population, as before" for name in unheard
    ]
