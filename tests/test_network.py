"""A network as a noun: what it refuses, in which order it runs, and what it says of itself."""

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.errors import NetworkProblem

IN = sf.Population("in", (2,), sf.Input())


def layer(name, n=3):
    return sf.Population(name, (n,), sf.IF(1.0))


@pytest.mark.parametrize("dt_s", [-1e-3, 0.0, np.inf, np.nan])
def test_a_step_lasts_a_finite_time(dt_s):
    with pytest.raises(NetworkProblem, match=r"dt_s is .*above zero, in seconds"):
        sf.Network([IN, layer("out")], [sf.Projection("in", "out", np.ones((2, 3)))], dt_s=dt_s)


def test_layers_run_behind_those_they_hear_at_once_and_loops_need_a_delay():
    def made(delay):
        return sf.Network(
            [layer("c"), layer("b"), IN],
            [
                sf.Projection("in", "b", np.ones((2, 3))),
                sf.Projection("b", "c", np.ones((3, 3))),
                sf.Projection("c", "b", np.ones((3, 3)), delay_steps=delay),
            ],
            output="c",
        )

    assert made(1).order == ("in", "b", "c")
    with pytest.raises(NetworkProblem, match=r"\['b', 'c'\] form a loop without delay"):
        made(0)


def test_its_summary_and_its_card_name_layers_synapses_and_assumptions():
    network = sf.Network(
        [IN, layer("hidden"), layer("out", 1)],
        [
            sf.Projection("in", "hidden", np.ones((2, 3))),
            sf.Projection("hidden", "out", np.ones((3, 1))),
        ],
        assumptions=["weights are volts"],
    )
    first, *lines = network.summary().splitlines()
    assert first == repr(network) and lines[-1] == "  assumed: weights are volts"
    assert [line.split(":")[0].strip() for line in lines[:3]] == ["in", "hidden", "out"]
    card = network._repr_html_()
    assert "dense from in" in card and "dense from hidden" in card and "dense from out" not in card
