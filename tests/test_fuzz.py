"""Damaged files and odd arguments: refused with a reason, or a right answer.

The campaigns of hours are ``python -m tests.fuzz.readers`` and ``python -m tests.fuzz.calls``.
"""

import os
import time

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.errors import FileProblem
from tests.fuzz import calls, watch
from tests.fuzz.campaign import run
from tests.fuzz.originals import READERS, originals_of
from tests.fuzz.readers import campaign, damaged_file
from tests.fuzz.watch import outcome

SEED = 739950  # others in the campaigns


@pytest.mark.parametrize("name", READERS)
def test_damaged_files_are_refused_with_a_reason_or_read(name):
    tally = campaign(name, SEED, range(40), seconds=200)
    assert tally.n_trials == 40 and tally.counts["refused"] > 0
    assert tally.is_clean, f"seed {SEED}: {tally.report()}"


def test_odd_arguments_are_refused_with_a_reason_or_answered():
    tally = run(lambda: calls.tried(SEED), range(200), seconds=200)
    assert tally.n_trials == 200 and tally.counts["refused"] > 60
    assert tally.is_clean, f"seed {SEED}: {tally.report()}"


@pytest.mark.parametrize("name", READERS)
def test_whole_files_are_read_and_a_number_always_damages_them_alike(name, tmp_path):
    originals = originals_of(READERS[name])
    path = tmp_path / f"whole{READERS[name].ending}"
    for content in originals:
        path.write_bytes(content)
        assert outcome(lambda: READERS[name].read(path)).kind == "answered"
    assert damaged_file(name, originals, 3, 7) == damaged_file(name, originals, 3, 7)


def refuse():
    raise FileProblem("There is no such file; give another.")


def test_what_nobody_should_see_is_told_from_what_may_come():
    assert outcome(lambda: 3).kind == "answered"
    assert outcome(refuse).kind == "refused"
    assert outcome(lambda: [][1]).kind == "foreign"
    assert outcome(lambda: np.array([np.nan])).kind == "silent nan"
    assert outcome(lambda: sf.Population("x", (10**15,), sf.IF(1.0)).parameter("bias")).kind in (
        "memory",
        "refused",
    )


def work_for_ever():
    while True:
        pass


def test_what_takes_too_long_is_ended(monkeypatch):
    monkeypatch.setattr(watch, "HANG_S", 0.1)
    assert outcome(lambda: time.sleep(5)).kind == "hang"
    assert outcome(work_for_ever).kind == "hang"


def test_a_process_that_dies_is_found_and_the_rest_is_tried():
    def make():
        return lambda number: os._exit(3) if number == 4 else outcome(lambda: number)

    tally = run(make, range(10), seconds=30)
    assert tally.counts == {"answered": 9, "crash": 1}
    [(found, numbers)] = tally.findings.items()
    assert found.sign == "exit code 3" and numbers == [4]
