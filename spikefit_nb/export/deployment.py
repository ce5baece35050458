"""A design as it leaves the notebook: what runs, where it lies, and what was predicted of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from typing import Any

import numpy as np

from spikefit_nb.adapt import Design
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.deploy import Report, deploy
from spikefit_nb.errors import DatasetProblem, DoesNotFit
from spikefit_nb.export.mapping_file import mapping_document
from spikefit_nb.export.words import documents_of
from spikefit_nb.frozen import freeze_arrays
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.network import Network
from spikefit_nb.quantities import Quantity, Result
from spikefit_nb.way_out import Exportable

SAID = ("decode", "scenario", "deadline_s")  # of a case, besides its nouns


@dataclass(frozen=True, eq=False, repr=False)
class Deployment(Exportable, Result):
    """A design as it leaves the notebook: the network as adapted, the chip, where every neuron
    lies, the recordings it was predicted on, and what was predicted.

    Parameters
    ----------
    network : Network, as adapted
    profile : HardwareProfile
    cores : dict of population to (n_neurons,) int64, the chip's core of each neuron
    dataset : SpikeDataset or None, the recordings as they were run; None where they were left out
    design : Design, which made the network of the trained one
    said : dict of "decode", "scenario" and "deadline_s" to what was said of them
    numbers : dict, all that the report tells, as its ``to_dict`` has it
    answers : (n_samples,) int64, the answer predicted for each recording
    spikes : dict of population to (n_neurons,) int64, spikes over all recordings
    about : dict of str to str, what is known of where it comes from: code, versions, fingerprints
    documents : dict of file name to text, written for people and for other tools

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> digits = load_network("digits"), load_profile("loihi1"), load_dataset("digits").take(20)
    >>> leaving = Deployment.of(deploy(*digits, design=Design(weight_bits=4)))
    >>> leaving.differences
    ()
    """

    network: Network
    profile: HardwareProfile
    cores: Mapping[str, np.ndarray]
    dataset: SpikeDataset | None
    design: Design
    said: Mapping[str, Any]
    numbers: Mapping[str, Any]
    answers: np.ndarray
    spikes: Mapping[str, np.ndarray]
    about: Mapping[str, str]
    documents: Mapping[str, str]

    def __post_init__(self) -> None:
        freeze_arrays(self)

    @classmethod
    def of(cls, report: Report, *, recordings: bool = True) -> "Deployment":
        """What a report is about, ready to leave.

        Parameters
        ----------
        report : Report, of a design that fits
        recordings : bool, whether the recordings go along

        Returns
        -------
        Deployment

        Raises
        ------
        DoesNotFit
            The design does not fit the chip: there is nothing to deploy.
        """
        record = report.record
        if record is None:
            raise DoesNotFit(
                f"There is nothing to export: {report.network.name} does not fit "
                f"{report.profile.title}. report.violations says why, report.fit.remedies what "
                "would help."
            )
        case = report.case
        counts = {p.name: record.spike_counts[p.name] for p in report.network.populations}
        return cls(
            report.network,
            report.profile,
            report.mapping.cores,
            dataset=report.dataset if recordings else None,
            design=case.design,
            said={name: getattr(case, name) for name in SAID},
            numbers=report.to_dict(),
            answers=record.predictions.astype(np.int64),
            spikes={name: count.sum(axis=0, dtype=np.int64) for name, count in counts.items()},
            about=_about(report),
            documents={"mapping.json": mapping_document(report), **documents_of(report)},
        )

    @cached_property
    def report(self) -> Report:
        """The report of the deployment, worked out anew on this machine.

        Raises
        ------
        DatasetProblem
            Its recordings were left out.
        """
        if self.dataset is None:
            raise DatasetProblem(
                "The recordings were left out of this deployment: "
                "load_deployment(path, dataset=dataset) takes them."
            )
        return deploy(
            self.network, self.profile, self.dataset, mapping=dict(self.cores), **dict(self.said)
        )

    @property
    def differences(self) -> tuple[str, ...]:
        """In what a run on this machine differs from what was predicted, in words; none where it
        comes out the same.

        Raises
        ------
        DatasetProblem
            Its recordings were left out.
        """
        found = []
        for quantity in self.report.compared:
            before = self.numbers.get(quantity.name, {}).get("value")
            if before != quantity.value:
                found.append(f"{quantity.label}: {before} predicted, {quantity.value} here")
        record: Any = self.report.record
        n_other = int((record.predictions != self.answers).sum())
        if n_other:
            found.append(f"{n_other} of {len(self.answers)} recordings get another answer")
        for name, count in record.spike_counts.items():
            n_other = int((count.sum(axis=0) != self.spikes[name]).sum())
            if n_other:
                found.append(f"{n_other} neurons of {name} fire another number of times")
        return tuple(found)

    def _headline(self) -> str:
        return self.about["finding"]

    def _quantities(self) -> tuple[Quantity, ...]:
        wanted = ("accuracy", "event_energy_j", "energy_j", "latency_s", "n_cores", "memory_bits")
        found = ((name, self.numbers[name]) for name in wanted if name in self.numbers)
        return tuple(
            Quantity(
                name,
                LABELS[name],
                told["value"],
                told["unit"],
                told["low"],
                high=told["high"],
                kind=told["kind"],
            )
            for name, told in found
        )

    def _notes(self) -> tuple[str, ...]:
        left = () if self.dataset is not None else ("The recordings were left out.",)
        return (f"Made by: {self.about['code']}", *left)

    def _card(self) -> tuple[str, ...]:
        return (f"Deployment: {self.headline}",)


LABELS = {
    "accuracy": "Accuracy",
    "event_energy_j": "Energy per inference, events",
    "energy_j": "Energy per inference, with static power",
    "latency_s": "Latency",
    "n_cores": "Cores",
    "memory_bits": "Synapse memory",
}


def _about(report: Report) -> dict[str, str]:
    """Where a deployment comes from: words, code, versions and fingerprints."""
    dataset, n_samples = report.dataset, report.dataset.n_samples
    packages = ("spikefit_nb", "numpy", "numba", "nir")
    return {
        "title": f"{report.network.name} on {report.profile.title}",
        "finding": report.headline,
        "code": report.code,
        "versions": ", ".join(f"{name} {version(name)}" for name in packages),
        "network_name": report.network.name,
        "network": report.network.fingerprint,
        "profile": report.profile.fingerprint,
        "dataset": dataset.fingerprint,
        "data": f"{n_samples:,} recordings of {dataset.n_steps:,} steps, {dataset.name}",
        "n_steps": str(dataset.n_steps),
    }
