"""A fingerprint tells whether a result still holds: of a profile, and of everything a run is about.

Studies keep fingerprints in files, so they must be the same in every process and on every machine.
"""

import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import fields, replace

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.case import Case
from spikefit_nb.datasets import ValueDataset
from spikefit_nb.encode import RateRegular
from spikefit_nb.errors import NetworkProblem
from spikefit_nb.network import ALIF, AdEx, Conv2d, Izhikevich
from spikefit_nb.simulate import record_key

DIGITS, IMAGES = sf.load_network("digits"), sf.load_dataset("digits")
LOIHI = sf.load_profile("loihi1")
PRINTED = """
import numpy as np
import spikefit_nb as sf
from spikefit_nb.case import Case

populations = [sf.Population("in", (2,), sf.Input()), sf.Population("out", (2,), sf.IF(1.0))]
network = sf.Network(populations, [sf.Projection("in", "out", np.eye(2))])
chip = sf.HardwareProfile("mine", "A chip of mine", "mesh", "tick").replace(cores=64)
dataset = sf.SpikeDataset(np.eye(2, dtype=bool)[:, None, :], [0, 1])
design = sf.Design(weight_bits=4, prune_fraction=0.1, partition="layers")
case = Case(network, chip, dataset, design=design)
print(case.fingerprint)
"""
PINNED = "917598957b4a26e71eba57fa0878ac77148ace74754d0c105cfc73319105bde8"


def fingerprint(**changes):
    """Of the digits on Loihi with four bits, changed."""
    given = {"network": DIGITS, "profile": LOIHI, "dataset": IMAGES}
    return Case(**(given | {"design": sf.Design(weight_bits=4)} | changes)).fingerprint


@pytest.mark.parametrize("seed", ["0", "7"])
def test_it_is_the_same_in_every_process_and_stays_what_it_was(seed):
    environment = os.environ | {"PYTHONHASHSEED": seed}
    run = subprocess.run(
        [sys.executable, "-c", PRINTED], env=environment, check=True, text=True, capture_output=True
    )
    assert run.stdout.strip() == PINNED


def slower(dataset):
    """The same recordings in longer steps."""
    return replace(dataset, dt_s=2 * dataset.dt_s)


CHANGES = {
    "network": {"network": replace(DIGITS, dt_s=2e-3)},
    "profile": {"profile": LOIHI.replace(cores=64)},
    "recordings": {"dataset": IMAGES.take(100)},
    "none": {"dataset": None},
    "step": {"dataset": slower(IMAGES)},
    "calibration": {"calibration": IMAGES.take(20)},
    "decode": {"decode": "first_spike"},
    "scenario": {"scenario": "real_time"},
    "deadline": {"deadline_s": 1e-3},
    "bits": {"design": sf.Design(weight_bits=5)},
    "pruning": {"design": sf.Design(weight_bits=4, prune_fraction=0.1)},
}


def test_values_that_a_design_may_encode_change_it_and_spikes_without_them_keep_it():
    values = np.linspace(0, 1, 4 * 64).reshape(4, 8, 8)
    images = ValueDataset(values, [0, 1, 2, 3], encoder=RateRegular(8)).encoded()
    alone = replace(images, encoded_from=None)
    assert alone.fingerprint == images.fingerprint
    other = replace(images, encoded_from=replace(images.encoded_from, seed=1))
    told = [{"dataset": d} for d in (images, alone, other)]
    told += [{"dataset": alone, "calibration": d} for d in (images, alone)]
    assert len({fingerprint(**change) for change in told}) == 5


def test_whatever_decides_a_number_changes_it():
    told = [fingerprint(), *(fingerprint(**change) for change in CHANGES.values())]
    assert len(set(told)) == len(told)


def test_what_is_only_another_way_to_say_the_same_leaves_it():
    report = sf.deploy(DIGITS, LOIHI, IMAGES.take(9))
    settled = {"decode": report.record.decode, "scenario": report.operation.scenario}
    assert fingerprint(**settled) == fingerprint()
    assert fingerprint(design=sf.Design(weight_bits=np.int64(4))) == fingerprint()
    assert fingerprint(network=replace(DIGITS, name="mine")) == fingerprint()
    assert fingerprint(deadline_s=1) == fingerprint(deadline_s=1.0)


def test_a_profile_keeps_it_in_its_file(tmp_path):
    for name in ("loihi1", "truenorth", "xylo_audio3"):
        profile = sf.load_profile(name)
        read = sf.read_profile(profile.save(tmp_path / f"{name}.toml"))
        assert read.fingerprint == profile.fingerprint


def test_profiles_differ_in_any_figure_and_not_in_words():
    assert LOIHI.fingerprint != sf.load_profile("truenorth").fingerprint
    for name in ("cores", "energy_update_active"):
        figure = LOIHI.figures[name]
        larger = replace(figure, value=figure.value * 2, spread=None)
        guessed = replace(figure, kind="assumed", spread=None)
        told = {LOIHI.replace(**{name: other}).fingerprint for other in (larger, guessed)}
        assert len(told | {LOIHI.fingerprint}) == 3, name
    assert replace(LOIHI, title="another title").fingerprint == LOIHI.fingerprint
    worded = replace(LOIHI.figures["cores"], source="elsewhere")
    assert LOIHI.replace(cores=worded).fingerprint == LOIHI.fingerprint


KERNEL = np.arange(32, dtype=np.int8).reshape(2, 4, 2, 2) - 15
GEOMETRY = {"stride": 2, "padding": 1, "dilation": 2, "groups": 2}
MODELS = (sf.IF, sf.LIF, sf.CubaLIF, ALIF, Izhikevich, AdEx)
OTHER = {"reset": "subtract", "max_spikes_per_step": None}


def convolved(weight=KERNEL, neuron=None, geometry=None, **projection):
    """Pictures, a convolution, and one output that adds up."""
    geometry = {"padding": 2} | (geometry or {})
    values = weight[:, : 4 // geometry.get("groups", 1)]
    conv = Conv2d(values, (4, 6, 6), **geometry)
    populations = [
        sf.Population("in", (4, 6, 6), sf.Input()),
        sf.Population("conv", conv.output_shape, neuron or sf.IF(3.0)),
        sf.Population("out", (1,), sf.IF(2.0)),
    ]
    n = int(np.prod(conv.output_shape))
    given = {"scale": 0.5} | projection
    into = sf.Projection("conv", "out", np.ones((n, 1)))
    return sf.Network(populations, [sf.Projection("in", "conv", conv, **given), into])


def neurons(model):
    """One neuron of a model, and others that differ in one field each."""
    options = {f.name: f.default for f in fields(model) if f.init and f.name in OTHER}
    values = {n: 0.3 + k / 10 for k, n in enumerate(model.parameters)}
    base = model(**values | {n: -1.0 for n in values.keys() & {"v_reset"}}, **options)
    yield base
    for f in fields(model):
        value = getattr(base, f.name)
        other = OTHER.get(f.name, not value if isinstance(value, bool) else None)
        other = value + 0.05 if f.name in model.parameters else other
        if other is not None or f.name in OTHER:
            with suppress(NetworkProblem):  # an option that needs another one
                yield replace(base, **{f.name: other})


@pytest.mark.parametrize("model", MODELS)
def test_any_field_of_a_neuron_changes_the_networks(model):
    made = list(neurons(model))
    assert len(made) > len(model.parameters)  # the first is as it was
    told = [convolved(neuron=neuron).fingerprint for neuron in made]
    assert len(set(told)) == len(told)


def test_any_field_of_a_projection_changes_the_networks():
    other = KERNEL.copy()
    other[0, 0, 0, 0] += 1
    made = [
        convolved(),
        convolved(other),
        convolved(KERNEL.astype(np.int16)),
        convolved(scale=0.25),
        convolved(delay_steps=1),
        *(convolved(geometry={name: value}) for name, value in GEOMETRY.items()),
        replace(convolved(), dt_s=2e-3),
        replace(convolved(), output="conv"),
    ]
    assert len({network.fingerprint for network in made}) == len(made)


def test_any_part_of_a_records_key_changes_it():
    given = [{}, {"extra_steps": 1}, {"decode": "first_spike"}, {"arithmetic": "loihi"}]
    keys = {record_key(DIGITS, IMAGES, **more) for more in given}
    keys |= {record_key(replace(DIGITS, dt_s=2e-3), IMAGES), record_key(DIGITS, IMAGES.take(9))}
    assert len(keys) == len(given) + 2


@pytest.mark.parametrize("arithmetic", ["float32", "loihi", "truenorth", "speck"])
def test_bits_of_a_weight_leave_it_and_leave_the_spikes(arithmetic):
    rng = np.random.default_rng(0)
    recordings = sf.SpikeDataset(rng.random((3, 12, 5)) < 0.4)
    weight = rng.choice([-3, -1, 2, 5], (5, 4)).astype(np.int8)

    def network(bits):
        populations = [
            sf.Population("in", (5,), sf.Input()),
            sf.Population("out", (4,), sf.IF(4.0)),
        ]
        projection = sf.Projection("in", "out", weight, scale=1.0, weight_bits=bits)
        return sf.Network(populations, [projection])

    runs = [sf.simulate(network(bits), recordings, arithmetic=arithmetic) for bits in (None, 4, 8)]
    assert len({network(bits).fingerprint for bits in (None, 4, 8)}) == 1
    assert len({run.spike_counts["out"].tobytes() for run in runs}) == 1
    assert runs[0].spike_counts["out"].any()
