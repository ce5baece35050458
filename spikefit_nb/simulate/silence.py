"""Say which population never fires, and the likely cause: the first error most people hit."""

import numpy as np

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.network import IF, AdEx, Izhikevich, Network, Population, SigmaDelta
from spikefit_nb.units import si, text

IZHIKEVICH_STEP_S = 1e-3  # of the program in Izhikevich 2003
TIME_CONSTANTS = ("tau_mem_s", "tau_syn_s", "tau_adapt_s")


def explain_silence(
    network: Network, dataset: SpikeDataset, spike_counts: dict[str, np.ndarray]
) -> tuple[str, ...]:
    """Warn of silent populations and unstable steps."""
    warnings = []
    for population in network.neuron_populations:
        taus = [tau for tau in TIME_CONSTANTS if tau in population.neuron.parameters]
        fastest = min((population.parameter(tau).min() for tau in taus), default=np.inf)
        if network.dt_s > 2 * fastest:
            warnings.append(
                f"Population {population.name!r} is unstable: dt is {si(network.dt_s, 's')} "
                f"but tau is only {si(fastest, 's')}, so each step overshoots. "
                "dt must be below 2 tau; was tau written in other units?"
            )
        elif isinstance(population.neuron, Izhikevich) and network.dt_s > IZHIKEVICH_STEP_S:
            warnings.append(
                f"Population {population.name!r} is unstable: "
                f"dt is {si(network.dt_s, 's')}, but Izhikevich's equations are in "
                f"milliseconds and go in steps of {si(IZHIKEVICH_STEP_S, 's')} at most. "
                "Make the network with a smaller dt_s, or substitute another model."
            )
        elif population.neuron.fires and not spike_counts[population.name].any():
            sources = {e.source for e in network.projections if e.target == population.name}
            sources -= {population.name}
            heard = [name for name in sources if spike_counts[name].any()]
            biased = population.parameter("bias").any()
            mute = [] if heard or biased else sorted(sources)
            warnings.append(_why_silent(network, dataset, population, mute))
    return tuple(warnings)


def explain_overflows(network: Network, overflows: dict[str, int]) -> tuple[str, ...]:
    """Warn of numbers that left the range a chip holds them in."""
    return tuple(
        f"Population {name!r} of {network[name].n_neurons} neurons left the range of its "
        f"integers {text(n)} times: the chip would saturate or wrap around there too. "
        "Fewer weight bits or lower weights leave more room."
        for name, n in overflows.items()
    )


def never_fires(name: str) -> str:
    """How the sentence on a silent population begins.

    Parameters
    ----------
    name : str, of the population

    Returns
    -------
    str

    Examples
    --------
    >>> never_fires("out")
    "Population 'out' never fires"
    """
    return f"Population {name!r} never fires"


def _why_silent(
    network: Network, dataset: SpikeDataset, population: Population, mute: list[str]
) -> str:
    sentence = f"{never_fires(population.name)} in {text(dataset.n_samples)} samples. "
    if mute:
        names = " and ".join(map(repr, mute))
        return f"{sentence}Nothing arrives: {names} is silent too; look there first."
    if isinstance(population.neuron, SigmaDelta):
        return f"{sentence}Its activation never moves by a threshold: lower ones would send more."
    if isinstance(population.neuron, Izhikevich | AdEx):
        is_in_mv = isinstance(population.neuron, Izhikevich)
        unit = "mV/ms" if is_in_mv else "amperes, if its other parameters are in SI"
        return (
            f"{sentence}Likely cause: units. Its input current is in {unit}; "
            "the weights may be in others: raise r."
        )
    return sentence + _of_what_arrives(network, dataset, population)


def _of_what_arrives(network: Network, dataset: SpikeDataset, population: Population) -> str:
    """Why a population whose inputs fire does not: when and how much arrives, and what it does."""
    incoming = [e for e in network.projections if e.target == population.name]
    soonest = min((e.delay_steps for e in incoming), default=0)
    if soonest >= dataset.n_steps:
        return (
            f"Nothing arrives in time: the shortest delay is {soonest} steps, and "
            f"{dataset.n_steps} are run."
        )
    most = _most_at_once(network, dataset, population)
    drive = population.parameter("bias") + most
    if not (drive > 0).any():
        return "Nothing excites it: its weights, and its bias, come to nothing above zero."
    if isinstance(population.neuron, IF):
        return (
            "Likely cause: thresholds are high against the weights; lower thresholds or larger "
            "weights would tell."
        )
    return _of_a_leak(network, population, most)


def _of_a_leak(network: Network, population: Population, most: np.ndarray) -> str:
    """Whether a leaky neuron could reach its threshold in time, were all its inputs to fire."""
    tau, r = population.parameter("tau_mem_s"), population.parameter("r")
    gain = float(np.median(r * network.dt_s / tau))
    threshold = population.parameter("v_threshold")
    current = population.parameter("bias") + most
    if "w_in" in population.neuron.parameters:
        current = population.parameter("w_in") * current
    settled = population.parameter("v_leak") + r * current
    if not (settled >= threshold).any():
        best = int(np.argmax(settled - threshold))
        return (
            "Its threshold is out of reach: all its inputs at once, in every step, would bring a "
            f"neuron to {settled[best]:.3g} of {threshold[best]:.3g}."
        )
    return (
        f"Likely cause: tau/dt. With dt {si(network.dt_s, 's')} and tau_mem "
        f"{si(float(np.median(tau)), 's')}, one step adds only {gain:.2g} of the input to "
        f"the potential (threshold {np.median(threshold):.3g}). "
        "Read the file again with the dt_s it was trained with, or raise r."
    )


def _most_at_once(network: Network, dataset: SpikeDataset, population: Population) -> np.ndarray:
    """What all excitatory synapses of each neuron bring in a step in which their sources fire as
    often as they can, (n_neurons,).
    """
    most = np.zeros(population.n_neurons)
    for e in network.projections:
        if e.target == population.name:
            source = network[e.source]
            often = dataset.largest_value if source.is_input else 1.0
            weight = e.real_weight()
            excites = weight.with_values(np.maximum(weight.values, 0))
            most += often * excites.apply(np.ones((1, weight.shape[0])))[0]
    return most
