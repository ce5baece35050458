"""Processors that people would use instead, by what was measured on them."""

from dataclasses import dataclass
from math import prod

from spikefit_nb.hardware import Sourced, stored_width, weakest
from spikefit_nb.network import Network
from spikefit_nb.replay.uncertainty_result import Interval

TWO_MEASUREMENTS = (
    "two measured networks, multiply-accumulates as their rate times their time, 50 MHz "
    "(analogdevicesinc/ai8x-synthesis, issue 136): 196 uJ at 106 a cycle and 180 frames a second "
    "(Moosmann 2023, arXiv 2306.00001, abstract), 0.09 mJ at 117 a cycle and 1.4 ms (Giordano "
    "2022, AICAS, Survey and comparison of milliwatts micro controllers, abstract); their mean"
)
FEATURES = "features of the MAX78000, as docs.zephyrproject.org, board max78000fthr, lists them"
TINY = (
    "mlcommons/tiny_results_v1.1 @04558bf closed/Krai/results/NUCLEO-L4R5ZI_X-CUBE-AI-8.0, "
    "*/energy/results.txt"
)


@dataclass(frozen=True)
class Processor:
    """A processor that runs an ANN: so much energy a multiply-accumulate, and power while it waits.

    Parameters
    ----------
    name : str
    what : str, what it is, in words
    multiply_accumulate : Sourced, energy of one, all of the chip included while it computes
    awake : Sourced, power while it waits for input without sleeping
    weight_memory : Sourced, bytes for weights
    weight_widths : tuple of int, bits a weight can take

    Examples
    --------
    >>> cnn, cortex = PROCESSORS
    >>> cnn.name, cnn.energy_j(1e6, 0.0).value, cortex.energy_j(1e6, 0.0).value
    ('MAX78000', 8.8e-06, 0.002)
    """

    name: str
    what: str
    multiply_accumulate: Sourced
    awake: Sourced
    weight_memory: Sourced
    weight_widths: tuple[int, ...] = (8,)

    def energy_j(self, n_macs: float, waiting_s: float) -> Interval:
        """Energy of an inference; the low end sleeps while it waits, at no cost.

        Parameters
        ----------
        n_macs : float
        waiting_s : float, how long it waits for input, 0 for input in store

        Returns
        -------
        Interval
        """
        least_j, most_j = self.multiply_accumulate.spread_si
        most_w = self.awake.spread_si[1] if self.awake.spread else self.awake.si
        return Interval(
            n_macs * least_j,
            n_macs * self.multiply_accumulate.si + self.awake.si * waiting_s,
            n_macs * most_j + most_w * waiting_s,
        )

    def weight_bytes(self, network: Network) -> float:
        """Memory that the weights of a network take, those of a matrix with its zeros.

        Parameters
        ----------
        network : Network

        Returns
        -------
        float, bytes
        """
        bits = 0
        for e in network.projections:
            n_weights = e.values.size if e.kind == "convolution" else prod(e.shape)
            bits += n_weights * stored_width(e.weight_bits or 8, self.weight_widths)
        return bits / 8

    def holds(self, network: Network) -> bool:
        """Whether its memory holds the weights of a network.

        Parameters
        ----------
        network : Network

        Returns
        -------
        bool
        """
        return self.weight_bytes(network) <= float(self.weight_memory.si)

    @property
    def weakest_kind(self) -> str:
        """Kind of the least trustworthy figure of its energy."""
        figures = (("energy", self.multiply_accumulate), ("power", self.awake))
        return weakest(figures)[0]  # type: ignore[index]  # there are two


PROCESSORS = (
    Processor(
        "MAX78000",
        "a CNN accelerator",
        Sourced(8.8, "pJ", "derived", TWO_MEASUREMENTS, spread=(6.7, 11)),
        Sourced(6.66, "mW", "derived", f"22.2 uA/MHz at 3.0 V, times 100 MHz: {FEATURES}"),
        Sourced(442_000, "bytes", "datasheet", f"442k weights of 8 bits: {FEATURES}"),
        weight_widths=(1, 2, 4, 8),
    ),
    Processor(
        "STM32L4R5",
        "a Cortex-M4",
        Sourced(
            2.0,
            "nJ",
            "derived",
            f"measured energies over counted multiply-accumulates: anomaly detection 529 uJ over "
            f"264,192 (dense layers), keywords 5,482 uJ over 2,656,768, images 17,315 uJ over "
            f"12,501,632: {TINY}",
            spread=(1.39, 2.06),
        ),
        Sourced(75, "mW", "measured", f"while it computes: {TINY}", spread=(70, 78)),
        Sourced(2_097_152, "bytes", "datasheet", "2 MiB of flash: doc.riot-os.org, nucleo-l4r5zi"),
    ),
)
