"""What of a network each of several chips has circuits for."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from spikefit_nb.case import Case
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import UnknownName, expect, guarded
from spikefit_nb.fit.check import FitReport, judge
from spikefit_nb.fit.support import SIGNS, SUBSTITUTED, Support
from spikefit_nb.hardware import HardwareProfile, load_profile, profile_names
from spikefit_nb.html import table
from spikefit_nb.network import Network
from spikefit_nb.quantities import Quantity, Result
from spikefit_nb.simulate import simulate
from spikefit_nb.units import text

MOST_NAMED = 5  # chips in a headline


class OnChip(NamedTuple):
    """What one chip has for a network.

    Parameters
    ----------
    profile : HardwareProfile
    nodes : dict of population, or "source -> target", to Support
    accuracies : (float, float) or None, before and after neurons were substituted, in float32

    Examples
    --------
    >>> OnChip(load_profile("loihi1"), {"out": Support("native")}, None).state
    'native'
    """

    profile: HardwareProfile
    nodes: Mapping[str, Support]
    accuracies: tuple[float, float] | None

    @property
    def state(self) -> str:
        """The worst of its nodes."""
        return max((found.state for found in self.nodes.values()), key=list(SIGNS).index)


@dataclass(frozen=True, eq=False, repr=False)
class SupportMatrix(Result):
    """What of a network is native, substituted or unsupported, on each of several chips.

    Parameters
    ----------
    network : Network
    chips : tuple of OnChip

    Examples
    --------
    >>> from spikefit_nb.nir_file import load_network
    >>> found = support_matrix(load_network("digits"), [load_profile("speck")])
    >>> found, found["speck"].nodes["hidden"].said
    (SupportMatrix(digits: native on speck), 'native')
    """

    network: Network
    chips: tuple[OnChip, ...]

    def __getitem__(self, name: str) -> OnChip:
        """What one chip has, by its name."""
        chips = {chip.profile.name: chip for chip in self.chips}
        if name not in chips:
            raise UnknownName("chip in this matrix", name, chips)
        return chips[name]

    def _headline(self) -> str:
        parts = []
        for state in SIGNS:
            names = [c.profile.name for c in self.chips if c.state == state]
            few = ", ".join(names) if len(names) <= MOST_NAMED else f"{len(names)} chips"
            parts += [f"{state} on {few}"] if names else []
        return f"{self.network.name}: {'; '.join(parts)}"

    def _quantities(self) -> Iterator[Quantity]:
        for chip in self.chips:
            of = chip.profile.title
            yield Quantity("support", "Support", chip.state, of=of)
            for n, (name, found) in enumerate(chip.nodes.items()):
                yield Quantity(f"node_{n}", name, found.state, of=of)
            if chip.accuracies is not None:
                change = chip.accuracies[1] - chip.accuracies[0]
                yield Quantity("accuracy_change", "Accuracy by it", change, "points", of=of)

    def _notes(self) -> Iterator[str]:
        for chip in self.chips:
            for name, found in chip.nodes.items():
                if found.why:
                    yield f"{name} on {chip.profile.title}: {found.said}"

    def _card(self) -> tuple[str, ...]:
        nodes = list(self.chips[0].nodes) if self.chips else []
        rows = [self._row(chip) for chip in self.chips]
        header = ("Chip", *nodes, "Why, and what stands in for it", "Accuracy by it")
        signs = ", ".join(f"{sign} {state}" for state, sign in SIGNS.items())
        return f"{self.headline} ({signs})", table(rows, header=header)

    def _row(self, chip: OnChip) -> tuple[str, ...]:
        whys = dict.fromkeys(found.why for found in chip.nodes.values() if found.why)
        accuracy = ""
        if chip.accuracies is not None:
            before, after = chip.accuracies
            accuracy = f"{text(before, '%')} -> {text(after, '%')}"
        signs = (SIGNS[found.state] for found in chip.nodes.values())
        return chip.profile.title, *signs, "; ".join(whys), accuracy


@guarded
def support_matrix(
    network: Network,
    profiles: Iterable[HardwareProfile] | None = None,
    *,
    dataset: SpikeDataset | None = None,
) -> SupportMatrix:
    """Tell what of a network each chip has circuits for, what stands in for the rest, and what is
    not to be had.

    *Native*: no limit that names the population or projection is exceeded. *Substituted*: what the
    chip's circuits demand (another neuron model, reset, number of spikes or delay), or a setting of
    ``Design``, brings it within. *Unsupported*: nothing here does.

    Parameters
    ----------
    network : Network
    profiles : iterable of HardwareProfile, optional; all chips of the catalogue when left out
    dataset : SpikeDataset, optional, with labels: what substituted neurons cost in accuracy

    Returns
    -------
    SupportMatrix

    Raises
    ------
    WrongArgument
        An argument is of another kind.

    Examples
    --------
    >>> from spikefit_nb.network import IF, Input, Network, Population, Projection
    >>> import numpy as np
    >>> network = Network([Population("in", (2,), Input()),
    ...                    Population("out", (2,), IF(1.0, reset="subtract"))],
    ...                   [Projection("in", "out", np.eye(2))])
    >>> found = support_matrix(network, [load_profile("loihi1")])
    >>> found["loihi1"].nodes["out"].said
    'substituted: reset to zero'
    """
    expect(network, Network, "network", "sf.load_network(name) or sf.read_nir(path)")
    expect(profiles, Iterable | None, "profiles", '[sf.load_profile("loihi1")]')
    expect(dataset, SpikeDataset | None, "dataset", "sf.load_dataset(name)")
    if profiles is None:
        profiles = [load_profile(name) for name in profile_names()]
    chips = []
    for profile in profiles:
        expect(profile, HardwareProfile, "each profile", "sf.load_profile(name)")
        chips.append(_on_chip(judge(Case(network, profile, dataset))))
    chips.sort(key=lambda chip: list(SIGNS).index(chip.state))
    return SupportMatrix(network, tuple(chips))


def _on_chip(report: FitReport) -> OnChip:
    """What a chip has for each node of a network, and what that costs."""
    case, found = report.case, report.supported
    chip = OnChip(case.profile, found.nodes, None)
    is_changed = chip.state == SUBSTITUTED and found.network is not case.network
    if not is_changed or case.dataset is None or case.dataset.labels is None:
        return chip
    before, after = (simulate(n, case.dataset).accuracy for n in (case.network, found.network))
    return chip._replace(accuracies=(before or 0.0, after or 0.0))
