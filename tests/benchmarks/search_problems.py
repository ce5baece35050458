"""Problems with known fronts for searches: six that samplers were tuned on, four that none was.

Each has knobs, losses to be made small, and a violation, above 0 where a point cannot be.
"""

# Source: Deb, Thiele, Laumanns and Zitzler 2005, Scalable Test Problems for Evolutionary
# Multiobjective Optimization (DTLZ2, DTLZ7); Zitzler, Deb and Thiele 2000, Evol. Comput.
# 8(2):173-195 (ZDT1); Tanabe and Ishibuchi 2020, Applied Soft Computing 89:106078 (RE3-4-7 rocket
# injector, RE2-4-1 four-bar truss, RE4-7-1 car side impact, RE3-5-4 vehicle crash, CRE2-4-3 disc
# brake, CRE2-7-4 speed reducer). The toy of a spiking network is this project's own.

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

REFERENCES = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
BEHIND = 1.1  # where the reference point of the score lies: 0 is the front's best, 1 its worst


@dataclass(frozen=True, eq=False)
class Problem:
    """Knobs, and what a choice of them costs."""

    name: str
    knobs: Mapping[str, BaseDistribution]
    losses: Callable[[Mapping[str, object]], list[float]]
    violations: Callable[[Mapping[str, object]], list[float]] = lambda _: []
    noise: tuple[float, ...] = ()
    fails: bool = False  # a point that cannot be has no losses: its trial fails

    @property
    def reference(self) -> np.ndarray:
        """The reference point of the score, as losses."""
        low, high = self._ends()
        return low + BEHIND * (high - low)

    def scaled(self, losses: np.ndarray) -> np.ndarray:
        """Losses as parts of the front's width."""
        low, high = self._ends()
        return (losses - low) / (high - low)

    def _ends(self) -> tuple[np.ndarray, np.ndarray]:
        known = REFERENCES[self.name]
        return np.array(known["lo"]), np.array(known["hi"])

    @property
    def n_objectives(self) -> int:
        """How many losses there are."""
        return len(REFERENCES[self.name]["lo"])


def ranges(low, high, n: int | None = None) -> dict[str, FloatDistribution]:
    """Numbers x0, x1, ... between two ends each."""
    low, high = (np.broadcast_to(end, n or len(end)).tolist() for end in (low, high))
    return {f"x{k}": FloatDistribution(*ends) for k, ends in enumerate(zip(low, high, strict=True))}


def numbers(params: Mapping[str, object]) -> list[float]:
    """The values of the knobs in their order."""
    return [float(value) for value in params.values()]


# --- tuned on ------------------------------------------------------------------------------------


def dtlz2(params) -> list[float]:
    x = np.array(numbers(params))
    a, b = x[:2] * np.pi / 2
    size = 1 + ((x[2:] - 0.5) ** 2).sum()
    return [size * np.cos(a) * np.cos(b), size * np.cos(a) * np.sin(b), size * np.sin(a)]


ZDT1_CHOICES = [
    {"a": 0.5, "b": 0.0, "c": 1.0, "d": 0.25},
    {"a": 1.0, "b": 0.6, "c": 0.0, "d": 0.3},
    {"a": 0.0, "b": 0.7, "c": 0.4, "d": 1.0},
]


def zdt1_mixed(params) -> list[float]:
    x = [params[f"r{k}"] for k in range(4)] + [params[f"i{k}"] / 7 for k in range(3)]
    x += [ZDT1_CHOICES[k][params[f"c{k}"]] for k in range(3)]
    g = 1 + 9 * np.mean(x[1:])
    return [x[0], g * (1 - np.sqrt(x[0] / g))]


def rocket(params) -> list[float]:
    a, h, o, p = numbers(params)
    width = (
        (0.692 + 0.477 * a - 0.687 * h - 0.080 * o - 0.0650 * p - 0.167 * a**2 - 0.0129 * h * a)
        + (0.0796 * h**2 - 0.0634 * o * a - 0.0257 * o * h + 0.0877 * o**2 - 0.0521 * p * a)
        + (0.00156 * p * h + 0.00198 * p * o + 0.0184 * p**2)
    )
    face = (
        (0.153 - 0.322 * a + 0.396 * h + 0.424 * o + 0.0226 * p + 0.175 * a**2 + 0.0185 * h * a)
        + (-0.0701 * h**2 - 0.251 * o * a + 0.179 * o * h + 0.0150 * o**2 + 0.0134 * p * a)
        + (0.0296 * p * h + 0.0752 * p * o + 0.0192 * p**2)
    )
    tip = (
        (0.370 - 0.205 * a + 0.0307 * h + 0.108 * o + 1.019 * p - 0.135 * a**2 + 0.0141 * h * a)
        + (0.0998 * h**2 + 0.208 * o * a - 0.0301 * o * h - 0.226 * o**2 + 0.353 * p * a)
        + (-0.0497 * p * o - 0.423 * p**2 + 0.202 * h * a**2 - 0.281 * o * a**2)
        + (-0.342 * h**2 * a - 0.245 * h**2 * o + 0.281 * o**2 * h - 0.184 * p**2 * a)
        - 0.281 * h * a * o
    )
    return [width, face, tip]


def truss(params) -> list[float]:
    x1, x2, x3, x4 = numbers(params)
    force, modulus, length, root = 10.0, 2e5, 200.0, 2**0.5
    volume = length * (2 * x1 + root * x2 + x3**0.5 + x4)
    shift = force * length / modulus * (2 / x1 + 2 * root / x2 - 2 * root / x3 + 2 / x4)
    return [volume, shift]


def car_side(params) -> list[float]:
    x1, x2, x3, x4, x5, x6, x7 = numbers(params)
    weight = 1.98 + 4.9 * x1 + 6.67 * x2 + 6.98 * x3 + 4.01 * x4 + 1.78 * x5 + 1e-5 * x6 + 2.73 * x7
    pubic = 4.72 - 0.5 * x4 - 0.19 * x2 * x3
    pillar = 10.58 - 0.674 * x1 * x2 - 0.67275 * x2
    door = 16.45 - 0.489 * x3 * x7 - 0.843 * x5 * x6
    too_much = [
        1.16 - 0.3717 * x2 * x4 - 0.0092928 * x3 - 1,
        0.261 - 0.0159 * x1 * x2 - 0.06486 * x1 - 0.019 * x2 * x7 + 0.0144 * x3 * x5
        + 0.0154464 * x6 - 0.32,
        0.214 + 0.00817 * x5 - 0.045195 * x1 - 0.0135168 * x1 + 0.03099 * x2 * x6
        - 0.018 * x2 * x7 + 0.007176 * x3 + 0.023232 * x3 - 0.00364 * x5 * x6 - 0.018 * x2**2
        - 0.32,
        0.74 - 0.61 * x2 - 0.031296 * x3 - 0.031872 * x7 + 0.227 * x2**2 - 0.32,
        28.98 + 3.818 * x3 - 4.2 * x1 * x2 + 1.27296 * x6 - 2.68065 * x7 - 32,
        33.86 + 2.95 * x3 - 5.057 * x1 * x2 - 3.795 * x2 - 3.4431 * x7 + 1.45728 - 32,
        46.36 - 9.9 * x2 - 4.4505 * x1 - 32,
        pubic - 4,
        pillar - 9.9,
        door - 15.7,
    ]  # fmt: skip
    return [weight, pubic, (pillar + door) / 2, float(np.maximum(too_much, 0).sum())]


RATE = {"rate": 0.20, "latency": 0.05, "delta": 0.08, "burst": 0.14}
PATH = {"seq": 1.0, "hilbert": 0.72, "metis": 0.60, "sa": 0.52}
CODE_ERROR = {
    "rate": lambda steps: 0.55 / steps**0.5,
    "latency": lambda steps: 0.02 + 0.2 * np.exp(-steps / 12),
    "delta": lambda steps: 0.05 + 0.12 * np.exp(-steps / 8),
    "burst": lambda steps: 0.32 / steps**0.5,
}


def toy_layout(params) -> tuple[float, float, float, float]:
    """Neurons, synapses, cores and spikes a step and neuron of the toy."""
    n = 4096 * params["width"]
    synapses = n * 256 * params["width"] * (1 - params["prune"])
    cores = np.ceil(n / (2 ** params["log2core"] * params["fill"]))
    spread = 1.1 if params["reset"] == "sub" else 1.0
    rate = RATE[params["enc"]] / params["thr"] ** 0.8 * spread * (0.6 + 0.4 * params["leak"])
    return n, synapses, cores, rate


def toy_error(params) -> float:
    bits, state, steps = params["wbits"], params["vbits"], params["T"]
    pruned = max(0.0, params["prune"] - 0.55 * params["width"] ** 0.25)
    best_threshold = (0.15 if params["reset"] == "sub" else -0.05) + 0.1 * (params["leak"] - 0.8)
    error = 0.03 / params["width"] ** 0.4 + 0.5 * np.exp(-0.9 * (bits - 1))
    error += 0.25 * np.exp(-0.45 * (state - 2)) + 0.6 * pruned**1.5
    error += CODE_ERROR[params["enc"]](steps) + 0.12 * (np.log(params["thr"]) - best_threshold) ** 2
    error += (0.015 if params["reset"] == "zero" else 0.0) + 0.3 * (params["leak"] - 0.92) ** 2
    return 1 - np.exp(-error)


def toy(params) -> list[float]:
    n, synapses, cores, rate = toy_layout(params)
    steps, size, place = params["T"], 2 ** params["log2core"], params["place"]
    hops = cores**0.5 * PATH[place] * (1.25 - 0.25 * params["fill"])
    spikes = n * rate * steps
    energy = spikes * hops * 1.2 + cores * steps * size**0.5 * 3
    energy += (
        synapses * rate * steps * (0.02 + 0.01 * params["wbits"]) * (1 + 0.01 * params["vbits"])
    )
    waiting = spikes * hops / cores / steps / 40 * (1.4 if place == "metis" else 1.0)
    latency = steps * (1 + 0.004 * size * params["fill"] * (0.3 + rate * 2) + waiting)
    latency *= 0.7 if params["enc"] == "latency" else 1.0
    return [toy_error(params), np.log10(energy), np.log10(latency), np.log2(cores)]


def toy_violations(params) -> list[float]:
    _, synapses, cores, _ = toy_layout(params)
    memory = synapses * params["wbits"] / cores
    return [float(memory / (2 ** params["log2core"] * 1400) - 1), float(cores / 128 - 1)]


TOY_KNOBS = {
    "wbits": IntDistribution(2, 8),
    "vbits": IntDistribution(4, 16),
    "prune": FloatDistribution(0.0, 0.95),
    "thr": FloatDistribution(0.5, 2.0, log=True),
    "enc": CategoricalDistribution(list(RATE)),
    "T": IntDistribution(4, 64, log=True),
    "fill": FloatDistribution(0.3, 1.0),
    "place": CategoricalDistribution(list(PATH)),
    "leak": FloatDistribution(0.5, 1.0),
    "width": CategoricalDistribution([0.5, 1.0, 2.0]),
    "reset": CategoricalDistribution(["zero", "sub"]),
    "log2core": IntDistribution(6, 10),
}
ZDT1_KNOBS = (
    {f"r{k}": FloatDistribution(0.0, 1.0) for k in range(4)}
    | {f"i{k}": IntDistribution(0, 7) for k in range(3)}
    | {f"c{k}": CategoricalDistribution(list("abcd")) for k in range(3)}
)
CAR_ENDS = [0.5, 0.45, 0.5, 0.5, 0.875, 0.4, 0.4], [1.5, 1.35, 1.5, 1.5, 2.625, 1.2, 1.2]
TUNED_ON = [
    Problem("RE3-4-7", ranges(0.0, 1.0, 4), rocket),
    Problem("RE2-4-1", ranges([1.0, 2**0.5, 2**0.5, 1.0], [3.0] * 4), truss),
    Problem("RE4-7-1", ranges(*CAR_ENDS), car_side),
    Problem("ZDT1-mixed", ZDT1_KNOBS, zdt1_mixed),
    Problem("SNN toy", TOY_KNOBS, toy, toy_violations, noise=(0.012, 0.03, 0.03, 0.0), fails=True),
    Problem("DTLZ2", ranges(0.0, 1.0, 8), dtlz2),
]


# --- held out ------------------------------------------------------------------------------------


def crash(params) -> list[float]:
    x1, x2, x3, x4, x5 = numbers(params)
    mass = 1640.2823 + 2.3573285 * x1 + 2.3220035 * x2 + 4.5688768 * x3 + 7.7213633 * x4
    mass += 4.4559504 * x5
    jerk = 6.5856 + 1.15 * x1 - 1.0427 * x2 + 0.9738 * x3 + 0.8364 * x4 - 0.3695 * x1 * x4
    jerk += 0.0861 * x1 * x5 + 0.3628 * x2 * x4 - 0.1106 * x1**2 - 0.3437 * x3**2 + 0.1764 * x4**2
    toe = -0.0551 + 0.0181 * x1 + 0.1024 * x2 + 0.0421 * x3 - 0.0073 * x1 * x2 + 0.0240 * x2 * x3
    toe += -0.0118 * x2 * x4 - 0.0204 * x3 * x4 - 0.0080 * x3 * x5 - 0.0241 * x2**2 + 0.0109 * x4**2
    return [mass, jerk, toe]


def brake(params) -> list[float]:
    inner, outer, force, n = numbers(params)
    mass = 4.9e-5 * (outer**2 - inner**2) * (n - 1)
    time = 9.82e6 * (outer**2 - inner**2) / (force * n * (outer**3 - inner**3))
    return [mass, time]


def brake_violations(params) -> list[float]:
    inner, outer, force, n = numbers(params)
    area, cubes = outer**2 - inner**2, outer**3 - inner**3
    return [
        (20 - (outer - inner)) / 20,
        force / (3.14 * area) / 0.4 - 1,
        2.22e-3 * force * cubes / area**2 - 1,
        1 - 2.66e-2 * force * n * cubes / area / 900,
    ]


def stresses(params) -> tuple[float, float]:
    _, x2, x3, x4, x5, x6, x7 = numbers(params)
    first = ((745 * x4 / (x2 * x3)) ** 2 + 1.69e7) ** 0.5 / (0.1 * x6**3)
    second = ((745 * x5 / (x2 * x3)) ** 2 + 1.575e8) ** 0.5 / (0.1 * x7**3)
    return first, second


def reducer(params) -> list[float]:
    x1, x2, x3, x4, x5, x6, x7 = numbers(params)
    weight = 0.7854 * x1 * x2**2 * (10 * x3**2 / 3 + 14.933 * x3 - 43.0934)
    weight += -1.508 * x1 * (x6**2 + x7**2) + 7.477 * (x6**3 + x7**3)
    weight += 0.7854 * (x4 * x6**2 + x5 * x7**2)
    return [weight, stresses(params)[0]]


def reducer_violations(params) -> list[float]:
    x1, x2, x3, x4, x5, x6, x7 = numbers(params)
    first, second = stresses(params)
    return [
        27 / (x1 * x2**2 * x3) - 1,
        397.5 / (x1 * x2**2 * x3**2) - 1,
        1.93 * x4**3 / (x2 * x3 * x6**4) - 1,
        1.93 * x5**3 / (x2 * x3 * x7**4) - 1,
        x2 * x3 / 40 - 1,
        x1 / x2 / 12 - 1,
        1 - x1 / x2 / 5,
        (1.9 + 1.5 * x6) / x4 - 1,
        (1.9 + 1.1 * x7) / x5 - 1,
        first / 1300 - 1,
        second / 1100 - 1,
    ]


DTLZ7_CHOICES = [{"a": 1.0, "b": 0.3, "c": 0.0}, {"a": 0.5, "b": 0.0, "c": 0.8}]


def dtlz7_mixed(params) -> list[float]:
    x = [params[f"r{k}"] for k in range(4)] + [params[f"i{k}"] / 9 for k in range(2)]
    x += [DTLZ7_CHOICES[k][params[f"c{k}"]] for k in range(2)]
    g = 1 + 9 * np.mean(x[1:])
    h = 2 - x[0] / (1 + g) * (1 + np.sin(3 * np.pi * x[0]))
    return [x[0], (1 + g) * h]


BRAKE_KNOBS = ranges([55.0, 75.0, 1000.0], [80.0, 110.0, 3000.0]) | {"n": IntDistribution(11, 20)}
REDUCER_KNOBS = {
    "x1": FloatDistribution(2.6, 3.6),
    "x2": FloatDistribution(0.7, 0.8),
    "x3": IntDistribution(17, 28),
    "x4": FloatDistribution(7.3, 8.3),
    "x5": FloatDistribution(7.3, 8.3),
    "x6": FloatDistribution(2.9, 3.9),
    "x7": FloatDistribution(5.0, 5.5),
}
DTLZ7_KNOBS = (
    {f"r{k}": FloatDistribution(0.0, 1.0) for k in range(4)}
    | {f"i{k}": IntDistribution(0, 9) for k in range(2)}
    | {f"c{k}": CategoricalDistribution(list("abc")) for k in range(2)}
)
HELD_OUT = [
    Problem("RE3-5-4", ranges(1.0, 3.0, 5), crash),
    Problem("CRE2-4-3", BRAKE_KNOBS, brake, brake_violations),
    Problem("CRE2-7-4", REDUCER_KNOBS, reducer, reducer_violations),
    Problem("DTLZ7-mixed", DTLZ7_KNOBS, dtlz7_mixed),
]
