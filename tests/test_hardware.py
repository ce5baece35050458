"""Profiles: figures with units and sources, errors that name file, figure and key."""

import pytest

from spikefit_nb.errors import FileProblem, NotPublished, ProfileProblem, UnknownName
from spikefit_nb.hardware import Sourced, load_profile, profile_names, read_profile
from spikefit_nb.hardware.profile import CATALOGUE

GOOD = (CATALOGUE / "truenorth.toml").read_text()


@pytest.mark.parametrize("name", profile_names())
def test_a_chip_of_the_catalogue_shows_itself(name):
    profile = load_profile(name)
    html = profile._repr_html_()
    assert profile.title in html and all(figure.source[:20] in html for figure in profile.figures.values())


def test_published_figures_of_loihi_are_those_of_davies_2018_table_2():
    loihi = load_profile("loihi1")
    assert loihi.si("energy_synaptic_operation") == 23.6e-12
    assert (loihi.si("energy_update_active"), loihi.si("energy_update_inactive")) == (81e-12, 52e-12)
    assert (loihi.si("time_synaptic_operation"), loihi.si("time_hop_y")) == (3.5e-9, 6.5e-9)
    assert loihi.figure("energy_synaptic_operation").kind == "simulated"


def test_truenorth_sweep_predicts_its_middle_point():
    # Akopyan 2015, Fig. 17: 1,048,576 neurons, 128 synapses each; 68, 71 and 94 mW at 11.58, 20.07 and 95.93 Hz
    truenorth = load_profile("truenorth")
    events_per_s = 1_048_576 * 128 * 20.07
    power_w = truenorth.si("static_power") + events_per_s * truenorth.si("energy_synaptic_operation")
    assert power_w == pytest.approx(71e-3, rel=0.01)


def test_an_unknown_chip_offers_the_nearest_names():
    with pytest.raises(UnknownName, match=r"no profile 'lohi1'. Did you mean 'loihi1'\? Known: loihi1, truenorth"):
        load_profile("lohi1")


def test_a_figure_of_ones_own_is_marked_assumed():
    profile = load_profile("loihi1").replace(cores=16)
    assert profile.value("cores") == 16 and profile.figure("cores").kind == "assumed"
    assert load_profile("loihi1").value("cores") == 128


@pytest.mark.parametrize(
    ("figures", "error", "said"),
    [({"energy_synaptic_operatoin": 1}, UnknownName, "Did you mean 'energy_synaptic_operation'"),
     ({"cores": 0}, ProfileProblem, "cores is 0 cores; it must be 1 or more"),
     ({"cores": "many"}, ProfileProblem, "cores is 'many'; it must be a number of cores"),
     ({"cores": 1.5}, ProfileProblem, "cores is 1.5 cores; it must be 1 or more, in whole numbers"),
     ({"weight_bits": [8, 32]}, ProfileProblem, "its largest must be from 2 to 16"),
     ({"weight_bits": 4}, ProfileProblem, "weight_bits is 4; it must be a list"),
     ({"area": float("nan")}, ProfileProblem, "cannot be negative or without end"),
     ({"area": True}, ProfileProblem, "value is True"),
     ({"energy_hop_x": Sourced(3, "pj", "assumed", "me")}, ProfileProblem, "energy_hop_x has unit 'pj'; it must be J")],
)  # fmt: skip
def test_a_figure_that_cannot_be_is_refused_with_what_can(figures, error, said):
    with pytest.raises(error, match=said):
        load_profile("loihi1").replace(**figures)


def test_an_absent_figure_says_how_to_give_ones_own():
    with pytest.raises(NotPublished, match=r"tick is not published for Intel Loihi.*profile.replace\(tick=...\)"):
        load_profile("loihi1").figure("tick")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [('kind = "datasheet"', 'kind = "rumour"', "figure 'cores': kind is 'rumour'"),
     ('unit = "cores"\n', "", r"figure 'cores': keys \['unit'\] are missing"),
     ('source = "Akopyan 2015, TCAD 34(10):1537"', 'source = " "', "figure 'cores': source is empty"),
     ("value = 4096", "value = -1", "figure 'cores': value is -1 cores; it cannot be negative"),
     ('family = "truenorth"', 'family = "other"', "family is 'other'"),
     ("name =", "nam =", r"keys \['nam', 'name'\]"),
     ("value = 4096", "value = ", "chip.toml is not TOML")],
)  # fmt: skip
def test_a_bad_profile_file_is_named_with_figure_and_key(tmp_path, old, new, said):
    assert old in GOOD
    (tmp_path / "chip.toml").write_text(GOOD.replace(old, new, 1))
    with pytest.raises(ProfileProblem, match=said):
        read_profile(tmp_path / "chip.toml")


def test_a_profile_file_of_ones_own_is_read(tmp_path):
    (tmp_path / "mine.toml").write_text(GOOD.replace('name = "truenorth"', 'name = "mine"'))
    assert read_profile(tmp_path / "mine.toml").name == "mine"
    with pytest.raises(FileProblem, match=r"no profile file.*load_profile\('absent'\)"):
        read_profile(tmp_path / "absent.toml")


def test_a_sourced_figure_turns_its_unit_into_si():
    assert Sourced(1.5, "mW", "measured", "a paper").si == 1.5e-3
    assert Sourced(60, "mm2", "measured", "a paper").si == 60
