"""Profiles: figures with units and sources, figures of one's own, differences, how a chip shows
itself.
"""

import re

import numpy as np
import pytest

from spikefit_nb.errors import NotPublished, ProfileProblem, UnknownName
from spikefit_nb.hardware import (
    FIGURES,
    CoefficientSet,
    HardwareProfile,
    Sourced,
    load_profile,
    profile_names,
)
from spikefit_nb.hardware.catalogue import parse_profile
from tests.profile_files import GOOD


@pytest.mark.parametrize("name", profile_names())
def test_a_chip_of_the_catalogue_shows_itself(name):
    profile = load_profile(name)
    html = profile._repr_html_()
    assert profile.title in html and all(
        figure.source[:20] in html for figure in profile.figures.values()
    )


def test_published_figures_of_loihi_are_those_of_davies_2018_table_2():
    loihi = load_profile("loihi1")
    assert loihi.si("energy_synaptic_operation") == 23.6e-12
    assert (loihi.si("energy_update_active"), loihi.si("energy_update_inactive")) == (
        81e-12,
        52e-12,
    )
    assert (loihi.si("time_synaptic_operation"), loihi.si("time_hop_y")) == (3.5e-9, 6.5e-9)
    assert loihi.figure("energy_synaptic_operation").kind == "simulated"


def test_truenorth_sweep_predicts_its_middle_point():
    # Akopyan 2015, Fig. 17: 1,048,576 neurons, 128 synapses each; 68, 71 and 94 mW at 11.58, 20.07
    # and 95.93 Hz
    truenorth = load_profile("truenorth")
    events_per_s = 1_048_576 * 128 * 20.07
    power_w = truenorth.si("static_power") + events_per_s * truenorth.si(
        "energy_synaptic_operation"
    )
    assert power_w == pytest.approx(71e-3, rel=0.01)


def test_an_unknown_chip_offers_the_nearest_names():
    with pytest.raises(
        UnknownName,
        match=r"no profile 'lohi1'. Did you mean 'loihi1'.* Known: .*, loihi1, .*, truenorth, ",
    ):
        load_profile("lohi1")


def test_a_figure_of_ones_own_is_marked_assumed():
    profile = load_profile("loihi1").replace(cores=16)
    assert profile.value("cores") == 16 and profile.figure("cores").kind == "assumed"
    assert load_profile("loihi1").value("cores") == 128


@pytest.mark.parametrize(
    ("figures", "error", "said"),
    [
        (
            {"energy_synaptic_operatoin": 1},
            UnknownName,
            "Did you mean 'energy_synaptic_operation' or ",
        ),
        ({"nonsense": 1}, UnknownName, f"{len(FIGURES)} are known: spikefit_nb.hardware.FIGURES."),
        (
            {"cores": 0},
            ProfileProblem,
            "cores is 0; it must be a whole number of cores, 1 or more.",
        ),
        ({"cores": "many"}, ProfileProblem, "cores is 'many'; it must be a whole number of cores"),
        ({"cores": 1.5}, ProfileProblem, "cores is 1.5; it must be a whole number of cores"),
        ({"weight_bits": [8, 32]}, ProfileProblem, "its largest must be from 2 to 16"),
        (
            {"weight_bits": 4},
            ProfileProblem,
            "weight_bits is 4; it must be a list of whole numbers of bits",
        ),
        (
            {"resets": "zero"},
            ProfileProblem,
            "resets is 'zero'; it must be a list of texts, the modes",
        ),
        (
            {"area": float("nan")},
            ProfileProblem,
            "area is nan; it must be a number, 0 or more and finite",
        ),
        ({"area": 10**5000}, ProfileProblem, "area is a int too long to show; it must be a number"),
        ({"area": True}, ProfileProblem, "area is True; it must be a number"),
        ({"area": None}, ProfileProblem, "area is None; it must be a number"),
        (
            {"barrier_tiles": [2, 1]},
            ProfileProblem,
            "barrier_tiles is (2, 1); it must be a list of whole numbers",
        ),
        (
            {"time_barrier": [1.0]},
            ProfileProblem,
            "figures.time_barrier has 1 values, but barrier_tiles has ",
        ),
        (
            {"energy_hop_x": Sourced(3, "pj", "assumed", "me")},
            ProfileProblem,
            "Profile 'loihi1': figures.energy_hop_x.unit is 'pj'; "
            "it must be J or a multiple of it such as pJ.",
        ),
        (
            {"cores": Sourced(3.5, "cores", "assumed", "me")},
            ProfileProblem,
            "figures.cores.value is 3.5; it must be a",
        ),
    ],
)
def test_a_figure_that_cannot_be_is_refused_with_what_can(figures, error, said):
    with pytest.raises(error, match=re.escape(said)):
        load_profile("loihi1").replace(**figures)


def test_a_figure_of_ones_own_is_in_the_published_unit_or_else_in_the_usual_one():
    chip = HardwareProfile(
        "x", "X", "mesh", "tick", {"tick": Sourced(2, "us", "datasheet", "p. 1")}
    )
    assert chip.replace(tick=4).si("tick") == 4e-6
    assert chip.replace(energy_packet=np.float32(0.5)).figure("energy_packet").unit == "pJ"
    assert chip.replace(weight_bits=np.array([4, 8])).value("weight_bits") == (4, 8)
    own = Sourced(3, "nJ", "measured", "my bench")
    assert chip.replace(energy_packet=own).figure("energy_packet") is own


def test_a_figure_of_ones_own_is_included_in_no_other_any_more():
    truenorth = load_profile("truenorth")
    assert "energy_hop_x" in truenorth.included
    assert "energy_hop_x" not in truenorth.replace(energy_hop_x=1.0).included


def test_a_chip_needs_no_figure_at_all():
    chip = HardwareProfile("seneca", "A chip", "mesh", "asynchronous")
    assert repr(chip) == "HardwareProfile(seneca: cores not published, 0 sourced figures)"
    assert (
        chip.weakest_kind == "assumed"
        and "A chip (seneca): cores not published" in chip._repr_html_()
    )
    assert (
        repr(chip.replace(cores=1)) == "HardwareProfile(seneca_changed: 1 core, 1 sourced figure)"
    )
    with pytest.raises(NotPublished, match="cores is not published for A chip"):
        chip.value("cores")


def test_a_profile_made_by_hand_is_held_to_the_same_rules_and_told_all_at_once():
    with pytest.raises(ProfileProblem) as caught:
        HardwareProfile("x", " ", "mash", "tick", {"cores": 128}, {"area": "aera"}, year=True)
    told = str(caught.value)
    for said in (
        "title is ' '",
        "family is 'mash'",
        "figures.cores is 128",
        "included.area is 'aera'",
        "year is True",
    ):
        assert f"Profile 'x': {said}" in told


def test_an_absent_figure_says_how_to_give_ones_own():
    with pytest.raises(
        NotPublished, match=r"tick is not published for Intel Loihi.*profile.replace\(tick=...\)"
    ):
        load_profile("loihi1").figure("tick")


def test_another_set_of_coefficients_takes_the_place_of_the_first():
    chip = parse_profile(GOOD, "chip.toml")
    other = chip.coefficients("calibrated")
    assert (other.name, other.title) == (
        "mine_calibrated",
        "A chip of mine, calibrated coefficients",
    )
    assert other.value("energy_packet") == 1.75 and other.value("cores") == 128
    assert other.included == {
        "energy_within_tile": "energy_packet",
        "energy_hop_x": "energy_packet",
    }
    assert not other.sets and other.checks == chip.checks and other.year == 2024
    assert chip.value("energy_packet") == 1.5


def test_a_figure_is_either_published_or_included_also_in_another_set():
    hop = Sourced(3, "pJ", "simulated", "p. 1")
    into_packet = CoefficientSet("a", included={"energy_hop_x": "energy_packet"})
    out_of_packet = CoefficientSet("b", {"energy_hop_y": hop})
    chip = HardwareProfile(
        "x",
        "X",
        "mesh",
        "tick",
        {"energy_hop_x": hop},
        {"energy_hop_y": "energy_packet"},
        sets={"a": into_packet, "b": out_of_packet},
    )
    assert not chip.coefficients("a").has("energy_hop_x")
    assert (
        chip.coefficients("b").figure("energy_hop_y") is hop and not chip.coefficients("b").included
    )


def test_a_set_of_the_catalogue_is_loaded_by_name_and_an_unknown_one_offers_the_nearest():
    calibrated = load_profile("loihi1", coefficients="calibrated")
    assert calibrated.name == "loihi1_calibrated"
    assert calibrated.to_toml() == load_profile("loihi1").coefficients("calibrated").to_toml()
    with pytest.raises(
        UnknownName,
        match=r"no set of coefficients of loihi1 'callibrated'. Did you mean 'calibrated'",
    ):
        load_profile("loihi1", coefficients="callibrated")


def told(diff):
    """What the two profiles say of each figure in which they differ."""
    by_figure = {q.of: [] for q in diff.quantities}
    for q in diff.quantities:
        by_figure[q.of].append(q.value)
    return {figure: tuple(values) for figure, values in by_figure.items()}


def test_a_diff_names_what_is_changed_added_removed_and_otherwise_founded():
    base = parse_profile(GOOD, "chip.toml")
    figures = dict(base.figures)
    del figures["resets"]
    figures["area"] = Sourced(60, "mm2", "measured", "p. 9")
    figures["weight_bits"] = Sourced([4, 8], "bits", "datasheet", "p. 2")
    figures["cores"] = Sourced(128, "cores", "datasheet", "another paper")
    figures["energy_packet"] = Sourced(1.25, "nJ", "assumed", "a guess")
    this = HardwareProfile("mine", "Mine", "mesh", "tick", figures)
    assert told(this.diff(base)) == {
        "step": ("barrier", "tick"),
        "resets": ("zero", "not published"),
        "energy_packet": ("1.5 nJ", "1.25 nJ"),
        "energy_within_tile": ("in energy_packet", "not published"),
        "area": ("not published", "60 mm2"),
    }
    assert all(change.base != change.this for change in this.diff(base).changes)
    changes = {change.figure: change for change in this.diff(base).founded_otherwise}
    assert set(changes) == {"cores", "weight_bits"}  # of equal value
    assert changes["cores"].source == "another paper"
    assert changes["weight_bits"].kind == "measured -> datasheet"
    assert repr(this.diff(base)).startswith("ProfileDiff(5 figures differ from mine: step, resets")
    assert repr(this.diff(base)).endswith("; 2 of equal value rest on other evidence)")
    html = this.diff(base)._repr_html_()
    assert all(
        said in html
        for said in (
            "5 figures differ from A chip of mine (mine)",
            "Equal values of another kind or source",
            "measured -&gt; datasheet",
            "p. 9",
        )
    )


def test_values_that_differ_in_digits_that_are_not_shown_are_told_apart():
    close = load_profile("loihi1").replace(static_power=104.4000001)
    ((before, after),) = told(close.diff(load_profile("loihi1"))).values()
    assert before != after and "104.4000001" in after


def test_a_value_written_in_another_unit_is_no_difference():
    first, second = (
        HardwareProfile(
            "x", "X", "mesh", "tick", {"energy_packet": Sourced(value, unit, "measured", "p. 1")}
        )
        for value, unit in ((1, "nJ"), (1000.0, "pJ"))
    )
    assert (
        second.diff(first).quantities == ()
        and repr(second.diff(first)) == "ProfileDiff(no figure differs from x)"
    )
    assert "no figure differs from X (x)" in second.diff(first)._repr_html_()


def test_a_card_groups_figures_and_tells_what_is_not_published():
    html = parse_profile(GOOD, "chip.toml").replace(time_hop_x=3)._repr_html_()
    order = [
        "A chip of mine, changed by you (mine_changed, 2024): 128 cores",
        ">Structure<",
        ">Neurons and weights<",
        ">Energy<",
        ">Time<",
        ">Cross-checks, never priced<",
        ">Not published alone<",
        ">Not published (",
        "calibrated coefficients",
    ]
    places = [html.index(part) for part in order]
    assert places == sorted(places) and ">Power<" not in html
    assert ">assumed, yours<" in html and 'title="Cores of one chip"' in html
    absent = html[html.index(">Not published (") :]
    assert (
        ">static power<" in absent
        and ">energy packet<" not in absent
        and ">energy within tile<" not in absent
    )


def test_a_card_runs_nothing_and_escapes_what_a_file_says():
    text = GOOD.replace("A chip of mine", "<b>chip</b>").replace(
        "p. 1", "<script>alert(1)</script>"
    )
    html = parse_profile(text.replace("checks.total", "checks.'<i>'"), "chip.toml")._repr_html_()
    assert not re.search(r"<script|<b>|<i>|\bid=|\bon\w+=", html) and "&lt;b&gt;chip" in html


def test_a_sourced_figure_turns_its_unit_into_si():
    assert Sourced(1.5, "mW", "measured", "a paper").si == 1.5e-3
    assert Sourced(60, "mm2", "measured", "a paper").si == 60
    assert Sourced([1, 2.5], "ns", "measured", "a paper").si == (1e-9, 2.5e-9)


def test_a_sourced_figure_that_cannot_be_says_all_that_is_wrong():
    with pytest.raises(
        ProfileProblem, match=r"value is -1; .* unit is ''; .* kind is 'rumour'; .* source is 3; "
    ):
        Sourced(-1, "", "rumour", 3)


def test_a_spread_is_kept_by_files_changes_and_sets_and_shown_on_the_card():
    text = GOOD.replace('source = "p. 4"', 'source = "p. 4"\nspread = [1.25, 2]')
    chip = parse_profile(text, "chip.toml")
    packet = chip.figure("energy_packet")
    assert (packet.spread, packet.spread_si, packet.spread_text) == (
        (1.25, 2),
        (1.25e-9, 2e-9),
        "1.25 to 2 nJ",
    )
    assert (
        chip.to_toml() == text
        and parse_profile(chip.to_toml(), "chip.toml").figure("energy_packet") == packet
    )
    assert chip.replace(cores=64).figure("energy_packet") is packet
    assert chip.coefficients("calibrated").figure("energy_packet").spread is None
    assert ">1.5 nJ (1.25 to 2 nJ)<" in chip._repr_html_()


def test_a_figure_of_ones_own_has_the_spread_it_is_given_and_a_bare_number_none():
    chip = parse_profile(
        GOOD.replace('source = "p. 4"', 'source = "p. 4"\nspread = [1.25, 2]'), "chip.toml"
    )
    assert chip.replace(energy_packet=1.75).figure("energy_packet").spread is None
    own = Sourced(3, "nJ", "measured", "my bench", spread=[2.5, np.float64(3.5)])
    assert (
        own.spread == (2.5, 3.5) and chip.replace(energy_packet=own).figure("energy_packet") is own
    )
    barrier = Sourced((1, 2), "us", "measured", "my bench", spread=([1, 1.5], [2, 4]))
    assert (
        barrier.spread_si == ((1e-6, 1.5e-6), (2e-6, 4e-6))
        and barrier.spread_text == "1, 1.5 to 2, 4 us"
    )


def test_a_diff_tells_a_spread_that_is_new_another_or_gone():
    plain, close, wide = (
        HardwareProfile(
            "x",
            "X",
            "mesh",
            "tick",
            {"energy_packet": Sourced(1, "nJ", "measured", "p. 1", spread)},
        )
        for spread in (None, (1, 1.5), (0.5, 2))
    )
    assert told(close.diff(plain)) == {"energy_packet": ("1 nJ", "1 nJ (1 to 1.5 nJ)")}
    assert told(plain.diff(wide)) == {"energy_packet": ("1 nJ (0.5 to 2 nJ)", "1 nJ")}
    same = Sourced(1000, "pJ", "measured", "p. 1", (500, 2000))
    assert wide.diff(wide.replace(energy_packet=same)).quantities == ()


@pytest.mark.parametrize(
    "spread", [(1.5, 2), (0, 0.5), (2, 1), (-1, 2), (0, float("inf")), (1,), 1, ((1,), (1,)), "ab"]
)
def test_a_spread_that_does_not_hold_its_value_is_refused(spread):
    with pytest.raises(ProfileProblem, match=r"spread is .*; it must be two ends around the value"):
        Sourced(1, "nJ", "measured", "my bench", spread)


def test_a_clock_that_may_stand_still_is_no_clock():
    with pytest.raises(
        ProfileProblem, match=r"clock.spread has an end that is 0; it must be a number, above 0"
    ):
        load_profile("odin").replace(clock=Sourced(75, "MHz", "measured", "my bench", (0, 80)))


def test_a_changed_chip_says_so_in_every_report_and_a_calibrated_one_does_not():
    changed = load_profile("loihi1").replace(cores=64)
    assert (changed.name, changed.title) == ("loihi1_changed", "Intel Loihi, changed by you")
    assert changed.replace(area=50).name == "loihi1_changed"
    measured = load_profile("loihi1").replace(energy_hop_x=Sourced(3, "pJ", "measured", "my bench"))
    assert measured.name == "loihi1"
