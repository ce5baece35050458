"""What another tool answered, beside what was predicted."""

from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass
from typing import NamedTuple

import numpy as np

from spikefit_nb.deploy import Report
from spikefit_nb.errors import FileProblem
from spikefit_nb.export.tools import TOOLS
from spikefit_nb.quantities import Quantity, Result, grid
from spikefit_nb.units import text


class Agreement(NamedTuple):
    """How the spikes of a population there agree with those predicted."""

    name: str
    n_predicted: int  # spikes
    n_there: int
    n_differing: int  # neurons and steps with another number of spikes
    first: tuple[int, int, int] | None  # sample, step and neuron of the first that differs
    is_input: bool = False

    @property
    def where(self) -> str:
        """Where they first part, in words."""
        if self.first is None:
            return ""
        sample, step, neuron = self.first
        return f"recording {sample}, step {step}, neuron {neuron} of {self.name}"


def agreement(
    name: str,
    here: np.ndarray,
    there: np.ndarray,
    shape: tuple[int, int, int],
    *,
    is_input: bool = False,
) -> Agreement:
    """Compare rows of sample, step, neuron and number of spikes, each neuron and step once."""
    if there.size and ((there[:, :3] < 0).any() or (there[:, :3] >= shape).any()):
        raise FileProblem(
            f"What came back of {name!r} has spikes beyond {shape} (samples, steps, neurons)."
        )
    keys = [np.ravel_multi_index(tuple(rows[:, :3].T), shape) for rows in (here, there)]
    places, which = np.unique(np.concatenate(keys), return_inverse=True)
    excess = np.zeros(places.size, np.int64)
    np.add.at(excess, which, np.concatenate([here[:, 3], -there[:, 3]]))
    differing = places[excess != 0]
    first = None
    if differing.size:
        sample, step, neuron = np.unravel_index(differing[0], shape)
        first = int(sample), int(step), int(neuron)
    n_spikes = int(here[:, 3].sum()), int(there[:, 3].sum())
    return Agreement(name, *n_spikes, int(differing.size), first=first, is_input=is_input)


@dataclass(frozen=True, eq=False, repr=False)
class Verification(Result):
    """What another tool answered, beside what was predicted.

    Parameters
    ----------
    report : Report, what was predicted
    tool : str, one of ``export.TOOLS``
    version : str, of the tool that ran
    populations : tuple of Agreement, of inputs too; empty where the tool tells no spikes
    n_same_answers : int or None, recordings that get the answer predicted
    accuracy_there : float or None
    energy_there_j, latency_there_s : float or None, mean per inference; None where it tells none
    fits_there : bool or None, its verdict, where it judges
    remarks : tuple of str, what the tool's program says about the run

    Examples
    --------
    >>> import spikefit_nb as sf
    >>> digits = sf.load_network("digits"), sf.load_profile("loihi1"), sf.load_dataset("digits")
    >>> report = sf.deploy(*digits)
    >>> same = Agreement("hidden", 42, 42, 0, None)
    >>> Verification(report, "brian2", "Brian2 2.9.0", (same,), n_same_answers=360,
    ...              accuracy_there=report.accuracy).is_same
    True
    """

    report: Report
    tool: str
    version: str
    populations: tuple[Agreement, ...]
    _: KW_ONLY
    n_same_answers: int | None = None
    accuracy_there: float | None = None
    energy_there_j: float | None = None
    latency_there_s: float | None = None
    fits_there: bool | None = None
    remarks: tuple[str, ...] = ()

    @property
    def n_differing(self) -> int:
        """Neurons and steps with another number of spikes, of all populations together."""
        return sum(p.n_differing for p in self.populations)

    @property
    def first(self) -> Agreement | None:
        """The population whose spikes part first: the earliest recording and step, then the order
        in which a step runs them; None where all are the same.
        """
        parted = [p for p in self.populations if p.first is not None]
        return min(parted, key=lambda p: p.first[:2], default=None)  # type: ignore[index]

    @property
    def is_same(self) -> bool:
        """Whether the tool fired every spike predicted and no other, and judges alike what fits."""
        judged = self.fits_there is None or self.fits_there == self.report.fits
        return self.n_differing == 0 and judged

    @property
    def energy_predicted_j(self) -> float | None:
        """Energy of an inference's events, as predicted."""
        return self.report.price.energy_j if self.report.price else None

    def _headline(self) -> str:
        return f"{self.version} {'; '.join(self._said())}"

    def _said(self) -> Iterator[str]:
        if self.fits_there is not None:
            verdict = "accepts" if self.fits_there else "refuses"
            other = "" if self.fits_there == self.report.fits else ", other than predicted"
            yield f"{verdict} it{other}"
        if self.populations:
            yield self._of_spikes()
        if self.accuracy_there is not None:
            predicted = self.report.accuracy
            same = self.accuracy_there == predicted
            said = "as predicted" if same else f"predicted {text(predicted, '%')}"
            yield f"{text(self.accuracy_there, '%')} right, {said}"
        energy = self.energy_there_j, self.energy_predicted_j, "J"
        latency = self.latency_there_s, self.report.latency_s, "s"
        for there, predicted, unit in (energy, latency):
            if there is not None:
                yield f"{text(there, unit)}, predicted {text(predicted, unit)}"

    def _of_spikes(self) -> str:
        fired = sum(p.n_predicted for p in self.populations if not p.is_input)
        if self.first is None:
            return f"fires the same {fired:,} spikes"
        return (
            f"parts first at {self.first.where}; {self.n_differing:,} differ beside "
            f"{fired:,} spikes predicted"
        )

    def _quantities(self) -> tuple[Quantity, ...]:
        report, price = self.report, self.report.price
        latency_s = report.latency_s if price else None
        found = [
            Quantity("n_differing", "Spikes that differ", self.n_differing),
            Quantity("n_same_answers", "Same answers", self.n_same_answers),
            Quantity("n_samples", "Recordings", report.dataset.n_samples),
            Quantity("accuracy_predicted", "Accuracy predicted", report.accuracy, "%"),
            Quantity("accuracy_there", "Accuracy there", self.accuracy_there, "%"),
            Quantity(
                "energy_predicted_j", "Energy predicted, events", self.energy_predicted_j, "J"
            ),
            Quantity("energy_there_j", "Energy there", self.energy_there_j, "J"),
            Quantity("latency_predicted_s", "Latency predicted", latency_s, "s"),
            Quantity("latency_there_s", "Latency there", self.latency_there_s, "s"),
        ]
        for p in self.populations:
            found += [
                Quantity("n_spikes_predicted", "Spikes predicted", p.n_predicted, of=p.name),
                Quantity("n_spikes_there", "Spikes there", p.n_there, of=p.name),
                Quantity("n_differing", "Differ", p.n_differing, of=p.name),
            ]
        return tuple(found)

    def _notes(self) -> tuple[str, ...]:
        parted = (f"{p.name} parts at {p.where}" for p in self.populations if p.first is not None)
        return (*parted, *self.remarks)

    def _card(self) -> tuple[str, ...]:
        counted = [q for q in self.quantities if q.of]
        return f"{TOOLS[self.tool].title}: {self.headline}", grid(counted, "Population")
