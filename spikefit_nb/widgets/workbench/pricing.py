"""What the design comes to, first of a few recordings where all of them take long."""

from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from spikefit_nb.case import Case
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.deploy import Report, deploy_case
from spikefit_nb.fit import FitReport, judge
from spikefit_nb.simulate import RECORDS, SpikeRecord

N_FIRST = 16  # recordings, which are priced within a frame or two
MANY_EVENTS = 3_000_000  # to price so many takes longer than an eye waits


class Priced(NamedTuple):
    """A case, whether it fits, and what it comes to where there are recordings."""

    case: Case
    fit: FitReport
    report: Report | None

    @property
    def is_long(self) -> bool:
        """Whether it took long, and so will what comes next."""
        record = self.report.record if self.report is not None else None
        return record is not None and _has_many(record)


def priced(case: Case) -> Priced:
    """Run and price a case, or only judge it where there are no recordings."""
    if case.dataset is None:
        return Priced(case, judge(case), None)
    report = deploy_case(case)
    return Priced(case, report.fit, report)


def is_at_once(case: Case) -> bool:
    """Whether a case is priced without a run of its network."""
    if case.dataset is None:
        return True
    return case.run(case.adapt().network).key in RECORDS


def is_quick(case: Case) -> bool:
    """Whether a case that is priced without a run has few events."""
    return case.dataset is None or not _has_many(case.run(case.adapt().network).record)


def of_first(case: Case) -> Case | None:
    """The same case of a few of its recordings; None where it has no more than these."""
    dataset = case.dataset
    if dataset is None or dataset.n_samples <= 2 * N_FIRST:
        return None
    return replace(case, dataset=_first(dataset))


def _has_many(record: SpikeRecord) -> bool:
    return sum(int(counts.sum()) for counts in record.spike_counts.values()) > MANY_EVENTS


@lru_cache(maxsize=1)  # always the same object, whose content is hashed once
def _first(dataset: SpikeDataset) -> SpikeDataset:
    return dataset.take(N_FIRST)
