"""What projections and populations refuse when they are made, rather than compute something
else.
"""

import numpy as np
import pytest

from spikefit_nb.errors import NetworkProblem, WrongArgument
from spikefit_nb.network import IF, Conv2d, Population, Projection

KERNEL = np.ones((4, 2, 3, 3))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"stride": 0}, "stride is 0; one or two whole numbers from 1 up"),
        ({"stride": 1.5}, r"stride is 1\.5"),
        ({"stride": (1, 2, 3)}, r"stride is \(1, 2, 3\)"),
        ({"padding": -1}, "padding is -1; .* from 0 up"),
        ({"padding": "same"}, "padding is 'same'"),
        ({"dilation": 0}, "dilation is 0"),
        ({"groups": 0}, "groups is 0"),
        ({"stride": None}, "stride is None"),
        ({"padding": (0, -1)}, r"padding is \(0, -1\)"),
    ],
)
def test_a_convolution_of_settings_that_cannot_be_is_refused(settings, said):
    with pytest.raises(NetworkProblem, match=said):
        Conv2d(KERNEL, (2, 8, 8), **settings)


def test_settings_may_be_one_number_or_two_and_whole_floats():
    convolution = Conv2d(KERNEL, (2, 8, 8), stride=2.0, padding=(np.int64(1), 0), dilation=[1, 2])
    assert (convolution.stride, convolution.padding, convolution.dilation) == (
        (2, 2),
        (1, 0),
        (1, 2),
    )


@pytest.mark.parametrize(
    "scale", [np.ones(5, np.float32), np.nan, np.array([1, np.inf]), "1", np.ones((1, 2))]
)
def test_a_scale_that_does_not_go_with_the_weights_is_refused(scale):
    with pytest.raises(
        NetworkProblem, match="one finite number, or one for each of 2 targets, is needed"
    ):
        Projection("a", "b", np.ones((3, 2), np.int8), scale=scale)


@pytest.mark.parametrize(
    "weight", [np.ones((2, 2), complex), np.array([["1", "2"]]), np.array([[None, 1]])]
)
def test_weights_that_are_no_real_numbers_are_refused(weight):
    with pytest.raises(NetworkProblem, match="real numbers are needed"):
        Projection("a", "b", weight)


def test_whole_weights_that_are_not_quantized_get_the_cure():
    with pytest.raises(
        NetworkProblem, match=r"integer weights come with a scale.*weight\.astype\(float\)"
    ):
        Projection("a", "b", [[1, 2], [3, 4]])


@pytest.mark.parametrize("neuron", [IF, None, "LIF"])
def test_a_population_wants_a_neuron_and_not_its_class(neuron):
    with pytest.raises(WrongArgument, match=r"neuron is .* but must be .*LIF"):
        Population("a", (3,), neuron)
