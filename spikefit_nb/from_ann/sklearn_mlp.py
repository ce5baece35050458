"""A fitted ``sklearn.neural_network.MLPClassifier`` as layers, without importing scikit-learn."""

from typing import Any

import numpy as np

from spikefit_nb.errors import FileProblem
from spikefit_nb.from_ann.ann import Ann, Layer


def is_estimator(ann: Any) -> bool:
    """Whether this is an object of scikit-learn's making."""
    return type(ann).__module__.partition(".")[0] == "sklearn"


def read_mlp(mlp: Any) -> Ann:
    """Take over the layers of a fitted multilayer perceptron."""
    _check(mlp)
    names = [f"hidden{k}" for k in range(1, len(mlp.coefs_))] + ["output"]
    sources = ["input", *names]
    weights, biases = list(mlp.coefs_), list(mlp.intercepts_)
    remarks = []
    if weights[-1].shape[1] == 1:
        weights[-1], biases[-1] = weights[-1] * [-1, 1], biases[-1] * [-1, 1]
        remarks.append("its one score z became two outputs, -z and z")
    if list(mlp.classes_) != list(range(len(mlp.classes_))):
        remarks.append(f"output k stands for class k of {', '.join(map(str, mlp.classes_))}")
    layers = [
        Layer(name, (weight.shape[1],), {source: weight}, bias, rectified=name != "output")
        for name, source, weight, bias in zip(names, sources, weights, biases, strict=False)
    ]
    return Ann("mlp", "input", (weights[0].shape[0],), tuple(layers), tuple(remarks))


def _check(mlp: Any) -> None:
    kind = type(mlp).__name__
    if kind == "Pipeline":
        raise FileProblem(
            "This is a scikit-learn Pipeline; only an MLPClassifier can be converted. "
            "Give its last step, pipeline[-1], and calibrate with inputs as that step sees them, "
            "pipeline[:-1].transform(x); or write all of it as ONNX with skl2onnx."
        )
    if kind != "MLPClassifier":
        raise FileProblem(
            f"This is scikit-learn's {kind}; only an MLPClassifier can be converted, since spikes "
            "imitate rectified units. Train MLPClassifier(activation='relu') on the same data."
        )
    if not hasattr(mlp, "coefs_"):
        raise FileProblem(
            "The MLPClassifier is not fitted, so it has no weights yet. Call fit(x, y) first."
        )
    if mlp.activation != "relu" and len(mlp.coefs_) > 1:
        raise FileProblem(
            f"The MLPClassifier has activation={mlp.activation!r}; "
            "spike rates can only imitate 'relu'. Train it again with activation='relu'."
        )
    if mlp.n_outputs_ > 1 and mlp.out_activation_ != "softmax":
        raise FileProblem(
            f"The MLPClassifier gives {mlp.n_outputs_} labels at once (multilabel), "
            "but a spiking network answers with one. Train one classifier a label."
        )
    if not all(np.isfinite(w).all() for w in (*mlp.coefs_, *mlp.intercepts_)):
        raise FileProblem(
            "The MLPClassifier has weights that are NaN or infinite. "
            "A diverged training is the cause."
        )
