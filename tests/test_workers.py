"""Trials on many workers are those of one: on processes of ours, of the standard library, and on a
cluster of dask.distributed.
"""

import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.search import Objective
from spikefit_nb.simulate import n_threads
from tests.networks import spikes, two_layers

LOIHI = sf.load_profile("loihi1")
# written in place, as in a notebook: no worker can import it
OWN = Objective("threads", "", False, False, name="n_threads", of=lambda report: n_threads())
ASKED = {"objectives": ("accuracy", "event_energy_j"), "seed": 4, "n_trials": 9, "batch": 3}


def given():
    """A network, a chip and recordings."""
    network = two_layers(7)
    return network, LOIHI, sf.SpikeDataset(spikes(network, 7, n_samples=20), np.arange(20) % 3)


problem = pytest.fixture(given, scope="module", name="problem")


@pytest.fixture(scope="module")
def alone(problem):
    """The trials that one process makes."""
    return finished(*problem, **ASKED).to_json()


def finished(*given, **options):
    """A search that has ended."""
    study = sf.search(*given, **options)
    study.wait()
    return study


def spawned():
    """Two processes of the standard library's, which import everything anew."""
    return ProcessPoolExecutor(2, mp_context=get_context("spawn"))


@contextmanager
def cluster():
    """The executor of a dask cluster of two workers."""
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(2, threads_per_worker=1, dashboard_address=None) as here,
        distributed.Client(here) as client,
    ):
        yield client.get_executor()


@contextmanager
def of_ours():
    """So many processes as a number says."""
    yield 2


@pytest.mark.parametrize("kind", [of_ours, spawned, cluster])
def test_batches_give_the_same_trials_on_workers_of_any_kind(problem, alone, kind):
    with kind() as executor:
        assert finished(*problem, executor=executor, **ASKED).to_json() == alone


def test_workers_share_out_the_processors_and_know_functions_of_a_notebook(problem):
    study = finished(*problem, n_trials=3, objectives=(OWN,), executor=2, sampler="random")
    assert study.reference.values["n_threads"] == n_threads()
    assert {t.values["n_threads"] for t in study.trials} == {max(1, n_threads() // 2)}


def test_an_executor_that_a_dead_worker_broke_is_replaced(problem, tmp_path):
    def dies_once(report):
        """End the process that runs the first design."""
        if os.getpid() != of_the_test and not (tmp_path / "died").exists():
            (tmp_path / "died").touch()
            os._exit(1)
        return 1.0

    of_the_test = os.getpid()
    own = Objective("always 1", "", False, False, name="always_1", of=dies_once)
    with spawned() as executor:
        study = finished(
            *problem,
            n_trials=4,
            objectives=("event_energy_j", own),
            executor=executor,
            batch=2,
            sampler="random",
        )
    assert (tmp_path / "died").exists() and study.state == "finished"
    assert [t.state for t in study.trials] == ["done"] * 4


def test_a_search_whose_executor_was_shut_down_says_so_and_goes_on_with_another(problem, tmp_path):
    executor = spawned()
    executor.shutdown()
    study = sf.search(*problem, n_trials=3, executor=executor, storage=tmp_path / "it.study")
    with pytest.raises(Exception, match="takes no more work"):
        study.wait()
    network, profile, dataset = problem
    study = sf.load_study(study.storage, network=network, profile=profile, dataset=dataset)
    study.resume()
    study.wait()
    assert [t.number for t in study.trials] == [1, 2, 3]


def test_workers_that_are_kept_busy_do_no_trial_twice_and_lose_none(problem):
    study = finished(*problem, n_trials=12, seed=4, batch=None, executor=2)
    assert [t.number for t in study.trials] == list(range(1, 13))
    assert len({t.design for t in study.trials}) == 12


def test_a_worker_that_dies_costs_one_trial_which_is_tried_once_more(problem, tmp_path):
    def dies(report):
        """End the process for one design: always, or only the first time."""
        bits = report.design.weight_bits or 5
        died = tmp_path / f"{bits}"
        if bits == 3 or (bits == 4 and not died.exists()):
            died.touch()
            os._exit(1)
        return 1.0

    own = Objective("always 1", "", False, False, name="always_1", of=dies)
    space = {"weight_bits": [5, 4, 3], "prune_fraction": 0.1, "prune_neurons": 0.0}
    space |= {"threshold_scale": 1.0, "n_steps": 12, "neurons_per_core": 7, "share_cores": False}
    study = finished(
        *problem,
        n_trials=2,
        objectives=("event_energy_j", own),
        space=space,
        sampler="sobol",
        executor=2,
    )
    states = {t.design.weight_bits or 5: t.state for t in (study.reference, *study.trials)}
    assert states.pop(3) == "failed" and set(states.values()) == {"done"}
    assert all("died twice" in t.message for t in study.trials if t.state == "failed")
    assert (tmp_path / "4").exists() and study.state == "finished"


GO_ON = """
import sys
from tests.test_workers import given, sf
network, profile, dataset = given()
study = sf.load_study(sys.argv[1], network=network, profile=profile, dataset=dataset)
study.resume(n_trials=12)
study.wait()
"""


def test_processes_that_share_a_storage_share_its_trials(problem, tmp_path):
    place = tmp_path / "it.study"
    finished(*problem, n_trials=1, seed=2, storage=place)
    command, root = [sys.executable, "-c", GO_ON, str(place)], Path(__file__).parents[1]
    both = [subprocess.Popen(command, cwd=root) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    trials = sf.load_study(place).trials
    assert [t.number for t in trials] == list(range(1, 13))
    assert len({t.design for t in trials}) == 12
