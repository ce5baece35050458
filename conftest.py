"""Compile the simulator once before tests run in parallel, so that no test sees the announcement of it."""


def pytest_sessionstart(session):
    if hasattr(session.config, "workerinput"):
        return
    import numpy as np

    from spikefit_nb.datasets import SpikeDataset
    from spikefit_nb.network import IF, Input, Network, Population, Projection
    from spikefit_nb.simulate import simulate

    network = Network(
        [Population("in", (1,), Input()), Population("out", (1,), IF(1.0))], [Projection("in", "out", np.ones((1, 1)))]
    )
    simulate(network, SpikeDataset(np.ones((1, 2, 1), bool)), record="events")
