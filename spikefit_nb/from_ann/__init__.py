"""Networks from trained ANNs: ONNX files, which PyTorch, Keras and scikit-learn write, and
scikit-learn's own.
"""

from spikefit_nb.from_ann.convert import ann_scores, from_ann

__all__ = ["ann_scores", "from_ann"]
