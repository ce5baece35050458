"""Everything a run goes through: every spike, and every potential before reset."""

from typing import NamedTuple

import numpy as np

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import NetworkProblem
from spikefit_nb.kernels.neurons import Values
from spikefit_nb.network import Network, Population
from spikefit_nb.simulate.block import Shown, Watch, run_block
from spikefit_nb.simulate.plan import make_plan, prepare
from spikefit_nb.simulate.rows import Rows, join_rows, read_rows


class States(NamedTuple):
    """What a run leaves of each population, inputs only in rows.

    Examples
    --------
    >>> States({}, {}, {}).potential
    {}
    """

    # (n_samples, n_steps, n_neurons) uint8 or int32; a message of a SigmaDelta counts once
    spikes: dict[str, np.ndarray]
    potential: dict[str, np.ndarray]  # the same, float32, in real units, before reset
    rows: dict[str, Rows]  # events of each sample and step, with what messages carry


def run_states(network: Network, dataset: SpikeDataset, arithmetic: str) -> States:
    """Run a network as ``simulate`` does and keep all states; it is large: take few samples.

    Parameters
    ----------
    network : Network
    dataset : SpikeDataset
    arithmetic : str, one of ``ARITHMETICS``

    Returns
    -------
    States

    Raises
    ------
    NetworkProblem
        The arithmetic cannot express the network.

    Examples
    --------
    >>> from spikefit_nb.network import IF, Input, Population, Projection
    >>> network = Network([Population("in", (1,), Input()), Population("out", (1,), IF(1.5))],
    ...                   [Projection("in", "out", np.ones((1, 1)))])
    >>> states = run_states(network, SpikeDataset(np.ones((1, 4, 1), bool)), "float32")
    >>> states.potential["out"].ravel(), states.spikes["out"].ravel()
    (array([1., 2., 1., 2.], dtype=float32), array([0, 1, 0, 1], dtype=uint8))
    """
    plan = make_plan(network, dataset, arithmetic, runs_often=True)
    shown = Shown("", False, False, states=True)
    rows = read_rows(dataset, 0, dataset.n_samples)
    written = run_block(plan, rows, dataset.n_steps, shown, Watch())
    return States(
        {name: spikes for name, (spikes, _) in written.states.items()},
        {name: potential for name, (_, potential) in written.states.items()},
        {name: join_rows(windows) for name, windows in written.kept.items()},
    )


def neuron_values(network: Network, population: Population, dtype: type = np.float32) -> Values:
    """The parameters of a population's neurons, as ``kernels.neurons`` reads them.

    Parameters
    ----------
    network : Network
    population : Population of it
    dtype : numpy.float32, or numpy.float64 of the same float32 numbers

    Returns
    -------
    Values, a NamedTuple

    Raises
    ------
    NetworkProblem
        They are of a model that is not trained here.

    Examples
    --------
    >>> from spikefit_nb.nir_file import load_network
    >>> network = load_network("digits")
    >>> neuron_values(network, network["hidden"]).columns.shape
    (9, 64)
    """
    values: Values = prepare(network, population, "float32").neurons.values
    if not isinstance(values, Values):
        raise NetworkProblem(
            f"Population {population.name!r} holds {type(population.neuron).__name__} neurons, "
            "which are not trained here. Train the ANN and convert it again: sf.from_ann(ann, "
            "calibration, neurons='SigmaDelta')."
        )
    return values._replace(columns=values.columns.astype(dtype))
