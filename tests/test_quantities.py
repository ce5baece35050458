"""What a verb answers: one table of numbers, and every way to show it is made from that."""

import importlib
import json
import pkgutil
import re
import sys
from dataclasses import dataclass
from functools import cache
from html import unescape
from types import SimpleNamespace

import numpy as np
import pytest

import spikefit_nb
from spikefit_nb.adapt import (
    Adaptation,
    Design,
    cap_events,
    drift,
    drift_by_change,
    prune,
    substitute_neuron,
)
from spikefit_nb.datasets import SpikeDataset, load_dataset, load_values
from spikefit_nb.deploy import deploy
from spikefit_nb.encode import RateBernoulli
from spikefit_nb.errors import NotInstalled, SpikefitError
from spikefit_nb.export import Deployment
from spikefit_nb.export.gate import Limits, judge_on
from spikefit_nb.fit import check_fit, compare_fit, support_matrix
from spikefit_nb.fit_costs import Measurement, PowerLog, fit_costs
from spikefit_nb.hardware import load_profile
from spikefit_nb.mapping import map_network
from spikefit_nb.network import IF, LIF, Population
from spikefit_nb.nir_file import load_network
from spikefit_nb.quantities import Quantity, Result, Several, distinct, grid, listed
from spikefit_nb.replay import (
    PredictionError,
    floorline,
    power_budget,
    predict,
    replay,
    uncertainty,
    utilisation,
)
from spikefit_nb.replay.counters import Counters
from spikefit_nb.robustness import EncodingSpread, robustness
from spikefit_nb.search import Importance, default_space, search, studies
from spikefit_nb.search.trial import Trial
from spikefit_nb.sensitivity import sensitivity
from spikefit_nb.simulate import simulate
from spikefit_nb.units import SUFFIXES, to_si
from spikefit_nb.validation import validate
from tests.nouns import verification

LOIHI, TRUENORTH, SENECA = map(load_profile, ("loihi1", "truenorth", "seneca"))


@cache
def run():
    """Digits on Loihi: network, data set, record and mapping."""
    network, dataset = load_network("digits"), load_dataset("digits").take(20)
    record = simulate(network, dataset, record="events")
    return network, dataset, record, map_network(network, LOIHI)


def unlabelled():
    return SpikeDataset(run()[1].spikes[:])


@cache
def unfit():
    return deploy(run()[0], LOIHI.replace(cores=1, neurons_per_core=20), run()[1])


def price():
    return replay(run()[2], run()[3])


def pruned():
    return prune(run()[0], 0.5)


@cache
def report(design=None):
    return deploy(run()[0], LOIHI, run()[1], design=design)


@cache
def on_speck():
    return deploy(run()[0], load_profile("speck"), run()[1], design=Design(weight_bits=8))


@cache
def study():
    found = search(run()[0], LOIHI, run()[1], n_trials=3)
    found.wait()
    return found


def measurements():
    """The power of a chip at three loads, of which two are enough to tell its figures."""
    return [
        Measurement({"static_power": 1.0, "energy_synaptic_operation": n}, mj, "mJ", "bench")
        for n, mj in ((1e9, 68), (2e9, 71), (3e9, 76))
    ]


MAKERS = {
    "Alternatives": lambda: report().alternatives(),
    "Adaptation": lambda: Adaptation(run()[0], (pruned(), pruned())),
    "Adapted": pruned,
    "BySteps": lambda: report().steps([16, 64]),
    "Capped": lambda: cap_events(run()[0], {"hidden": 6}, calibration=run()[1]),
    "Checklist": lambda: report().checklist(seeds=0),
    "Comparison": lambda: report().compare(report(Design(weight_bits=4))),
    "Deployment": lambda: Deployment.of(report()),
    "Design": lambda: Design(weight_bits=4, prune_fraction=0.5),
    "DesignSpace": lambda: default_space(run()[0], LOIHI, run()[1]),
    "Drift": lambda: drift(run()[0], pruned(), run()[1]),
    "DriftByChange": lambda: drift_by_change([pruned(), pruned()], run()[1]),
    "EventByEvent": lambda: on_speck().event_by_event(n_draws=2),
    "EarlyStop": lambda: report().stop_when(3),
    "EncodingSpread": lambda: EncodingSpread(
        np.array([0.9, 0.92]), 0.91, np.array([50.0, 52.0]), RateBernoulli(8)
    ),
    "FitComparison": lambda: compare_fit(run()[0], [LOIHI, TRUENORTH]),
    "FitReport": lambda: check_fit(run()[0], TRUENORTH),
    "FittedCosts": lambda: fit_costs(TRUENORTH, measurements()),
    "Floorline": lambda: floorline(run()[2], run()[3]),
    "HardwareProfile": lambda: LOIHI,
    "CoreMap": lambda: run()[3],
    "Network": lambda: run()[0],
    "Operation": lambda: report().operation,
    "Population": lambda: run()[0]["hidden"],
    "PowerAtRates": lambda: report().power_at([0, 1e3, 1e6], duty_cycle=0.1),
    "PowerBudget": lambda: power_budget(price(), LOIHI, inferences_per_s=10),
    "PredictionError": lambda: PredictionError(predict(run()[2], run()[3]), price()),
    "PowerLog": lambda: PowerLog(np.arange(3.0), {"core": np.ones(3)}, np.arange(3.0), "bench"),
    "Price": price,
    "ProfileDiff": lambda: LOIHI.replace(cores=64).diff(LOIHI),
    "Importance": lambda: Importance({"accuracy": {"weight_bits": 0.9, "n_steps": 0.1}}, 40),
    "KeptStudy": lambda: (study(), studies()[0])[1],
    "Recommendation": lambda: study().recommend(),
    "Remedy": lambda: made("FitReport").remedies[0],
    "Report": lambda: report(Design(weight_bits=4)),
    "Robustness": lambda: robustness(report(), dead_neurons=0.1, n_draws=2),
    "Sensitivity": lambda: sensitivity(report()),
    "SpikeDataset": lambda: run()[1],
    "SpikeRecord": lambda: run()[2],
    "Study": lambda: study(),
    "SupportMatrix": lambda: support_matrix(run()[0], [LOIHI, TRUENORTH]),
    "Substitution": lambda: substitute_neuron(run()[0], "LIF", calibration=run()[1]),
    "Trial": lambda: study().reference,
    "Uncertainty": lambda: uncertainty(Counters(run()[2], run()[3]), LOIHI),
    "Verification": lambda: verification(report()),
    "Validated": lambda: validate(chips=("odin",)).validated[0],
    "Validation": lambda: validate(chips=("odin",)),
    "ValueDataset": lambda: load_values("digits", n_samples=10),
    "Verdict": lambda: judge_on(run()[0], LOIHI, run()[1], Limits({"accuracy": 0.9})),
    "Utilisation": lambda: utilisation(run()[3], price()),
}
OTHERS = {  # answers of other kinds: no, not published, without labels, in a chip's integers
    "Adaptation of no step": lambda: Adaptation(run()[0]),
    "Comparison with what does not fit": lambda: report().compare(unfit()),
    "Drift without labels": lambda: drift(run()[0], pruned(), unlabelled()),
    "FitReport that fits": lambda: check_fit(run()[0], LOIHI),
    "FitReport with accuracies": lambda: check_fit(run()[0], TRUENORTH, dataset=run()[1]),
    "Floorline in counts": lambda: made("Report without prices").floorline,
    "Operation live": lambda: report().operations["real_time"],
    "Population of many": lambda: Population("in", (2, 3), LIF(np.linspace(0.01, 0.02, 3))),
    "PowerBudget too slow": lambda: power_budget(price(), LOIHI, inferences_per_s=1e5),
    "PowerBudget without figures": lambda: power_budget(price(), SENECA, inferences_per_s=1),
    "Report in ticks": lambda: deploy(run()[0], TRUENORTH, run()[1], design=Design(weight_bits=2)),
    "Report that does not fit": lambda: unfit(),
    "Report without labels": lambda: deploy(run()[0], LOIHI, unlabelled()),
    "Report without prices": lambda: deploy(run()[0], SENECA, run()[1]),
    "Sensitivity of what does not fit": lambda: sensitivity(unfit()),
    "SpikeRecord without labels": lambda: simulate(run()[0], unlabelled()),
    "Substitution without data": lambda: substitute_neuron(run()[0], "LIF"),
    "Trial that does not fit": lambda: Trial(1, unfit().case, "infeasible", message="no"),
}
made = cache(lambda name: {**MAKERS, **OTHERS}[name]())


@pytest.mark.parametrize(
    "answers",
    [
        lambda: study().best_trials,
        lambda: study().trials,
        lambda: report(Design(weight_bits=4, prune_fraction=0.3)).fit.adaptation.changes,
        lambda: Several([Population("<b>", (2,), IF(1.0)), Population("<b>", (2,), IF(1.0))]),
    ],
)
def test_several_answers_are_a_tuple_that_shows_itself_as_a_table_of_a_row_each(answers):
    several = answers()
    html = several._repr_html_()
    assert isinstance(several, tuple) and len(several) > 0
    assert html.count("<tr") == len(several) + 1  # and the titles of the columns
    assert "<script" not in html and " id=" not in html and "<b>" not in html
    assert "var(--jp-ui-font-color1" in html


def test_every_result_is_looked_at_here():
    for module in pkgutil.walk_packages(spikefit_nb.__path__, "spikefit_nb."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    assert {c.__name__ for c in kinds(Result)} == set(MAKERS)


def kinds(result):
    """The package's results below a class: those that have no kinds of their own."""
    below = [c for c in result.__subclasses__() if c.__module__.startswith("spikefit_nb")]
    return [kind for c in below for kind in kinds(c) or [c]]


def cells(html):
    """What stands in the cells of all tables but those of sources."""
    for table in re.findall(r"<table.*?</table>", html, re.DOTALL):
        if not re.search(r"<th[^>]*>Source", table):
            yield from map(unescape, re.findall(r"<td[^>]*>(.*?)</td>", table, re.DOTALL))


def numbers_in(cell):
    """Each number of a cell with its unit; nothing where there are other words."""
    if not re.fullmatch(r"([+-]?\d[\d,]*(\.\d+)?( [^\d\s,]+)?(, exact|, | -> | to |$))+", cell):
        return
    unit = ""
    for number, own_unit in reversed(
        re.findall(r"([+-]?\d[\d,]*(?:\.\d+)?)(?: (?!to )([^\d\s,]+))?", cell)
    ):
        unit = own_unit or unit
        yield number, unit


def is_shown(number, unit, values):
    """Whether one of the values, rounded to the digits that are written, is this number."""
    last_digit = 10.0 ** -len(number.partition(".")[2])
    one = {"%": 0.01, "points": 0.01}.get(unit) or to_si(1.0, re.sub("B$|SOP/s$", "J", unit))
    written = float(number.replace(",", "")) * one
    return any(abs(written - value) <= 0.501 * last_digit * one for value in values)


@pytest.mark.parametrize("name", [*MAKERS, *OTHERS])
class TestResult:
    def test_its_repr_is_its_name_and_headline(self, name):
        assert repr(made(name)) == f"{name.split()[0]}({made(name).headline})"
        assert "\n" not in repr(made(name))

    def test_its_names_are_unique_and_end_with_units_that_are_known(self, name):
        quantities = made(name).quantities
        assert all(isinstance(q, Quantity) for q in quantities)
        assert len({q.key for q in quantities}) == len(quantities)
        for q in quantities:
            assert re.fullmatch(r"[a-z][a-z0-9_]*", q.name), q.name
            assert q.name.endswith(SUFFIXES[q.unit]) and q.label.strip(), q

    def test_its_values_are_numbers_or_short_words_within_their_ends(self, name):
        for q in made(name).quantities:
            assert q.value is None or isinstance(q.value, int | float | str), q
            assert (q.low is None) == (q.high is None)
            if q.low is not None and q.value is not None:
                assert q.low <= q.value <= q.high, q
            if isinstance(q.value, str):
                assert len(q.value) <= 80 and not q.value.endswith("."), q

    def test_it_goes_to_json_and_back(self, name):
        result = made(name)
        table = json.loads(json.dumps(result.to_dict(), allow_nan=False))
        assert table.pop("notes") == list(result.notes)
        assert list(table) == [q.key for q in result.quantities]
        assert [row["value"] for row in table.values()] == [q.value for q in result.quantities]
        assert all(set(row) == {"value", "unit", "low", "high", "kind"} for row in table.values())

    def test_its_rows_are_its_quantities_then_its_notes(self, name):
        result = made(name)
        numbers = [(q.title, q.value, q.unit) for q in result.quantities]
        assert result.rows() == [*numbers, *(("Note", note, "") for note in result.notes)]

    def test_every_number_in_its_card_is_one_of_its_quantities(self, name):
        result = made(name)
        html = result._repr_html_()
        shown = [q.value for q in result.quantities]
        shown += [end for q in result.quantities for end in (q.low, q.high)]
        values = [value for value in shown if isinstance(value, int | float)]
        for cell in cells(html):
            shows = (is_shown(*number, values) for number in numbers_in(cell))
            assert cell in shown or all(shows), cell
        assert all(note in unescape(html) for note in result.notes)
        assert "<script" not in html and " id=" not in html


@dataclass(frozen=True, eq=False, repr=False)
class Answer(Result):
    n: int
    notes: tuple[str, ...] = ("1 < 2",)

    def _headline(self):
        return f"{self.n} cores"

    def _quantities(self):
        energy = Quantity("event_energy_j", "Energy", 3e-9, "J", 2e-9, 4e-9, "simulated")
        return energy, Quantity("rate_hz", "Rate", 5.0, "Hz", of="hidden")

    def _card(self):
        return f"Fits: {self.headline}", grid((q for q in self.quantities if q.of), "Layer")


def test_a_card_has_the_title_the_table_of_the_whole_the_parts_and_the_notes_in_this_order():
    html = Answer(2)._repr_html_()
    said = ["Fits: 2 cores", "Energy", "3 nJ, 2 to 4 nJ", "simulated", "Layer", "hidden", "5 Hz"]
    places = [html.index(part) for part in (*said, "1 &lt; 2")]
    assert places == sorted(places)


def test_a_result_without_one_of_its_parts_cannot_be_made():
    class Half(Result):
        def _headline(self):
            return "half"

    with pytest.raises(TypeError, match="abstract"):
        Half()


def test_where_pandas_is_missing_a_frame_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="pip install pandas") as found:
        Answer(2).to_frame()
    assert isinstance(found.value, NotInstalled) and isinstance(found.value, SpikefitError)


def test_a_frame_has_a_row_for_each_quantity(monkeypatch):
    frame = lambda rows, columns: [dict(zip(columns, row, strict=True)) for row in rows]  # noqa: E731
    monkeypatch.setitem(sys.modules, "pandas", SimpleNamespace(DataFrame=frame))
    energy, rate = Answer(2).to_frame()
    assert energy["name"] == "event_energy_j" and (energy["low"], energy["high"]) == (2e-9, 4e-9)
    assert rate["of"] == "hidden" and rate["value"] == 5.0 and rate["unit"] == "Hz"


def test_a_quantity_is_written_with_its_ends_once_the_unit_is_said():
    assert (
        Quantity("accuracy", "Accuracy", 0.964, "%", 0.839, 1.0).text == "96.4 %, 83.9 to 100.0 %"
    )
    assert Quantity("latency_s", "Latency", 1e-3, "s", 1e-3, 1e-3).text == "1 ms, exact"
    assert Quantity("event_energy_j", "Energy", None, "J").text == "not published"
    assert Quantity("fits", "Fits", "no").text == "no"


def test_numbers_are_found_in_cells_and_compared_in_their_digits():
    assert list(numbers_in("2.21 nJ, 1.9 to 3.47 nJ"))[::-1] == [
        ("2.21", "nJ"),
        ("1.9", "nJ"),
        ("3.47", "nJ"),
    ]
    assert list(numbers_in("8 x 8")) == list(numbers_in("hidden 0-63")) == []
    assert is_shown("2.21", "nJ", [2.2149e-9]) and not is_shown("2.21", "nJ", [2.2161e-9])
    assert is_shown("1.18", "MSOP/s", [1.1799e6]) and not is_shown("1.18", "MSOP/s", [1.18])
    assert is_shown("-3.4", "points", [-0.0344]) and not is_shown("96.4", "%", [0.95])


def test_a_number_before_and_after_shares_a_cell_and_one_that_stayed_is_said_once():
    before, after = (Quantity(n, "Neurons", v) for n, v in (("n_before", 3), ("n_after", 2)))
    assert "3 -&gt; 2" in listed([before, after])
    assert ">3<" in grid([before, before._replace(name="n_after")])


def test_a_table_escapes_what_it_shows_and_names_what_each_number_is_of():
    rate = Quantity("rate_hz", "Rate", 5.0, "Hz", of="<b>")
    assert "&lt;b&gt;: rate" in listed([rate]) and "<b>" not in listed([rate]) + grid([rate])
    assert distinct(["a", "b", "a", "a"]) == ["a", "b", "a (2)", "a (3)"]
