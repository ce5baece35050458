"""Compile the simulator once before tests run in parallel, so that no test sees the announcement of
it.
"""

from pathlib import Path

KERNELS = Path(__file__).parent / "spikefit_nb" / "kernels"


def forget_stale_kernels():
    """Drop compiled kernels older than any kernel's source: numba looks at a kernel's own file
    only, not at others.
    """
    newest = max(source.stat().st_mtime for source in KERNELS.glob("*.py"))
    for compiled in KERNELS.glob("__pycache__/*.nb[ic]"):
        if compiled.stat().st_mtime < newest:
            compiled.unlink()


def pytest_sessionstart(session):
    if hasattr(session.config, "workerinput"):
        return
    forget_stale_kernels()
    import numpy as np

    from spikefit_nb.datasets import SpikeDataset
    from spikefit_nb.network import IF, CubaLIF, Input, Network, Population, Projection
    from spikefit_nb.simulate import ARITHMETICS, simulate

    for arithmetic in ARITHMETICS:
        neuron = CubaLIF(0.004, 0.008, reset="subtract") if arithmetic == "xylo" else IF(1.0)
        network = Network(
            [Population("in", (1,), Input()), Population("out", (1,), neuron)],
            [Projection("in", "out", np.ones((1, 1), np.int8), scale=1.0)],
        )
        simulate(
            network, SpikeDataset(np.ones((1, 2, 1), bool)), arithmetic=arithmetic, record="events"
        )
