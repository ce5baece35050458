"""Say which population never fires, and the likely cause: the first error most people hit."""

import numpy as np

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.network import IF, AdEx, Izhikevich, Network, Population
from spikefit_nb.units import si, text

IZHIKEVICH_STEP_S = 1e-3  # of the program in Izhikevich 2003


def explain_silence(
    network: Network, dataset: SpikeDataset, spike_counts: dict[str, np.ndarray]
) -> tuple[str, ...]:
    """Warn of silent populations and unstable steps."""
    warnings = []
    for population in network.neurons:
        fastest = min(
            (
                population.parameter(n).min()
                for n in ("tau_mem_s", "tau_syn_s", "tau_adapt_s")
                if n in population.neuron.parameters
            ),
            default=np.inf,
        )
        if network.dt_s > 2 * fastest:
            warnings.append(
                f"Population {population.name!r} is unstable: dt is {si(network.dt_s, 's')} but "
                "tau is only "
                f"{si(fastest, 's')}, so each step overshoots. dt must be below 2 tau; was tau "
                "written in other units?"
            )
        elif isinstance(population.neuron, Izhikevich) and network.dt_s > IZHIKEVICH_STEP_S:
            warnings.append(
                f"Population {population.name!r} is unstable: dt is {si(network.dt_s, 's')}, but "
                "Izhikevich's "
                f"equations are in milliseconds and go in steps of {si(IZHIKEVICH_STEP_S, 's')} at "
                "most. Make the "
                "network with a smaller dt_s, or substitute another model."
            )
        elif population.neuron.fires and not spike_counts[population.name].any():
            sources = {e.source for e in network.projections if e.target == population.name} - {
                population.name
            }
            heard = [name for name in sources if spike_counts[name].any()]
            biased = population.parameter("bias").any()
            warnings.append(
                _why_silent(
                    network,
                    dataset,
                    population,
                    sorted(sources) if not heard and not biased else [],
                )
            )
    return tuple(warnings)


def explain_overflows(network: Network, overflows: dict[str, int]) -> tuple[str, ...]:
    """Warn of numbers that left the range a chip holds them in."""
    return tuple(
        f"Population {name!r} of {network[name].n_neurons} neurons left the range of its integers "
        f"{text(n)} times: the "
        "chip would saturate or wrap around there too. Fewer weight bits or lower weights leave "
        "more room."
        for name, n in overflows.items()
    )


def _why_silent(
    network: Network, dataset: SpikeDataset, population: Population, mute: list[str]
) -> str:
    sentence = f"Population {population.name!r} never fires in {text(dataset.n_samples)} samples. "
    if mute:
        return (
            sentence
            + f"Nothing arrives: {' and '.join(map(repr, mute))} is silent too; look there first."
        )
    if isinstance(population.neuron, IF):
        return (
            sentence + "Likely cause: thresholds are high against the weights; try "
            "Design(threshold_scale=0.5)."
        )
    if isinstance(population.neuron, Izhikevich | AdEx):
        unit = (
            "mV/ms"
            if isinstance(population.neuron, Izhikevich)
            else "amperes, if its other parameters are in SI"
        )
        return (
            sentence
            + f"Likely cause: units. Its input current is in {unit}; the weights may be in others: "
            "raise r."
        )
    tau, r = population.parameter("tau_mem_s"), population.parameter("r")
    gain = float(np.median(r * network.dt_s / tau))
    return sentence + (
        f"Likely cause: tau/dt. With dt {si(network.dt_s, 's')} and tau_mem "
        f"{si(float(np.median(tau)), 's')}, one step "
        f"adds only {gain:.2g} of the input to the potential "
        f"(threshold {np.median(population.parameter('v_threshold')):.3g}). "
        "Read the file again with the dt_s it was trained with."
    )
