"""Each neuron model against closed forms and published behaviour; the simulator's oracle is in
test_simulate.
"""

from inspect import getdoc, signature
from textwrap import wrap

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.adapt import scale_threshold, scale_thresholds
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import NetworkProblem
from spikefit_nb.fit import check_fit
from spikefit_nb.hardware import load_profile
from spikefit_nb.network import (
    ALIF,
    IF,
    LI,
    LIF,
    AdEx,
    CubaLI,
    CubaLIF,
    Input,
    Integrator,
    Izhikevich,
    Network,
    Population,
    Projection,
)
from spikefit_nb.nir_file import read_nir
from spikefit_nb.simulate import RecordCache, potentials, simulate

SILENT = {"LI": LI(0.02), "Integrator": Integrator(), "CubaLI": CubaLI(0.005, 0.02)}


def one(neuron, weight=1.0, dt_s=1e-3):
    """One neuron behind one input."""
    return Network(
        [Population("in", (1,), Input()), Population("out", (1,), neuron)],
        [Projection("in", "out", np.full((1, 1), weight))],
        dt_s=dt_s,
    )


def constant(current, n_steps):
    """A constant current."""
    return SpikeDataset(np.full((1, n_steps, 1), current, np.float32))


def times(network, dataset):
    """The steps in which the one output neuron fires."""
    return np.flatnonzero(simulate(network, dataset).output_spikes[0, :, 0])


def test_the_step_response_of_a_leaky_integrator_is_the_closed_form():
    # Forward Euler of tau v' = r I - v: v_n = r I (1 - (1 - dt/tau)^n), which is below the exact r
    # I (1 - e^(-t/tau))
    tau_s, r, current, dt_s = 0.02, 2.0, 0.75, 1e-3
    v = simulate(one(LI(tau_s, r), dt_s=dt_s), constant(current, 200)).output_potential[0, :, 0]
    n = np.arange(1, 201)
    assert v == pytest.approx(r * current * (1 - (1 - dt_s / tau_s) ** n), rel=2e-6)
    exact = r * current * (1 - np.exp(-n * dt_s / tau_s))
    error = np.abs(v - exact).max()
    assert (
        0 < error < 1.1 * r * current * dt_s / tau_s / 2 / np.e
    )  # Euler's error: t/tau e^(-t/tau) dt/(2 tau) r I


def test_an_integrator_adds_up_what_arrives_whatever_the_time_step():
    for dt_s in (1e-4, 1e-3):
        record = simulate(
            one(Integrator(0.5, bias=0.25), weight=2.0, dt_s=dt_s),
            SpikeDataset(np.ones((1, 6, 1), bool)),
        )
        assert record.output_potential.ravel() == pytest.approx(1.125 * np.arange(1, 7))


def test_a_leaky_integrator_has_the_potential_of_a_lif_neuron_that_is_never_reset():
    random = np.random.default_rng(4)
    dataset = SpikeDataset(random.random((3, 40, 1)) < 0.4)
    for silent, firing in (
        (LI(0.02, bias=0.1), LIF(0.02, 1e9, bias=0.1)),
        (Integrator(2.0), IF(1e9, 2.0)),
    ):
        a, b = (potentials(one(neuron, 0.7), dataset, "out") for neuron in (silent, firing))
        assert (a == b).all()


@pytest.mark.parametrize("neuron", SILENT.values(), ids=SILENT)
def test_an_output_that_never_fires_is_read_by_its_potential(neuron):
    network = Network(
        [Population("in", (2,), Input()), Population("out", (2,), neuron)],
        [Projection("in", "out", np.eye(2))],
    )
    dataset = SpikeDataset(np.repeat(np.eye(2, dtype=bool)[:, None], 5, axis=1), [0, 1])
    record = simulate(network, dataset)
    assert record.decode == "potential" and record.accuracy == 1 and record.warnings == ()
    assert not record.output_spikes.any() and "read by potential" in repr(record)
    assert record.notes[0].startswith("Answer: the highest potential")
    with pytest.raises(NetworkProblem, match="never fire: there is nothing to count"):
        simulate(network, dataset, decode="count")
    with pytest.raises(NetworkProblem, match="decode is 'most'"):
        simulate(network, dataset, decode="most")


def test_the_cache_knows_the_default_by_what_it_means():
    network, dataset, cache = (
        one(LI(0.02)),
        SpikeDataset(np.ones((1, 4, 1), bool), [0]),
        RecordCache(),
    )
    assert cache.simulate(network, dataset, 0) is cache.simulate(
        network, dataset, 0, decode="potential"
    )


def test_a_projection_from_neurons_that_never_fire_is_refused():
    with pytest.raises(
        NetworkProblem, match="'a' -> 'b': LI neurons never fire, so nothing would be sent"
    ):
        Network(
            [
                Population("in", (1,), Input()),
                Population("a", (1,), LI(0.02)),
                Population("b", (1,), IF(1.0)),
            ],
            [Projection("in", "a", np.eye(1)), Projection("a", "b", np.eye(1))],
        )


@pytest.mark.parametrize("neuron", SILENT.values(), ids=SILENT)
def test_every_chip_judges_a_network_whose_output_never_fires(neuron):
    network = Network(
        [
            Population("in", (4,), Input()),
            Population("hidden", (3,), LIF(0.02)),
            Population("out", (2,), neuron),
        ],
        [Projection("in", "hidden", np.ones((4, 3))), Projection("hidden", "out", np.ones((3, 2)))],
    )
    assert scale_thresholds(network, 2.0).network["hidden"].neuron.v_threshold == 2
    for chip in ("loihi1", "reckon", "odin", "speck", "xylo_audio2", "dynap_se2", "truenorth"):
        over = {
            (need.figure, need.where) for need in check_fit(network, load_profile(chip)).violations
        }
        assert ("resets", "out") not in over
        assert chip != "reckon" or (("output_models", "out") in over) == (
            not isinstance(neuron, LI)
        )
    assert type(neuron).__name__ in repr(network) and type(neuron).__name__ in network._repr_html_()


def test_the_published_trace_of_norse_is_met_and_the_exact_solution_within_eulers_error(
    shared_data,
):
    # NIR's paper, experiment 1: input, potential after reset and spikes of each step of one LIF
    # neuron
    network = read_nir(shared_data / "nir/01_lif/lif_norse.nir", dt_s=1e-4, reset="zero")
    norse, exact = (
        np.loadtxt(shared_data / f"nir/01_lif/lif_{who}.csv", delimiter=",")
        for who in ("norse", "exact")
    )
    record = simulate(network, SpikeDataset(norse[None, :, :1].astype(bool)))
    fired = record.output_spikes[0, :, 0]
    assert (fired == norse[:, 2]).all() and (fired == exact[:, 2]).all() and fired.sum() == 4
    v = np.where(
        fired,
        0,
        potentials(network, SpikeDataset(norse[None, :, :1].astype(bool)), network.output)[0, :, 0],
    )
    assert np.abs(v - norse[:, 1]).max() < 1e-5
    assert np.abs(v - exact[:, 1]).max() < 7e-3


def test_the_rate_of_a_lif_neuron_is_the_exact_one_up_to_the_step():
    # T = tau ln(I / (I - theta)) (Gerstner et al. 2014, Neuronal Dynamics, 1.3); Euler's period is
    # shorter by the factor 1 - dt/(2 tau) to first order, and a spike waits for the end of its step
    tau_s, current, threshold = 0.02, 1.3, 1.0
    exact_s = tau_s * np.log(current / (current - threshold))
    for dt_s in (1e-3, 5e-4, 1e-4, 2e-5):
        period_s = (
            np.diff(
                times(one(LIF(tau_s, threshold), dt_s=dt_s), constant(current, int(0.2 / dt_s)))
            )
            * dt_s
        )
        shorter_s = exact_s * (1 - dt_s / (2 * tau_s) - dt_s**2 / tau_s**2)
        assert np.ptp(period_s) < dt_s / 2 and shorter_s <= period_s[0] <= exact_s + dt_s
    assert period_s[0] == pytest.approx(exact_s, abs=2e-5)


def test_the_threshold_of_an_adapting_neuron_settles_where_the_closed_form_says():
    # a(t+1) = rho a(t) + z(t) with a spike every T steps: after it a is 1 / (1 - rho^T), at the
    # next rho^(T-1) times that
    tau_s, tau_adapt_s, beta, current, dt_s = 0.02, 0.2, 0.1, 2.5, 1e-4
    found = times(one(ALIF(tau_s, tau_adapt_s, beta), dt_s=dt_s), constant(current, 20_000))
    period = np.diff(found)
    assert period[0] < period[1] < period[5] < period[-1]  # spike-frequency adaptation
    rho, alpha, steps = 1 - dt_s / tau_adapt_s, 1 - dt_s / tau_s, np.arange(1, 2000)
    threshold = 1 + beta * rho ** (steps - 1) / (1 - rho**steps)
    settled = steps[current * (1 - alpha**steps) >= threshold][0]
    assert (
        set(period[-10:]) <= {settled - 1, settled, settled + 1}
        and abs(np.mean(period[-10:]) - settled) < 0.6
    )


def test_an_adapting_neuron_without_beta_is_a_lif_neuron():
    dataset = SpikeDataset(np.random.default_rng(3).random((4, 80, 1)) < 0.5)
    for options in (
        {"reset": "zero"},
        {"reset": "subtract", "delayed_reset": True, "strict_threshold": True},
    ):
        a, b = one(ALIF(0.01, 0.1, 0.0, 0.7, 4.0, **options)), one(LIF(0.01, 0.7, 4.0, **options))
        assert (simulate(a, dataset).output_spikes == simulate(b, dataset).output_spikes).all()
        assert (potentials(a, dataset, "out") == potentials(b, dataset, "out")).all()


def test_an_adapting_neuron_follows_the_published_recursion():
    # Bellec et al. 2020, Methods, with their reset one step late by v_th and their factors alpha
    # and rho, in float64
    alpha, rho, beta, n_steps = 0.9, 0.98, 0.3, 300
    arriving = 0.35 * (np.random.default_rng(8).random(n_steps) < 0.6)
    v = a = z = 0.0
    fired = []
    for current in arriving:
        v, a = alpha * v + current - z, rho * a + z
        z = float(v >= 1 + beta * a)
        fired.append(z)
    dt_s = 1e-3
    neuron = ALIF(
        dt_s / (1 - alpha),
        dt_s / (1 - rho),
        beta,
        r=1 / (1 - alpha),
        reset="subtract",
        delayed_reset=True,
    )
    record = simulate(one(neuron), SpikeDataset(arriving[None, :, None].astype(np.float32)))
    assert record.output_spikes.ravel().tolist() == fired and sum(fired) > 20


def test_a_threshold_is_subtracted_as_it_stands_and_starts_above_zero():
    # Yin, Corradi & Bohte 2021, mem_update_adp of its program, in one neuron
    alpha, rho, b_j0, gain, dt_s = np.exp(-1 / 20), np.exp(-1 / 100), 0.01, 1.8, 1e-3
    arriving = 2.0 * (np.random.default_rng(8).random(400) < 0.3)
    v, b, spike, fired = 0.0, b_j0, 0.0, []
    for current in arriving:
        b = rho * b + (1 - rho) * spike
        threshold = b_j0 + gain * b
        v = v * alpha + (1 - alpha) * current - threshold * spike
        spike = float(v > threshold)
        fired.append(spike)
    neuron = ALIF(
        dt_s / (1 - alpha),
        dt_s / (1 - rho),
        gain * (1 - rho),
        b_j0,
        a_initial=b_j0 / (1 - rho),
        reset="subtract",
        adapted_reset=True,
        strict_threshold=True,
        delayed_reset=True,
    )
    record = simulate(one(neuron), SpikeDataset(arriving[None, :, None].astype(np.float32)))
    assert record.output_spikes.ravel().tolist() == fired and sum(fired) > 20


def fine_izhikevich(current, n_ms, a, b, c, d, dt_ms=0.01):
    """Spike times (ms) of the published equations by fine forward Euler in float64."""
    v, u, found = -65.0, b * -65.0, []
    for n in range(int(n_ms / dt_ms)):
        v, u = v + dt_ms * (0.04 * v * v + 5 * v + 140 - u + current), u + dt_ms * a * (b * v - u)
        if v >= 30:
            v, u = c, u + d
            found.append(n * dt_ms)
    return np.array(found)


def test_regular_spiking_adapts_and_fires_as_often_as_the_fine_solution():
    # Izhikevich 2003, figure 2, RS: a step of current 10, a short first interval, then longer and
    # even ones
    expected = fine_izhikevich(10.0, 1000, 0.02, 0.2, -65, 8)
    found = (
        times(one(Izhikevich(), 10.0, dt_s=1e-4), SpikeDataset(np.ones((1, 10_000, 1), bool))) / 10
    )
    assert len(found) == len(expected) and np.abs(found - expected).max() < 0.05 * expected[-1]
    interval = np.diff(found)
    assert interval[0] < 0.75 * interval[1] and np.ptp(interval[2:]) < 0.05 * interval[-1]


def test_steps_of_a_millisecond_are_those_of_the_published_program():
    # net.m of Izhikevich 2003: spikes are found first, then v moves twice by half a step, then u;
    # in float64
    v, u, expected = -65.0, 0.2 * -65.0, []
    for t in range(1001):
        if v >= 30:
            expected.append(t - 1)
            v, u = -65.0, u + 8
        for _ in range(2):
            v = v + 0.5 * (0.04 * v * v + 5 * v + 140 - u + 10)
        u = u + 0.02 * (0.2 * v - u)
    found = times(one(Izhikevich(), 10.0), SpikeDataset(np.ones((1, 1000, 1), bool)))
    assert (
        found[:6].tolist() == expected[:6]
    )  # later the rounding of float32 shows: so coarse a step magnifies it
    assert len(found) == len(expected) == 20  # the fine solution has 23


def test_fast_spiking_is_fast_and_even_and_chattering_comes_in_bursts():
    # Izhikevich 2003, figure 2, FS and CH, the same current
    dataset = SpikeDataset(np.ones((1, 6000, 1), bool))
    regular, fast, chattering = (
        times(one(Izhikevich(**kind), 10.0, dt_s=1e-4), dataset) / 10
        for kind in ({}, {"a": 0.1, "d": 2.0}, {"c": -50.0, "d": 2.0})
    )
    assert len(fast) > 2 * len(regular)
    assert np.ptp(np.diff(fast)[2:]) < 0.2 * np.diff(fast).mean()
    interval = np.diff(chattering)
    assert (
        (interval < 8).any()
        and (interval > 20).any()
        and not ((interval > 8) & (interval < 20)).any()
    )


def test_an_izhikevich_neuron_rests_and_fires_where_its_equilibria_say():
    # u = b v: 0.04 v^2 + (5 - b) v + 140 + I = 0 has roots up to I = (5 - b)^2 / 0.16 - 140 = 4 for
    # b = 0.2; its rest at I = 0 is v = -70, and it loses its stability (0.08 v + 5 = a) at I = 3.80
    rest = Izhikevich(v_initial=-70.0)
    v = potentials(one(rest, 1.0, dt_s=1e-4), SpikeDataset(np.zeros((1, 5000, 1), bool)), "out")
    assert v == pytest.approx(-70, abs=1e-3)
    for current, keeps_firing in ((3.5, False), (4.05, True)):
        found = times(one(rest, current, dt_s=1e-4), SpikeDataset(np.ones((1, 20_000, 1), bool)))
        assert (found > 5000).any() == keeps_firing  # a step of 3.5 evokes one spike at its onset


def test_an_exponential_neuron_without_its_terms_is_a_lif_neuron():
    dataset = SpikeDataset(np.random.default_rng(3).random((4, 80, 1)) < 0.5)
    values = {"v_threshold": 0.7, "r": 4.0, "v_leak": 0.0, "v_reset": -0.1, "bias": 0.01}
    a = one(AdEx(0.01, a=0.0, b=0.0, slope_factor=0.0, **values))
    b = one(LIF(0.01, **values))
    assert simulate(b, dataset).output_spikes.sum() > 20
    assert (simulate(a, dataset).output_spikes == simulate(b, dataset).output_spikes).all()
    assert (potentials(a, dataset, "out") == potentials(b, dataset, "out")).all()


def test_an_exponential_neuron_fires_above_its_rheobase_and_adapts():
    # without w: I = (v_threshold - v_leak - slope_factor) / r (Fourcaud-Trocme et al. 2003, J.
    # Neurosci. 23:11628)
    alone = AdEx(a=0.0, b=0.0)
    rheobase = (alone.v_threshold - alone.v_leak - alone.slope_factor) / alone.r
    assert len(times(one(alone, dt_s=1e-4), constant(0.99 * rheobase, 20_000))) == 0
    assert len(times(one(alone, dt_s=1e-4), constant(1.01 * rheobase, 20_000))) > 3
    # Brette & Gerstner 2005, regular spiking: intervals grow and settle
    interval = np.diff(times(one(AdEx(), dt_s=5e-5), constant(1e-9, 20_000)))
    assert (
        (np.diff(interval) >= -1).all()
        and interval[-1] > 2 * interval[0]
        and abs(interval[-1] - interval[-2]) <= 1
    )


def test_a_spike_is_cut_off_at_its_peak_and_the_potential_stays_finite():
    for neuron, peak, current in ((AdEx(), 0.02, 5e-9), (Izhikevich(), 30.0, 80.0)):
        v = potentials(one(neuron, dt_s=1e-3), constant(current, 300), "out")
        assert v.max() == np.float32(peak) and np.isfinite(v).all()


@pytest.mark.parametrize(
    "neuron", [IF(), ALIF(0.02, 0.2, 0.2, r=3.0), Izhikevich(r=8.0), AdEx(r=4e8)]
)
def test_a_higher_threshold_means_fewer_spikes_and_a_lower_one_more(neuron):
    dataset = constant(0.45 if not isinstance(neuron, AdEx) else 2e-10, 400)
    if isinstance(neuron, Izhikevich):
        dataset = constant(1.5, 400)
    low, as_is, high = (
        len(times(one(scale_threshold(neuron, factor)), dataset)) for factor in (0.5, 1.0, 2.0)
    )
    assert low > as_is > high


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: ALIF(0.02, 0.0, 0.1), "ALIF: tau_adapt_s must be above zero"),
        (lambda: ALIF(0.02, 0.1, 0.1, adapted_reset=True), "goes with reset='subtract'"),
        (lambda: ALIF(0.02, 0.1, 0.1, adapted_reset="yes"), "must be True or False"),
        (lambda: ALIF(0.02, 0.1, np.nan), "ALIF: beta holds NaN"),
        (lambda: ALIF(0.02, 0.1, 0.1, reset="soft"), "ALIF: reset is 'soft'"),
        (lambda: Izhikevich(c=[-65.0, 30.0]), "c must be below v_peak"),
        (lambda: AdEx(slope_factor=-1e-3), "slope_factor must be 0 or more"),
        (lambda: AdEx(v_reset=0.02), "v_reset must be below v_peak"),
        (
            lambda: AdEx(v_reset=-0.05, slope_factor=0.0),
            "below v_threshold where slope_factor is 0",
        ),
        (lambda: LI(0.0), "LI: tau_mem_s must be above zero"),
        (
            lambda: IF(max_spikes_per_step=0),
            "max_spikes_per_step is 0; a whole number from 1 up, or None",
        ),
        (lambda: ALIF(0.02, 0.1, 0.1, reset="none"), "must be 'zero' or 'subtract'"),
        (lambda: IF(1.0, reset="zero", delayed_reset="held"), "goes with reset='subtract'"),
        (
            lambda: IF(1.0, reset="subtract", delayed_reset="held", max_spikes_per_step=2),
            "one spike a step",
        ),
        (lambda: ALIF(0.02, 0.1, 0.1, delayed_reset="after"), "it must be True or False"),
        (
            lambda: LIF(0.02, delayed_reset="later"),
            "'later'; it must be True, False, 'after' or 'held'",
        ),
        (lambda: LIF(0.02, reset="off"), "LIF: reset is 'off'; it must be 'zero', 'subtract' or"),
        (lambda: LIF(0.02, max_spikes_per_step=0), "LIF: max_spikes_per_step is 0"),
        (lambda: CubaLIF(0.01, 0.02, max_spikes_per_step=True), "max_spikes_per_step is True"),
        (lambda: IF(max_spikes_per_step=-1), "max_spikes_per_step is -1"),
        (lambda: IF(max_spikes_per_step=1.5), r"max_spikes_per_step is 1\.5"),
    ],
)
def test_parameters_that_cannot_be_are_refused(make, said):
    with pytest.raises(NetworkProblem, match=said):
        make()


def test_each_neuron_of_a_population_has_its_own_parameters():
    neuron = Izhikevich(a=[0.02, 0.1], d=[8.0, 2.0])
    both = Network(
        [Population("in", (1,), Input()), Population("out", (2,), neuron)],
        [Projection("in", "out", np.full((1, 2), 10.0))],
    )
    dataset = SpikeDataset(np.ones((1, 500, 1), bool))
    alone = [
        simulate(one(kind, 10.0), dataset).spike_counts["out"].item()
        for kind in (Izhikevich(), Izhikevich(0.1, d=2.0))
    ]
    assert (
        simulate(both, dataset).spike_counts["out"].ravel().tolist() == alone
        and alone[0] < alone[1]
    )


def test_steps_and_units_that_cannot_work_are_named():
    dataset = SpikeDataset(np.ones((1, 5, 1), bool))
    assert "in steps of 1 ms at most" in simulate(one(Izhikevich(), dt_s=5e-3), dataset).warnings[0]
    assert "tau is only 100 µs" in simulate(one(ALIF(0.02, 1e-4, 0.1)), dataset).warnings[0]
    assert "Its input current is in mV/ms" in simulate(one(Izhikevich(), 0.1), dataset).warnings[0]


def test_potentials_of_any_population_can_be_looked_at():
    network = Network(
        [
            Population("in", (1,), Input()),
            Population("hidden", (2,), LIF(0.02, 0.1)),
            Population("out", (1,), IF(5.0)),
        ],
        [
            Projection("in", "hidden", np.array([[1.0, 3.0]])),
            Projection("hidden", "out", np.ones((2, 1))),
        ],
    )
    dataset = SpikeDataset(np.ones((2, 4, 1), bool), [0, 0])
    assert (
        potentials(network, dataset, "out")
        == simulate(network, dataset, decode="potential").output_potential
    ).all()
    v = potentials(network, dataset, "hidden")
    assert v.shape == (2, 4, 2) and v[0, 0] == pytest.approx([0.05, 0.15])
    assert v[0, 1] == pytest.approx(
        [0.05 + 0.05 * 0.95, 0.15]
    )  # the second one fired and was reset
    with pytest.raises(NetworkProblem, match="'in' is an input and has no potential"):
        potentials(network, dataset, "in")


@pytest.mark.parametrize("name", ["IF", "LIF", "CubaLIF"])
def test_what_a_notebook_shows_of_a_neuron_fits_a_screen(name):
    shown = signature(getattr(sf, name))
    lines = len(wrap(str(shown), 80)) + len(getdoc(getattr(sf, name)).splitlines())
    assert lines <= 34 and "_SupportsArray" not in str(shown)
