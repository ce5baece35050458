"""How much activity one spike stands for, by what the ANN's units do on calibration samples."""

from typing import NamedTuple

import numpy as np

from spikefit_nb.errors import DatasetProblem
from spikefit_nb.from_ann.ann import Ann, Layer

MOST_ACTIVITIES = 20e6  # of a layer, for a percentile; evenly spaced samples stand for all
LOW = 0.1  # percent of calibration samples whose highest score may stay below zero


class Scales(NamedTuple):
    """The activity that one spike of each layer stands for, and what is added to every score."""

    of_layer: dict[str, float]  # the input's is 1: it sends what the ANN gets
    lift: float


def balance(ann: Ann, calibration: np.ndarray, percentile: float, n_steps: int) -> Scales:
    """Measure the scale of each layer."""
    # Source: Rueckauer et al. 2017, Front. Neurosci. 11:682, doi:10.3389/fnins.2017.00682,
    # "Parameter normalization": data-based normalization by a percentile (99.9) of the activities.
    # The scale of the scores is our own choice.
    largest = max(layer.bias.size for layer in ann.layers)
    step = int(np.ceil(len(calibration) * largest / MOST_ACTIVITIES))
    found: dict[str, list[np.ndarray]] = {layer.name: [] for layer in ann.layers}
    for active in ann.activations(calibration[:: max(1, step)]):
        for layer in ann.layers:
            values = active[layer.name]
            is_last = layer is ann.layers[-1]
            kept = np.sort(values, axis=1)[:, -2:] if is_last else values[values > 0]
            found[layer.name].append(kept)
    scales = {ann.input_name: 1.0}
    for layer in ann.layers[:-1]:
        values = np.concatenate(found[layer.name])
        if values.size == 0:
            raise _silent(layer, len(calibration))
        scales[layer.name] = min(float(np.percentile(values, percentile)), layer.ceiling)
    second, first = np.concatenate(found[ann.layers[-1].name]).T
    scale, lift = _of_scores(first, second, percentile, n_steps)
    return Scales({**scales, ann.layers[-1].name: scale}, lift)


def _of_scores(
    first: np.ndarray, second: np.ndarray, percentile: float, n_steps: int
) -> tuple[float, float]:
    """Scale and lift of the scores, such that the highest fires, and the second not always."""
    lowest = float(np.percentile(first, LOW))
    lift = max(0.0, -lowest)
    # below that nothing is told apart any better
    least = float(np.percentile(first + lift, percentile)) / n_steps
    scale = max(float(np.percentile(second + lift, percentile)), least) * (1 + 2 / n_steps)
    scale = scale if scale > 0 else 1.0
    return scale, scale / n_steps - lowest if lowest < 0 else 0.0


def _silent(layer: Layer, n_samples: int) -> DatasetProblem:
    return DatasetProblem(
        f"None of the {layer.bias.size} units of {layer.name!r} is active on any of "
        f"the {n_samples} calibration samples, so no threshold can be found for them. "
        "Are the samples scaled as in training? Is this the trained file?"
    )
