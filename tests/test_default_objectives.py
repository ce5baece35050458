"""What is traded without a word: on every chip objectives that designs can change, or the card says
which they cannot, and title, axis and recommendation of the first picture are one.
"""

from dataclasses import replace

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.hardware import profile_names
from spikefit_nb.plots import front_data
from spikefit_nb.plots.front import front_columns
from spikefit_nb.plots.theme import counted
from spikefit_nb.search import OBJECTIVES
from tests.networks import spikes, two_layers

N_TRIALS = 30
SAME = "is the same in all"


def networks():
    """Small networks, of which each chip takes one: of two weight values, of each neuron and reset,
    without biases and read by potential.
    """
    of_two = two_layers(7)
    yield replace(
        of_two,
        projections=[e.with_values(np.sign(e.weight.values)) for e in of_two.projections],
    )
    for kind in ("IF", "LIF", "CubaLIF"):
        for reset in ("zero", "subtract"):
            yield two_layers(7, kind, reset=reset)
    for reset in ("zero", "subtract"):
        first, hidden, read = two_layers(7, "LIF", reset=reset).populations
        hidden = replace(hidden, neuron=replace(hidden.neuron, bias=0.0))
        read = replace(read, neuron=sf.network.LI(0.02))
        yield two_layers(7, "LIF", reset=reset).replace(populations=[first, hidden, read])


@pytest.fixture(scope="module")
def kinds():
    return list(networks())


@pytest.fixture(scope="module", params=profile_names())
def study(request, kinds):
    """Thirty designs by chance, on a network that fits the chip."""
    profile = sf.load_profile(request.param)
    network = [n for n in kinds if sf.check_fit(n, profile).fits][-1]
    dataset = sf.SpikeDataset(spikes(network, 7, n_samples=8), np.arange(8) % 3)
    found = sf.search(network, profile, dataset, n_trials=N_TRIALS, sampler="sobol")
    found.wait()
    return found


def values_of(study, name):
    done = [study.reference, *(t for t in study.trials if t.state == "done")]
    return np.array([trial.values[name] for trial in done])


def test_each_default_objective_moves_or_the_card_names_it(study):
    assert len(study.objectives) >= 2 and len(study.trials) == N_TRIALS
    assert set(study.objectives) <= set(OBJECTIVES)
    assert "failed" not in {t.state for t in study.trials}
    for name in study.objectives:
        values, words = values_of(study, name), OBJECTIVES[name].words
        assert len(values) >= 10, "too few designs fit to say anything"
        named = [n for n in study.notes if SAME in n and n.lower().startswith(f"{words} is")]
        assert bool(named) == (np.ptp(values) <= 1e-9 * abs(values).max()), (name, values)
        assert all(note in study._repr_html_() for note in named)


def test_title_axis_and_recommendation_are_one_design_and_one_objective(study):
    chosen, shown = study.recommend().trial, front_data(study)
    assert chosen is not None and shown.chosen == chosen.number
    ring = front_columns(shown)["ring"]
    for where, axis in (("x", shown.x_axis), ("y", shown.y_axis)):
        assert axis.objective in study.objectives
        wanted = chosen.values[axis.objective] * axis.scale
        assert ring[where] == [pytest.approx(wanted)], axis.objective
    assert counted(chosen.values) in shown.title
    for name in study.objectives:
        assert OBJECTIVES[name].said(chosen.values[name]) in study.recommend().sentence


def test_an_objective_that_no_design_changes_is_named_in_the_card(kinds):
    # the fewest cores whatever the design: memory is traded there, so ask for cores by name
    network = kinds[1]
    dataset = sf.SpikeDataset(spikes(network, 7, n_samples=8), np.arange(8) % 3)
    space = {"weight_bits": (2, 8), "neurons_per_core": 64, "share_cores": False}
    asked = {"objectives": ("accuracy", "n_cores"), "space": space, "sampler": "sobol"}
    asked["scenario"] = "real_time"
    found = sf.search(network, sf.load_profile("loihi1"), dataset, n_trials=12, **asked)
    found.wait()
    assert np.ptp(values_of(found, "n_cores")) == 0
    (note,) = [n for n in found.notes if SAME in n and n.startswith("Cores is")]
    assert note in found._repr_html_()


def test_where_static_power_rules_an_objective_the_card_says_what_designs_change(kinds):
    # TrueNorth draws 64.43 mW for as many ticks as a recording has, whatever the design
    data = sf.SpikeDataset(spikes(kinds[0], 7, n_samples=8), np.arange(8) % 3)
    for objective in ("energy_j", "power_w", "event_energy_j"):
        asked = {"objectives": ("accuracy", objective), "n_trials": 1, "sampler": "sobol"}
        found = sf.search(kinds[0], sf.load_profile("truenorth"), data, **asked)
        found.wait()
        report = found.reference.report
        share = f"{100 * (1 - report.event_energy_j / report.energy_j):.1f} %"
        said = [n for n in found.notes if "event_energy_j is what designs change" in n]
        assert bool(said) == (objective != "event_energy_j")
        assert all(note.startswith(share) for note in said) and share == "100.0 %"
    # stored on Loihi a shorter step saves static energy too: nothing of the kind is said
    asked = {"objectives": ("accuracy", "energy_j"), "n_trials": 1, "sampler": "sobol"}
    stored = sf.search(kinds[1], sf.load_profile("loihi1"), data, **asked)
    stored.wait()
    assert not any("what designs change" in note for note in stored.notes)
