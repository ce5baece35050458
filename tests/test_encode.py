import numpy as np
import pytest

from spikefit_nb.encode import rate
from spikefit_nb.errors import DatasetProblem


def test_the_expected_count_is_steps_times_intensity():
    intensity = np.linspace(0, 1, 11)[None].repeat(50, axis=0)
    counts = rate(intensity, 400, seed=1).sum(axis=1).mean(axis=0)
    spread = np.sqrt(400 * intensity[0] * (1 - intensity[0]) / 50)
    assert (np.abs(counts - 400 * intensity[0]) <= 4 * spread).all()


def test_a_black_pixel_never_spikes_and_a_white_one_always():
    spikes = rate([[0.0, 1.0]], 100, seed=0)
    assert spikes.dtype == bool and not spikes[..., 0].any() and spikes[..., 1].all()


def test_same_seed_same_spikes():
    intensity = np.full((3, 2, 2), 0.5)
    assert rate(intensity, 7, seed=5).shape == (3, 7, 4)
    assert (rate(intensity, 7, seed=5) == rate(intensity, 7, seed=5)).all()
    assert (rate(intensity, 7, seed=5) != rate(intensity, 7, seed=6)).any()


def test_intensities_that_are_not_probabilities_are_refused():
    with pytest.raises(DatasetProblem, match=r"goes from 0 to 255; a probability is from 0 to 1. Divide by"):
        rate([[0, 255]], 10, seed=0)
    with pytest.raises(DatasetProblem, match="a probability is from 0 to 1"):
        rate([[np.nan]], 10, seed=0)


def test_one_image_alone_and_no_steps_are_refused():
    with pytest.raises(DatasetProblem, match=r"One sample alone is `intensity\[None\]`"):
        rate([0.5, 0.5], 10, seed=0)
    with pytest.raises(DatasetProblem, match="n_steps is 0; at least one"):
        rate([[0.5]], 0, seed=0)
