"""What a power meter wrote becomes a measurement, by hand the same."""

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.errors import FileProblem
from spikefit_nb.fit_costs import fit_costs, read_power_log


def written(tmp_path, text):
    path = tmp_path / "bench.csv"
    path.write_text(text)
    return read_power_log(path)


def test_energy_is_the_area_under_all_rails(tmp_path):
    log = written(
        tmp_path,
        "time_ms,core_mw,io_v,io_ma,inferences\n0,100,1.8,10,0\n100,300,1.8,10,4\n300,300,1.8,20,10\n",
    )
    # core: 0.1 s of 200 mW on average, 0.2 s of 300 mW; io: 18 mW, then 27 mW on average
    assert log.energy_j == pytest.approx(0.02 + 0.06 + 0.0018 + 0.0054)
    assert (log.n, log.duration_s) == (10, 0.3)
    part = log.between(0.05, 0.3)
    assert part.energy_j == pytest.approx(0.06 + 0.0054) and part.n == 6


def test_a_log_fits_the_figure_that_made_it(tmp_path):
    """Power drawn at three rates with a known cost of an update brings that cost back."""
    network, dataset = sf.load_network("digits"), sf.load_dataset("digits").take(30)
    chip = sf.load_profile("loihi1")
    true = chip.replace(energy_update_active=200.0)
    measured = []
    for n, design in enumerate((sf.Design(), sf.Design(prune_fraction=0.5))):
        report = sf.deploy(network, chip, dataset, design=design)
        cost_j = sf.deploy(network, true, dataset, design=design).event_energy_j
        power_w = 0.05 + 1000 * cost_j  # 1,000 answers a second
        log = written(tmp_path, f"time_s,all_w,inferences\n0,{power_w!r},0\n2,{power_w!r},2000\n")
        measured.append(log.measurement(report, f"bench, run {n}", idle_w=0.05))
    fitted = fit_costs(chip, measured, figures=["energy_update_active"])
    found = fitted.profile.figure("energy_update_active").si
    assert found == pytest.approx(200e-12, rel=1e-9)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("time_s,core\n0,1\n1,1\n", "no rail"),
        ("t,core_w\n0,1\n1,1\n", "columns t, core_w"),
        ("time_s,core_w\n0,1\n", "two at least"),
        ("time_s,core_w\n1,1\n0,1\n", "must rise"),
        ("time_s,core_w\n0,1\n1,x\n", "line 3"),
        ("time_s,core_w\n0,1\n1\n", "line 3"),
        ("time_s,core_w\n0,1\n1,nan\n", "finite"),
        ("", "header"),
    ],
)
def test_what_is_no_log_is_refused_with_the_line(tmp_path, text, words):
    with pytest.raises(FileProblem, match=words):
        written(tmp_path, text)


def test_what_cannot_be_told_is_asked_for(tmp_path):
    log = written(tmp_path, "time_s,core_w\n0,1\n1,1\n")
    report = sf.deploy(
        sf.load_network("digits"), sf.load_profile("loihi1"), sf.load_dataset("digits").take(5)
    )
    with pytest.raises(FileProblem, match="n_inferences"):
        log.measurement(report, "bench")
    with pytest.raises(FileProblem, match="leaves nothing"):
        log.measurement(report, "bench", n_inferences=10, idle_w=2.0)
    with pytest.raises(FileProblem, match="0 rows"):
        log.between(5, 6)
    assert np.isclose(log.measurement(report, "bench", n_inferences=10).value, 0.1)
