"""What every change of adaptation keeps to, so that any can follow any other."""

from functools import partial
from inspect import isfunction, signature
from typing import get_type_hints

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb import adapt as room
from spikefit_nb.adapt import Activity, Adapted
from spikefit_nb.errors import DatasetProblem, DesignProblem
from tests.networks import spikes, two_layers

LOIHI, SPECK = sf.load_profile("loihi1"), sf.load_profile("speck")
CHANGES = {  # name of a change: its settings
    "fuse": {},
    "scale_thresholds": {"factor": 1.5},
    "remove_idle": {},
    "prune_neurons": {"fraction": 0.3},
    "prune": {"fraction": 0.4},
    "prune_to_free": {"profile": LOIHI, "fraction": 0.4},
    "limit_fan_in": {"most": 4},
    "relay_fan_in": {"most": 4},
    "share_weights": {"n_values": 3},
    "share_currents": {"n_currents": 3},
    "quantize": {"weight_bits": 4},
    "finetune": {"profile": LOIHI, "epochs": 1},
    "retune": {},
    "cap_events": {"limit": {"hidden": 2}},
    "substitute_neuron": {"model": "LIF"},
    "split": {"population": "hidden", "n_parts": 2},
    "split_large_layers": {"profile": SPECK},
    "retime": {"profile": LOIHI},
    "suit": {"profile": SPECK},
}
RESULTS = (Adapted, room.Capped, room.Substitution, room.Retimed)
EVIDENCE = {
    "activity": (Activity, Activity | None),
    "calibration": (sf.SpikeDataset, sf.SpikeDataset | None),
}


def evidence_of(name):
    """The kinds of evidence that a change takes."""
    return [kind for kind in EVIDENCE if kind in signature(getattr(room, name)).parameters]


def applied(name, network, activity):
    """What a change makes of a network, given the evidence it takes."""
    known = {"activity": activity, "calibration": activity.dataset}
    given = {kind: known[kind] for kind in evidence_of(name)}
    return getattr(room, name)(network, **CHANGES[name], **given)


@pytest.fixture(scope="module")
def network():
    """Two layers, with two parallel projections between them."""
    network = two_layers(3)
    parallel = sf.Projection("input", "hidden", np.eye(5, 7))
    return network.replace(projections=[*network.projections, parallel])


@pytest.fixture(scope="module")
def activity(network):
    sent = spikes(network, 3, n_samples=9, rate=0.5)
    return Activity(network, sf.SpikeDataset(sent, np.arange(9) % 3))


def test_every_change_that_the_room_offers_is_held_to_the_contract():
    verbs = [name for name in room.__all__ if isfunction(getattr(room, name))]
    offered = [name for name in verbs if get_type_hints(getattr(room, name))["return"] in RESULTS]
    assert set(offered) == set(CHANGES)


@pytest.mark.parametrize("name", CHANGES)
class TestChange:
    def test_it_answers_with_what_was_done_to_that_network(self, name, network, activity):
        result = applied(name, network, activity)
        adapted = result if isinstance(result, Adapted) else result.adapted
        assert adapted.before is network and adapted.network is result.network
        assert adapted.change and isinstance(adapted.change, str)
        assert result.notes == adapted.notes and isinstance(adapted.notes, tuple)
        assert all(note and isinstance(note, str) for note in adapted.notes)

    def test_it_keeps_the_ends_of_the_network(self, name, network, activity):
        after = applied(name, network, activity).network
        ends = [[(p.name, p.shape) for p in (*n.inputs, n[n.output])] for n in (network, after)]
        assert ends[0] == ends[1]

    def test_the_same_evidence_gives_the_same_bytes(self, name, network, activity):
        again = Activity(network, activity.dataset)
        first, second = (applied(name, network, known).network for known in (activity, again))
        assert first.fingerprint == second.fingerprint

    def test_the_network_it_is_given_stays_as_it_is(self, name, network, activity):
        before = network.replace().fingerprint
        applied(name, network, activity)
        assert network.replace().fingerprint == before

    def test_what_it_made_can_be_run_on_the_same_recordings(self, name, network, activity):
        after = applied(name, network, activity).network
        assert sf.simulate(after, activity.dataset).n_samples == activity.dataset.n_samples

    def test_its_evidence_has_a_name_and_a_kind_that_others_have_too(self, name, network, activity):
        change = getattr(room, name)
        parameters = signature(change).parameters
        assert next(iter(parameters)) == "network" and not {"dataset", "record"} & set(parameters)
        for kind in evidence_of(name):
            is_needed = parameters[kind].default is parameters[kind].empty  # nothing goes without
            assert is_needed or parameters[kind].kind is parameters[kind].KEYWORD_ONLY
            assert get_type_hints(change)[kind] in EVIDENCE[kind]

    def test_evidence_of_another_network_is_refused(self, name, network, activity):
        populations = [sf.Population("pixels", (2,), sf.Input()), network["output"]]
        other = sf.Network(populations, [sf.Projection("pixels", "output", np.ones((2, 3)))])
        unrelated = Activity(other, sf.SpikeDataset(np.ones((2, 4, 2), bool)))
        for kind in evidence_of(name):
            with pytest.raises(DesignProblem if kind == "activity" else DatasetProblem):
                applied(name, network, unrelated)


@pytest.mark.parametrize("first", CHANGES)
def test_any_change_can_follow_another(first, network, activity):
    made = applied(first, network, activity).network
    for change in (partial(room.prune, fraction=0.3), partial(room.scale_thresholds, factor=0.9)):
        adapted = change(made)
        assert adapted.before is made
        made = adapted.network
