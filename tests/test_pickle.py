"""Nouns and results travel: to another process, into a file, and as copies."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.frozen import Frozen
from tests.nouns import digest, offered_classes, one_of_each, own_parts, writable_arrays

BEGINS_EMPTY = {"RecordCache"}  # what it holds can be run again
NAMES = sorted(offered_classes())


@pytest.fixture(scope="module")
def nouns():
    return one_of_each()


@pytest.fixture(scope="module")
def elsewhere(nouns, tmp_path_factory):
    """What an interpreter of its own says of the nouns it is sent, and what it sends back."""
    folder = tmp_path_factory.mktemp("sent")
    given, back = folder / "given", folder / "back"
    sent = {name: noun for name, noun in nouns.items() if name not in BEGINS_EMPTY}
    given.write_bytes(pickle.dumps(sent))
    root = sf.__path__[0] + "/.."
    subprocess.run([sys.executable, "-m", "tests.nouns", given, back], check=True, cwd=root)
    return pickle.loads(back.read_bytes())


def test_there_is_one_of_every_noun_and_result_that_a_room_offers(nouns):
    missing = sorted(set(NAMES) - set(nouns))
    assert not missing, f"Yield one of {missing} in tests/nouns.py."
    assert {"Case", "HardwareProfile", "Report", "Trial", "Recommendation", "CoreMap"} <= set(nouns)


@pytest.mark.parametrize("name", sorted(set(NAMES) - BEGINS_EMPTY))
def test_a_noun_is_the_same_in_another_process_and_after_its_way_back(name, nouns, elsewhere):
    told, back = elsewhere
    there, open_there = told[name]
    assert there == digest(nouns[name]) == digest(back[name])
    assert set(open_there) <= set(writable_arrays(nouns[name]))


@pytest.mark.parametrize("name", sorted(set(NAMES) - BEGINS_EMPTY))
def test_a_deep_copy_is_the_same_and_as_read_only(name, nouns):
    copied = copy.deepcopy(nouns[name])
    assert digest(copied) == digest(nouns[name])
    assert set(writable_arrays(copied)) <= set(writable_arrays(nouns[name]))


def test_a_digest_tells_a_changed_weight():
    one = sf.load_network("digits")
    values = one.projections[0].values.copy()
    values[0] += 1e-7 + abs(values[0]) * 1e-6
    other = one.replace(projections=[one.projections[0].with_values(values), one.projections[1]])
    assert digest(one) == digest(sf.load_network("digits")) != digest(other)


def test_the_same_object_held_twice_arrives_as_one(nouns):
    report = pickle.loads(pickle.dumps(nouns["Report"]))
    assert report.fit.case is report.run.case
    assert report.run.retimed.adapted.before is report.fit.network


def test_a_report_travels_without_the_record_and_what_can_be_worked_out_again():
    case = sf.load_network("digits"), sf.load_profile("loihi1"), sf.load_dataset("digits")
    report = sf.deploy(*case)
    before = len(pickle.dumps(report))
    report.drift, report.uncertainty, report.floorline, report.record  # noqa: B018
    sent = pickle.dumps(report)
    alone = len(pickle.dumps(case))
    n_more = len(sent) - alone
    assert len(sent) < before + 300  # fingerprints
    # networks as adapted and as timed, the mapping, and the price; the record takes megabytes
    assert n_more < 150_000 < len(pickle.dumps(report.record)) / 10
    assert pickle.loads(sent).record is report.record  # remembered by its key


def test_what_was_asked_for_already_stays_behind_but_the_fingerprint():
    network = sf.load_network("digits")
    network.fingerprint, network.reach  # noqa: B018
    there = pickle.loads(pickle.dumps(network))
    assert "reach" in vars(network)
    assert "reach" not in vars(there)
    assert vars(there)["fingerprint"] == network.fingerprint


def test_a_profile_arrives_read_only():
    profile = pickle.loads(pickle.dumps(sf.load_profile("loihi1")))
    with pytest.raises(TypeError):
        profile.figures["cores"] = 1
    with pytest.raises(TypeError):
        copy.deepcopy(profile).sets["mine"] = 1
    assert profile.to_toml() == sf.load_profile("loihi1").to_toml()


def test_a_noun_of_ones_own_stays_read_only():
    class Own(Frozen):
        def __init__(self):
            self.parts = {"a": (np.zeros(2), {"b": np.ones(1)})}

    copied = copy.deepcopy(Own())
    assert writable_arrays(own_parts(copied)) == []
