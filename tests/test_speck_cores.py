"""On which cores Speck's own tool puts layers, beside where they are put here."""

import json
import subprocess
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from spikefit_nb.fit import check_fit
from spikefit_nb.hardware import FAMILIES, LayerWords, load_profile
from spikefit_nb.mapping import layer_words
from spikefit_nb.mapping.places import places_of
from spikefit_nb.network import IF, Conv2d, Input, Network, Population, Projection
from tests.environments import python_with

RECORDED = Path(__file__).parent / "recorded" / "speck_cores" / "stacks.json"
STACKS = json.loads(RECORDED.read_text())["stacks"]
SPECK, CORES = load_profile("speck"), 9


def pooled_kernel(n_out, n_in, kernel, pool, random):
    """A kernel over pixels that are added up in squares, as one over the pixels themselves."""
    weight = random.integers(1, 100, (n_out, n_in, kernel, kernel)).astype(np.int8)
    return weight.repeat(pool, axis=2).repeat(pool, axis=3)


def pooled_matrix(n_out, shape, pool, random):
    """All to all from pixels that are added up in squares."""
    channels, y, x = shape
    weight = random.integers(1, 100, (channels, y // pool, x // pool, n_out)).astype(np.int8)
    return weight.repeat(pool, axis=1).repeat(pool, axis=2).reshape(-1, n_out)


def network_of(stack):
    """A recorded stack; None where pooling leaves pixels over, which no square holds."""
    random, shape, pool = np.random.default_rng(0), tuple(stack["input"]), 1
    populations, projections = [Population("0", shape, Input())], []
    for k, layer in enumerate(stack["layers"]):
        if len(shape) == 3 and (shape[1] % pool or shape[2] % pool):
            return None
        if layer["kind"] == "conv":
            kernel = pooled_kernel(layer["n_out"], shape[0], layer["kernel"], pool, random)
            geometry = {name: layer[name] * pool for name in ("stride", "padding")}
            weight = Conv2d(kernel, shape, **geometry)
            after, is_biased = weight.output_shape, layer["bias"]
        else:
            size = shape if len(shape) == 3 else (shape[0], 1, 1)
            weight = pooled_matrix(layer["n_out"], size, pool, random)
            after, is_biased = (layer["n_out"],), False
        neuron = IF(1.0, bias=0.5 if is_biased else 0.0)
        populations.append(Population(str(k + 1), after, neuron))
        projections.append(Projection(str(k), str(k + 1), weight, scale=1.0))
        shape, pool = after, layer.get("pool", 1)
    return Network(populations, projections)


@pytest.fixture(scope="module")
def networks():
    return [(stack, network_of(stack)) for stack in STACKS]


def test_layers_of_random_stacks_take_the_words_that_sinabs_counts(networks):
    judged = [(stack, network) for stack, network in networks if network is not None]
    assert len(judged) > 70
    for stack, network in judged:
        assert [list(words) for words in layer_words(network, SPECK)] == stack["words"]


def test_a_hundred_random_stacks_lie_on_the_cores_that_sinabs_chooses(networks):
    for stack, network in networks:
        if network is not None and stack["cores"] is not None:
            places = places_of(network, SPECK, len(stack["layers"]))
            assert places.tolist() == stack["cores"]


@pytest.mark.parametrize("stack", STACKS, ids=range(len(STACKS)))
def test_a_stack_is_valid_where_sinabs_says_so(stack):
    """Also those that no network here is made of: by the words that sinabs counts."""
    family, figures = FAMILIES["speck"], ("kernel_memory_per_core", "neuron_memory_per_core")
    words = [LayerWords(*counted) for counted in stack["words"]]
    limits = [LayerWords(*of, 1024) for of in zip(*map(SPECK.value, figures), strict=True)]
    cores = family.assign(words, limits)
    assert (None not in cores) == (stack["cores"] is not None)
    if stack["cores"] is not None:
        assert list(cores) == stack["cores"]
    beyond = iter(range(CORES, 99))
    places = np.array([next(beyond) if core is None else core for core in cores])
    layers = {str(k): layer for k, layer in enumerate(words)}
    counts = SimpleNamespace(layer_words=layers, places=places)
    needs = list(family.needs(SPECK, counts))
    too_many = len(words) > CORES
    assert (all(need.met for need in needs) and not too_many) == (stack["cores"] is not None)


def test_what_fits_here_is_what_sinabs_accepts_but_for_what_its_documentation_forbids(networks):
    # a bias has a clock of its own, a kernel at most 16 x 16, an image 64 x 64: it checks none
    documented = {"bias", "kernel size", "output side"}
    n_both = n_neither = 0
    for stack, network in networks:
        if network is None:
            continue
        fit, accepted = check_fit(network, SPECK), stack["cores"] is not None
        assert accepted or not fit.fits
        if accepted and not fit.fits:
            assert {need.what for need in fit.violations} <= documented
        n_both += accepted and fit.fits
        n_neither += not accepted and not fit.fits
    assert n_both > 20 and n_neither > 20


def test_sinabs_itself_still_answers_as_recorded(tmp_path):
    python = python_with("sinabs")
    script = Path(__file__).parent / "tools" / "record_speck_cores.py"
    subprocess.run([python, script, tmp_path / "said.json"], check=True, capture_output=True)
    assert json.loads((tmp_path / "said.json").read_text())["stacks"] == STACKS
