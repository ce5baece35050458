"""The benchmarks at a size that takes no time: what they refuse, and that they run; no test says
how fast.
"""

import sys

import numpy as np
import pytest

from tests.benchmarks import (
    contest,
    evaluation,
    killed,
    memory,
    nmnist,
    operation,
    partition,
    predict,
    search,
    search_problems,
    threads,
    training,
    w1,
    w2,
    workloads,
)
from tests.benchmarks.contest import Contestant, CountsDiffer
from tests.benchmarks.peers.pacing import Job, timed

SMALL_W1 = ["--samples", "3", "--steps", "20", "--repeats", "1"]


def counting(name, counts, expected):
    """A contestant that answers at once."""
    job = Job("", lambda: None, lambda _: counts)
    return Contestant(name, lambda: timed(job), expected, 1)


@pytest.fixture
def small_w1(monkeypatch):
    """W1 of three samples whose reference says one spike too many."""
    true = workloads.read(workloads.w1(3, 20))
    monkeypatch.setattr(
        workloads,
        "read",
        lambda path: {**true, "spikes": true["spikes"] + np.eye(3, dtype=int)[:1]},
    )


def test_the_workloads_are_those_the_published_counts_are_of():
    first, second = workloads.read(workloads.w1()), workloads.read(workloads.w2())
    assert first["spikes"].sum(axis=1).tolist() == [384_812, 191_108, 7_417]
    assert workloads.w1_events(first, 100) == 501_794_600
    assert second["per"].sum() == 295_796 and workloads.w2_events(second, 1000) == 29_579_600


def test_a_wrong_count_is_refused_before_any_time_is_told(small_w1, capsys):
    with pytest.raises(
        CountsDiffer, match="spikefit_nb, counts: 1 of 3 values by 'hidden1' differ"
    ):
        w1.main(SMALL_W1)
    assert "wall s" not in capsys.readouterr().out


def test_a_contestant_whose_counts_change_while_it_is_timed_is_refused():
    counts = iter([5, 5, 6])
    job = Job("", lambda: next(counts), lambda n: {"all": [n]})
    with pytest.raises(CountsDiffer, match="number 0, is 6 and not 5"):
        contest.race([Contestant("moody", lambda: timed(job), {"all": [5]}, 1)], 2)


@pytest.mark.parametrize(
    "counts", [{}, {"all": [1, 2]}, {"other": [1]}], ids=["none", "more", "others"]
)
def test_counts_that_cannot_be_compared_are_refused(counts):
    with pytest.raises(CountsDiffer):
        contest.race([counting("vague", counts, {"all": [1]})], 1)


def test_a_peer_that_counts_otherwise_is_refused_at_its_warm_up(tmp_path, monkeypatch):
    monkeypatch.setattr(contest, "PEERS", tmp_path)
    (tmp_path / "liar.py").write_text(
        'print(\'{"peer": "liar", "version": "1", "counts": {"all": [2]}, "wall_s": 1, "cpu_s": '
        "1}')"
    )
    peer = contest.Peer("liar", "liar", 1, {"all": [1]}, 1)
    given = contest.options("", 1, ["liar"]).parse_args([])
    with contest.ExitStack() as stack, pytest.raises(CountsDiffer, match="liar: 1 of 1 values"):
        contest.race(contest.enter([peer], tmp_path, given, stack), 1)


def test_a_peer_that_breaks_shows_its_last_words(tmp_path):
    (tmp_path / "broken.py").write_text("raise ValueError('no such chip')")
    with (
        contest.process("broken", [sys.executable, str(tmp_path / "broken.py")]) as ask,
        pytest.raises(RuntimeError, match="no such chip"),
    ):
        ask()


def test_a_peer_nobody_knows_is_refused():
    with pytest.raises(SystemExit, match="No such peer: brain"):
        w2.main(["--neurons", "200", "--steps", "5", "--peer", "brain=python"])


def test_seconds_of_a_part_are_scaled_by_its_events():
    whole, part = (
        Contestant(name, None, {}, n, part=p)
        for name, n, p in (("a", 100, ""), ("b", 10, "1 of 10"))
    )
    lines = contest.table(
        "T", [contest.Result(whole, 2.0, 1.0), contest.Result(part, 0.5, 0.4)], 100
    ).splitlines()
    assert lines[2].split() == ["a", "2.0000", "1.0000", "0.0", "1.00"]
    assert lines[3].split() == ["b", "5.0000", "4.0000", "0.0", "4.00", "1", "of", "10,", "scaled"]


def test_w1_prints_its_table_and_names_the_peers_it_lacks(capsys):
    w1.main(SMALL_W1)
    printed = capsys.readouterr().out
    assert (
        "all counts equal" in printed
        and "spikefit_nb, events" in printed
        and "of the bound" in printed
    )
    for name in w1.NAMES:
        assert f"\n{name}: skipped" in f"\n{printed}" or f"\n{name} " in printed


def test_w2_prints_its_table(capsys):
    w2.main(["--neurons", "400", "--steps", "30", "--repeats", "1"])
    printed = capsys.readouterr().out
    assert "all counts equal" in printed and "of the bound" in printed


def test_threads_compares_whole_records(capsys):
    threads.main(SMALL_W1)
    assert "all records equal" in capsys.readouterr().out


def test_memory_measures_a_process_of_its_own(capsys):
    memory.main(["--neurons", "1000", "--out-degree", "10", "--steps", "10"])
    assert "10,000 synapses" in capsys.readouterr().out


def test_nmnist_prints_its_table(shared_data, capsys):
    nmnist.main(["--samples", "2", "--repeats", "1"])
    assert "N-MNIST, 2 recordings" in capsys.readouterr().out


def test_an_epoch_of_training_is_timed_for_each_network(shared_data, capsys):
    training.main(["--samples", "3", "--repeats", "1"])
    lines = capsys.readouterr().out.splitlines()
    assert sum(", an epoch of 3 recordings" in line for line in lines) == 3
    assert sum(line.startswith("spikefit_nb ") for line in lines) == 3


def test_predict_prints_a_table_and_an_error_for_each_network(shared_data, tmp_path, capsys):
    predict.main(["--recordings", "2", "--repeats", "1", "--examples", str(tmp_path)])
    printed = capsys.readouterr().out
    assert printed.count("all counts equal") == printed.count("PredictionError(energy") == 3
    assert "SANA-FE's own: skipped" in printed


def test_the_table_of_stored_and_live_input_is_printed(shared_data, capsys):
    operation.main(["--samples", "30"])
    lines = capsys.readouterr().out.splitlines()
    assert "10.8 µJ" in next(line for line in lines if line.startswith("digits, 20 steps"))
    spinnaker = next(line for line in lines if line.startswith("Braille, SpiNNaker"))
    assert "450 mJ" in spinnaker  # 0.35 W over 1.28 s, and the events
    assert any(line.startswith("N-MNIST CNN") for line in lines)
    assert sum("without faults" in line for line in lines) == 4


def test_an_evaluation_is_timed_beside_another_checkout(capsys):
    evaluation.main(["--jobs", "digits", "--designs", "2", "--other", str(evaluation.HERE)])
    told = capsys.readouterr().out
    assert (
        told.startswith("digits")
        and "s an evaluation" in told
        and ", 0 of 2 with other values" in told
    )


def test_samplers_are_compared_by_the_hypervolume_of_what_can_be(capsys, monkeypatch):
    argv = ["search", "--seeds", "1", "--trials", "6", "--problems", "CRE2-4-3", "SNN toy"]
    monkeypatch.setattr(sys, "argv", [*argv, "--methods", "ours, reference", "random"])
    search.main()
    printed = capsys.readouterr().out
    assert "Held out: CRE2-4-3, 6 trials" in printed and "Tuned on: SNN toy" in printed
    assert printed.count("random") == 2


def test_a_killed_search_is_counted_by_what_it_lost(capsys):
    found = killed.main(["--kills", "1", "--trials", "4"])
    assert (found.n_kills, found.n_lost, found.n_corrupt, found.n_other) == (1, 0, 0, 0)
    assert "finished trials lost, 0 corrupt files" in capsys.readouterr().out


def test_a_problem_is_as_published_at_points_known_by_hand():
    problems = {p.name: p for p in search_problems.TUNED_ON + search_problems.HELD_OUT}

    def losses(name, values):
        problem = problems[name]
        return problem.losses(dict(zip(problem.knobs, values, strict=True)))

    # DTLZ2 on its front: a sphere of radius 1; off it, the radius grows by the squares
    on, off = (np.array(losses("DTLZ2", [0.3, 0.6, *[x] * 6])) for x in (0.5, 0.0))
    assert np.linalg.norm(on) == pytest.approx(1) and np.linalg.norm(off) == pytest.approx(2.5)
    # ZDT1 with g = 1: f2 = 1 - sqrt(f1)
    assert losses("ZDT1-mixed", [0.25, 0, 0, 0, 0, 0, 0, "b", "c", "a"]) == [0.25, 0.5]
    # DTLZ7 with g = 1 and f1 = 0: f2 = 2 * 2
    assert losses("DTLZ7-mixed", [0, 0, 0, 0, 0, 0, "c", "b"]) == [0, 4]
    # a gear box known from the literature (Golinski 1970) weighs 2,994 to 2,997 and can be
    box = dict(zip(problems["CRE2-7-4"].knobs, [3.5, 0.7, 17, 7.3, 7.8, 3.36, 5.29], strict=True))
    assert 2990 < problems["CRE2-7-4"].losses(box)[0] < 3020
    assert max(problems["CRE2-7-4"].violations(box)) <= 1e-6


@pytest.mark.parametrize("problem", search_problems.TUNED_ON + search_problems.HELD_OUT)
def test_the_score_of_the_front_of_a_problem_is_known(problem):
    known = search_problems.REFERENCES[problem.name]
    assert len(known["lo"]) == len(known["hi"]) == problem.n_objectives
    assert (np.array(known["lo"]) < known["hi"]).all()
    assert 0.5 < known["hv"] < search_problems.BEHIND**problem.n_objectives


def test_the_table_of_ways_to_lay_out_is_printed(monkeypatch, capsys):
    monkeypatch.setattr(partition, "find_local", lambda name: None)
    partition.main(["--samples", "10"])
    cells = [line.split("  ") for line in capsys.readouterr().out.splitlines()]
    cores = {row[0]: int(row[1].strip() or row[2]) for row in map(filled_cells, cells[1:])}
    assert cores["digits: filled"] == cores["digits: auto, live at 1 ms"] == 2
    assert cores["digits: auto"] > 10


def filled_cells(cells):
    """The cells of a line that say something."""
    return [cell.strip() for cell in cells if cell.strip()]
