"""How uncertain the numbers of a report are."""

from typing import TYPE_CHECKING

from spikefit_nb.deploy.record import record_of
from spikefit_nb.replay import Counters
from spikefit_nb.replay.interval import Uncertainty
from spikefit_nb.replay.uncertainty import uncertainty

if TYPE_CHECKING:  # a report tells its own uncertainty
    from spikefit_nb.deploy.report import Report


def uncertainty_of(report: "Report") -> Uncertainty | None:
    """Tell from where to where energy and latency of a report go, and which figures of the chip that comes from.

    Parameters
    ----------
    report : Report

    Returns
    -------
    Uncertainty or None
        None where the network does not fit.

    Examples
    --------
    >>> import numpy as np
    >>> from spikefit_nb.datasets import SpikeDataset
    >>> from spikefit_nb.deploy import deploy
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.network import IF, Input, Network, Population, Projection
    >>> network = Network([Population("in", (2,), Input()), Population("out", (2,), IF(1.0))],
    ...                   [Projection("in", "out", np.eye(2))])
    >>> dataset = SpikeDataset(np.eye(2, dtype=bool)[:, None, :], [0, 1])
    >>> report = deploy(network, load_profile("loihi1"), dataset)
    >>> uncertainty_of(report).latency_s.value == report.latency_s
    True
    """
    if report.price is None:
        return None
    return uncertainty(Counters(record_of(report), report.mapping), report.profile, timing=report.price.timing)
