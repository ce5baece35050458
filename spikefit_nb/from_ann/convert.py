"""Convert a trained ANN into a spiking network whose rates stand for the ANN's activities."""

from dataclasses import replace
from numbers import Real
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from spikefit_nb.errors import (
    DatasetProblem,
    FileProblem,
    NetworkProblem,
    WrongSource,
    expect,
    guarded,
    is_one_of,
)
from spikefit_nb.from_ann.ann import Ann, Layer, Scales, balance
from spikefit_nb.from_ann.changes import check_changes, of_changes, one_or_each, words_on_changes
from spikefit_nb.from_ann.max_pool import substitutes
from spikefit_nb.from_ann.onnx_ann import read_onnx
from spikefit_nb.from_ann.onnx_file import is_model
from spikefit_nb.from_ann.sklearn_mlp import is_estimator, read_mlp
from spikefit_nb.network import IF, Input, Integrator, Network, Population, Projection
from spikefit_nb.progress import phase

if TYPE_CHECKING:
    import onnx
    from sklearn.neural_network import MLPClassifier


def from_ann(
    ann: "str | PathLike[str] | onnx.ModelProto | MLPClassifier",
    calibration: ArrayLike,
    *,
    n_steps: int = 64,
    percentile: float = 99.9,
    bias_shift: bool = True,
    decode: Literal["count", "potential"] = "count",
    max_pool: Literal["average", "compare", "refuse"] = "average",
    neurons: Literal["IF", "SigmaDelta"] = "IF",
    threshold: float = 0.05,
    test: tuple[ArrayLike, ArrayLike] | None = None,
    name: str | None = None,
) -> Network:
    """Convert a trained ANN into a network of integrate-and-fire neurons that reset by subtraction,
    or of sigma-delta neurons.

    A unit of activity a becomes a neuron that fires ``a / s`` times a step, s being the scale of
    its layer, found on the calibration samples. The weights stay those of the ANN; with p the layer
    before,

    ``v_threshold = s / s_p`` and ``bias = b / s_p + shift * v_threshold / (2 * n_steps)``.

    Pooling, normalisation and layers without rectifier are composed into the weights and biases.
    The network takes the ANN's own inputs: the same current in every step, or spikes of that rate.
    What was done stands in ``assumptions``; ``simulate(network, dataset).accuracy_by_step`` shows
    how many steps are enough.

    Sigma-delta neurons keep the ANN's weights, biases and activities, and send what changes by
    ``threshold * s`` or more; a step is a frame, and the inputs are differences of frames,
    ``np.diff(frames, axis=1, prepend=0)``.

    Parameters
    ----------
    ann : path of an ONNX file, onnx.ModelProto or MLPClassifier
        A fitted scikit-learn classifier has to have rectified units.
    calibration : (n_samples, ...) float
        Inputs as in training, some hundreds, none of them a test sample.
    n_steps : int, the steps that IF neurons will be run for; they decide the shift alone
    percentile : float, above 1 to 100, of the activities above zero
        Lower fires more and settles sooner, but cuts off the most active units.
    bias_shift : bool
        Whether half a threshold is spread over the steps of IF neurons, so that rates are rounded,
        not cut off. It gives every neuron a bias, which a chip may charge for in every step.
    decode : "count" or "potential"
        Whether outputs fire, or are integrators that are read by their potential; sigma-delta ones
        are read by their potential.
    max_pool : "average", "compare" or "refuse"
        What becomes of max pooling: a mean times a factor of each channel (plus an offset, where
        values may be below zero), so that it is as large on the calibration samples; the maximum
        itself, by layers of units that compare values in pairs, ``max(a, b) = a + max(b - a, 0)``;
        or an error. How many answers a mean changes stands in ``assumptions``.
    neurons : "IF" or "SigmaDelta", of ``sf.network``
    threshold : float, above 0 to 1
        The smallest change that sigma-delta neurons send, as a share of the scale s of their layer:
        lower sends more, and is nearer to the ANN.
    test : (inputs, labels), optional; the ANN's accuracy on them becomes ``ann_accuracy``
    name : str, optional; default: the file's name without its ending

    Returns
    -------
    Network

    Raises
    ------
    WrongSource
        The ANN is of another kind.
    FileProblem
        The ANN cannot be read, or a node of it has no counterpart; the message names the node and
        what to do. Sigma-delta neurons have no upper bound, as ReLU6 has.
    DatasetProblem
        The calibration or test samples do not go with the ANN, or leave a layer silent.
    NetworkProblem
        ``n_steps``, ``percentile``, ``decode``, ``max_pool``, ``neurons`` or ``threshold`` is out
        of range.

    References
    ----------
    Rueckauer et al. 2017, Front. Neurosci. 11:682, doi:10.3389/fnins.2017.00682
    (percentile, reset by subtraction, bias and input as currents); the shift: Deng & Gu 2021, ICLR,
    arXiv:2103.00476; sigma-delta networks: O'Connor & Welling 2017, ICLR, arXiv:1611.02024.

    Examples
    --------
    >>> from sklearn.neural_network import MLPClassifier
    >>> x = np.random.default_rng(0).random((200, 4))
    >>> mlp = MLPClassifier((8,), solver="lbfgs", random_state=0).fit(x, x.argmax(axis=1))
    >>> from_ann(mlp, x[:100], test=(x[100:], x[100:].argmax(axis=1)))
    Network(4 inputs -> 8 IF -> 4 IF, 64 synapses, dt 1 ms)
    """
    expect(name, str | None, "name", "'mine'")
    expect(bias_shift, bool, "bias_shift", "True")
    expect(max_pool, str, "max_pool", "'average', 'compare' or 'refuse'")
    _check_choices(n_steps, percentile, decode, max_pool)
    check_changes(neurons, threshold)
    exact = _read(ann, calibration)
    samples = exact.take_inputs(calibration, "calibration")
    read = _with_max_pools(ann, exact, samples, test, how=max_pool)
    scales = balance(read, samples, percentile, n_steps)
    accuracy = None if test is None else _accuracy(exact, test)
    if neurons == "SigmaDelta":
        layers, projections = of_changes(read, scales, threshold)
        said = words_on_changes(read, scales, percentile, threshold)
    else:
        layers, projections = _of_rates(read, scales, 0.5 / n_steps if bias_shift else 0.0, decode)
        shifted = n_steps if bias_shift else None
        said = _sentences(read, samples, scales, percentile, shifted)
        said.append(_output_sentence(scales, decode))
    assumptions = [*read.remarks, *said]
    if test is not None:
        n_tested = len(np.asarray(test[1]))
        assumptions.append(f"the ANN gets {accuracy:.2%} of the {n_tested} test samples")
    return Network(
        [Population(read.input_name, read.input_shape, Input()), *layers],
        projections,
        output=read.layers[-1].name,
        name=name or read.name,
        ann_accuracy=accuracy,
        assumptions=tuple(assumptions),
    )


def _of_rates(
    ann: Ann, scales: Scales, shift: float, decode: str
) -> tuple[list[Population], list[Projection]]:
    """Neurons that fire at rates, and weights and biases in their units."""
    populations, projections = list[Population](), list[Projection]()
    for layer in ann.layers:
        # the activity that a synaptic current of 1 into this layer stands for
        unit = max(scales.of_layer[source] for source in layer.terms)
        neuron = _neuron(ann, layer, scales, unit, shift, decode=decode)
        populations.append(Population(layer.name, layer.shape, neuron))
        for source, weight in layer.terms.items():
            share = scales.of_layer[source] / unit
            each = np.full(layer.bias.size, share, dtype=np.float32)
            scaled = weight.scaled(each) if share != 1 else weight
            projections.append(Projection(source, layer.name, scaled))
    return populations, projections


@guarded
def ann_scores(
    ann: "str | PathLike[str] | onnx.ModelProto | MLPClassifier", inputs: ArrayLike
) -> np.ndarray:
    """Run the ANN itself, as ``from_ann`` reads it: in numpy, single precision.

    Parameters
    ----------
    ann : path of an ONNX file, onnx.ModelProto or MLPClassifier, as of ``from_ann``
    inputs : (n_samples, ...) float

    Returns
    -------
    (n_samples, n_classes) float32, scores before any softmax

    Raises
    ------
    FileProblem
        The ANN cannot be read, or a node of it has no counterpart.
    DatasetProblem
        The inputs do not go with the ANN.

    Examples
    --------
    >>> from sklearn.neural_network import MLPClassifier
    >>> x = np.random.default_rng(0).random((200, 4))
    >>> mlp = MLPClassifier((8,), solver="lbfgs", random_state=0).fit(x, x.argmax(axis=1))
    >>> bool((ann_scores(mlp, x).argmax(axis=1) == mlp.predict(x)).all())
    True
    """
    read = _read(ann, inputs)
    return read.scores(read.take_inputs(inputs, "inputs"))


def _read(ann: Any, inputs: ArrayLike) -> Ann:
    if is_estimator(ann):
        return read_mlp(ann)
    if isinstance(ann, str | PathLike) or is_model(ann):
        try:
            shape = np.shape(inputs)
        except ValueError:  # samples of different lengths, refused with the ANN's shape at hand
            shape = ()
        return read_onnx(ann, shape[1:])
    raise WrongSource(
        "from_ann takes the path of an ONNX file, an onnx.ModelProto or a fitted sklearn "
        f"MLPClassifier, not a {type(ann).__name__}. PyTorch writes ONNX with torch.onnx.export, "
        "Keras with model.export(..., format='onnx')."
    )


@phase("Replacing maximum pools")
def _with_max_pools(ann: Any, exact: Ann, samples: np.ndarray, test: Any, *, how: str) -> Ann:
    """The ANN with max pooling as asked for, and a word on it."""
    named = ", ".join(repr(pool.name) for pool in exact.max_pools)
    if not named:
        return exact
    if how == "refuse":
        raise FileProblem(
            f"{named}: max pooling, and max_pool is 'refuse': the largest of several rates is not "
            "a sum of spikes. Use average pooling, or a convolution of stride 2, and train again; "
            "or say max_pool='average' or max_pool='compare'."
        )
    means = substitutes(exact, samples)
    averaged = read_onnx(ann, exact.input_shape, means)
    n_more = exact.n_units - averaged.n_units
    if how == "compare":
        kept = f"max pooling ({named}) is kept by {n_more:,} units that compare values in pairs"
        return replace(exact, remarks=(*exact.remarks, kept))
    scaled = " and ".join(map(str, means.values()))
    became = (
        f"max pooling ({named}) became a mean, {scaled}, by channel: "
        f"{_changes(exact, averaged, samples, test)}; max_pool='compare' would keep the maximum, "
        f"with {n_more:,} more neurons"
    )
    return replace(averaged, remarks=(*averaged.remarks, became))


def _changes(before: Ann, after: Ann, samples: np.ndarray, test: Any) -> str:
    """What another ANN answers otherwise, and how many of the test samples it gets right."""
    answers = [ann.scores(samples).argmax(axis=1) for ann in (before, after)]
    n_other = int((answers[0] != answers[1]).sum())
    told = f"{n_other:,} of {len(samples):,} calibration samples get another answer"
    if test is None:
        return told
    right = [_accuracy(ann, test) for ann in (after, before)]
    return f"{told}, and {right[0]:.2%} of the test samples the right one instead of {right[1]:.2%}"


def _check_choices(n_steps: int, percentile: float, decode: str, max_pool: str) -> None:
    if not isinstance(n_steps, Real) or not 1 <= n_steps < np.inf or n_steps != int(n_steps):
        raise NetworkProblem(f"n_steps is {n_steps!r}; a whole number from 1 up is needed.")
    if not isinstance(percentile, Real) or not 1 < percentile <= 100:
        raise NetworkProblem(
            f"percentile is {percentile!r}; it must be above 1 and at most 100, "
            "and 99.9 is usual (not 0.999)."
        )
    if not is_one_of(decode, ("count", "potential")):
        raise NetworkProblem(f"decode is {decode!r}; it can be 'count' or 'potential'.")
    if not is_one_of(max_pool, ("average", "compare", "refuse")):
        raise NetworkProblem(
            f"max_pool is {max_pool!r}; it can be 'average', 'compare' or 'refuse'."
        )


@phase("Running the ANN")
def _accuracy(ann: Ann, test: tuple[ArrayLike, ArrayLike]) -> float:
    if not isinstance(test, tuple | list) or len(test) != 2:
        raise DatasetProblem(
            f"test is a {type(test).__name__}; a pair is needed: test=(inputs, labels)."
        )
    labels, samples = np.asarray(test[1]), ann.take_inputs(test[0], "test")
    n_classes = ann.layers[-1].bias.size
    are_labels = labels.shape == (len(samples),) and labels.dtype.kind in "iub"
    if not are_labels or labels.min() < 0 or labels.max() >= n_classes:
        raise DatasetProblem(
            f"test: labels is {labels.shape} {labels.dtype}; one whole number from 0 to "
            f"{n_classes - 1} is needed for each of {len(samples)} samples."
        )
    return float(np.mean(ann.scores(samples).argmax(axis=1) == labels))


def _neuron(
    ann: Ann, layer: Layer, scales: Scales, unit: float, shift: float, *, decode: str
) -> IF | Integrator:
    is_last = layer is ann.layers[-1]
    bias = layer.bias.reshape(layer.shape).astype(np.float64) / unit
    if is_last and decode == "potential":
        return Integrator(bias=one_or_each(bias))
    threshold = scales.of_layer[layer.name] / unit
    bias = bias + shift * threshold + (scales.lift / unit if is_last else 0.0)
    return IF(threshold, bias=one_or_each(bias), reset="subtract")


def _sentences(
    ann: Ann, samples: np.ndarray, scales: Scales, percentile: float, n_shifted: int | None
) -> list[str]:
    hidden = {layer.name: scales.of_layer[layer.name] for layer in ann.layers[:-1]}
    listed = ", ".join(f"{name} {value:.3g}" for name, value in hidden.items())
    which = f"{percentile:g}th percentile of those above zero on {len(samples)} calibration samples"
    shifted = (
        f"made for {n_shifted} steps: half a threshold is spread over them as bias, "
        "so that rates are rounded"
    )
    return [
        f"the input is the ANN's own, {samples.min():g} to {samples.max():g} in calibration: "
        "a current in every step, or spikes of that rate",
        *([f"one spike stands for an activity of: {listed} ({which})"] if hidden else []),
        shifted if n_shifted else "no bias shift: rates are cut off to the spike below",
    ]


def _output_sentence(scales: Scales, decode: str) -> str:
    if decode == "potential":
        return "the output never fires and is read by its potential"
    lifted = f"; {scales.lift:.3g} is added to every score, so that the highest fires"
    return (
        "the output is read by its spike counts, scaled to tell the highest score "
        f"from the second{lifted if scales.lift else ''}"
    )
