"""One of every noun and result that a room offers, and what each holds, all the way down."""

import inspect
import pickle
import sys
from collections.abc import Iterator, Mapping
from functools import cached_property, partial
from hashlib import sha256
from importlib import import_module
from pathlib import Path

import numpy as np
import scipy.sparse as sp

import spikefit_nb as sf
from spikefit_nb import (
    adapt,
    balance,
    datasets,
    encode,
    fit_costs,
    mapping,
    network,
    replay,
    robustness,
    simulate,
    validation,
)
from spikefit_nb.datasets import Repeated, ValueDataset
from spikefit_nb.hardware import FAMILIES
from spikefit_nb.search import default_space
from spikefit_nb.sensitivity import Cure

OURS = "spikefit_nb."
LONE = {
    "Encoder": "a protocol",
    "Grouper": "a protocol",
    "Partitioner": "a protocol",
    "Placer": "a protocol",
    "Study": "a running thread: load_study brings it back",
    "Asked": "what only a report is",
    "Weight": "what only its three kinds are",
}


def offered_classes() -> dict[str, type]:
    """Every class of a room's face that has instances of its own; plain tuples of numbers left
    out.
    """
    rooms = (p.stem for p in Path(sf.__file__).parent.iterdir() if p.is_dir() or p.suffix == ".py")
    found = {}
    for room in sorted(rooms):
        if room.startswith("_") or room in ("widgets", "kernels", "plots"):
            continue
        module = import_module(f"spikefit_nb.{room}")
        for name in getattr(module, "__all__", ("Case", "Run") if room == "case" else ()):
            kind = getattr(module, name)
            is_error = inspect.isclass(kind) and issubclass(kind, Exception)
            if inspect.isclass(kind) and not is_error and not issubclass(kind, tuple):
                found[name] = kind
    return {name: kind for name, kind in found.items() if name not in LONE}


def _neurons() -> list:
    return [
        network.ALIF(np.full(2, 5e-3), 0.01, 0.1, 1.0),
        network.AdEx(),
        network.CubaLI(5e-3, 5e-3),
        network.CubaLIF(5e-3, np.array([5e-3, 6e-3]), 1.0),
        network.IF(np.array([1.0, 2.0])),
        network.Integrator(),
        network.SigmaDelta(np.array([0.1, 0.2])),
        network.Izhikevich(),
        network.LI(5e-3),
        network.LIF(5e-3, 1.0),
    ]


def _weights_and_spikes() -> list:
    return [
        network.SparseWeight(sp.eye_array(3)),
        network.Conv2d(np.ones((2, 1, 3, 3)), (1, 4, 4), padding=1),
        sf.SpikeDataset(np.eye(20, dtype=bool)[None]).spikes,
        Repeated(np.ones((1, 2), np.float32), 1, n_steps=2),
    ]


def _encoders() -> list:
    return [
        encode.Burst(8),
        encode.Delta(8, 0.1),
        encode.Direct(8),
        encode.Latency(8),
        encode.Phase(8),
        encode.PopulationCode(encode.Latency(8)),
        encode.RateBernoulli(8),
        encode.RateRegular(8),
    ]


def _results() -> Iterator[object]:
    trained, chip, other = sf.load_network("digits"), *map(sf.load_profile, ("loihi1", "truenorth"))
    calibration, rest = sf.load_dataset("digits").split(0.1, seed=0)
    told = rest.take(30)
    design = sf.Design(weight_bits=4, prune_fraction=0.3)
    report = sf.deploy(trained, chip, told, design=design, calibration=calibration)
    yield from (report, report.drift, report.drift_by_change, report.uncertainty, report.floorline)
    yield from (*report.operations.values(), report.utilisation, report.record, other)
    yield from (
        report.power_budget(inferences_per_s=9.0),
        report.steps([4, 8]),
        report.stop_when(2.0),
    )
    yield from (report.checklist(), report.power_at([1.0, 10.0]), chip.diff(other))
    yield report.compare(sf.deploy(trained, chip, told))
    yield from (sf.compare_fit(trained, [chip, other]), *sf.check_fit(trained, other).remedies)
    shapes = mapping.Layers(), mapping.Tiles()
    yield from (
        mapping.Rows(),
        mapping.Hilbert(),
        mapping.Annealed(),
        mapping.Sites(columns=2, rows=3),
        mapping.route(report.price.links, report.mapping.places, report.mapping.sites),
        mapping.Overlap(),
        mapping.Graph(),
        mapping.Stream(),
        mapping.Wiring(np.array([0, 1, 1]), np.array([1]), np.ones(2)),
    )
    yield from (*shapes, balance.Bottleneck(shapes), balance.Auto(shapes))
    yield robustness.robustness(report, dead_neurons=0.1, n_draws=2)
    yield from (report.alternatives(), *replay.PROCESSORS, default_space(trained, chip))
    yield replay.SameLayers(10_000, 100, 200, 10, 1, 2e4, 300, 8, 4, 8)
    yield network.PerPopulation({"hidden": 4})
    held = validation.validate(chips=("odin",))
    yield from (held, held.validated[0])
    images = ValueDataset(np.full((2, 4, 4), 0.5), [0, 1], encoder=encode.RateRegular(8))
    yield from (images, images.encoded())
    on_speck = sf.deploy(trained, sf.load_profile("speck"), told, design=sf.Design(weight_bits=8))
    yield on_speck.event_by_event(n_draws=2)
    right, n_spikes = np.array([0.9, 0.92]), np.array([50.0, 52.0])
    yield robustness.EncodingSpread(right, 0.91, n_spikes, encode.RateBernoulli(8))
    yield sf.fit_costs(
        chip,
        [sf.fit_costs.Measurement.of(report, 9.0, "uJ", "a bench")],
        figures=["energy_update_active"],
        n_bootstrap=40,
    )
    yield replay.Counters(report.record, report.mapping)
    rates = replay.FiringRates.of(report.record, report.run.retimed.network)
    yield from (rates, replay.PredictionError(replay.predict(rates, report.mapping), report.price))
    yield adapt.observe(trained, calibration)
    yield adapt.cap_events(trained, {trained.output: 20}, calibration=calibration)
    yield adapt.substitute_neuron(trained, "LIF", calibration=calibration)
    yield simulate.run_in_layers(trained, told)
    yield Cure("cores", chip.figures["cores"], 130, 1.02, True)
    yield from (sf.sensitivity(report), simulate.RecordCache(1e6), *FAMILIES.values())
    study = sf.search(trained, chip, told, n_trials=3, seed=0)
    study.wait()
    yield from (*study.trials, study.recommend(), *sf.search.studies())
    yield sf.search.default_space(trained, chip, told)
    on_speck = sf.deploy(
        trained, sf.load_profile("speck"), told.take(5), design=sf.Design(weight_bits=8)
    )
    yield from (report.alternatives(), on_speck.event_by_event(n_draws=2))
    yield from (datasets.load_values("digits", n_samples=5), network.PerPopulation({"hidden": 4}))
    yield sf.search.Importance({"accuracy": {"weight_bits": 1.0}}, 10)
    yield sf.export.Deployment.of(report)
    yield fit_costs.PowerLog(np.arange(2.0), {"core": np.ones(2)}, None, "bench.csv")
    yield sf.fit.support_matrix(trained, [chip, other])
    yield verification(report)


def verification(report: object) -> object:
    """What a tool might have said of a report: a spike more than predicted."""
    parts = sf.export.Agreement("hidden", 40, 41, 1, (2, 7, 5))
    same = {"n_same_answers": report.dataset.n_samples, "accuracy_there": report.accuracy}
    costs = {"energy_there_j": 2e-9, "latency_there_s": 3e-6}
    return sf.export.Verification(report, "sanafe", "SANA-FE 2", (parts,), **same, **costs)


def one_of_each() -> dict[str, object]:
    """An instance of every offered class, the first that is met."""
    found: dict[str, object] = {}
    for noun in (*_neurons(), *_weights_and_spikes(), *_encoders(), *_results()):
        _collect(noun, found, set())
    return {name: found[name] for name in offered_classes() if name in found}


def _collect(noun: object, found: dict[str, object], seen: set[int]) -> None:
    if id(noun) in seen:
        return
    seen.add(id(noun))
    if is_ours(noun):
        found.setdefault(type(noun).__name__, noun)
    if isinstance(noun, tuple | list):
        parts = list(noun)
    elif isinstance(noun, Mapping):
        parts = list(noun.values())
    elif is_ours(noun):
        parts = list(getattr(noun, "__dict__", {}).values())
    else:
        return
    for part in parts:
        _collect(part, found, seen)


def content(noun: object, seen: tuple[int, ...] = ()) -> object:
    """What an object holds, as text that is the same in every process."""
    if id(noun) in seen:
        return "itself"
    within = (*seen, id(noun))
    if isinstance(noun, np.ndarray):
        return noun.dtype.str, noun.shape, sha256(np.ascontiguousarray(noun)).hexdigest()
    if sp.issparse(noun):
        return [content(part) for part in (noun.data, noun.indices, noun.indptr)]
    if isinstance(noun, Mapping):
        return [(content(k, within), content(v, within)) for k, v in noun.items()]
    if isinstance(noun, tuple | list):
        return [type(noun).__name__, *(content(part, within) for part in noun)]
    if is_ours(noun):
        return [type(noun).__qualname__, *(content(p, within) for p in own_parts(noun).items())]
    if isinstance(noun, partial):
        return [content(part, within) for part in (noun.func, noun.args)]
    return noun.__qualname__ if callable(noun) else repr(noun)


def is_ours(noun: object) -> bool:
    """Whether an object is of a class of the package."""
    return type(noun).__module__.startswith(OURS) and not inspect.isroutine(noun)


def own_parts(noun: object) -> dict[str, object]:
    """The attributes of an object, but for those made of the others when asked for."""
    parts = getattr(noun, "__dict__", {})
    made = {n for n in parts if isinstance(getattr(type(noun), n, None), cached_property)}
    return {name: value for name, value in parts.items() if name not in made}


def writable_arrays(noun: object, where: str = "", seen: set[int] | None = None) -> list[str]:
    """Where an object holds an array that can be written to."""
    seen = set() if seen is None else seen
    if id(noun) in seen:
        return []
    seen.add(id(noun))
    if isinstance(noun, np.ndarray):
        return [where] if noun.flags.writeable else []
    parts: Mapping = {}
    if sp.issparse(noun):
        parts = {"data": noun.data, "indices": noun.indices, "indptr": noun.indptr}
    elif isinstance(noun, tuple | list):
        parts = dict(enumerate(noun))
    elif isinstance(noun, Mapping):
        parts = noun
    elif is_ours(noun):
        parts = own_parts(noun)
    found = (writable_arrays(part, f"{where}.{name}", seen) for name, part in parts.items())
    return [place for places in found for place in places]


def digest(noun: object) -> str:
    """What an object holds and answers, in one word."""
    told = getattr(noun, "quantities", None), getattr(noun, "notes", None)
    return sha256(repr((content(noun), told)).encode()).hexdigest()


def answer(given: Path, back: Path) -> None:
    """Tell, in a process of its own, what arrived in a file, and send it back."""
    nouns = pickle.loads(given.read_bytes())
    told = {name: (digest(noun), writable_arrays(noun)) for name, noun in nouns.items()}
    back.write_bytes(pickle.dumps((told, nouns)))


if __name__ == "__main__":
    answer(*map(Path, sys.argv[1:]))
