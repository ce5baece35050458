"""A network in Brian2, step by step: ``python run_brian2.py`` writes what fired to ``answer.npz``.

A step runs the populations in order. What a population hears is added up first, then its equation
is run, its threshold compared, its spikes sent and its neurons reset: what a projection without
delay sends arrives in the same step. Several samples run side by side, each with neurons of its
own, and one after another; at the start of each all states are set to their first values.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

Arrays = Mapping[str, np.ndarray]

AT_ONCE = 2_000_000  # synapses, of all samples side by side
EQUATION = {
    "integrate": "v += r * (current + bias)",
    "leaky": "v += a_mem * (v_leak - v + r * (current + bias))",
    "current": """u += a_syn * (w_in * (current + bias) - u)
        v += a_mem * (v_leak - v + r * u)""",
    # whole numbers, as Loihi counts: what lies behind the point is dropped, 24 bits are held
    "loihi": """u = u * keep_u
        u = sign(u) * floor(abs(u)) + current
        u = u - 16777216 * int(u > 8388608) + 16777216 * int(u <= -8388608)
        v = v * keep_v
        v = clip(sign(v) * floor(abs(v)) + u + bias, -8388607, 8388607)""",
}
STATES = {"integrate": "v", "leaky": "v", "current": "vu", "loihi": "vu"}
RESET = {"zero": "v = v_reset", "subtract": "v -= n_fired * v_threshold", "none": ""}


def neurons(b: Any, population: dict[str, Any], given: Arrays, n_side: int) -> Any:
    """The neurons of a population, as often as samples run side by side."""
    kind, key = population["kind"], population["key"]
    values = {name[len(key) + 1 :]: x for name, x in given.items() if name.startswith(f"{key}.")}
    names = ["n_fired", "current", *STATES[kind], *(f"into{e}" for e in population["into"])]
    equations = [f"{name} : 1" for name in names]
    equations += [f"{name} : 1 (constant)" for name in values]
    equations.append("running : 1 (shared)")
    group = b.NeuronGroup(
        population["n"] * n_side,
        "\n".join(equations),
        threshold="n_fired > 0",
        reset=RESET[population["reset"]],
        name=key,
    )
    for name, value in values.items():
        setattr(group, name, np.tile(value, n_side))
    heard = " + ".join(f"worth{e} * into{e}" for e in population["into"]) or "0"
    cleared = "\n".join(f"into{e} = 0" for e in population["into"])
    step = f"current = {heard}\n{cleared}\n{EQUATION[kind]}\nn_fired = running * int(v >= v_least)"
    most = population["max_spikes"]
    if most != 1:
        whole = "floor(v / v_threshold)"
        several = f"clip({whole}, 1, {most})" if most else f"clip({whole}, 1, inf)"
        step += f" * {several}"
    at = 10 * population["place"]
    group.run_regularly(
        "\n".join(line.strip() for line in step.splitlines()), when="groups", order=at
    )
    group.thresholder["spike"].when, group.thresholder["spike"].order = "groups", at + 1
    group.resetter["spike"].when, group.resetter["spike"].order = "groups", at + 4
    return group


def synapses(
    b: Any,
    projection: dict[str, Any],
    given: Arrays,
    groups: dict[str, Any],
    n_side: int,
) -> Any:
    """A projection to each sample's own neurons; a way back within a step leads into the next."""
    key, source, target = projection["key"], projection["source"], projection["target"]
    waits = projection["delay"] - (source["place"] >= target["place"])
    amount = "" if waits else " * n_fired_pre"  # what waits was sent by a neuron that fires once
    found = b.Synapses(
        groups[source["key"]],
        groups[target["key"]],
        "weight : 1 (constant)",
        on_pre=f"into{key[1:]}_post += weight{amount}",
        delay=waits * b.defaultclock.dt,
        name=key,
    )
    from_, to = given[f"{key}.source"], given[f"{key}.target"]
    side = np.repeat(np.arange(n_side), from_.size)
    found.connect(
        i=np.tile(from_, n_side) + side * source["n"], j=np.tile(to, n_side) + side * target["n"]
    )
    found.weight = np.tile(given[f"{key}.weight"], n_side)
    found.pre.when, found.pre.order = "groups", 10 * source["place"] + 3
    return found


class Samples:
    """Samples that run side by side, turn after turn: sets states and inputs before each step."""

    def __init__(self, network: dict[str, Any], given: Arrays, read: Any, n_side: int):
        self.given, self.n_side, self.populations = given, n_side, network["populations"]
        self.sizes, self.events, self.dense_input = read
        longest = max((e["delay"] for e in network["projections"]), default=0)
        self.period = self.sizes["n_steps"] + longest + 1  # silence, until nothing is under way
        self.n_turns = -(-self.sizes["n_samples"] // n_side)
        self.groups: dict[str, Any] = {}
        self.step = 0
        self.input = np.zeros((0, 0, 0), np.float32)

    def begin(self) -> None:
        """What comes before a step."""
        turn, step = divmod(self.step, self.period)
        self.step += 1
        if step == 0:
            last = min((turn + 1) * self.n_side, self.sizes["n_samples"])
            samples = range(turn * self.n_side, last)
            self.input = self.dense_input(self.sizes, self.events, samples)
        for p in self.populations:
            if p["kind"] == "input":
                self._give(p, step)
                continue
            self.groups[p["key"]].running = float(step < self.sizes["n_steps"])
            if step == 0:
                self._reset(p)

    def _give(self, p: dict[str, Any], step: int) -> None:
        now = np.zeros((self.n_side, p["n"]), np.float32)
        if step < self.sizes["n_steps"]:
            now[: len(self.input)] = self.input[:, step, p["first"] : p["first"] + p["n"]]
        self.groups[p["key"]].n_fired = now.ravel()

    def _reset(self, p: dict[str, Any]) -> None:
        for name in STATES[p["kind"]]:
            start = self.given.get(f"{p['key']}.{name}_start", np.zeros(p["n"]))
            setattr(self.groups[p["key"]], name, np.tile(start, self.n_side))
        for e in p["into"]:
            setattr(self.groups[p["key"]], f"into{e}", 0.0)

    def rows(self, monitor: Any, n_neurons: int, dt: Any) -> np.ndarray:
        """What a monitor saw: rows of sample, step, neuron and spikes."""
        at = np.rint(np.asarray(monitor.t / dt)).astype(int)
        turn, step = np.divmod(at, self.period)
        side, neuron = np.divmod(np.asarray(monitor.i), n_neurons)
        rows = np.stack([turn * self.n_side + side, step, neuron, np.asarray(monitor.n_fired)], 1)
        return rows[rows[:, 0] < self.sizes["n_samples"]]


def inputs(b: Any, population: dict[str, Any], n_side: int) -> Any:
    """Neurons that fire what they are told before each step."""
    group = b.NeuronGroup(
        population["n"] * n_side,
        "n_fired : 1",
        threshold="n_fired != 0",
        reset="",
        name=population["key"],
    )
    group.thresholder["spike"].when = "groups"
    group.thresholder["spike"].order = 10 * population["place"] + 1
    return group


def main() -> None:
    """Run all samples."""
    import brian2 as b
    from job_files import dense_input, read_input, read_network, write_answer

    network, given = read_network()
    sizes, events = read_input()
    b.prefs.codegen.target = "numpy"
    b.prefs.codegen.loop_invariant_optimisations = False  # they move operations about
    b.prefs.core.default_float_dtype = np.dtype(network["dtype"]).type
    b.defaultclock.dt = network["dt_s"] * b.second
    n_synapses = sum(given[f"{e['key']}.source"].size for e in network["projections"])
    n_side = max(1, min(sizes["n_samples"], AT_ONCE // max(1, n_synapses)))
    samples = Samples(network, given, (sizes, events, dense_input), n_side)
    populations, groups = {p["key"]: p for p in network["populations"]}, samples.groups
    for key, p in populations.items():
        is_input = p["kind"] == "input"
        groups[key] = inputs(b, p, n_side) if is_input else neurons(b, p, given, n_side)
    parts = [*groups.values(), b.NetworkOperation(samples.begin, when="start")]
    for e in network["projections"]:
        ends = {end: populations[e[end]] for end in ("source", "target")}
        parts.append(synapses(b, {**e, **ends}, given, groups, n_side))
    seen = {key: b.SpikeMonitor(group, variables=["n_fired"]) for key, group in groups.items()}
    n_steps = samples.n_turns * samples.period
    b.Network(*parts, *seen.values()).run(n_steps * b.defaultclock.dt)
    dt = b.defaultclock.dt
    spikes = {key: samples.rows(each, populations[key]["n"], dt) for key, each in seen.items()}
    write_answer(f"Brian2 {b.__version__}", spikes)


if __name__ == "__main__":
    main()
