"""Floorlines against a naive count of every spike, against closed forms, and against the price of
the same run.
"""

import numpy as np
import pytest
from bokeh.models import Legend
from hypothesis import given, settings
from hypothesis import strategies as st

from spikefit_nb.adapt import Design
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.deploy import deploy
from spikefit_nb.errors import DesignProblem, NetworkProblem, WrongArgument
from spikefit_nb.hardware import load_profile, profile_names
from spikefit_nb.mapping import map_network
from spikefit_nb.network import IF, Input, Network, Population, Projection
from spikefit_nb.plots import floorline_data, plot_floorline
from spikefit_nb.replay import barrier_s, floorline, replay
from spikefit_nb.simulate import simulate
from tests.naive import floorline as naive
from tests.networks import convolutional, spikes, two_layers

LOIHI = load_profile("loihi1")
CALIBRATED = load_profile(
    "loihi1", coefficients="calibrated"
)  # every time published, both stages at once
WITH_TRAFFIC = LOIHI.replace(time_packet=9, time_packet_in=4)  # ns; one stage after the other


def layers(n_in, n_out, n_steps=1, n_samples=1):
    """All inputs spike in every step, on full weights."""
    network = Network(
        [Population("in", (n_in,), Input()), Population("out", (n_out,), IF(1.0))],
        [Projection("in", "out", np.ones((n_in, n_out)))],
    )
    return network, SpikeDataset(np.ones((n_samples, n_steps, n_in), bool))


def found_on(profile, network, dataset, **options):
    mapping = map_network(network, profile, **options)
    record = simulate(network, dataset, record="events")
    return floorline(record, mapping), replay(record, mapping), mapping


def assert_equal_to_naive(profile, network, dataset, neurons_per_core):
    found, price, mapping = found_on(profile, network, dataset, neurons_per_core=neurons_per_core)
    at_once = profile.has("stages_at_once")
    samples = naive.work(network, dataset, mapping, profile)
    steps = [cores for sample in samples for cores in sample]
    n = dataset.n_samples
    floor_s = dataset.n_steps * barrier_s(profile, len(np.unique(mapping.tiles, axis=0)))
    longest = [
        max(range(mapping.n_cores), key=lambda c, of=cores: naive.busy(of[c], at_once))
        for cores in steps
    ]
    is_tied = _has_ties(steps, at_once)
    for name in found.ceilings:
        ours = [
            naive.waited_for(cores[c], at_once)[name]
            for cores, c in zip(steps, longest, strict=True)
        ]
        if not is_tied:
            assert found.parts_s[name] == pytest.approx(sum(ours) / n, rel=1e-9, abs=1e-18)
        without = sum(max(naive.busy(core, at_once, name) for core in cores) for cores in steps) / n
        assert found.without_s[name] == pytest.approx(floor_s + without, rel=1e-12)
        of_cores = [
            sum(naive.waited_for(cores[c], at_once)[name] for cores in steps) / n
            for c in range(mapping.n_cores)
        ]
        np.testing.assert_allclose(found.core_s[name], of_cores, rtol=1e-9, atol=1e-18)
    assert found.even_s == pytest.approx(
        floor_s + sum(naive.even(cores, at_once) for cores in steps) / n, rel=1e-12
    )
    assert found.floor_s == pytest.approx(floor_s)
    assert found.latency_s == pytest.approx(price.latency_s, rel=1e-12)
    for name, counted in zip(naive.CEILINGS, naive.COUNTS, strict=True):
        table = np.array([[core[counted] for core in cores] for cores in steps])
        assert found.counts[name] * n == pytest.approx(table.sum(axis=0))
        assert found.most_in_a_step[name].tolist() == table.max(axis=0).tolist()
        assert found.busiest_counts[name] * n == pytest.approx(table.max(axis=1).sum())


def _has_ties(steps, at_once):
    """Whether some step has two busiest cores, of which rounding picks one."""
    for cores in steps:
        works = sorted(naive.busy(core, at_once) for core in cores)
        if len(works) > 1 and works[-1] - works[-2] < 1e-15:
            return True
    return False


@settings(max_examples=15)
@given(
    seed=st.integers(0, 10**6),
    neurons_per_core=st.integers(1, 7),
    recurrent=st.booleans(),
    sparse=st.booleans(),
    profile=st.sampled_from([LOIHI, WITH_TRAFFIC, CALIBRATED]),
)
def test_every_part_and_every_relief_is_what_a_naive_count_finds(
    seed, neurons_per_core, recurrent, sparse, profile
):
    network = two_layers(seed, "LIF", recurrent, sparse)
    dataset = SpikeDataset(spikes(network, seed, n_samples=2, n_steps=6, rate=0.5))
    assert_equal_to_naive(profile, network, dataset, neurons_per_core)


@pytest.mark.parametrize("profile", [WITH_TRAFFIC, CALIBRATED])
def test_convolutions_and_repeated_spikes_are_told_apart_like_any_other(profile):
    network = convolutional(5, max_spikes=None)
    assert_equal_to_naive(
        profile, network, SpikeDataset(spikes(network, 5, n_steps=4, rate=0.5)), 9
    )


@settings(max_examples=15)
@given(
    seed=st.integers(0, 10**6),
    neurons_per_core=st.integers(1, 7),
    profile=st.sampled_from([WITH_TRAFFIC, CALIBRATED]),
)
def test_parts_sum_to_the_latency_and_no_relief_makes_a_run_longer(seed, neurons_per_core, profile):
    network = two_layers(seed, "LIF", True)
    dataset = SpikeDataset(spikes(network, seed, n_steps=8, rate=0.5))
    found, price, _ = found_on(profile, network, dataset, neurons_per_core=neurons_per_core)
    latency, a_bit = price.latency_s, 1 + 1e-12
    assert sum(found.parts_s.values()) == pytest.approx(latency, rel=1e-12)
    assert sum(found.shares.values()) == pytest.approx(1.0)
    assert found.waited_s.sum() == pytest.approx(latency - found.floor_s, rel=1e-9)
    assert all(
        found.floor_s <= s * a_bit and s <= latency * a_bit
        for s in (*found.without_s.values(), found.even_s)
    )
    # what vanishes takes no more with it than was spent on it
    assert all(
        latency - found.without_s[name] <= found.parts_s[name] + 1e-15 for name in found.ceilings
    )


def test_spreading_evenly_takes_the_mean_of_the_cores_where_stages_follow_one_another():
    network = two_layers(3, "LIF", True)
    found, _, mapping = found_on(
        WITH_TRAFFIC, network, SpikeDataset(spikes(network, 3, rate=0.6)), neurons_per_core=2
    )
    worked = sum(found.core_s.values()).sum()
    assert found.even_s == pytest.approx(found.floor_s + worked / mapping.n_cores, rel=1e-12)


def test_one_layer_on_one_core_is_the_sum_of_the_published_times():
    network, dataset = layers(9, 8, n_steps=2)
    found, _, _ = found_on(LOIHI, network, dataset)
    # 72 synaptic operations and 8 updates a step, as the table of Loihi says
    assert found.parts_s == pytest.approx(
        {"memory": 2 * 72 * 3.5e-9, "compute": 2 * 8 * 8.4e-9, "barrier": 2 * 113e-9}
    )
    assert found.without_s["memory"] == pytest.approx(2 * (8 * 8.4e-9 + 113e-9))
    assert found.binds == "memory" and found.even_s == pytest.approx(found.latency_s)
    assert found.not_published == {"traffic": ("time_packet", "time_packet_in")}


def test_of_stages_at_once_only_the_longer_one_is_waited_for():
    network, dataset = layers(9, 8)
    found, _, _ = found_on(LOIHI.replace(stages_at_once=["synapses", "neurons"]), network, dataset)
    reading, updating = 72 * 3.5e-9, 8 * 8.4e-9
    assert found.parts_s == pytest.approx({"memory": reading, "compute": 0.0, "barrier": 113e-9})
    assert found.without_s == pytest.approx(
        {"memory": updating + 113e-9, "compute": reading + 113e-9}
    )


def test_cores_that_work_equally_long_share_the_wait():
    network, dataset = layers(99, 8, n_steps=3)
    found, _, _ = found_on(LOIHI, network, dataset, neurons_per_core=2)
    assert found.waited_s == pytest.approx([(found.latency_s - found.floor_s) / 4] * 4)
    assert (
        found.n_binding_cores == 4
        and "on 4 cores alike; an even spread would not be faster" in repr(found)
    )


def test_where_the_floor_takes_most_the_answer_says_so_first():
    network, dataset = layers(9, 8)
    found, _, _ = found_on(LOIHI, network, dataset, neurons_per_core=1)
    assert (
        found.finding.startswith("barrier takes ")
        and found.binds == "memory"
        and found.floor == "barrier"
    )


def test_a_lopsided_core_is_named_with_what_an_even_spread_would_take():
    weights = np.zeros((99, 4))
    weights[:, 2] = 1.0
    network = Network(
        [Population("in", (99,), Input()), Population("out", (4,), IF(1.0))],
        [Projection("in", "out", weights)],
    )
    found, _, _ = found_on(
        LOIHI, network, SpikeDataset(np.ones((1, 1, 99), bool)), neurons_per_core=1
    )
    assert found.binding_core == 2 and found.unevenness["memory"] == pytest.approx(4)
    # core 2: 99 operations and an active update; the others: an inactive one (5.3 ns)
    assert found.even_s == pytest.approx((99 * 3.5e-9 + 8.4e-9 + 3 * 5.3e-9) / 4 + 113e-9)
    assert "most on core 2" in found.finding


def test_of_a_tick_what_the_busiest_core_leaves_is_rest_and_a_late_step_takes_longer():
    network, dataset = layers(9, 8, n_steps=4)
    spinnaker = load_profile("spinnaker1")
    found, price, _ = found_on(spinnaker, network, dataset)
    each_s = spinnaker.si("tick") / spinnaker.value("operations_per_step")
    assert found.parts_s["memory"] == pytest.approx(4 * 72 * each_s)
    assert found.latency_s == pytest.approx(price.latency_s) and found.late_steps == 0
    assert set(found.not_published) == {"compute", "traffic"}
    late, _, _ = found_on(
        spinnaker.replace(operations_per_step=36), network, dataset
    )  # 72 are needed: two ticks
    assert late.late_steps == 4 and late.latency_s == pytest.approx(8 * spinnaker.si("tick"))
    assert late.without_s["memory"] == pytest.approx(late.floor_s)


def test_every_chip_of_the_catalogue_gives_loads_and_names_what_is_not_published():
    network = two_layers(1)
    dataset = SpikeDataset(spikes(network, 1, rate=0.5))
    for name in profile_names():
        profile = load_profile(name)
        found, price, _ = found_on(profile, network, dataset)
        assert (
            found.counts["memory"].sum() > 0
            and found.quantities
            and found.mapping.profile is profile
        )
        assert found.ceilings or set(found.not_published) or found.timing == "cycles", name
        assert not set(found.ceilings) & set(found.not_published)
        if found.is_timed:
            assert found.latency_s == pytest.approx(price.latency_s), name
        assert "nan" not in found._repr_html_().lower()
        plot_floorline(found)


def test_where_times_are_not_published_the_answer_is_in_counts():
    network, dataset = layers(9, 8, n_steps=2)
    found, price, _ = found_on(load_profile("loihi2"), network, dataset, neurons_per_core=4)
    assert (
        price.latency_s is None
        and found.latency_s is None
        and found.parts_s == {}
        and found.even_s is None
    )
    assert found.counts["memory"].tolist() == [72, 72] and found.busiest_counts["memory"] == 72
    assert repr(found) == (
        "Floorline(times not published; the busiest core of a step does 1x an even "
        "spread's synaptic operations)"
    )
    shown = floorline_data(found)
    assert shown.x.tolist() == [36, 36] and shown.y.tolist() == [4, 4] and "(" not in shown.y_label


def test_a_silent_network_has_only_its_floor_and_its_updates():
    network, _ = layers(9, 8)
    found, price, _ = found_on(LOIHI, network, SpikeDataset(np.zeros((2, 3, 9), bool)))
    assert found.parts_s["memory"] == 0 and found.latency_s == pytest.approx(price.latency_s)
    assert plot_floorline(found).title.text == found.finding[:1].upper() + found.finding[1:]


def test_a_record_of_counts_is_refused_by_name():
    network, dataset = layers(9, 8)
    with pytest.raises(NetworkProblem, match="record='events'"):
        floorline(simulate(network, dataset), map_network(network, LOIHI))


def test_no_core_is_under_the_floor_and_none_over_the_step_the_chip_takes():
    network = two_layers(2, "LIF", True)
    for profile in (LOIHI, WITH_TRAFFIC, CALIBRATED):
        found, _, _ = found_on(
            profile, network, SpikeDataset(spikes(network, 2, rate=0.5)), neurons_per_core=2
        )
        shown = floorline_data(found)
        line = next(line for line in shown.lines if line.ceiling == "memory")
        slope = (line.ys[1] - line.ys[0]) / line.xs[1]
        step = next(line for line in shown.lines if line.words.startswith("a step takes")).ys[0]
        assert (shown.y >= line.ys[0] + slope * shown.x - 1e-9).all() and (
            shown.y <= step + 1e-9
        ).all()
        assert shown.share.sum() == pytest.approx(1)


def test_a_report_is_drawn_from_the_record_it_rests_on():
    network, dataset = layers(9, 8, n_steps=2, n_samples=2)
    report = deploy(network, LOIHI, dataset, design=Design(partition="layers"))
    fig = plot_floorline(report)
    assert fig.xaxis[0].axis_label == "Synaptic operations of a core in a step"
    assert fig.title.text.startswith("Memory binds") and "traffic" in floorline_data(report).note
    labels = [item.label.value for legend in fig.select({"type": Legend}) for item in legend.items]
    assert labels == ["memory: 3.5 ns an operation", "compute of the core with most"]
    dots = fig.select_one({"name": "cores"}).data_source.data
    assert dots["y"].tolist() == [pytest.approx(1e9 * (72 * 3.5e-9 + 8 * 8.4e-9 + 113e-9))]
    assert fig.yaxis[0].axis_label == "Time of a step (ns)"


def test_what_does_not_fit_or_is_no_report_is_refused():
    network, dataset = layers(9, 8)
    with pytest.raises(DesignProblem, match="violations"):
        plot_floorline(deploy(network, LOIHI.replace(synapse_memory_per_core=1), dataset))
    with pytest.raises(WrongArgument, match=r"Report, sf.deploy\(...\)"):
        plot_floorline("digits")
