"""Networks from trained ANNs: ONNX files, as PyTorch, Keras and others write, or scikit-learn."""

from spikefit_nb.from_ann.convert import ann_scores, from_ann

__all__ = ["ann_scores", "from_ann"]
