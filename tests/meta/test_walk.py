"""Work goes through the rooms once: what has been left is not entered again from above."""

import pytest

import spikefit_nb as sf
from tests.meta.walk import entered_again, walk

LOIHI = sf.load_profile("loihi1")
PIPELINE = ["deploy/pipeline", "fit/check", "adapt/adapt", "mapping/partition", "adapt/retime"]


@pytest.fixture(scope="module")
def digits():
    calibration, unseen = sf.load_dataset("digits").split(0.3, seed=0)
    return sf.load_network("digits"), unseen.take(30), calibration


@pytest.mark.parametrize("is_calibrated", [False, True])
def test_deploy_leaves_each_room_for_good(digits, is_calibrated):
    network, dataset, calibration = digits
    design = sf.Design(weight_bits=4, prune_fraction=0.3, partition="layers")
    calibration = calibration if is_calibrated else None
    places = walk(
        lambda: sf.deploy(network, LOIHI, dataset, design=design, calibration=calibration)
    )
    assert [place for place in places if place in PIPELINE] == PIPELINE
    assert places[-1].startswith(("replay/", "simulate/threads"))
    assert entered_again(places) == []


def test_a_search_goes_through_the_rooms_once_a_trial(digits):
    network, dataset, calibration = digits

    def search():
        space = {"partition": "layers"}
        asked = {"n_trials": 3, "seed": 0, "calibration": calibration, "space": space}
        sf.search(network, LOIHI, dataset, **asked).wait()

    places = walk(search)
    first = places.index("deploy/pipeline")
    assert places[:3] == ["search/search", "simulate/inputs", "replay/figures"]
    between = [p for p in places[3:first] if p != "replay/figures"]  # which figures a chip has
    assert not [p for p in between if p.startswith(("replay/", "deploy/"))]
    trials = " ".join(places[first:]).split("deploy/pipeline ")[1:]
    assert len(trials) == 4
    # after trial 0, the network as trained, its neighbours are chosen: a second look at what fits
    assert [entered_again(trial.split()) for trial in trials[1:]] == [[]] * 3


def test_a_second_visit_is_told():
    assert entered_again(["deploy/pipeline", "adapt/adapt", "replay/replay", "adapt/adapt"]) == [
        "adapt/adapt"
    ]
