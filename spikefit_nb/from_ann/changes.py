"""An ANN as a network of sigma-delta neurons, which send what changes of its activations."""

from numbers import Real

import numpy as np

from spikefit_nb.errors import FileProblem, NetworkProblem, expect
from spikefit_nb.from_ann.ann import Ann, Scales
from spikefit_nb.network import Population, Projection, SigmaDelta

NEURONS = ("IF", "SigmaDelta")


def check_changes(neurons: str, threshold: float) -> None:
    """Refuse neurons that an ANN does not become, and thresholds that are no share."""
    expect(neurons, str, "neurons", "'IF' or 'SigmaDelta'")
    expect(threshold, Real, "threshold", "0.05")
    if neurons not in NEURONS:
        raise NetworkProblem(f"neurons is {neurons!r}; it can be 'IF' or 'SigmaDelta'.")
    if not 0 < threshold <= 1:
        raise NetworkProblem(
            f"threshold is {threshold!r}; it must be above 0 and at most 1, of the scale of a "
            "layer: 0.05 sends changes from a twentieth of it on."
        )


def of_changes(
    ann: Ann, scales: Scales, threshold: float
) -> tuple[list[Population], list[Projection]]:
    """Neurons with the activations of the ANN's units, and its own weights and biases."""
    populations, projections = list[Population](), list[Projection]()
    for layer in ann.layers:
        if np.isfinite(layer.ceiling):
            raise FileProblem(
                f"{layer.name!r} is a ReLU that is bounded at {layer.ceiling:g}, and sigma-delta "
                "neurons are not. Leave neurons out, for IF neurons, or train with ReLU."
            )
        neuron = SigmaDelta(
            threshold * scales.of_layer[layer.name],
            one_or_each(layer.bias.reshape(layer.shape).astype(np.float64)),
            activation="relu" if layer.rectified else "none",
        )
        populations.append(Population(layer.name, layer.shape, neuron))
        projections += [Projection(source, layer.name, w) for source, w in layer.terms.items()]
    return populations, projections


def one_or_each(values: np.ndarray) -> np.ndarray | float:
    """One number, where all are the same."""
    return float(values.flat[0]) if (values == values.flat[0]).all() else values


def words_on_changes(ann: Ann, scales: Scales, percentile: float, threshold: float) -> list[str]:
    """What the network takes, sends and is read by, in sentences."""
    each = {layer.name: threshold * scales.of_layer[layer.name] for layer in ann.layers}
    listed = ", ".join(f"{name} {value:.3g}" for name, value in each.items())
    return [
        "the input is the difference of frames, as the ANN gets them: one frame a step, "
        "np.diff(frames, axis=1, prepend=0)",
        f"the smallest change that is sent: {listed} ({threshold:g} of the scale of each layer, "
        f"by the {percentile:g}th percentile of its activities on the calibration samples)",
        "the output is read by its potential, the ANN's score",
    ]
