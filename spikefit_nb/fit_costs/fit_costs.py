"""Fit the cost figures of a chip to energies or times that were measured on it.

The model is the one that ``replay`` prices with: a measured value is the sum over figures of
``amount * figure``.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from spikefit_nb.errors import ProfileProblem, UnknownName, WrongArgument, expect
from spikefit_nb.fit_costs import least_squares as ls
from spikefit_nb.fit_costs.fitted_costs import (
    AT_ZERO,
    NO_SPREAD,
    Coefficient,
    FittedCosts,
    in_words,
)
from spikefit_nb.fit_costs.measurement import MEASURED_AS, Measurement, own_cost, unit_of
from spikefit_nb.hardware import FIGURES, HardwareProfile, Sourced
from spikefit_nb.units import SCALE_OF_PREFIX, text

MOST_DRAWS = 1_000_000
MIN_DRAWS = 40  # of which one lies outside either end of a 95 % interval


def fit_costs(
    profile: HardwareProfile,
    measurements: Iterable[Measurement],
    *,
    figures: Iterable[str] | None = None,
    seed: int = 0,
    n_bootstrap: int = 1000,
) -> FittedCosts:
    """Fit cost figures of a chip to energies or times measured on it.

    Minimises ``sum over i of ((sum over j of a_ij c_j + known_i - y_i) / y_i) ** 2`` with every
    ``c_j >= 0``: amounts ``a``, figures ``c``, measured values ``y``, and ``known`` what the
    figures that are not fitted cost at the profile's own value. Errors are relative, so that 35 uW
    counts as much as 477 uW. Dividing by the measured value pulls figures down by about twice the
    squared relative error of a measurement: 0.5 % where that is 5 %.

    A figure is identifiable when its amounts are not a mixture of those of the others: every null
    vector of ``a / y`` is zero there. One that is not stays out of the profile; one that comes out
    at the bound is written as 0, with the words "not distinguishable from zero". Intervals are the
    2.5 and 97.5 percentiles over measurements drawn with replacement; from fewer than about ten
    measurements they are too narrow.

    Parameters
    ----------
    profile : HardwareProfile
    measurements : sequence of Measurement, all energies or all times
    figures : sequence of str, what to fit; all that occur in the amounts unless given
    seed : int, of the bootstrap
    n_bootstrap : int, draws, 40 or more

    Returns
    -------
    FittedCosts; its ``profile`` holds the identified figures as measured, with their intervals as
    spreads

    Raises
    ------
    WrongArgument
        An argument is of another kind.
    UnknownName
        No chip has a figure of that name.
    ProfileProblem
        There is no measurement or nothing to fit, energies are mixed with times, a figure cannot be
        fitted, there are too few draws, or the figures that are not fitted cost more than was
        measured.
    NotPublished
        A figure that is not fitted is not in the profile either.

    References
    ----------
    Lawson and Hanson 1974, Solving least squares problems, chapter 23 (non-negative least squares);
    Efron and Tibshirani 1993, An introduction to the bootstrap, section 9.5 (bootstrap of pairs).

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> n = 1_048_576 * 128  # synapses of the power sweep of TrueNorth: Akopyan 2015, Fig. 17
    >>> def measured(rate_hz, mj):
    ...     amounts = {"static_power": 1.0, "energy_synaptic_operation": n * rate_hz}
    ...     return Measurement(amounts, mj, "mJ", "Fig. 17")
    >>> sweep = [measured(11.58, 68), measured(20.07, 71), measured(95.93, 94)]
    >>> fitted = fit_costs(load_profile("truenorth"), [sweep[0], sweep[2]])
    >>> print(repr(fitted))
    FittedCosts(truenorth, worst error 0.00 % of 2 measurements: static_power 64.4 mW;
    energy_synaptic_operation 2.3 pJ; no spread can be told: as many measurements as coefficients)
    >>> f"{fitted.predict(sweep[1]) / sweep[1].si - 1:.2%}"
    '-0.54%'
    """
    expect(profile, HardwareProfile, "profile", "sf.load_profile(name)")
    expect(seed, int, "seed", "0")
    expect(n_bootstrap, int, "n_bootstrap", "1000")
    if not MIN_DRAWS <= n_bootstrap <= MOST_DRAWS or seed < 0:
        said = f"n_bootstrap is {n_bootstrap} and seed is {seed}"
        raise ProfileProblem(
            f"{said}; a 95 % interval takes {MIN_DRAWS} draws or more, and {MOST_DRAWS:,} are "
            "enough for any; a seed is 0 or more."
        )
    measured = _checked_measurements(measurements)
    names = _checked_figures(figures, measured)
    known = np.array([_known(profile, m, names) for m in measured])
    values = np.array([m.si for m in measured])
    amounts = np.array([[m.amounts.get(name, 0.0) for name in names] for m in measured])
    rows, wanted = amounts / values[:, None], np.maximum(1 - known / values, 0.0)
    draws = np.random.default_rng(seed).integers(len(measured), size=(n_bootstrap, len(measured)))
    coefficients = tuple(_coefficients(profile, names, rows, wanted, draws))
    return FittedCosts(
        _fitted_profile(profile, coefficients, measured),
        coefficients,
        measured,
        amounts @ ls.solve(rows, wanted) + known,
        ls.condition_number(rows),
    )


def _checked_measurements(measurements: Iterable[Measurement]) -> tuple[Measurement, ...]:
    example = "[sf.fit_costs.Measurement(amounts, value, unit, source), ...]"
    expect(measurements, Iterable, "measurements", example)
    measured = tuple(measurements)
    for k, measurement in enumerate(measured):
        expect(measurement, Measurement, f"measurements[{k}]", example)
    if not measured:
        raise ProfileProblem(f"measurements is empty; give one or more: {example}.")
    if len({m.quantity for m in measured}) > 1:
        n_times = sum(m.quantity == "s" for m in measured)
        raise ProfileProblem(
            f"{len(measured) - n_times} of the measurements are energies and {n_times} are times; "
            "fit each apart, the second on the .profile of the first."
        )
    return measured


def _checked_figures(
    figures: Iterable[str] | None, measured: tuple[Measurement, ...]
) -> tuple[str, ...]:
    used = list(dict.fromkeys(name for m in measured for name, n in m.amounts.items() if n))
    if isinstance(figures, str):
        raise WrongArgument(f"figures is one text; write figures=({figures!r},).")
    expect(figures, Iterable | None, "figures", '("static_power",)')
    quantity = measured[0].quantity
    if figures is None:
        figures = [name for name in used if FIGURES[name].shape == "number"]
    names = tuple(figures)
    for name in names:
        expect(name, str, "each of figures", "'static_power'")
        if name not in FIGURES:
            raise UnknownName("figure", name, filter(unit_of, FIGURES))
        is_number = FIGURES[name].shape == "number"
        if not is_number or not unit_of(name) or (unit_of(name) == "s") != (quantity == "s"):
            raise ProfileProblem(
                f"{name} cannot be fitted to {MEASURED_AS[quantity]}: "
                f"it is given in {FIGURES[name].unit}, as {FIGURES[name].shape}. "
                f"Figures in the amounts: {', '.join(used)}."
            )
    if not set(names) & set(used):
        raise ProfileProblem(
            f"There is nothing to fit: figures is ({', '.join(names)}), "
            f"and the amounts are of {', '.join(used)}."
        )
    return tuple(dict.fromkeys(names))


def _known(profile: HardwareProfile, measurement: Measurement, names: tuple[str, ...]) -> float:
    """What the figures that are not fitted cost, in SI."""
    others = {n: amount for n, amount in measurement.amounts.items() if amount and n not in names}
    parts = {name: amount * own_cost(profile, name) for name, amount in others.items()}
    total, unit = sum(parts.values()), measurement.quantity
    if total > measurement.si * (1 + ls.ROUNDING):
        said = ", ".join(f"{name} {text(part, unit)}" for name, part in parts.items())
        raise ProfileProblem(
            f"What is not fitted costs {text(total, unit)} ({said}), "
            f"more than the {text(measurement.si, unit)} measured ({measurement.source}): "
            "nothing is left to fit. Fit one of them too: figures=(...)."
        )
    return total


def _interval(fits: np.ndarray) -> tuple[tuple[float, float] | None, str]:
    """95 % interval of one figure over the draws that identify it, or None and why."""
    counted = fits[~np.isnan(fits)]
    if len(counted) < MIN_DRAWS:
        return None, f"no interval: only {len(counted)} of {len(fits)} draws identify it"
    low, high = np.percentile(counted, (2.5, 97.5))
    return (float(low), float(high)), ""


def _coefficients(
    profile: HardwareProfile,
    names: tuple[str, ...],
    rows: np.ndarray,
    wanted: np.ndarray,
    draws: np.ndarray,
) -> Iterator[Coefficient]:
    fitted, projector, spread = ls.solve(rows, wanted), ls.null_projector(rows), ls.has_spread(rows)
    identifiable = ls.identifiable(projector)
    fits = np.full((len(draws), len(names)), np.nan)
    if (identifiable & spread).any():
        fits = ls.resampled(rows, wanted, draws)
    for j, name in enumerate(names):
        unit, was = unit_of(name), profile.si(name) if profile.has(name) else None
        if identifiable[j]:
            interval, why = _interval(fits[:, j]) if spread[j] else (None, NO_SPREAD)
            value, share = float(fitted[j]), float(np.mean(~np.isnan(fits[:, j])))
            yield Coefficient(name, unit, was, value, interval, no_interval=why, share=share)
        else:
            is_tied = np.abs(projector[j]) > ls.TOLERANCE
            tied = tuple(names[k] for k in np.flatnonzero(is_tied) if k != j)
            yield Coefficient(name, unit, was, None, confounded=tied)


def _fitted_profile(
    profile: HardwareProfile,
    coefficients: tuple[Coefficient, ...],
    measured: tuple[Measurement, ...],
) -> HardwareProfile:
    sources = "; ".join(dict.fromkeys(m.source for m in measured))
    source = f"fitted to {in_words(measured)}: {sources}"
    figures = {}
    for c in coefficients:
        if c.value is not None:
            known = profile.figure(c.figure) if profile.has(c.figure) else FIGURES[c.figure]
            scale, said = SCALE_OF_PREFIX[known.unit[:-1]], source
            ends = c.interval and (
                *c.interval,
                c.value,
            )  # of few draws they may leave it out
            spread = ends and (min(ends) / scale, max(ends) / scale)
            if c.value == 0:
                said += f" ({AT_ZERO})"
            figures[c.figure] = Sourced(c.value / scale, known.unit, "measured", said, spread)
    return profile.replace(**figures)
