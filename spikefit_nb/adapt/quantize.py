"""Round weights to integers of a few bits."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from spikefit_nb.adapt.activity import Activity, Moments, groups_into
from spikefit_nb.adapt.adapted import Adapted
from spikefit_nb.adapt.design import expect_whole
from spikefit_nb.adapt.layer_weights import (
    as_matrix,
    compensated,
    from_matrix,
    of_each_weight,
    places_shared,
    potential_change,
    stacked,
)
from spikefit_nb.adapt.scales import (
    CLIPS,
    Weights,
    best_scales,
    best_shifts,
    few_scales,
    shifted,
    whole,
)
from spikefit_nb.errors import DesignProblem, UnknownName, guarded
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.network import Network, Population, Projection, setting_in_words, settings_given
from spikefit_nb.simulate import ARITHMETICS
from spikefit_nb.units import text

SCOPES = ("projection", "population", "neuron")
KEPT = 0.25  # of the weights of a projection: with fewer left, that is said
FACTORS_TRIED = (1.0, 1.2, 1.45)  # of the scale by which each weight alone is rounded best


@guarded
def quantize(
    network: Network,
    weight_bits: int | Mapping[str, int | None],
    *,
    scope: str = "projection",
    clip: str = "error",
    activity: Activity | None = None,
    compensate: bool = True,
    correct_bias: bool = False,
    power_of_two: bool = False,
    n_scales: int | None = None,
) -> Adapted:
    """Round weights to signed integers, each group of them with one scale.

    ``integer = clip(round(w / scale), -L, L)`` with ``L = 2**(bits - 1) - 1``. Two bits give -1, 0
    and 1; one bit gives -1 and 1, and zero only where there is no synapse. Integers that take no
    more bits stay.

    A calibration set says which errors matter. With it the scale is the one that changes potentials
    least, where ``clip="error"``, and the error that rounding a weight makes is made good by
    weights not yet rounded, over all that reaches a population at once
    (``layer_weights.compensated``); a scale is then tried with three factors. What is left of a
    steady change in a neuron's input goes to its bias,
    ``bias += sum(mean spikes * (w - scale * integer))``.

    Parameters
    ----------
    network : Network
    weight_bits : int, 1 to 16, or a mapping of population to that of the weights into it, all
        others staying as they are
    scope : what shares a scale: "projection"; "population", all that leads into one; "neuron", all
        that leads into one neuron, or into one channel where a convolution does
    clip : "error" (of 64 scales up to ``max|w| / L`` the one with the least squared error),
        "percentile" (1 % of the weights are clipped) or "largest" (none is)
    activity : Activity, optional, of this network or one of the same shape on calibration data
    compensate : bool, whether errors are made good by other weights; only with an activity
    correct_bias : bool, whether steady changes go to biases; only with an activity, and for chips
        that have biases
    power_of_two : bool, whether projections that share scales may each have them times a power of
        two of its own, as chips can that shift the sum of each projection
    n_scales : int, optional, at most so many different scales in a population, but for those powers

    Returns
    -------
    Adapted, with int8 or int16 weights and float32 scales

    Raises
    ------
    DesignProblem
        The number of bits or scales is outside its range, weights are integers of more bits
        already, or an activity is missing or of another network.
    UnknownName
        There is no such scope, way to clip or population.

    References
    ----------
    Nagel et al. 2019, ICCV, "Data-free quantization through weight equalization and bias
    correction".

    Examples
    --------
    >>> from spikefit_nb.network import IF, Input
    >>> network = Network([Population("in", (2,), Input()), Population("out", (1,), IF(1.0))],
    ...                   [Projection("in", "out", np.array([[1.0], [-0.3]]))])
    >>> quantize(network, 2).network.projections[0].values
    array([1, 0], dtype=int8)
    """
    bits_of = settings_given(network, weight_bits)
    _check(network, bits_of, scope, clip, n_scales)
    if activity is None and correct_bias:
        raise DesignProblem(
            "correct_bias needs to know what sources send: give it activity=Activity(network, "
            "dataset)"
        )
    if power_of_two and scope == "projection":
        raise DesignProblem(
            "Projections have scales of their own already: power_of_two is for another scope."
        )
    made: dict[Projection, Projection] = {}
    populations: list[Population] = []
    notes: list[str] = []
    for population in network.populations:
        if population.name not in bits_of:
            populations.append(population)
            continue
        group = _Group(
            population, network, activity if compensate or correct_bias or clip == "error" else None
        )
        rounded, told = group.rounded(
            _Options(
                bits_of[population.name], scope, clip, compensate, power_of_two, n_scales=n_scales
            )
        )
        made.update(rounded)
        notes += told
        populations.append(group.corrected(made) if correct_bias else population)
    projections = [made.get(e, e) for e in network.projections]
    after = network.replace(populations=populations, projections=projections)
    notes += _lost(network.projections, projections)
    clipped = {"error": "least error", "percentile": "1 % clipped", "largest": "none clipped"}[clip]
    change = f"weights rounded to {_bits_in_words(weight_bits)}, a scale a {scope}, {clipped}"
    change += ", errors made good by other weights" if activity is not None and compensate else ""
    change += ", biases corrected" if correct_bias else ""
    return Adapted(change, network, after, tuple(notes))


def _bits_in_words(weight_bits: int | Mapping[str, int | None]) -> str:
    return f"{setting_in_words(weight_bits)} bit{'s' * (weight_bits != 1)}"


class ChipScales(NamedTuple):
    """Which weights a chip lets have a scale of their own; ``quantize(...,
    **chip_scales(profile)._asdict())``.
    """

    scope: str
    power_of_two: bool = False
    n_scales: int | None = None


@guarded
def chip_scales(profile: HardwareProfile) -> ChipScales:
    """The finest scales that a chip takes without rounding weights again.

    A scale a neuron is folded into that neuron's threshold: for chips that have thresholds a
    neuron, and so many of them where a core holds only so many different ones. All else gets one
    scale a population, which suits any chip.

    Parameters
    ----------
    profile : HardwareProfile

    Returns
    -------
    ChipScales

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> chip_scales(load_profile("loihi1"))
    ChipScales(scope='neuron', power_of_two=False, n_scales=16)
    >>> chip_scales(load_profile("speck"))
    ChipScales(scope='population', power_of_two=False, n_scales=None)
    """
    if not ARITHMETICS[profile.arithmetic].scales_per_neuron:
        return ChipScales("population")
    few = profile.has("threshold_configurations")
    n_scales = int(profile.value("threshold_configurations")) if few else None
    return ChipScales("neuron", n_scales=n_scales)


def quantized(projection: Projection, weight_bits: int) -> Projection:
    """Round the weights of one projection, as ``quantize`` does by default."""
    sizes = np.abs(projection.values.astype(np.float64))
    alone = Weights(sizes, np.zeros(sizes.size, np.int64), None, 1)
    return _rounded(projection, weight_bits, best_scales(alone, weight_bits, "error")[0])


class _Options(NamedTuple):
    """How to round."""

    bits: int
    scope: str
    clip: str
    compensate: bool
    power_of_two: bool
    n_scales: int | None


class _Scales(NamedTuple):
    """Scales of units of weights, and how they become those of projections."""

    weights: Weights  # in steps of 2**shift
    scales: np.ndarray  # (n_units,) float64
    members: tuple[Projection, ...]
    shifts: np.ndarray  # (n_members,) int64
    places: int

    def of(self, scope: str) -> dict[Projection, np.ndarray | float]:
        """For each projection one number, or (n_target,)."""
        if scope == "neuron":
            each = np.repeat(self.scales, self.places)
            return {
                e: each * 2.0**shift for e, shift in zip(self.members, self.shifts, strict=True)
            }
        n = self.scales.size
        return {
            e: float(self.scales[k % n] * 2.0 ** self.shifts[k]) for k, e in enumerate(self.members)
        }


class _Group:
    """All that leads into a population: which weights share a scale, and how much each matters."""

    def __init__(self, population: Population, network: Network, activity: Activity | None) -> None:
        self.population = population
        groups = groups_into(network, population.name, activity)
        self.parts = [group for group, _ in groups]
        self.moments = [moments for _, moments in groups]

    def rounded(self, options: _Options) -> tuple[dict[Projection, Projection], tuple[str, ...]]:
        """The projections with integer weights, and notes."""
        whole_numbers = [e for part in self.parts for e in part if e.scale is not None]
        made = {e: e for e in whole_numbers}
        members = tuple(e for part in self.parts for e in part if e.scale is None)
        if not members:
            return made, ()
        chosen = self._scales(members, options)
        obstacle = self._obstacle(bool(whole_numbers)) if options.compensate else None
        makes_good = options.compensate and self.moments[0] is not None and obstacle is None
        if makes_good and options.clip == "error" and len(self.parts) == 1:
            chosen = self._tuned(chosen, options)
        if options.n_scales is not None:
            few = few_scales(chosen.weights, chosen.scales, options.bits, options.n_scales)
            chosen = chosen._replace(scales=few)
        scales = chosen.of(options.scope)
        for part, moments in zip(self.parts, self.moments, strict=True):
            if makes_good:
                made.update(
                    zip(part, _compensated(part, scales, options.bits, moments)[0], strict=True)
                )
            else:
                made.update((e, _rounded(e, options.bits, scales[e])) for e in part if e in scales)
        return made, (obstacle,) if obstacle else ()

    def _obstacle(self, has_integers: bool) -> str | None:
        """Why errors cannot be made good by other weights."""
        name = self.population.name
        if any(m is not None and m.second is None for m in self.moments):
            return f"Too many sources reach {name!r} for errors of one to be made good by others."
        if has_integers and self.moments[0] is not None:
            return (
                f"Some weights into {name!r} are integers already: errors are not made good by "
                "others."
            )
        return None

    def _scales(self, members: tuple[Projection, ...], options: _Options) -> _Scales:
        """The scales by which each weight alone is rounded best."""
        bits, scope, clip, _, power_of_two, _ = options
        n_neurons = self.population.n_neurons
        places = places_shared([e for part in self.parts for e in part])
        n_units = {"projection": len(members), "population": 1, "neuron": n_neurons // places}[
            scope
        ]
        member = np.repeat(np.arange(len(members)), [e.values.size for e in members])
        unit = member if scope == "projection" else np.zeros_like(member)
        if scope == "neuron":
            unit = np.concatenate(
                [e.weight.at_targets(np.arange(n_neurons) // places) for e in members]
            )
        sizes = np.concatenate([np.abs(e.values.astype(np.float64)) for e in members])
        known: dict[Projection, np.ndarray] = {}
        for part, moments in zip(self.parts, self.moments, strict=True):
            if moments is not None:
                known.update(zip(part, of_each_weight(part, moments.importance), strict=True))
        importance = np.concatenate([known[e] for e in members]) if known else None
        weights = Weights(sizes, unit, importance, n_units)
        shifts = (
            best_shifts(weights, member, len(members), bits, clip)
            if power_of_two
            else np.zeros(len(members), np.int64)
        )
        weights = shifted(weights, shifts[member])
        return _Scales(weights, best_scales(weights, bits, clip), members, shifts, places)

    def _tuned(self, chosen: _Scales, options: _Options) -> _Scales:
        """The scales times the factors that change potentials least once errors are made good."""
        least, best = np.full(chosen.scales.size, np.inf), chosen.scales
        for factor in FACTORS_TRIED:
            tried = chosen._replace(scales=chosen.scales * factor)
            errors = _compensated(
                self.parts[0], tried.of(options.scope), options.bits, self.moments[0]
            )[1]
            by_unit = (
                errors.reshape(chosen.scales.size, -1).sum(axis=1)
                if options.scope == "neuron"
                else errors.sum()
            )
            best = np.where(by_unit < least, tried.scales, best)
            least = np.minimum(by_unit, least)
        return chosen._replace(scales=best)

    def corrected(self, made: dict[Projection, Projection]) -> Population:
        """The population, its biases making good what its input lost in the mean."""
        neuron, n_neurons = self.population.neuron, self.population.n_neurons
        if not self.parts or "bias" not in neuron.parameters:
            return self.population
        bias = self.population.parameter("bias").copy()
        for part, moments in zip(self.parts, self.moments, strict=True):
            lost = as_matrix(part) - as_matrix([made[e] for e in part])
            sent = moments.sent  # type: ignore[union-attr]
            by_column = np.einsum("gn,gnm->gm", sent, lost).ravel()
            bias += np.repeat(by_column, n_neurons // by_column.size)
        return replace(
            self.population, neuron=replace(neuron, bias=bias.reshape(self.population.shape))
        )


def _lost(before: Sequence[Projection], after: Sequence[Projection]) -> Iterator[str]:
    """Say where rounding left few of the weights: the largest decide what the others are worth."""
    for one, other in zip(before, after, strict=True):
        if other.n_synapses < KEPT * one.n_synapses:
            yield (
                f"{text(one.n_synapses - other.n_synapses)} of {text(one.n_synapses)} weights "
                f"from {one.source!r} to {one.target!r} are rounded to 0, since the largest sets "
                "their scale: clip it, or train with rounded weights"
            )


def _rounded(projection: Projection, weight_bits: int, scale: np.ndarray | float) -> Projection:
    each = projection.weight.at_targets(scale) if isinstance(scale, np.ndarray) else scale
    integers = whole(projection.values.astype(np.float64) / each, weight_bits)
    return _stored(projection, integers, weight_bits, scale)


def _stored(
    projection: Projection, integers: np.ndarray, bits: int, scale: np.ndarray | float
) -> Projection:
    values = integers.astype(np.int8 if bits <= 8 else np.int16)
    weight = projection.weight.with_values(values)
    single = np.asarray(scale, np.float32)[()]
    return replace(projection, weight=weight, scale=single, weight_bits=bits)


def _compensated(
    before: tuple[Projection, ...],
    scales: dict[Projection, np.ndarray | float],
    bits: int,
    moments: Moments,
) -> tuple[list[Projection], np.ndarray]:
    """Rounded with these scales, errors made good by other weights; and what that changes,
    (n_columns,).
    """
    weights = as_matrix(before)
    # as they are stored
    worth = [np.broadcast_to(np.asarray(scales[e], np.float32), e.shape[1]) for e in before]
    each = [e.weight.at_targets(of_one) for e, of_one in zip(before, worth, strict=True)]
    steps = stacked(before, each).astype(np.float64)
    steps[steps == 0] = 1.0  # of what a sparse projection does not store
    integers, errors = np.empty_like(weights), []
    for group, (w, step, second) in enumerate(zip(weights, steps, moments.second, strict=True)):

        def nearest(source: int, row: np.ndarray, step: np.ndarray = step) -> np.ndarray:
            return whole(row / step[source], bits) * step[source]

        found = compensated(w, second, nearest)
        integers[group] = np.rint(found / step)
        errors.append(potential_change(w, found, second))
    made = zip(before, from_matrix(before, integers), strict=True)
    return [_stored(w, w.values, bits, scales[e]) for e, w in made], np.concatenate(errors)


def _check(
    network: Network, bits_of: Mapping[str, int], scope: str, clip: str, n_scales: int | None
) -> None:
    for bits in bits_of.values():
        expect_whole(bits, "weight_bits", 1)
        if bits > 16:
            raise DesignProblem(f"weight_bits is {bits}; it must be between 1 and 16.")
    for what, given, known in (("scope of scales", scope, SCOPES), ("way to clip", clip, CLIPS)):
        if given not in known:
            raise UnknownName(what, given, known)
    if n_scales is not None:
        expect_whole(n_scales, "n_scales", 1)
    for e in network.projections:
        if e.scale is not None and (e.n_bits or 0) > bits_of.get(e.target, 16):
            raise DesignProblem(
                f"{e!r} holds integers of more bits already; quantize the network it was made from."
            )
