"""One policy for every verb and picture: what is of another kind is refused, the cure is named."""

import re
from inspect import isfunction, signature

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb import plots
from spikefit_nb.adapt import drift
from spikefit_nb.errors import DatasetProblem, NetworkProblem, WrongArgument
from spikefit_nb.robustness import Faults, Robustness
from spikefit_nb.search import Importance
from tests import lava_files
from tests.browser.stand_ins import record, report, whole_study
from tests.onnx_models import mlp

VERBS = {name: getattr(sf, name) for name in sf.__all__ if isfunction(getattr(sf, name))}
VERBS |= {name: getattr(plots, name) for name in plots.__all__ if name.startswith("plot_")}
VERBS["write_nir"] = sf.nir_file.write_nir
VERBS |= {name: getattr(sf.export, name) for name in ("verify", "write_program")}
VERBS["read_lava_dl"] = sf.lava_file.read_lava_dl
ARGUMENTS = [
    (verb, argument)
    for verb, call in VERBS.items()
    for argument in signature(call).parameters.values()
    if argument.annotation is not bool
]
# What is put in the place of each argument, unless its annotation has one of the words.
WRONG = {
    "no such kind": object(),
    "Network": sf.load_network("digits"),
    "str|Literal": "x",
    "int|float": 3,
    r"ArrayLike|tuple\[int": [[]],
    "dict|Mapping|Sequence|Iterable|tuple": {},
    "None|Optional": None,
}
# Said with the value and the cure too, as the problem of what it belongs to.
OTHERWISE = {
    ("from_ann", "calibration"): DatasetProblem,
    ("from_ann", "test"): DatasetProblem,
    ("from_ann", "n_steps"): NetworkProblem,
    ("from_ann", "percentile"): NetworkProblem,
    ("from_ann", "decode"): NetworkProblem,
}


@pytest.fixture(scope="module")
def right(tmp_path_factory):
    """Arguments that each verb and picture takes."""
    folder = tmp_path_factory.mktemp("right")
    network, profile = sf.load_network("digits"), sf.load_profile("loihi1")
    dataset = sf.load_dataset("digits").take(20)
    deployed = sf.deploy(network, profile, dataset)
    sf.nir_file.write_nir(network, folder / "network.nir")
    profile.save(folder / "chip.toml")
    silent = lava_files.dense(np.eye(2), None)
    study = sf.search(network, profile, dataset, n_trials=1)
    study.wait()
    measurement = sf.fit_costs.Measurement(
        {"energy_synaptic_operation": 9.0}, 1.0, "nJ", "my bench"
    )
    return {
        "export": (deployed, folder / "out"),
        "fit_costs": (profile, [measurement]),
        "check_fit": (network, profile),
        "compare_fit": (network, [profile]),
        "deploy": (network, profile, dataset),
        "from_ann": (mlp([np.eye(2), np.eye(2)]), np.eye(2)),
        "load_dataset": ("digits",),
        "load_network": ("digits",),
        "load_profile": ("loihi1",),
        "load_study": (study.storage,),
        "plot_accuracy": (record(),),
        "plot_alternatives": (deployed.alternatives(),),
        "plot_bits": ({"rounded": {8: deployed}},),
        "plot_chips": ([deployed],),
        "plot_confusion": (record(),),
        "plot_cores": (report(),),
        "plot_drift": (drift(network, network, dataset),),
        "plot_energy": (deployed,),
        "plot_floorline": (deployed,),
        "plot_front": (whole_study(3),),
        "plot_history": (study,),
        "plot_importance": (Importance({"accuracy": {"weight_bits": 1.0}}, 20),),
        "plot_mesh": (deployed,),
        "plot_parallel": (study,),
        "plot_robustness": (Robustness(np.array([0.9]), 0.95, Faults(dead_neurons=0.1)),),
        "plot_potential": (network, dataset, "hidden"),
        "plot_raster": (network, dataset, "hidden"),
        "plot_power": (deployed.power_at([0, 1e5]),),
        "plot_sample": (dataset,),
        "plot_sensitivity": (sf.sensitivity(deployed),),
        "plot_steps": (deployed.steps(),),
        "plot_traffic": (deployed,),
        "read_lava_dl": (lava_files.write(folder / "network.net", silent),),
        "read_nir": (folder / "network.nir",),
        "read_profile": (folder / "chip.toml",),
        "search": (network, profile, dataset),
        "sensitivity": (deployed,),
        "simulate": (network, dataset),
        "verify": (deployed, "brian2"),  # which needs that tool
        "write_nir": (network,),
        "write_program": (deployed, "brian2", folder / "program"),
    }


@pytest.mark.parametrize(
    ("verb", "argument"), ARGUMENTS, ids=[f"{verb} {a.name}" for verb, a in ARGUMENTS]
)
def test_an_argument_of_another_kind_is_refused_and_the_cure_is_named(right, verb, argument):
    given = dict(zip(signature(VERBS[verb]).parameters, right[verb], strict=False))
    name = "path" if argument.name == "path_or_graph" else argument.name.rstrip("s")
    words = rf"(?=.*{name}).* (is|takes|must be) .*(: |; |, |\. )\S"  # the value, then the cure
    for kinds, value in WRONG.items():
        if not re.search(rf"\b({kinds})\b", str(argument.annotation)):
            with pytest.raises(OTHERWISE.get((verb, argument.name), WrongArgument), match=words):
                VERBS[verb](**(given | {argument.name: value}))


def test_what_each_verb_takes_here_is_right(right):
    for verb, arguments in right.items():
        if verb not in ("search", "fit_costs", "verify"):
            VERBS[verb](*arguments)
    assert set(right) == set(VERBS)


def test_pictures_refuse_what_they_cannot_show():
    dataset = sf.load_dataset("digits").take(3)
    with pytest.raises(DatasetProblem, match="index is 3, but 'digits' has 3 samples"):
        sf.plot_sample(dataset, 3)
    assert sf.plot_sample(dataset, -3).children[1].title.text.startswith("Sample -3, label")
    unlabelled = sf.simulate(sf.load_network("digits"), sf.SpikeDataset(dataset.spikes[:]))
    with pytest.raises(DatasetProblem, match="accuracy needs labels and this record has none"):
        sf.plot_accuracy(unlabelled)
