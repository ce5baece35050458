"""Run networks in a chip's integers and look at what a record leaves out."""

from dataclasses import replace

import numpy as np

from spikefit_nb.simulate.block import Shown, Watch, run_block
from spikefit_nb.simulate.plan import make_plan
from spikefit_nb.simulate.rows import read_rows


def look_at(network, dataset, arithmetic, name, change=lambda neurons: neurons):
    """Spikes and potentials (before reset, real units) of one population in every step, and its
    overflows.
    """
    plan = make_plan(network, dataset, arithmetic)
    stages = tuple(
        replace(s, neurons=change(s.neurons)) if s.name == name else s for s in plan.stages
    )
    rows = read_rows(dataset, 0, dataset.n_samples)
    written = run_block(
        replace(plan, stages=stages), rows, dataset.n_steps, Shown(name, True, False), Watch()
    )
    return written.spikes.astype(np.int64), written.potential, written.overflows[name]
